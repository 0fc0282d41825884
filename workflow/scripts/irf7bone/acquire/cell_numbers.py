"""Cells of a table of expression as numbers, and what is none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from irf7bone.acquire.text import to_text
from irf7bone.acquire.thousands import are_thousands
from irf7bone.base.errors import InputError, Problem

_SHOWN = 20


@dataclass
class WrongCells:
    """Cells that are no numbers.

    Args:
        count: How many.
        offenders: The first of them, in words.
        text_columns: Columns without any number; None before any rows were looked at.
    """

    count: int = 0
    offenders: list[str] = field(default_factory=list)
    text_columns: list[str] | None = None

    def refuse_any(self, path: Path) -> None:
        """Raise :class:`InputError` where there are some."""
        if not self.count:
            return
        remedy = "correct the cells, or write NA where there is no value; decimals take a point, not a comma"
        if self.text_columns:
            remedy = f"remove columns that hold no expression: {', '.join(self.text_columns[:5])}; {remedy}"
        raise InputError(
            Problem(
                str(path),
                "numbers everywhere but in the first column and the header",
                f"{self.count} cells that are not numbers",
                remedy,
                tuple(self.offenders),
            )
        )


def numbers_among(
    cells: pa.Table, names: Sequence[str], row_ids: Sequence[str], wrong: WrongCells
) -> np.ndarray:
    """All columns as float64, rows x columns, NaN for missing; what is no number is noted in ``wrong``."""
    out = np.empty((cells.num_rows, cells.num_columns), order="F")
    text_columns = []
    for j, column in enumerate(cells.columns):
        try:
            out[:, j] = column.cast(pa.float64()).to_numpy()
            continue
        except pa.ArrowInvalid:
            words = to_text(column)
        numbers = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce").to_numpy(dtype=float)
        missing = np.array([word is None for word in words])
        found = np.flatnonzero(np.isnan(numbers) & ~missing)
        out[:, j] = numbers
        wrong.count += len(found)
        if len(found) and len(found) == np.count_nonzero(~missing):
            text_columns.append(names[j])
        if len(wrong.offenders) < _SHOWN:
            wrong.offenders += [f"{words[i]!r} (row {row_ids[i]}, column {names[j]})" for i in found[:_SHOWN]]
    before = wrong.text_columns
    wrong.text_columns = [name for name in text_columns if before is None or name in before]
    return out


def to_numbers(cells: pa.Table, names: Sequence[str], row_ids: Sequence[str], path: Path) -> np.ndarray:
    """All columns as float64, rows x columns, NaN for missing.

    Raises:
        InputError: Cells that are not numbers, each named by row and column; thousands with a point in them.
    """
    wrong = WrongCells()
    out = numbers_among(cells, names, row_ids, wrong)
    wrong.refuse_any(path)
    if are_thousands(out):
        raise thousands(out, names, row_ids, path)
    return out


def thousands(values: np.ndarray, names: Sequence[str], row_ids: Sequence[str], path: Path) -> InputError:
    """The error for numbers whose points stand for thousands."""
    i, j = np.argwhere(values != np.floor(values))[0]
    return InputError(
        Problem(
            str(path),
            "numbers whose points are decimal points",
            "whole numbers below 1,000, and beside them only numbers such as 1.234 with three decimals",
            "export the table without a mark for thousands: here 1.234 seems to be 1234",
            (f"{values[i, j]:.3f} (row {row_ids[i]}, column {names[j]})",),
        )
    )
