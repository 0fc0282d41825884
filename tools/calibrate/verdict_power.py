"""Power of the simulated studies beside that of the specification's prototype."""

from __future__ import annotations

import pandas as pd

from calibrate.verdict_limits import POWER, POWER_COHORTS, PROTOTYPE_STUDIES, SHORT, difference_error
from calibrate.verdict_scenarios import APART


def compare_power(summary: pd.DataFrame) -> pd.DataFrame:
    """Every share that the prototype published, and the same where score and proliferation are independent.

    Args:
        summary: Cells at summary level, of :func:`calibrate.verdict_levels.shares_of_cells`.

    Returns:
        scenario, smallest_hr, word, events, k, apart (of independent scores), share, asked (the prototype's),
        z (their difference in standard errors), is_short (more than :data:`SHORT` and two of them below).
    """
    cells = summary.set_index(["scenario", "smallest_hr", "events_low", "k"]).sort_index()
    there = set(summary["scenario"])
    rows = []
    for one in POWER:
        for name in (one.scenario, f"{one.scenario}, {APART}"):
            if name not in there:
                continue
            for events, k in ((events, k) for events in one.percent for k in POWER_COHORTS):
                cell = cells.loc[(name, one.smallest_hr, events[0], k)]
                share, asked = float(cell[one.word]), one.of(events, k)
                error = difference_error(share, int(cell["n_studies"]), asked, PROTOTYPE_STUDIES)
                rows.append(
                    {
                        "scenario": one.scenario,
                        "smallest_hr": one.smallest_hr,
                        "word": one.word,
                        "events": f"{events[0]}-{events[1]}",
                        "k": k,
                        "apart": name != one.scenario,
                        "share": share,
                        "asked": asked,
                        "z": (share - asked) / error,
                        "is_short": share < asked - SHORT - 2 * error,
                    }
                )
    return pd.DataFrame(rows)
