"""Cells and columns of the report's tables: how a row is said, and the rows at full precision to download."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from irf7bone.base.phrases import STATUS_WORDS, estimate, is_missing
from irf7bone.pool.quoted import quoted_columns

LONG = 10  # rows: more are shown page by page
_FIRST_SENTENCE = re.compile(r"(?<=[\w)])\. (?=[A-Z])")
NOTHING = "\u2013"  # an en dash: the status beside it says why there is no number


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by where it has one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Field:
    """One column: heading, what it holds in words, and how a row of the table is said in it.

    Args:
        label: Heading.
        doc: What it holds.
        say: A row of the table as a cell.
        number: Whether it is sorted by value.
        filtered: Whether the page offers to choose one of its values.
        kept: Whether it shows where there is no room for all columns.
    """

    label: str
    doc: str
    say: Callable[[Mapping[str, Any]], Cell]
    number: bool = False
    filtered: bool = False
    kept: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it shows however narrow the window: what was found, and whether there is a result."""
        return self.kept or self.say in (effect_cell, say_status)


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it.

    Args:
        id: Id of the element, and the name of the file that is downloaded.
        caption: One or two sentences.
        columns: Columns shown.
        rows: Cells, as many as columns.
        marked: Of each row, whether it is about a simulated cohort.
        download: The whole table as tab-separated text.
        initial: Column label -> value that the filter starts with.
        searchable: Whether the page offers search and filters.
    """

    id: str
    caption: str
    columns: Sequence[Field]
    rows: Sequence[Sequence[Cell]]
    marked: Sequence[bool]
    download: str
    initial: Mapping[str, str] = field(default_factory=dict)
    searchable: bool = False

    @property
    def is_long(self) -> bool:
        """Whether the page shows a part of the rows, and its script the rest."""
        return len(self.rows) > LONG

    @property
    def is_searched(self) -> bool:
        """Whether the page offers search and pages."""
        return self.searchable or self.is_long

    @property
    def is_simulated(self) -> bool:
        """Whether every row is about simulated data."""
        return bool(self.marked) and all(self.marked)

    @property
    def heading(self) -> str:
        """The caption's first sentence, without its full stop."""
        return _FIRST_SENTENCE.split(self.caption, 1)[0].rstrip(".")

    @property
    def remark(self) -> str:
        """The caption behind its first sentence."""
        return "".join(_FIRST_SENTENCE.split(self.caption, 1)[1:])

    @property
    def opening(self) -> Sequence[int]:
        """Positions of the rows that the page opens with: those that fit ``initial``, while they are few."""
        if not self.is_long:
            return range(len(self.rows))
        wanted = [
            (i, self.initial[column.label])
            for i, column in enumerate(self.columns)
            if column.label in self.initial
        ]
        fitting = [n for n, row in enumerate(self.rows) if all(row[i].text == text for i, text in wanted)]
        return fitting[:LONG]


def text_uri(text: str, media_type: str) -> str:
    """A text in a link that needs no network."""
    coded = base64.b64encode(text.encode("utf-8")).decode("ascii")
    return f"data:{media_type};charset=utf-8;base64,{coded}"


def view(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    columns: Sequence[Field],
    simulated: Collection[str],
    *,
    by: str = "cohort",
    **rules: Any,
) -> TableView:
    """A table as the page shows it.

    Args:
        name: Id of the element.
        caption: One or two sentences.
        frame: The table.
        columns: Columns shown.
        simulated: Ids of what is simulated.
        by: Column of ``frame`` that holds the ids.
        **rules: Further arguments of :class:`TableView`.
    """
    records = frame.to_dict("records")
    rows = [[column.say(record) for column in columns] for record in records]
    marked = [record.get(by) in simulated for record in records]
    return TableView(name, caption, columns, rows, marked, as_text(frame), **rules)


def say_text(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    """A column of text."""

    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING if is_missing(row[name]) else str(row[name]))

    return say


def say_count(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    """A column of whole numbers."""

    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING) if is_missing(row[name]) else Cell(f"{int(row[name]):,}", float(row[name]))

    return say


def say_number(name: str, form: Callable[[float], str]) -> Callable[[Mapping[str, Any]], Cell]:
    """A column of numbers, put into words by ``form``."""

    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING) if is_missing(row[name]) else Cell(form(row[name]), float(row[name]))

    return say


def effect_cell(row: Mapping[str, Any]) -> Cell:
    """A hazard ratio with its interval, or the status that stands in its place."""
    if row["status"] != "ok":
        return Cell(STATUS_WORDS[row["status"]])
    return Cell(estimate(row["log_hr"], row["ci_low"], row["ci_high"]), float(row["log_hr"]))


def quoted_cell(row: Mapping[str, Any]) -> Cell:
    """A pool's hazard ratio with the interval that texts quote, or the status that stands in its place."""
    names = quoted_columns(row["k"])
    if is_missing(row[names[0]]):
        return Cell(STATUS_WORDS[row["status"]])
    return Cell(estimate(*(row[name] for name in names)), float(row[names[0]]))


def say_status(row: Mapping[str, Any]) -> Cell:
    """The status in words, with its reason."""
    said = STATUS_WORDS[row["status"]]
    return Cell(said if is_missing(row["reason"]) else f"{said}: {row['reason']}")


def say_cohort(simulated: Collection[str]) -> Callable[[Mapping[str, Any]], Cell]:
    """The cohort, marked where it is simulated."""

    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(f"{row['cohort']} (simulated)" if row["cohort"] in simulated else str(row["cohort"]))

    return say


def say_range(
    low: str, high: str, said: Callable[[float, float], str]
) -> Callable[[Mapping[str, Any]], Cell]:
    """Two numbers of a row as one range."""

    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row[low]) or is_missing(row[high]):
            return Cell(NOTHING)
        return Cell(said(row[low], row[high]), float(row[low]))

    return say


def as_text(frame: pd.DataFrame) -> str:
    """The table as the workflow writes it: tab-separated, NA for nothing."""
    return frame.to_csv(sep="\t", index=False, na_rep="NA", lineterminator="\n")
