"""Do curves by tertile differ: Gray's test, and the log-rank test where there are no competing events.

Tertiles are for display (:mod:`irf7bone.outcome.curves`); these tests go with the curves and are not how a
score is judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.curves import tertiles
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, because, too_few_events
from irf7bone.statistics.gray import gray_test, logrank_test
from irf7bone.tables.outcome_checks import GROUP_TESTS


def group_tests(plan: FitPlan) -> pd.DataFrame:
    """Compare the tertiles of every signature (by the primary method) for every endpoint of the config.

    The groups are those of :func:`irf7bone.outcome.curves.curves`, and the test follows its rule: Gray's
    where any competing event was seen, else the log-rank test.

    Args:
        plan: Scores and follow-up of the cohort.

    Returns:
        Table of :data:`GROUP_TESTS`, one row for every signature x endpoint.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        for k in plan.primary_rows:
            signature, method = plan.table.keys[k]
            row = {"cohort": plan.cohort, "signature": signature, "method": method, "endpoint": endpoint}
            data, reason = plan.follow_up(endpoint), plan.refusal(k, endpoint)
            if data is None or reason:
                row |= reason.columns if reason else {}
            else:
                score = plan.table.values[k]
                used = data.known & np.isfinite(score)
                test = "gray" if data.competing[data.known].any() else "logrank"
                found = _compare(test, data.time[used], data.cause[used], score[used], plan.config.min_events)
                row |= {"test": test, **found}
            rows.append({**dict.fromkeys(GROUP_TESTS.names), **row})
    return GROUP_TESTS.cast(pd.DataFrame(rows, columns=GROUP_TESTS.names))


def _compare(
    test: str, time: np.ndarray, cause: np.ndarray, score: np.ndarray, min_events: int
) -> dict[str, Any]:
    n_events = int((cause == 1).sum())
    seen = {"n": time.size, "n_events": n_events, "n_competing": int((cause == 2).sum())}
    if n_events < min_events:
        return {**seen, **too_few_events(n_events, time.size, min_events).columns}
    groups = tertiles(score)
    found = gray_test(time, cause, groups) if test == "gray" else logrank_test(time, cause == 1, groups)
    if found.reason:
        return {**seen, **because(Code.NO_TEST, said=found.reason).columns}
    return {**seen, "statistic": found.statistic, "df": found.df, "p": found.p, "status": "ok"}
