"""The part of docs/calibration.md that says how often a verdict errs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from calibrate.verdict_scenarios import BEYOND_ITS_PREMISE, EFFECTS, NO_EFFECT, PATIENT_EVENTS
from irf7bone.base.vocabulary import CONTRADICTED, NOT_SPECIFIC, SMALLER, SUPPORTED, WITHHELD
from irf7bone.base.vocabulary import NO_EFFECT as NOTHING
from irf7bone.tables.verdict import ANY_SITE, BONE_SPECIFIC, UNDECIDED

CELL = ["scenario", "level", "k", "events_low", "events_high", "smallest_hr"]
ABOUT = """
Studies of 1, 2, 3, 5, 8 and 12 cohorts of 10-20, 15-60 and 60-150 events each, {studies:,} a cell at
summary level (cells that came near 5 % false effects were drawn again with five times as many), where the
estimates of all models are drawn together; {patients} a scenario at patient level, where patients are drawn
and fitted with the workflow's Cox and Firth models. The studies are made without the workflow's code; its
pool and its decision judge them. A score goes with the mean random score (r 0.5); proliferation has log HR
0.4, ER -0.2. Smallest hazard ratio looked for 0.7 unless 0.8 is said. In per cent.
"""
FALSE = """
Where there is no effect: *false effect* is supported or contradicted, the largest share over all cells; it
should not exceed 5 % but where the proliferation score is less reliable than declared (0.6 for 0.7: in
italics), the limit of what any calibration can do, and where a card denies that patients were chosen by
outcome, which no table can show.
"""
TRUE = """
Where there is one: how often it is supported, and the largest shares of what would be false at HR 0.7 or
stronger.
"""
SITES = """
Bone against other first sites: cohorts with so many events of each kind, effects that differ between
cohorts with a standard deviation of 0.1 on both.
"""
LEVELS = """
Patient level against summary level, cohorts of 15 to 60 events. They agree but for the effect that turns:
it turns at a time for all patients, and those at risk then are no longer alike, so that its average over
time is not 1 as at summary level; where an effect is said of it, non_proportional stands beside the word.
"""


def verdict_page(table: pd.DataFrame) -> str:
    """The section.

    Args:
        table: :data:`irf7bone.tables.calibration.VERDICT_CALIBRATION`.
    """
    of_sites = table["scenario"].str.startswith("sites: ")
    sites, table = table[of_sites], table[~of_sites]
    cells = table.pivot_table(index=CELL, columns="verdict", values="share", sort=False).reset_index()
    cells["false"] = cells[SUPPORTED] + cells[CONTRADICTED]
    summary, patient = (cells[cells["level"] == level] for level in ("summary", "patient"))
    counts = table.groupby("level")["n_studies"].min()
    parts = [
        ABOUT.format(studies=int(counts.get("summary", 0)), patients=int(counts.get("patient", 0))),
        FALSE,
        _false(summary),
        TRUE,
        _power(summary),
        _errors(summary),
    ]
    if len(patient):
        parts += [LEVELS, _levels(patient, summary)]
    if len(sites):
        parts += [SITES, _sites(sites)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _sites(table: pd.DataFrame) -> str:
    key = ["scenario", "k", "events_low", "events_high"]
    cells = table.pivot_table(index=key, columns="verdict", values="share", sort=False).reset_index()
    rows = [
        [
            row["scenario"].removeprefix("sites: "),
            str(row["k"]),
            f"{row['events_low']}-{row['events_high']}",
            *(_percent(row[word]) for word in (BONE_SPECIFIC, ANY_SITE, UNDECIDED)),
        ]
        for _, row in cells.iterrows()
    ]
    return _markdown(["truth", "cohorts", "events of each", BONE_SPECIFIC, ANY_SITE, UNDECIDED], rows)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _false(cells: pd.DataFrame) -> str:
    rows = []
    for scenario in NO_EFFECT:
        own = cells[cells["scenario"] == scenario.name]
        if own.empty:
            continue
        most = own.groupby("smallest_hr")["false"].max()
        at_7 = own[own["smallest_hr"] == 0.7]
        name = (
            f"*{scenario.name}*" if scenario.name in BEYOND_ITS_PREMISE or scenario.denied else scenario.name
        )
        words = [_percent(at_7[word].max()) for word in (NOTHING, SMALLER, NOT_SPECIFIC, WITHHELD)]
        rows.append([name, _percent(most[0.7]), _percent(most[0.8]), *words])
    head = ["truth", "false effect", "false effect, 0.8", "no effect", "smaller", "not specific", "withheld"]
    return _markdown(head, rows)


def _power(cells: pd.DataFrame) -> str:
    ks = sorted(set(cells["k"]) - {1})
    rows = []
    for scenario in EFFECTS:
        own = cells[(cells["scenario"] == scenario.name) & (cells["smallest_hr"] == 0.7)]
        for low, high in own[["events_low", "events_high"]].drop_duplicates().itertuples(index=False):
            at = own[(own["events_low"] == low) & (own["events_high"] == high)].set_index("k")
            rows.append([scenario.name, f"{low}-{high}", *(f"{100 * at.loc[k, SUPPORTED]:.0f}" for k in ks)])
    return _markdown(["supported where", "events", *(f"{k} cohorts" for k in ks)], rows)


def _errors(cells: pd.DataFrame) -> str:
    rows = []
    for scenario in EFFECTS:
        own = cells[(cells["scenario"] == scenario.name) & (cells["smallest_hr"] == 0.7)]
        if not own.empty:
            words = (NOTHING, NOT_SPECIFIC, CONTRADICTED, SMALLER, WITHHELD)
            rows.append([scenario.name, *(_percent(own[word].max()) for word in words)])
    return _markdown(["truth", "no effect", "not specific", "contradicted", "smaller", "withheld"], rows)


def _levels(patient: pd.DataFrame, summary: pd.DataFrame) -> str:
    low, high = PATIENT_EVENTS
    rows = []
    for _, row in patient[patient["smallest_hr"] == 0.7].iterrows():
        same = summary[
            (summary["scenario"] == row["scenario"])
            & (summary["k"] == row["k"])
            & (summary["events_low"] == low)
            & (summary["events_high"] == high)
            & (summary["smallest_hr"] == 0.7)
        ].iloc[0]
        pairs = [
            f"{_percent(row[word])} / {_percent(same[word])}" for word in (SUPPORTED, CONTRADICTED, NOTHING)
        ]
        rows.append([row["scenario"], str(row["k"]), *pairs])
    head = ["truth", "cohorts", "supported, patient / summary", "contradicted", "no effect"]
    return _markdown(head, rows)
