"""What `make check` prints: one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.phrases import counted, is_missing
from irf7bone.commands.check_found import CellsCheck, CohortCheck, ExperimentCheck, StudyCheck
from irf7bone.commands.unanswered import primary_events
from irf7bone.verdict.planning import MOST_COHORTS, chance_to_decide, cohorts_needed
from irf7bone.verdict.premises import ALL_BUT, CONTRADICTED, SHARED

COLUMNS_SHOWN = 6  # more cohorts side by side are wider than a screen
SCREEN = 108  # characters
NOTHING = "-"
NO_BREAK = "\N{NO-BREAK SPACE}"  # a name and its number stay on one line
# of a further cohort where there is none to go by
TYPICAL_EVENTS = 40


def describe_check(found: StudyCheck) -> str:
    """The screen: cohorts, events, coverage, patients found twice, problems."""
    parts = [
        _head(found),
        _cohorts(found.cohorts),
        _coverage(found),
        "\n".join(
            part for part in (_experiments(found.experiments), _cells(found.cells), _remarks(found)) if part
        ),
        _problems(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(found: StudyCheck) -> str:
    primary = found.config.get("primary")
    words = primary.values() if isinstance(primary, dict) else [primary]
    lines = [
        f"{found.source}: {found.config.get('title')}",
        f"primary analysis: {', '.join(map(str, words))}",
        f"behind it: {_primary_events(found)}",
        *_planning(found),
        *(line for said in found.needs for line in wrap(said, width=SCREEN, subsequent_indent="  ")),
    ]
    return "\n".join(lines)


def _primary_events(found: StudyCheck) -> str:
    """Patients and events behind the primary analysis, as far as the data are there."""
    events = list(primary_events(found).values())
    cohorts = counted(len(events), "cohort")
    return f"{counted(sum(events), 'event')} in {cohorts} of patients that could be read"


def _planning(found: StudyCheck) -> list[str]:
    """How many further events and cohorts it takes to decide; nothing where the settings are not right."""
    settings = found.config.get("verdict")
    wanted = ("smallest_hr", "power", "prior_scale")
    if found.problems or not isinstance(settings, dict):
        return []
    size, power, scale = (float(settings[name]) for name in wanted)
    events = list(primary_events(found).values())
    chance = chance_to_decide(events, size, scale)
    said = f"were the hazard ratio {size:g}, these cohorts would decide with probability {chance:.2f}"
    if chance >= power:
        return [f"planning: {said}"]
    # two lines: one would be wider than a screen
    each = int(np.median(events)) if events else TYPICAL_EVENTS
    more = cohorts_needed(events, each, size, power, scale)
    if more is None:
        needed = f"{MOST_COHORTS} further ones of {each} events do not make that {power:g}"
    else:
        cohorts = counted(more, "further cohort")
        needed = f"{power:g} takes about {cohorts} of {each} events ({counted(more * each, 'event')})"
    return [f"planning: {said};", f"          {needed}"]


def _table(rows: Sequence[Sequence[str]], *, text_columns: int) -> str:
    """Rows in columns as wide as need be, the first ones to the left and numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i < text_columns else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _experiments(experiments: Sequence[ExperimentCheck]) -> str:
    """Samples of each group, then genes, of every experiment."""
    lines = []
    for found in experiments:
        groups = ", ".join(f"{counted(n, 'sample')} of {name}" for name, n in found.groups.items())
        lines.append(f"{found.card.id}: {found.state or f'{groups}; {found.n_genes:,} genes'}")
    return "\n".join(f"experiment {line}" for line in lines)


def _cells(cells: Sequence[CellsCheck]) -> str:
    """Patients with each group, then cells, of every single-cell data set."""
    lines = []
    for found in cells:
        groups = ", ".join(f"{counted(n, 'patient')} with {name}" for name, n in found.patients.items())
        lines.append(f"{found.card.id}: {found.state or f'{groups}; {found.n_cells:,} cells'}")
    return "\n".join(f"single cells, {line}" for line in lines)


def _cohorts(cohorts: Sequence[CohortCheck]) -> str:
    head = ("cohort", "endpoint", "in file", "kept", "genes", "known", "events", "competing", "follow-up")
    rows = [head]
    unread = []
    for found in cohorts:
        if found.state:
            unread.append(f"{found.card.id}: {found.state}")
            continue
        for place, row in enumerate(found.summary.to_dict("records")):
            size = [_count(row[name]) for name in ("samples_in_file", "n", "genes")]
            events = [_count(row[name]) for name in ("n_endpoint", "n_events", "n_competing")]
            follow_up = row["median_followup_months"]
            rows.append(
                (
                    found.card.id if place == 0 else "",
                    row["endpoint"] or NOTHING,
                    *(size if place == 0 else ("", "", "")),
                    *events,
                    NOTHING if is_missing(follow_up) else f"{follow_up:.0f} months",
                )
            )
    table = _table(rows, text_columns=2) if len(rows) > 1 else "no cohort could be read"
    return "\n".join([table, *unread])


def _count(value: Any) -> str:
    return NOTHING if is_missing(value) else f"{int(value):,}"


def _coverage(found: StudyCheck) -> str:
    """Share of each signature's genes that each cohort has, marked where they do not stand for the whole."""
    read = [cohort for cohort in found.cohorts if not cohort.state]
    if not read or not found.library:
        return ""
    shares = pd.DataFrame(
        {cohort.card.id: _shares(found, cohort.expression.columns) for cohort in read}, index=found.library
    )
    low = pd.DataFrame(
        {item.card.id: [not found.scores(item, name) for name in found.library] for item in read},
        index=found.library,
    )
    if len(read) <= COLUMNS_SHOWN:
        rows = [("signature", *shares.columns)]
        for name, row in shares.iterrows():
            marks = ["!" if mark else " " for mark in low.loc[name]]
            rows.append((str(name), *(f"{100 * v:.0f} %{m}" for v, m in zip(row, marks, strict=True))))
    else:
        rows = [("signature", "lowest", "in", "highest")]
        for name, row in shares.iterrows():
            mark = "!" if low.loc[name].any() else " "
            rows.append(
                (str(name), f"{100 * row.min():.0f} %{mark}", row.idxmin(), f"{100 * row.max():.0f} %")
            )
    limit = "!: these genes do not stand for the whole, not scored there" if low.to_numpy().any() else ""
    return "\n".join(
        filter(None, ["genes of each signature that a cohort has", _table(rows, text_columns=1), limit])
    )


def _shares(found: StudyCheck, genes: pd.Index) -> list[float]:
    sets = [signature.genes for signature in found.library.values()]
    return [sum(gene in genes for gene in members) / len(members) if members else 0.0 for members in sets]


def _remarks(found: StudyCheck) -> str:
    """What is no mistake and still worth knowing before the run."""
    lines = [
        f"{cohort.card.id}: {cohort.flagged} of {counted(len(cohort.expression), 'sample')} break a rule of "
        "quality; they stay (quality: drop in the card takes them out)"
        for cohort in found.cohorts
        if cohort.flagged
    ]
    lines += _expression_remarks(found)
    twice = found.duplicates[found.duplicates["status"].isin(SHARED)]
    endpoints = {cohort.card.id: set(cohort.card.endpoints) for cohort in found.cohorts}
    for (first, second), pairs in twice.groupby(["cohort", "other_cohort"], sort=False):
        place = " and ".join(dict.fromkeys((str(first), str(second))))
        row = pairs.iloc[0]
        who = f"{row['sample']} and {row['other_sample']} look like one patient ({row['evidence']})"
        if len(pairs) > 1:
            who = f"{len(pairs)} pairs of samples look like one patient each"
        apart = first != second and not endpoints[first] & endpoints[second]
        lines.append(f"{place}: {who}{'; they share no endpoint' if apart else ''}")
    lines += [
        line
        for cohort in found.cohorts
        for warning in cohort.notes.warnings
        for line in wrap(f"{cohort.card.id}: {warning}", width=SCREEN, subsequent_indent="  ")
    ]
    lines += [
        line
        for experiment in found.experiments
        for said in experiment.undecided
        for line in wrap(f"{experiment.card.id}: {said}", width=SCREEN, subsequent_indent="  ")
    ]
    lines += _questions(found)
    lines += _listed("samples in one source only", {c.card.id: c.notes.unmatched for c in found.cohorts})
    lines += _listed(
        "samples that stay without a value",
        {f"{c.card.id} {name}": n for c in found.cohorts for name, n in c.notes.missing.items()},
    )
    lines += _listed(
        "statements that a card leaves unverified",
        {c.card.id: len(c.card.unverified) for c in found.cohorts if c.card.role != "simulated"},
    )
    return "\n".join(lines)


def _listed(what: str, counts: Mapping[str, int]) -> list[str]:
    """Names with their counts in one sentence, wrapped; nothing where no count is above 0."""
    items = [f"{name}{NO_BREAK}{count}" for name, count in counts.items() if count]
    said = wrap(f"{what}: {', '.join(items)}", width=SCREEN) if items else []
    return [line.replace(NO_BREAK, " ") for line in said]


def _expression_remarks(found: StudyCheck) -> list[str]:
    """What is odd in a cohort's values, and which genes of the primary signature missing ones cost."""
    primary = found.config.get("primary")
    signature = found.library.get(str(primary.get("signature"))) if isinstance(primary, dict) else None
    lines = []
    for cohort in found.cohorts:
        if cohort.state or cohort.summary.empty or is_missing(cohort.summary["remarks"].iloc[0]):
            continue
        said = str(cohort.summary["remarks"].iloc[0])
        lost = [gene for gene in signature.genes if gene in cohort.lost] if signature else []
        if signature and lost:
            said += f"; {len(lost)} of the lost ones are of {signature.name}"
        lines += wrap(f"{cohort.card.id}: {said}", width=SCREEN)
    return lines


def _questions(found: StudyCheck) -> list[str]:
    """What only the reader of a source can tell, and a verdict needs."""
    lines = []
    asked = found.duplicates[found.duplicates["status"].isin((CONTRADICTED, "possible"))]
    for (first, second, status), pairs in asked.groupby(["cohort", "other_cohort", "status"], sort=False):
        row = pairs.iloc[0]
        if status == CONTRADICTED:
            said = f"both name a sample {row['sample']}, and their data differ: is it one patient?"
        else:
            facts = "" if is_missing(row["facts"]) else f"; {row['facts']}"
            said = (
                f"{row['sample']} and {row['other_sample']} may be one patient ({row['evidence']}{facts}): "
                "are they?"
            )
        place = " and ".join(dict.fromkeys((str(first), str(second))))
        more = f" ({len(pairs) - 1} more such)" if len(pairs) > 1 else ""
        lines += wrap(f"{place}: {said}{more}", width=SCREEN)
    for cohort in found.cohorts:
        if cohort.state or cohort.card.role != "validation" or cohort.card.selected_on_outcome is not None:
            continue
        nearly_all = cohort.summary["n_events"] > ALL_BUT * cohort.summary["n_endpoint"]
        for row in cohort.summary[nearly_all].to_dict("records"):
            lines.append(
                f"{cohort.card.id}: {row['n_events']} of {row['n_endpoint']} have {row['endpoint']}: were "
                "they "
                "chosen for it? Say `selected_on_outcome: true` or false in the card"
            )
    return lines


def _problems(found: StudyCheck) -> str:
    if not found.problems:
        return "no problems"
    return "\n\n".join([f"{counted(len(found.problems), 'problem')}:", *map(str, found.problems)])
