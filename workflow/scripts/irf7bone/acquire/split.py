"""Columns with several values in each cell: ``Age = 70; Gender = F`` becomes the columns Age and Gender."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from irf7bone.acquire.text import MISSING_WORDS
from irf7bone.base.errors import Problems
from irf7bone.base.nearest import nearest

_PART = re.compile(r"\s*([^=:;|]+?)\s*[=:]\s*(.*?)\s*")
_BETWEEN = re.compile(r"\s*[;|]\s*")
MOST_SPLIT = 0.9  # share of the cells that must hold keys and values for a column to be one to split


def parts_of(cell: str) -> dict[str, str] | None:
    """Key -> value of a cell; None where a part of it has no key or a key comes twice."""
    found: dict[str, str] = {}
    for part in filter(None, _BETWEEN.split(cell.strip())):
        match = _PART.fullmatch(part)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2]
    return found or None


def splittable(samples: pd.DataFrame) -> list[str]:
    """Columns of which most cells hold two or more keys with their values."""
    found = []
    for name in samples.columns:
        cells = [parts_of(str(cell)) for cell in samples[name].dropna()]
        several = [cell for cell in cells if cell and len(cell) > 1]
        if cells and len(several) > MOST_SPLIT * len(cells):
            found.append(str(name))
    return found


def split_columns(table: pd.DataFrame, names: Sequence[str], where: str) -> pd.DataFrame:
    """The table with a column for each key in the cells of some columns, in place of these.

    Args:
        table: Samples x columns of text or None.
        names: Columns to split.
        where: Key of the card, for messages.

    Raises:
        InputError: A column is not there, a cell has no keys, or a key is the name of another column.
    """
    problems = Problems()
    for name in names:
        if name not in table.columns:
            near = nearest(name, list(map(str, table.columns)))
            problems.add(
                where,
                expected="a column of the source",
                found=f"{name!r}",
                remedy=f"did you mean {near!r}?" if near else "name a column that the source has",
            )
            continue
        cells = {sample: parts_of(str(cell)) for sample, cell in table[name].dropna().items()}
        odd = [f"{sample}: {table[name][sample]!r}" for sample, cell in cells.items() if cell is None]
        keys = list(dict.fromkeys(key for cell in cells.values() if cell for key in cell))
        taken = [key for key in keys if key in table.columns and key != name]
        if odd or taken:
            problems.add(
                f"{where}, column {name!r}",
                expected="`key = value; key = value` in every cell, each key once and no other column's name",
                found=f"{len(odd)} cells that are not so" if odd else f"the keys {', '.join(taken)}",
                remedy="leave the column out of `split`, or write its parts as columns of their own",
                offenders=odd or taken,
            )
            continue
        more = {key: [_value(cells.get(sample), key) for sample in table.index] for key in keys}
        table = pd.concat(
            [table.drop(columns=name), pd.DataFrame(more, index=table.index, dtype=object)], axis=1
        )
    problems.raise_if_any()
    return table


def _value(cell: dict[str, str] | None, key: str) -> str | None:
    value = (cell or {}).get(key)
    return None if value is None or value in MISSING_WORDS else value
