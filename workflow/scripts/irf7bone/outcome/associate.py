"""The association of every score with every endpoint under every model, one row each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import fit_many, row_of
from irf7bone.outcome.fit_plan import FitPlan, Planned
from irf7bone.outcome.outcome_data import ScoreMatrix
from irf7bone.statistics.concordance import harrell_c
from irf7bone.statistics.schoenfeld import proportional_hazards_p
from irf7bone.tables.outcome import ASSOCIATIONS


def associate(plan: FitPlan) -> pd.DataFrame:
    """Fit score x endpoint x model for one cohort.

    The effect is that of one unit of ``score_z``: one standard deviation within the whole cohort, also where
    fewer samples have the endpoint. Competing events count as censored at their time: the hazard is
    cause-specific. Harrell's C is that of the score alone, on the samples of the fit.

    Args:
        plan: What is fitted, or why not; its config names endpoints and models.

    Returns:
        Table of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, one row for every score x endpoint x model.
    """
    return ASSOCIATIONS.cast(pd.DataFrame(association_rows(plan), columns=ASSOCIATIONS.names))


def association_rows(plan: FitPlan) -> list[dict[str, Any]]:
    """The rows of :func:`associate`, with ``reason_code`` where there is no estimate."""
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        for model in plan.config.models:
            results = _results(plan, endpoint, model)
            for k, (signature, method) in enumerate(plan.table.keys):
                labels = {"cohort": plan.cohort, "signature": signature, "method": method}
                labels |= {"endpoint": endpoint, "model": model}
                rows.append({**dict.fromkeys(ASSOCIATIONS.names), **labels, **results[k]})
    return rows


def _results(plan: FitPlan, endpoint: str, model: str) -> dict[int, dict[str, Any]]:
    """Results of all scores for one endpoint and model, by position in the score matrix."""
    found: dict[int, dict[str, Any]] = {}
    for part in plan.fits(endpoint, model, primary_method=False):
        nothing = [part.without()] * len(part.rows)
        found |= dict(zip(part.rows, nothing if part.reason else _fitted(part, plan.table), strict=True))
    return found


def _fitted(part: Planned, table: ScoreMatrix) -> list[dict[str, Any]]:
    """Columns of the scores of one part, all by one model on the same samples."""
    design, problem = part.due, part.due.problem
    scores = table.values[part.rows][:, part.samples]
    fits = fit_many(design, scores)
    firth = part.estimator == "firth"
    ph_p = np.full(len(part.rows), np.nan) if firth else proportional_hazards_p(problem, scores, fits)
    agreement = harrell_c(design.cohort.time[design.kept], design.cohort.event[design.kept], scores)
    results = []
    for k, status in enumerate(fits.status):
        row = {**part.seen, **row_of(fits, k, part.estimator)}
        if status == "ok":
            row |= {"c_index": agreement.c[k], "c_index_low": agreement.low[k]}
            row |= {"c_index_high": agreement.high[k], "ph_p": ph_p[k]}
        results.append(row)
    return results
