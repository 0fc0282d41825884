"""The times at which curves of the page say how many are at risk."""

from __future__ import annotations

AT_RISK_TIMES = 5


def risk_times(longest: float) -> list[int]:
    """At most five or six round times from 0: whole years, where follow-up has that many."""
    for step in (6, 12, 24, 36, 48, 60, 120):
        if longest / step <= AT_RISK_TIMES:
            return list(range(0, int(longest) + 1, step))
    return [0, int(longest)]
