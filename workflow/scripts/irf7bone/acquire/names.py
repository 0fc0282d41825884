"""Tables of names for what a source leaves anonymous: genes of its columns, patients of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from irf7bone.acquire.table import read_columns
from irf7bone.base.errors import InputError, Problem, Problems


def read_names(
    path: Path, key: str, values: Sequence[str], where: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Some columns of a table by another of its columns; rows without a key are about something else.

    Args:
        path: Delimited text with a header.
        key: Column to look up by.
        values: Columns to give.
        where: Key of the card, for messages.

    Returns:
        Index = key, columns = ``values``, text or None; and the record of the file.

    Raises:
        InputError: The file cannot be read, lacks a column or repeats a key.
    """
    table, checksum = read_columns(path)
    problems = Problems()
    for name in dict.fromkeys((key, *values)):
        if name not in table.columns:
            near = get_close_matches(name, list(map(str, table.columns)), n=1)
            problems.add(
                where,
                expected=f"a column of {path.name}: {', '.join(map(str, table.columns))}",
                found=repr(name),
                remedy=f"did you mean {near[0]!r}?" if near else "name a column that the table has",
            )
    problems.raise_if_any()
    keyed = table[table[key].notna()]
    repeated = keyed[key][keyed[key].duplicated()].unique().tolist()
    if repeated:
        problems.add(
            f"{path}, column {key!r}",
            expected="every key once: a name must not depend on the order of rows",
            found=f"{len(repeated)} repeated",
            remedy="keep the row that is right",
            offenders=repeated,
        )
    problems.raise_if_any()
    found = {name: keyed[name].to_numpy() for name in values}
    index = pd.Index(keyed[key].to_numpy(), dtype=object)
    return pd.DataFrame(found, index=index, dtype=object), {"name": path.name, "sha256": checksum}


def probes_and_genes(
    columns: Sequence[str], path: Path, settings: dict[str, str], where: str
) -> tuple[pd.MultiIndex, dict[str, str]]:
    """Probe and gene of every column; one that the table does not name is its own probe, without gene.

    Args:
        columns: Names of the source's gene columns.
        path: The table.
        settings: Which of its columns holds what: ``column``, ``probe``, ``gene``.
        where: Key of the card, for messages.

    Raises:
        InputError: The table cannot be used, or names columns that the source does not have.
    """
    values = list(dict.fromkeys((settings["probe"], settings["gene"])))
    names, record = read_names(path, settings["column"], values, where)
    _refuse_strangers(names.index, columns, where, path, "columns of the data set")
    of_column = names.reindex(pd.Index(columns, dtype=object))
    probes = of_column[settings["probe"]]
    probes = [name if pd.isna(probe) else probe for name, probe in zip(columns, probes, strict=True)]
    genes = [None if pd.isna(gene) else gene for gene in of_column[settings["gene"]]]
    return pd.MultiIndex.from_arrays([probes, genes]), record


def patient_names(
    rows: Sequence[str], path: Path, settings: dict[str, str], where: str
) -> tuple[list[str], dict[str, str]]:
    """The patient of every row of the source.

    Args:
        rows: What the source calls its rows.
        path: The table.
        settings: Which of its columns holds what: ``row``, ``name``.
        where: Key of the card, for messages.

    Raises:
        InputError: The table cannot be used, names other rows, or leaves one without a name.
    """
    names, record = read_names(path, settings["row"], [settings["name"]], where)
    _refuse_strangers(names.index, rows, where, path, "rows of the data set")
    found = names[settings["name"]].reindex(pd.Index(rows, dtype=object))
    unnamed = found.index[found.isna()].tolist()
    if unnamed:
        raise InputError(
            Problem(
                where,
                f"a name in {path.name} for every row of the data set",
                f"{len(unnamed)} rows without one",
                "give every row a name of its own, also those that are known from nowhere else",
                tuple(unnamed),
            )
        )
    return found.tolist(), record


def _refuse_strangers(named: pd.Index, known: Sequence[str], where: str, path: Path, what: str) -> None:
    strangers = named.difference(pd.Index(known, dtype=object), sort=False).tolist()
    if strangers:
        raise InputError(
            Problem(
                where,
                what,
                f"{len(strangers)} names in {path.name} that are none",
                "name the table, or the column of it, that belongs to this data set",
                tuple(strangers),
            )
        )
