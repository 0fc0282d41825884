"""A table that says which gene each row of an expression table is: probes, RefSeq or Illumina ids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.soft import genes_named, read_probe_genes
from irf7bone.base.errors import InputError, Problem
from irf7bone.base.nearest import nearest

SOFT_ENDINGS = (".soft", ".annot")


def with_genes(
    values: pd.DataFrame, path: Path, settings: Mapping[str, str], where: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The values with an index of two levels, probe and gene (None for a probe without one).

    Args:
        values: Probes x samples.
        path: Delimited text, also one that opens with lines of ``#``, or GEO's annotation or SOFT file.
        settings: ``probe`` and ``symbol``, its columns.
        where: Key of the card, for messages.

    Returns:
        The values, and the record of the file.

    Raises:
        InputError: The file cannot be read, lacks a column, gives a probe two genes, or knows none of the
            rows.
    """
    if text.bare_suffix(path) in SOFT_ENDINGS:
        gene_of = read_probe_genes(path, None, settings["symbol"], settings["probe"])
        checksum = text.file_sha256(path)
    else:
        gene_of, checksum = _of_table(path, settings, where)
    known = [probe for probe in values.index if probe in gene_of]
    if not known:
        raise InputError(
            Problem(
                where,
                f"rows of the expression table in column {settings['probe']!r} of {path.name}",
                f"none of {len(values)}; the table has {', '.join(list(gene_of)[:3])} ...",
                "name the table of this array, or the column with these ids",
                tuple(values.index[:5]),
            )
        )
    genes = pd.Index([gene_of.get(probe) for probe in values.index], dtype=object)
    index = pd.MultiIndex.from_arrays([values.index, genes], names=["probe", "gene"])
    return values.set_axis(index, axis=0), {"name": path.name, "sha256": checksum}


def _of_table(path: Path, settings: Mapping[str, str], where: str) -> tuple[dict[str, str | None], str]:
    cells, names, checksum = text.read_cells(path, comments=True)
    columns = []
    for name in (settings["probe"], settings["symbol"]):
        if names.count(name) != 1:
            near = nearest(name, names)
            raise InputError(
                Problem(
                    where,
                    f"a column of {path.name}: {', '.join(names[:12])}{' ...' * (len(names) > 12)}",
                    repr(name),
                    f"did you mean {near!r}?" if near else "name a column that the table has once",
                )
            )
        columns.append(text.to_text(cells.column(names.index(name))))
    gene_of: dict[str, str | None] = {}
    twice = []
    for probe, cell in zip(*columns, strict=True):
        gene = None if cell is None else genes_named(cell)
        if probe is not None and gene_of.setdefault(probe, gene) != gene:
            twice.append(f"{probe}: {gene_of[probe]} and {gene}")
    if twice:
        raise InputError(
            Problem(
                f"{path}, column {settings['probe']!r}",
                "one gene for each probe",
                f"{len(twice)} rows with another gene than before",
                "keep the row that is right, or write the genes of a probe in one cell, joined by ` /// `",
                tuple(twice),
            )
        )
    return gene_of, checksum
