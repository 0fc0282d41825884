"""Source ``geo_file``: a series matrix or a family SOFT file of GEO that lies on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.annotation import with_genes
from irf7bone.acquire.family_soft import read_family
from irf7bone.acquire.series_matrix import SeriesMatrix, read_series_matrix
from irf7bone.acquire.soft import read_probe_genes

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

SOFT = ".soft"


def read_geo_file(path: Path, platform: str | None = None) -> SeriesMatrix:
    """What a series matrix or a family SOFT file holds, whichever it is by its name.

    Args:
        path: The file.
        platform: Accession that the samples must have; needed where a SOFT file holds several.

    Raises:
        InputError: The file is cut off, is of another platform, or contradicts itself.
    """
    if text.bare_suffix(path) == SOFT:
        return read_family(path, platform)
    return read_series_matrix(path, platform)


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The values of the file, with the genes of its probes: of ``annotation``, else the SOFT file's own.

    Returns:
        Probes x samples, float64, with an index of two levels, probe and gene; without ``annotation`` the
        rows of a series matrix are genes. And the records of what was read.

    Raises:
        InputError: A file cannot be used.
    """
    path = card.resolve(entry["path"])
    found = read_geo_file(path, entry.get("platform"))
    values = pd.DataFrame(
        found.values, index=pd.Index(found.probes, dtype=object), columns=found.samples.index
    )
    records = [{"name": path.name, "sha256": text.file_sha256(path)}]
    if "annotation" in entry:
        table = card.resolve(entry["annotation"]["path"])
        where = f"{card.path}, expression: annotation"
        values, record = with_genes(values, table, entry["annotation"], where)
        return values, [*records, record]
    if text.bare_suffix(path) == SOFT:
        gene_of = read_probe_genes(path, found.samples["platform_id"].iloc[0], entry.get("gene_column"))
        genes = pd.Index([gene_of.get(probe) for probe in found.probes], dtype=object)
        values.index = pd.MultiIndex.from_arrays([values.index, genes], names=["probe", "gene"])
    return values.astype(np.float64), records


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What the file says of its samples: attributes and characteristics, text or None; and its record."""
    path = card.resolve(card.expression["path"])
    found = read_geo_file(path, card.expression.get("platform"))
    record: dict[str, Any] = {"name": path.name, "sha256": text.file_sha256(path)}
    return found.samples, record | ({"spelt": found.spelt} if found.spelt else {})
