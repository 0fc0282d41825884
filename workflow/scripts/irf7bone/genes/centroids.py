"""Centroids of subtypes: a tab-separated file with a row for each gene and a column for each subtype."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.genes.symbols import SymbolTable

FEWEST_GENES = 10  # fewer make no rank correlation worth the name
GENE = "gene"


@dataclass(frozen=True)
class Centroids:
    """The mean profile of each subtype.

    Args:
        genes: Current symbols, each once.
        subtypes: Names, as in the file.
        values: Genes x subtypes, centred on the mean or median of the tumours that they were made from.
    """

    genes: tuple[str, ...]
    subtypes: tuple[str, ...]
    values: np.ndarray


def read_centroids(path: Path, symbols: SymbolTable) -> Centroids:
    """Read a centroid file: ``gene``, then one column a subtype.

    Args:
        path: The file.
        symbols: Brings names of genes up to date, as those of signatures are.

    Raises:
        InputError: With all that is wrong in it.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Problem(str(path), "a tab-separated text file in UTF-8", str(error), "check the file")
        ) from None
    problems = Problems()
    head, rows = (lines[0] if lines else []), [row for row in lines[1:] if any(row)]
    if len(head) < 3 or head[0] != GENE or len(set(head)) < len(head) or "" in head:
        problems.add(
            f"{path}:1",
            expected=f"`{GENE}` and the names of two or more subtypes, each once, separated by tabs",
            found=", ".join(head) or "nothing",
            remedy="write the names of the subtypes above their columns",
        )
        problems.raise_if_any()
    wrong = [
        f"line {number}"
        for number, row in enumerate(rows, start=2)
        if len(row) != len(head) or not _numbers(row)
    ]
    if wrong:
        problems.add(
            str(path),
            expected=f"a gene and {len(head) - 1} finite numbers in every line",
            found=f"{len(wrong)} other lines",
            remedy="write one number for each subtype",
            offenders=wrong,
        )
    names = [row[0] for row in rows]
    current = symbols.to_current(names, "symbol").current.tolist()
    unknown = [name for name, now in zip(names, current, strict=True) if now is None]
    known = [now for now in current if now is not None]
    repeated = sorted({name for name in known if known.count(name) > 1})
    if repeated or len(known) < FEWEST_GENES:
        problems.add(
            str(path),
            expected=f"{FEWEST_GENES} genes or more by their symbols, each once",
            found=f"{len(known)} known genes, {len(repeated)} of them again, and {len(unknown)} unknown",
            remedy="name each gene once, by its symbol",
            offenders=[*repeated, *unknown],
        )
    problems.raise_if_any()
    kept = [row for row, now in zip(rows, current, strict=True) if now is not None]
    values = np.array([[float(value) for value in row[1:]] for row in kept])
    return Centroids(tuple(known), tuple(head[1:]), values)


def _numbers(row: list[str]) -> bool:
    try:
        return all(math.isfinite(float(value)) for value in row[1:])
    except ValueError:
        return False
