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
from irf7bone.outcome.outcome_data import FollowUp
from irf7bone.outcome.reasons import Code, because, too_few_events
from irf7bone.statistics.gray import gray_test, logrank_test
from irf7bone.tables.outcome_checks import GROUP_TESTS


def group_tests(plan: FitPlan) -> pd.DataFrame:
    """Compare the tertiles of every signature (by the primary method) for every endpoint of the config.

    The groups are those of :func:`irf7bone.outcome.curves.curves`, and the test follows its rule: Gray's
    where any competing event was seen, else the log-rank test. With delayed entry the log-rank test takes
    risk sets of (entry, time]; Gray's test is refused.

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
            elif data.entry is not None and _competing(data):
                row |= because(Code.DELAYED_ENTRY).columns
            else:
                test = "gray" if _competing(data) else "logrank"
                row |= {"test": test, **_compare(test, data, plan.table.values[k], plan.config.min_events)}
            rows.append({**dict.fromkeys(GROUP_TESTS.names), **row})
    return GROUP_TESTS.cast(pd.DataFrame(rows, columns=GROUP_TESTS.names))


def _competing(data: FollowUp) -> bool:
    return bool(data.competing[data.known].any())


def _compare(test: str, data: FollowUp, score: np.ndarray, min_events: int) -> dict[str, Any]:
    used = data.known & np.isfinite(score)
    time, cause = data.time[used], data.cause[used]
    n_events = int((cause == 1).sum())
    seen = {"n": time.size, "n_events": n_events, "n_competing": int((cause == 2).sum())}
    if n_events < min_events:
        return {**seen, **too_few_events(n_events, time.size, min_events).columns}
    groups = tertiles(score[used])
    if test == "gray":
        found = gray_test(time, cause, groups)
    else:
        found = logrank_test(time, cause == 1, groups, data.entry_of(used))
    if found.reason:
        return {**seen, **because(Code.NO_TEST, said=found.reason).columns}
    return {**seen, "statistic": found.statistic, "df": found.df, "p": found.p, "status": "ok"}
