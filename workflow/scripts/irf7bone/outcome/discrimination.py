"""How well a score alone tells earlier from later events: C and time-dependent AUC, one row each.

All are above 0.5 where a higher score goes with a longer time without the event. With competing events
Harrell's C takes them as censored, as the cause-specific models do; the other two ask who will have the
event among all patients, and keep those with a competing event among the others (see
:mod:`irf7bone.statistics.ipcw`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.outcome_data import DELAYED, follow_up, score_matrix
from irf7bone.statistics.concordance import Concordance, harrell_c
from irf7bone.statistics.ipcw import auc, uno_c
from irf7bone.tables.outcome_checks import AUC_MONTHS, DISCRIMINATION, MEASURES

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

# Uno's C ends here, or where fewer than this share of the samples is still at risk: later pairs have weights
# so large that the interval no longer covers
LAST_MONTHS, STILL_AT_RISK = 120.0, 0.1
# with fewer, the interval of the AUC covers too seldom
FOLLOWED_BEYOND = 10


def discrimination(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Measure every signature (by the primary method) against every endpoint of one cohort.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, as :func:`irf7bone.outcome.associate.associate` takes them.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For endpoints, the primary method and ``min_events``.

    Returns:
        Table of :data:`DISCRIMINATION`, a row for every combination and measure.
    """
    table = score_matrix(scores, obs.index, cohort)
    chosen = [row for row, (_, method) in enumerate(table.keys) if method == config.primary.method]
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        data = follow_up(obs, endpoint)
        found: dict[int, dict[str, dict[str, Any]]] = {}
        for row in chosen:
            if data is None:
                why = _without("not_available", f"the cohort has no endpoint {endpoint}")
            elif table.status[row] != "ok":
                why = _without(table.status[row], table.reason[row])
            elif data.entry is not None:
                why = _without("not_available", DELAYED)
            else:
                continue
            found[row] = dict.fromkeys(MEASURES, why)
        todo = [row for row in chosen if row not in found]
        if data is not None and todo:
            # scores of one cohort cover the same samples but for those that a method could not score
            have = np.isfinite(table.values) & data.known
            for used in np.unique(have[todo], axis=0):
                same = [row for row in todo if (have[row] == used).all()]
                measured = _measure(
                    data.time[used], data.cause[used], table.values[np.ix_(same, used)], config.min_events
                )
                found.update(zip(same, measured, strict=True))
        for row in chosen:
            signature, method = table.keys[row]
            labels = {"cohort": cohort, "signature": signature, "method": method, "endpoint": endpoint}
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
    for months in AUC_MONTHS:
        planned[f"auc_{months}"] = (months, "kept", lambda months: auc(time, cause, scores, months))
    constant = np.ptp(scores, axis=1) == 0
    found: list[dict[str, dict[str, Any]]] = [{} for _ in scores]
    for measure, (months, competing, estimate) in planned.items():
        n_events, n_beyond = int(((cause == 1) & (time <= months)).sum()), int((time > months).sum())
        seen = {"n": time.size, "n_events": n_events, "competing": competing if there else "none"}
        if np.isfinite(months):
            seen |= {"horizon_months": months, "n_beyond": n_beyond}
        why = None
        if measure.startswith("auc") and n_beyond < FOLLOWED_BEYOND:
            reason = f"{n_beyond} samples are followed beyond {months} months, {FOLLOWED_BEYOND} needed"
            why = _without("not_available", reason)
        elif n_events < min_events:
            until = f" up to {months:g} months" if np.isfinite(months) else ""
            why = _without("too_few_events", f"{n_events} events{until}, {min_events} needed")
        result = None if why else estimate(months)
        for row, own in enumerate(found):
            own[measure] = {**seen, **(why or _one(result, row, constant[row]))}
    return found


def reliable_horizon(time: np.ndarray) -> float:
    """End of Uno's C: ten years, or the last time with a tenth of the samples still at risk."""
    at_risk_then = np.sort(time)[::-1][int(np.ceil(STILL_AT_RISK * time.size)) - 1]
    return float(min(LAST_MONTHS, at_risk_then))


def _one(found: Concordance, row: int, constant: bool) -> dict[str, Any]:
    if constant:
        return _without("not_available", "the score has no variance")
    if np.isnan(found.c[row]):
        return _without("not_available", "no two samples can be compared")
    if np.isnan(found.low[row]):
        return _without("separated", f"the score orders all pairs alike ({found.c[row]:g}): no interval")
    interval = {"ci_low": found.low[row], "ci_high": found.high[row]}
    return {"estimate": found.c[row], **interval, "status": "ok"}


def _without(status: str, reason: str | None) -> dict[str, Any]:
    return {"status": status, "reason": reason}
