"""What every section of the report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import ENDPOINT_WORDS, STATUS_WORDS, capital, counted, is_missing, listed
from irf7bone.report.html.cell_markup import TableView
from irf7bone.report.html.figure_markup import FigureView, read_figure

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

INTERVALS = "Squares: estimates, area by precision; lines: 95 % intervals."


@dataclass(frozen=True)
class Finding:
    """What a section says first: a full sentence, and whether it is about simulated data."""

    text: str
    simulated: bool = False


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Args:
        id: Id of the element.
        nav: Its name among the contents.
        title: Heading.
        findings: Sentences from the tables, patients before simulated data.
        figures: In order.
        tables: In order.
        template: File in the folder of templates; the default shows findings, figures and tables.
        data: What a template of its own needs beside these.
        on_paper: Whether it has a place in the printed report; what is there to be clicked has none.
    """

    id: str
    nav: str
    title: str
    findings: Sequence[Finding] = ()
    figures: Sequence[FigureView] = ()
    tables: Sequence[TableView] = ()
    template: str = "section.html.j2"
    data: Mapping[str, Any] = field(default_factory=dict)
    on_paper: bool = True

    @property
    def patients(self) -> Part:
        """What is not about simulated data alone."""
        return self._part(False)

    @property
    def simulated(self) -> Part:
        """What is about simulated data alone; the page folds it."""
        return self._part(True)

    def _part(self, simulated: bool) -> Part:
        return Part(
            [finding for finding in self.findings if finding.simulated == simulated],
            [figure for figure in self.figures if figure.simulated == simulated],
            [table for table in self.tables if table.is_simulated == simulated],
        )


@dataclass(frozen=True)
class Part:
    """The part of a section that is about patients, or about simulated data."""

    findings: Sequence[Finding]
    figures: Sequence[FigureView]
    tables: Sequence[TableView]

    @property
    def counts(self) -> str:
        """How much of each there is, in words; empty for nothing."""
        held = (("finding", self.findings), ("figure", self.figures), ("table", self.tables))
        return ", ".join(counted(len(items), noun) for noun, items in held if items)


def marked(caption: str, simulated: bool) -> str:
    """The caption, behind a warning where it is about simulated data."""
    return f"SIMULATED DATA, not patients. {caption}" if simulated else caption


def failed(row: Mapping[str, Any]) -> str:
    """``not available: the cohort does not record ER status``."""
    said = STATUS_WORDS[row["status"]]
    return said if is_missing(row["reason"]) else f"{said}: {row['reason']}"


def not_estimated(row: Mapping[str, Any]) -> str:
    """``not estimated (too few events: 2 events among 40 samples, 5 needed)``."""
    return f"not estimated ({failed(row)})"


def said_cohort(cohort: str, simulated: frozenset[str]) -> str:
    """The cohort, marked where it is simulated, to begin a sentence with."""
    return f"{cohort} (simulated)" if cohort in simulated else cohort


def figure_view(
    inputs: ReportInputs, name: str, *, title: str, finding: str, marks: str, simulated: bool = False
) -> FigureView:
    """A figure, captioned with its finding and what its marks mean; its alternative text is the finding."""
    return read_figure(
        inputs.figures,
        name,
        title=title,
        alt=finding,
        caption=marked(f"{finding} {marks}".strip(), simulated),
        simulated=simulated,
    )


def one_row(table: pd.DataFrame, **wanted: object) -> dict[str, Any] | None:
    """The one row with these values; None where it was not planned."""
    rows = chosen(table, **wanted)
    return None if rows.empty else rows.iloc[0].to_dict()


def chosen(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Rows with these values."""
    keep = pd.Series(True, index=table.index)
    for name, value in wanted.items():
        keep &= table[name] == value
    return table[keep]


def of_patients(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table over patients, without signatures of simulated samples, which no patient has."""
    return table[~table["signature"].map(of_simulated).astype(bool)]


def recorded(table: pd.DataFrame, cohorts: pd.DataFrame) -> pd.DataFrame:
    """Rows of cohorts that have the row's endpoint.

    Args:
        table: With columns cohort and endpoint.
        cohorts: :data:`irf7bone.tables.cohort.COHORTS`.
    """
    there = set(zip(cohorts["cohort"], cohorts["endpoint"], strict=True))
    pairs = zip(table["cohort"], table["endpoint"], strict=True)
    return table[np.array([pair in there for pair in pairs], dtype=bool)]


def patients_first(cohorts: Sequence[str], simulated: frozenset[str]) -> list[str]:
    """Cohorts of patients in their order, then the simulated ones."""
    return sorted(cohorts, key=lambda name: name in simulated)


def with_endpoints(inputs: ReportInputs) -> list[tuple[str, str]]:
    """Pairs of cohort and endpoint that are drawn: patients first, the primary endpoint first of each."""
    rows = inputs.cohorts[inputs.cohorts["endpoint"].isin(list(inputs.config.endpoints))]
    primary = inputs.config.primary.endpoint
    return [
        (cohort, endpoint)
        for cohort in patients_first(list(inputs.cards), inputs.simulated)
        for endpoint in sorted(
            rows.loc[rows["cohort"] == cohort, "endpoint"], key=lambda name: name != primary
        )
    ]


def shown_only(signatures: Sequence[str], file: str) -> str:
    """Which signatures a table on the page holds, and where the others are."""
    return f"Of {listed(list(signatures))}; every signature is in results/outcome/<cohort>/{file}.tsv."


def not_drawn(inputs: ReportInputs) -> list[Finding]:
    """Where the figures of further cohorts are; nothing where the report has those of all."""
    left = len(inputs.cards) - len(inputs.drawn)
    if not left:
        return []
    return [
        Finding(
            f"Figures of {len(inputs.drawn)} cohorts are shown, those with most events; those of the other "
            f"{left} are files of the run, results/figures/<cohort>/, linked from the page's part on cohorts."
        )
    ]


def outcome(endpoint: str) -> str:
    """The endpoint in words, to begin a sentence with."""
    return capital(ENDPOINT_WORDS[endpoint])


def hatched(cohorts: Sequence[str], inputs: ReportInputs) -> str:
    """What the hatching means, where there is any."""
    return " Hatched: simulated cohorts, not patients." if inputs.simulated.intersection(cohorts) else ""


def shown_rows(table: pd.DataFrame, inputs: ReportInputs) -> pd.DataFrame:
    """Rows of the key signatures in cohorts that have the endpoint."""
    return recorded(table[table["signature"].isin(list(inputs.shown))], inputs.cohorts)
