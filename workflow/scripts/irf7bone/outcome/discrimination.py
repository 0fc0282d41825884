"""How well a score alone tells earlier from later events: C and time-dependent AUC, one row each.

All are above 0.5 where a higher score goes with a longer time without the event. With competing events
Harrell's C takes them as censored, as the cause-specific models do; the other two ask who will have the
event among all patients, and keep those with a competing event among the others (see
:mod:`irf7bone.statistics.ipcw`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, Reason, because, too_few_events
from irf7bone.statistics.concordance import Concordance, harrell_c
from irf7bone.statistics.ipcw import auc, uno_c
from irf7bone.tables.outcome_checks import AUC_MONTHS, DISCRIMINATION, MEASURES

# Uno's C ends here, or where fewer than this share of the samples is still at risk: later pairs have weights
# so large that the interval no longer covers
LAST_MONTHS, STILL_AT_RISK = 120.0, 0.1
# with fewer, the interval of the AUC covers too seldom
FOLLOWED_BEYOND = 10
AUC = {f"auc_{months}": months for months in AUC_MONTHS}


def discrimination(plan: FitPlan) -> pd.DataFrame:
    """Measure every signature (by the primary method) against every endpoint of one cohort.

    Args:
        plan: Scores and follow-up of the cohort.

    Returns:
        Table of :data:`DISCRIMINATION`, a row for every combination and measure.
    """
    table, rows = plan.table, []
    for endpoint in plan.config.endpoints:
        data = plan.follow_up(endpoint)
        reasons = {row: plan.refusal(row, endpoint) for row in plan.primary_rows}
        if data is not None and data.entry is not None:
            reasons = {row: why or because(Code.DELAYED_ENTRY) for row, why in reasons.items()}
        found = {row: dict.fromkeys(MEASURES, why.columns) for row, why in reasons.items() if why}
        todo = [row for row, why in reasons.items() if why is None]
        if data is not None and todo:
            # scores of one cohort cover the same samples but for those that a method could not score
            have = np.isfinite(table.values) & data.known
            for used in np.unique(have[todo], axis=0):
                same = [row for row in todo if (have[row] == used).all()]
                measured = _measure(
                    data.time[used],
                    data.cause[used],
                    table.values[np.ix_(same, used)],
                    plan.config.min_events,
                )
                found.update(zip(same, measured, strict=True))
        for row in reasons:
            signature, method = table.keys[row]
            labels = {"cohort": plan.cohort, "signature": signature, "method": method, "endpoint": endpoint}
            rows += [{**labels, "measure": measure, **found[row][measure]} for measure in MEASURES]
    return DISCRIMINATION.cast(pd.DataFrame(rows, columns=DISCRIMINATION.names))


def _measure(
    time: np.ndarray, cause: np.ndarray, scores: np.ndarray, min_events: int
) -> list[dict[str, dict[str, Any]]]:
    """All measures of each score (m, n), in its order."""
    there = (cause == 2).any()
    planned: dict[str, tuple[float, str, Callable[[float], Concordance]]] = {
        "harrell_c": (np.inf, "censored", lambda _: harrell_c(time, (cause == 1).astype(float), scores)),
        "uno_c": (reliable_horizon(time), "kept", lambda months: uno_c(time, cause, scores, months)),
    }
    for name, until in AUC.items():
        planned[name] = (until, "kept", lambda months: auc(time, cause, scores, months))
    constant = np.ptp(scores, axis=1) == 0
    found: list[dict[str, dict[str, Any]]] = [{} for _ in scores]
    for measure, (months, competing, estimate) in planned.items():
        n_events, n_beyond = int(((cause == 1) & (time <= months)).sum()), int((time > months).sum())
        seen: dict[str, Any] = {"n": time.size, "n_events": n_events}
        seen["competing"] = competing if there else "none"
        if np.isfinite(months):
            seen |= {"horizon_months": months, "n_beyond": n_beyond}
        why: Reason | None = None
        if measure in AUC and n_beyond < FOLLOWED_BEYOND:
            why = because(Code.TOO_FEW_FOLLOWED, n=n_beyond, months=months, needed=FOLLOWED_BEYOND)
        elif n_events < min_events:
            why = _too_few(n_events, time.size, months, min_events)
        result = None if why is not None else estimate(months)
        for row, own in enumerate(found):
            own[measure] = seen | (_one(result, row, constant[row]) if result else why.columns if why else {})
    return found


def reliable_horizon(time: np.ndarray) -> float:
    """End of Uno's C: ten years, or the last time with a tenth of the samples still at risk."""
    at_risk_then = np.sort(time)[::-1][int(np.ceil(STILL_AT_RISK * time.size)) - 1]
    return float(min(LAST_MONTHS, at_risk_then))


def _too_few(n_events: int, n: int, months: float, needed: int) -> Reason:
    if np.isfinite(months):
        return because(Code.TOO_FEW_IN_PERIOD, n_events=n_events, when="up to", months=months, needed=needed)
    return too_few_events(n_events, n, needed)


def _one(found: Concordance, row: int, constant: bool) -> dict[str, Any]:
    if constant:
        return because(Code.NO_VARIANCE).columns
    if np.isnan(found.c[row]):
        return because(Code.NO_PAIRS).columns
    if np.isnan(found.low[row]):
        return because(Code.ALL_PAIRS_ALIKE, c=found.c[row]).columns
    interval = {"ci_low": found.low[row], "ci_high": found.high[row]}
    return {"estimate": found.c[row], **interval, "status": "ok"}
