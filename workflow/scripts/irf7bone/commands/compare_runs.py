"""What changed between two runs: inputs, settings, versions, and every number that moved.

Two folders of results are compared by what they hold. A table's rows are matched by the key of its
contract, so that a row that one run lacks is never mistaken for a row that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem
from irf7bone.tables.comparison import COMPARISON, KINDS
from irf7bone.tables.contract import Table
from irf7bone.tables.register import pattern_of

ABSENT = "(absent)"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Comparison:
    """Result of :func:`compare_runs`.

    Args:
        changes: Rows of :data:`COMPARISON`.
        n_tables: Tables that both runs have.
        n_numbers: Numbers that were compared in them.
        tolerance: What a number may move without being listed.
    """

    changes: pd.DataFrame
    n_tables: int
    n_numbers: int
    tolerance: float


def compare_runs(
    a: str | Path, b: str | Path, *, tables: Mapping[str, Table], tolerance: float = TOLERANCE
) -> Comparison:
    """Compare two folders of results.

    Args:
        a: The one folder, with ``provenance.json``, or a folder that a study ran in.
        b: The other.
        tables: Path below the results, which may hold ``{cohort}`` and the like -> contract, for the keys.
        tolerance: A number moved where \\|A - B\\| exceeds this times max(1, \\|A\\|, \\|B\\|).

    Raises:
        InputError: A folder holds no results, or a damaged provenance.json.
    """
    folders = _results(Path(a)), _results(Path(b))
    for name, folder in zip("AB", folders, strict=True):
        if not (folder / "provenance.json").is_file():
            raise InputError(
                Problem(
                    f"{name}={folder}",
                    "a folder of results, with provenance.json",
                    "a folder without it" if folder.is_dir() else "no such folder",
                    "name two results folders: make compare A=results B=studies/mine/results",
                )
            )
    changes = list(_provenance_changes(*folders))
    n_tables = n_numbers = 0
    for file, table in sorted(_files(folders, tables).items()):
        there = [(folder / file).is_file() for folder in folders]
        if not all(there):
            a, b = ("present" if is_there else ABSENT for is_there in there)
            changes.append(_change(file, "the whole table", "row", "row", a, b))
            continue
        found, compared = _table_changes(file, table, folders, tolerance)
        changes += found
        n_tables, n_numbers = n_tables + 1, n_numbers + compared
    listed = COMPARISON.cast(pd.DataFrame(changes, columns=COMPARISON.names))
    return Comparison(listed, n_tables, n_numbers, tolerance)


def _results(folder: Path) -> Path:
    """A folder of results, also where the folder that a study ran in is named."""
    below = folder / "results"
    return folder if (folder / "provenance.json").is_file() or not below.is_dir() else below


def _change(
    file: str, item: str, column: str, kind: str, a: object, b: object, difference: float | None = None
) -> dict[str, Any]:
    return {
        "file": file,
        "item": item,
        "column": column,
        "kind": kind,
        "a": str(a),
        "b": str(b),
        "difference": difference,
    }


def _files(folders: tuple[Path, Path], tables: Mapping[str, Table]) -> dict[str, Table]:
    """Every tsv of either run that a contract describes, packed or not, by its path below the results."""
    found: dict[str, Table] = {}
    for pattern, table in tables.items():
        glob = re.sub(r"{\w+}", "*", pattern)
        for folder in folders:
            paths = (path.relative_to(folder).as_posix() for path in folder.glob(glob))
            found |= {path: table for path in paths if pattern_of(pattern).fullmatch(path)}
    return {file: table for file, table in found.items() if file.endswith((".tsv", ".tsv.gz"))}


def _provenance_changes(a: Path, b: Path) -> Iterator[dict[str, Any]]:
    first, second = (dict(_leaves(_read_provenance(folder / "provenance.json"))) for folder in (a, b))
    for key in [*first, *(key for key in second if key not in first)]:
        left, right = first.get(key, ABSENT), second.get(key, ABSENT)
        if left != right:
            yield _change("provenance.json", key, "value", "provenance", left, right)


def _read_provenance(path: Path) -> object:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            Problem(str(path), "the provenance of a run", f"no JSON ({error})", "run the workflow again")
        ) from None
    # the checksums of tables and figures say no more than the tables, which are compared
    return {key: item for key, item in held.items() if key != "results"} if isinstance(held, dict) else held


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Key path and value of every leaf. A list whose items have names is keyed by them, not by position."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        seen: dict[str, int] = {}
        for index, item in enumerate(value):
            label = str(index)
            if isinstance(item, dict):
                label = str(item.get("file") or item.get("name") or index)
            elif isinstance(item, str):
                label = item
            seen[label] = seen.get(label, 0) + 1
            label = label if seen[label] == 1 else f"{label} ({seen[label]})"
            yield from _leaves(item, f"{path}[{label}]")
    else:
        yield path, value


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8").astype("object")


def _table_changes(
    file: str, table: Table, folders: tuple[Path, Path], tolerance: float
) -> tuple[list[dict[str, Any]], int]:
    """Changes of one table that both runs have, and how many numbers were compared."""
    a, b = (_read(folder / file) for folder in folders)
    changes = []
    for column in [*a.columns, *b.columns.difference(a.columns, sort=False)]:
        there = ["present" if column in frame else ABSENT for frame in (a, b)]
        if ABSENT in there:
            changes.append(_change(file, "every row", column, "row", there[0], there[1]))
    key = list(table.key)
    if not all(name in frame for frame in (a, b) for name in key):
        return changes, 0
    a, b = (
        frame.set_index(pd.Index([" / ".join(row) for row in frame[key].to_numpy()], dtype=object))
        for frame in (a, b)
    )
    changes += [
        _change(file, item, "row", "row", "present", ABSENT)
        for item in a.index.difference(b.index, sort=False)
    ]
    changes += [
        _change(file, item, "row", "row", ABSENT, "present")
        for item in b.index.difference(a.index, sort=False)
    ]
    both = a.index.intersection(b.index, sort=False)
    kinds = {column.name: column.kind for column in table.columns}
    compared = 0
    for column in a.columns.intersection(b.columns, sort=False):
        if column in key:
            continue
        left, right = a.loc[both, column], b.loc[both, column]
        differs = (left != right).to_numpy(dtype=bool)
        if kinds.get(column) not in ("number", "integer"):
            changes += [
                _change(file, item, column, "text", left[item], right[item]) for item in both[differs]
            ]
            continue
        compared += int(((left != "NA") | (right != "NA")).sum())
        x, y = (values.where(values != "NA", np.nan).astype("float64") for values in (left, right))
        moved = differs & (x.isna() != y.isna()).to_numpy()
        room = tolerance * np.maximum(1.0, np.maximum(x.abs(), y.abs()))
        moved |= differs & ((y - x).abs() > room).to_numpy()
        changes += [
            _change(file, item, column, "number", left[item], right[item], _difference(x[item], y[item]))
            for item in both[moved]
        ]
    return changes, compared


def _difference(x: float, y: float) -> float | None:
    return float(y - x) if np.isfinite(x) and np.isfinite(y) else None


# heading -> which keys of provenance.json stand below it
PROVENANCE_PARTS = {
    "Settings": ("config", "command"),
    "Inputs": ("cohorts", "signatures", "experiments", "cells"),
    "Failed and left out": ("failed",),
    "Software": ("git_revision", "python", "packages"),
}


def describe(comparison: Comparison, *, most: int = 8) -> str:
    """The comparison in words: verdicts first, then what differs in the inputs, then the largest moves.

    Args:
        comparison: Result of :func:`compare_runs`.
        most: Rows to show of each table; how many more there are is said.
    """
    changes = comparison.changes
    lines = [
        f"{comparison.n_tables} tables and {comparison.n_numbers} numbers compared, tolerance "
        f"{comparison.tolerance:g} of max(1, |A|, |B|)"
    ]
    if changes.empty:
        return "\n".join([*lines, "nothing differs", ""])
    verdicts = changes[(changes["file"] == "tables/verdict.tsv") & (changes["column"] == "verdict")]
    lines += ["", "Verdict"]
    lines += [f"  {row.item}: {row.a} -> {row.b}" for row in verdicts.itertuples()] or ["  the same"]
    recorded = changes[changes["kind"] == "provenance"]
    for heading, keys in PROVENANCE_PARTS.items():
        part = recorded[recorded["item"].str.split(r"[.\[]", regex=True).str[0].isin(keys)]
        lines += ["", heading]
        lines += [f"  {row.item}: {row.a} -> {row.b}" for row in part.itertuples()] or ["  the same"]
    lines += ["", "Results"]
    results = changes[changes["kind"] != "provenance"]
    for file, rows in results.groupby("file", sort=True):
        counts = ", ".join(
            f"{number} {kind}{'s' if number > 1 and kind != 'text' else ''}"
            for kind, number in rows["kind"].value_counts().reindex(KINDS).dropna().astype(int).items()
        )
        lines.append(f"  {file}: {counts}")
        order = rows["difference"].abs().fillna(np.inf).sort_values(ascending=False, kind="stable").index
        for row in rows.loc[order[:most]].itertuples():
            by = "" if pd.isna(row.difference) else f" ({row.difference:+.3g})"
            lines.append(f"    {row.item}, {row.column}: {_short(row.a)} -> {_short(row.b)}{by}")
        if len(rows) > most:
            lines.append(f"    and {len(rows) - most} more")
    if results.empty:
        lines.append("  the same")
    return "\n".join([*lines, ""])


def _short(value: str) -> str:
    """A value as it is printed: numbers to six digits, long text cut."""
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return value if len(value) <= 60 else f"{value[:57]}..."
