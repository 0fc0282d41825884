"""Cause-specific and subdistribution hazard ratios of every endpoint with competing events, side by side."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.associate import fit_many, uses_firth
from irf7bone.outcome.fit_plan import Planned, plan, plan_nothing, row_of
from irf7bone.outcome.outcome_data import DELAYED, ScoreMatrix, follow_up, score_matrix
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_subdistribution
from irf7bone.tables.outcome import COMPETING, ESTIMANDS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def competing(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Cause-specific and subdistribution hazard ratios side by side, for scores by the primary method.

    Both are needed: the first says whether the score goes with the rate of the event, the second whether it
    goes with how many will have it (Latouche 2013, J Clin Epidemiol 66:648). An endpoint without competing
    events has one hazard only, and its subdistribution rows say so.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with the endpoints' columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For the primary method, endpoints, models, the proliferation signature and ``min_events``.

    Returns:
        Table of :data:`COMPETING`, one row for every signature x endpoint x model x estimand.
    """
    table = score_matrix(scores, obs.index, cohort)
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        found: list[tuple[int, dict[str, Any]]] = []
        data = follow_up(obs, endpoint)
        if data is None:
            parts = plan_nothing(table, f"the cohort has no endpoint {endpoint}", config)
        else:
            parts = plan(table, obs, data.time, data.event, data.known, config, data.entry)
        for part in parts:
            cause = None if data is None else data.cause[part.samples]
            for estimand in ESTIMANDS:
                for k, result in zip(part.rows, _estimates(part, table, cause, estimand), strict=True):
                    signature, method = table.keys[k]
                    labels = {
                        "cohort": cohort,
                        "signature": signature,
                        "method": method,
                        "endpoint": endpoint,
                    }
                    labels |= {"model": part.model, "estimand": estimand}
                    found.append((k, {**dict.fromkeys(COMPETING.names), **labels, **result}))
        rows += [row for _, row in sorted(found, key=itemgetter(0))]
    return COMPETING.cast(pd.DataFrame(rows, columns=COMPETING.names))


def _estimates(
    part: Planned, table: ScoreMatrix, cause: np.ndarray | None, estimand: str
) -> list[dict[str, Any]]:
    """Results for ``part.rows``."""
    if part.design is None or cause is None:
        return [part.without()] * len(part.rows)
    design, n_competing = part.design, int((cause == 2).sum())
    seen = {**part.seen, "n_competing": n_competing}
    scores = table.values[np.ix_(part.rows, part.samples)]
    if estimand == "cause_specific":
        estimator, fits = "firth" if uses_firth(design) else "cox", fit_many(design, scores)
    elif design.entry is not None:
        return [{**seen, "status": "not_available", "reason": DELAYED}] * len(part.rows)
    elif not n_competing:
        reason = f"no competing event among {cause.size} samples: the cause-specific hazard is the only one"
        return [{**seen, "status": "not_available", "reason": reason}] * len(part.rows)
    else:
        problem = FineGrayProblem(design.problem.time, cause, design.covariates, design.strata, design.names)
        estimator, fits = fit_subdistribution(problem, scores)
    return [seen | row_of(fits, k, estimator) for k in range(len(part.rows))]
