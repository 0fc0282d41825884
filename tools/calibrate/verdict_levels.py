"""Do studies that are drawn patient by patient get the words that estimates drawn at once get?"""

from __future__ import annotations

import pandas as pd

from calibrate.verdict_limits import differ
from calibrate.verdict_scenarios import PATIENT_EVENTS
from irf7bone.base.vocabulary import CONTRADICTED, NO_EFFECT, NOT_SPECIFIC, SMALLER, SUPPORTED, VERDICTS

CELL = ["scenario", "level", "k", "events_low", "events_high", "smallest_hr", "n_studies"]
LEVEL_WORDS = (SUPPORTED, CONTRADICTED, SMALLER, NO_EFFECT, NOT_SPECIFIC)


def shares_of_cells(table: pd.DataFrame) -> pd.DataFrame:
    """One row a cell, one column a word, which has no row where it is never said."""
    cells = table.pivot_table(index=CELL, columns="verdict", values="share", sort=False, fill_value=0.0)
    words = [word for word in VERDICTS if word not in cells]
    return cells.assign(**dict.fromkeys(words, 0.0)).reset_index()


def compare_levels(patient: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Shares at both levels and whether they differ, one row a cell and word.

    Args:
        patient: Of :func:`shares_of_cells`.
        summary: Likewise.

    Returns:
        scenario, k, smallest_hr, word, patient, summary, p.
    """
    key = ["scenario", "k", "smallest_hr"]
    same = summary[summary["events_low"] == PATIENT_EVENTS[0]].set_index(key)
    rows = []
    for _, row in patient.iterrows():
        other = same.loc[tuple(row[key])]
        for word in LEVEL_WORDS:
            p = differ(row[word], int(row["n_studies"]), other[word], int(other["n_studies"]))
            rows.append({**row[key], "word": word, "patient": row[word], "summary": other[word], "p": p})
    return pd.DataFrame(rows)
