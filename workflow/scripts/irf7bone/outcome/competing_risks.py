"""Cause-specific and subdistribution hazard ratios of every endpoint with competing events, side by side."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import fit_many, row_of
from irf7bone.outcome.fit_plan import FitPlan, Planned
from irf7bone.outcome.outcome_data import ScoreMatrix
from irf7bone.outcome.reasons import Code, because
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_subdistribution
from irf7bone.tables.outcome import COMPETING, ESTIMANDS


def competing(plan: FitPlan) -> pd.DataFrame:
    """Cause-specific and subdistribution hazard ratios side by side, for scores by the primary method.

    Both are needed: the first says whether the score goes with the rate of the event, the second whether it
    goes with how many will have it (Latouche 2013, J Clin Epidemiol 66:648). An endpoint without competing
    events has one hazard only, and its subdistribution rows say so.

    Args:
        plan: What is fitted, or why not.

    Returns:
        Table of :data:`COMPETING`, one row for every signature x endpoint x model x estimand.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        data = plan.follow_up(endpoint)
        found: list[tuple[int, dict[str, Any]]] = []
        for part in (part for model in plan.config.models for part in plan.fits(endpoint, model)):
            cause = None if data is None else data.cause[part.samples]
            for estimand in ESTIMANDS:
                for k, result in zip(part.rows, _estimates(part, plan.table, cause, estimand), strict=True):
                    signature, method = plan.table.keys[k]
                    labels = {"cohort": plan.cohort, "signature": signature, "method": method}
                    labels |= {"endpoint": endpoint, "model": part.model, "estimand": estimand}
                    found.append((k, {**dict.fromkeys(COMPETING.names), **labels, **result}))
        rows += [row for _, row in sorted(found, key=itemgetter(0))]
    return COMPETING.cast(pd.DataFrame(rows, columns=COMPETING.names))


def _estimates(
    part: Planned, table: ScoreMatrix, cause: np.ndarray | None, estimand: str
) -> list[dict[str, Any]]:
    """Results for ``part.rows``."""
    if part.reason or cause is None:
        return [part.without()] * len(part.rows)
    design, n_competing = part.due, int((cause == 2).sum())
    seen = {**part.seen, "n_competing": n_competing}
    scores = table.values[np.ix_(np.asarray(part.rows, dtype=int), part.samples)]
    if estimand == "cause_specific":
        estimator, fits = part.estimator, fit_many(design, scores)
    elif design.entry is not None:
        return [{**seen, **because(Code.DELAYED_ENTRY).columns}] * len(part.rows)
    elif not n_competing:
        return [{**seen, **because(Code.NO_COMPETING_EVENT, n=cause.size).columns}] * len(part.rows)
    else:
        problem = FineGrayProblem(design.problem.time, cause, design.covariates, design.strata, design.names)
        estimator, fits = fit_subdistribution(problem, scores)
    return [seen | row_of(fits, k, estimator) for k in range(len(part.rows))]
