"""The part of docs/statistics/calibration.md that says how often a verdict errs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd

from calibrate.verdict_levels import LEVEL_WORDS, compare_levels, shares_of_cells
from calibrate.verdict_limits import POWER, POWER_COHORTS, TWO_ERRORS, is_excused
from calibrate.verdict_power import compare_power
from calibrate.verdict_scenarios import APART, EFFECTS, NO_EFFECT, SCENARIOS
from irf7bone.base.vocabulary import (
    CONTRADICTED,
    NOT_SPECIFIC,
    SMALLER,
    SUPPORTED,
    TOO_LITTLE,
    WITHHELD,
)
from irf7bone.base.vocabulary import NO_EFFECT as NOTHING
from irf7bone.tables.verdict import ANY_SITE, BONE_SPECIFIC, UNDECIDED

# of what is said of an effect weaker than the size looked for
OF_08 = ("HR 0.8", f"HR 0.8, {APART}")
SMALLER_EVENTS, SMALLER_COHORTS = (60, 150), (5, 8, 12)
ABOUT = """
Studies of 1, 2, 3, 5, 8 and 12 cohorts of 10-20, 15-60 and 60-150 events each, {studies:,} a cell at summary
level, where the estimates of all models are drawn together; {patients} a scenario at patient level, where
patients are drawn and fitted with the workflow's Cox and Firth models. A cell within two standard errors of
one of its limits, and one that the patient level has too, was drawn with five times as many studies, which
replace the first; one that then missed its limit, once more, and both are counted. So {again} of {cells:,}
cells have more than {studies:,} studies. The studies are made without the workflow's code; its pool and its
decision judge them. A score goes with proliferation (r 0.2 unless said), with the mean random score (r 0.5),
and with ER only as far as both go with proliferation; proliferation has log HR 0.4, ER -0.2. Smallest hazard
ratio looked for 0.7 unless 0.8 is said. In per cent.
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
Patient level against summary level, cohorts of 15 to 60 events, sizes of 0.7 and 0.8 looked for. {said}
In bold what differs by more than two standard errors, by Fisher's exact test. The effect that turns is
another matter: it turns at a time for all patients, and those at risk then are no longer alike, so that its
average over time is not 1 as at summary level; an effect said of it has non_proportional beside the word.
Estimates of patients spread a little more than those at summary level (docs/development/decisions.md), so
that *no effect of the size looked for* is said somewhat less often.
"""
ASKED = """
Against what the specification's own prototype found: shares of the word, and in brackets the prototype's. In
bold what is more than three points below it, and more than two standard errors of the difference: {short}.
"""
APART_WORDS = """
The specification does not say how far its prototype's scores went with proliferation. Of the {cells} cells of
this table whose scenario leaves it open, {short} fall short where score and proliferation are independent,
and {own} with r 0.2; the mean squared difference from the prototype, in standard errors, is {apart:.1f} there
and {near:.1f} here. What changes is mostly what is said of HR 0.8 where 0.7 is looked for: it is smaller than
that, so that many or large cohorts say *smaller than looked for*, and *supported* less often; either is true.
A score that goes with proliferation is pulled away from 1 where proliferation is taken to be measured with an
error that it has not, and exceeds the size more often. {events} events, {k} cohorts:
"""


def verdict_page(table: pd.DataFrame) -> str:
    """The section.

    Args:
        table: :data:`irf7bone.tables.calibration.VERDICT_CALIBRATION`.
    """
    of_sites = table["scenario"].str.startswith("sites: ")
    sites, table = table[of_sites], table[~of_sites]
    cells = shares_of_cells(table)
    cells["false"] = cells[SUPPORTED] + cells[CONTRADICTED]
    summary, patient = (cells[cells["level"] == level] for level in ("summary", "patient"))
    fewest = table.groupby("level")["n_studies"].min()
    studies = int(fewest.get("summary", 0))
    again = int((summary["n_studies"] > studies).sum())
    counts = {"studies": studies, "patients": int(fewest.get("patient", 0)), "again": again}
    parts = [
        ABOUT.format(**counts, cells=len(summary)),
        FALSE,
        _false(summary),
        _nearest(summary),
        TRUE,
        _power(summary),
        _errors(summary),
        *_asked(compare_power(summary)),
        *_smaller(summary),
    ]
    if len(patient):
        parts += _levels(patient, summary)
    if len(sites):
        parts += [SITES, _sites(sites)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _sites(table: pd.DataFrame) -> str:
    key = ["scenario", "k", "events_low", "events_high"]
    cells = table.pivot_table(index=key, columns="verdict", values="share", sort=False, fill_value=0.0)
    cells = cells.reset_index()
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
        name = f"*{scenario.name}*" if is_excused(scenario) else scenario.name
        words = [_percent(at_7[word].max()) for word in (NOTHING, SMALLER, NOT_SPECIFIC, WITHHELD)]
        rows.append([name, _percent(most[0.7]), _percent(most[0.8]), *words])
    head = ["truth", "false effect", "false effect, 0.8", "no effect", "smaller", "not specific", "withheld"]
    return _markdown(head, rows)


def _nearest(cells: pd.DataFrame) -> str:
    """The cells that come nearest to 5 % false effects, in words."""
    held = [one.name for one in NO_EFFECT if not is_excused(one)]
    own = cells[cells["scenario"].isin(held)].sort_values("false", ascending=False, kind="stable")
    said = [
        f"{row['scenario']}, {row['k']} cohorts of {row['events_low']}-{row['events_high']} events, size "
        f"{row['smallest_hr']:g}: {100 * row['false']:.2f} ± "
        f"{100 * np.sqrt(row['false'] * (1 - row['false']) / row['n_studies']):.2f} of {row['n_studies']:,}"
        for _, row in own.head(3).iterrows()
    ]
    return textwrap.fill(f"Nearest to the limit: {'; '.join(said)}.", 110)


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


def _asked(compared: pd.DataFrame) -> list[str]:
    """Power beside that of the specification."""
    rows = []
    for key, own in compared[~compared["apart"]].groupby(
        ["scenario", "smallest_hr", "word", "events"], sort=False
    ):
        scenario, size, word, events = map(str, key)
        rows.append([scenario, size, word, events, *(_beside(row) for _, row in own.iterrows())])
    short = compared.loc[~compared["apart"], "is_short"]
    head = ["truth", "size", "word", "events", *(f"{k} cohorts" for k in POWER_COHORTS)]
    about = ASKED.format(short=f"{short.sum() or 'none'} of {len(short)}")
    return [about, _markdown(head, rows), _apart(compared)]


def _beside(row: pd.Series) -> str:
    bold = "**" * row["is_short"]
    return f"{bold}{100 * row['share']:.0f}{bold} ({100 * row['asked']:.0f})"


def _apart(compared: pd.DataFrame) -> str:
    """How near studies come to the prototype whose scores go with proliferation, and others."""
    apart = compared[compared["apart"]]
    own = compared[~compared["apart"] & compared["scenario"].isin(apart["scenario"])]
    return APART_WORDS.format(
        cells=len(apart),
        short=apart["is_short"].sum(),
        own=own["is_short"].sum() or "none",
        apart=np.square(apart["z"]).mean(),
        near=np.square(own["z"]).mean(),
        events="-".join(map(str, SMALLER_EVENTS)),
        k=", ".join(map(str, SMALLER_COHORTS)),
    )


def _smaller(summary: pd.DataFrame) -> list[str]:
    """What is said of HR 0.8 where 0.7 is looked for, by what the score goes with."""
    words = (SUPPORTED, SMALLER, NOTHING, TOO_LITTLE, WITHHELD)
    asked = {one.smallest_hr: one for one in POWER if one.scenario == OF_08[0]}
    own = summary[summary["scenario"].isin(OF_08) & (summary["events_low"] == SMALLER_EVENTS[0])]
    rows = []
    for k in SMALLER_COHORTS:
        for name, size in ((name, size) for name in OF_08 for size in (0.7, 0.8)):
            at = own[(own["scenario"] == name) & (own["k"] == k) & (own["smallest_hr"] == size)]
            if at.empty:
                continue
            cell = at.iloc[0]
            effect = _percent(cell[SUPPORTED] + cell[SMALLER])
            told = [_percent(cell[word]) for word in words]
            prototype = _percent(asked[size].of(SMALLER_EVENTS, k))
            rows.append([name, str(k), f"{size:g}", f"{cell['n_studies']:,}", prototype, *told, effect])
    head = ["truth", "cohorts", "size", "studies", "prototype's supported", *words, "supported or smaller"]
    return [_markdown(head, rows)]


def _levels(patient: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    compared = compare_levels(patient, summary)
    turning = compared["scenario"].isin([one.name for one in SCENARIOS if not np.isnan(one.late)])
    # where a word is never said at either level there is nothing to compare
    judged = compared[~turning & ((compared["patient"] > 0) | (compared["summary"] > 0))]
    apart = judged["p"] < TWO_ERRORS
    said = (
        f"Of {len(judged)} shares that are not 0 at both, {int(apart.sum())} differ "
        f"({TWO_ERRORS * len(judged):.0f} would by chance), the most with p {judged['p'].min():.2g}."
    )
    rows = []
    for (scenario, k, size), own in compared.groupby(["scenario", "k", "smallest_hr"], sort=False):
        pairs = [_pair(row, bold=row["p"] < TWO_ERRORS) for _, row in own.iterrows()]
        rows.append([scenario, str(k), f"{size:g}", *pairs])
    head = ["truth", "cohorts", "size", *(f"{word}, patient / summary" for word in LEVEL_WORDS)]
    return [textwrap.fill(LEVELS.format(said=said).strip(), 110), _markdown(head, rows)]


def _pair(row: pd.Series, *, bold: bool) -> str:
    said = f"{_percent(row['patient'])} / {_percent(row['summary'])}"
    return f"**{said}**" if bold else said
