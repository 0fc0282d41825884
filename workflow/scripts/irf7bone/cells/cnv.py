"""Copy number as expression shows it: genes in the order of the genome, held against normal cells and
smoothed.

After Tirosh et al. (2016, Science 352:189) in the form of infercnvpy, which serves as the oracle. A lineage
that the reference lacks looks aneuploid as well, so a cut on this score alone never makes a cell malignant:
:mod:`irf7bone.cells.calls` asks for markers, held-out normal cells and one patient besides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem

WINDOW = 100
STEP = 10
CLIP = 3.0
LEFT_OUT = ("X", "Y", "M")


@dataclass(frozen=True)
class GenomeOrder:
    """Genes with a known place, sorted by it.

    Attributes:
        columns: Their columns in the expression matrix, in the order of the genome.
        chromosomes: Chromosome of each.
    """

    columns: np.ndarray
    chromosomes: np.ndarray


def read_positions(path: str | Path) -> pd.DataFrame:
    """The shipped table of positions (data/genes/positions.tsv.gz): index symbol; chromosome, start.

    Raises:
        InputError: the file cannot be read or has other columns.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype={"symbol": str, "chromosome": str, "start": "int64"})
        return table.set_index("symbol")[["chromosome", "start"]]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            Problem(
                str(path), "columns symbol, chromosome, start", str(error), "restore it from the repository"
            )
        ) from None


def genome_order(genes: Sequence[str], positions: pd.DataFrame) -> GenomeOrder:
    """Sort the genes that have a place on chromosomes 1 to 22.

    Args:
        genes: Columns of the expression matrix.
        positions: Index symbol; ``chromosome`` with or without ``chr``, ``start``.
    """
    places = positions.reindex(pd.Index(genes, dtype=object))
    name = places["chromosome"].astype(str).str.removeprefix("chr")
    used = places["start"].notna().to_numpy() & ~name.isin(LEFT_OUT).to_numpy()
    order = pd.DataFrame(
        {"column": np.arange(len(genes)), "number": name.map(_natural), "start": places["start"].to_numpy()}
    )[used].sort_values(["number", "start"], kind="stable")
    columns = order["column"].to_numpy()
    return GenomeOrder(columns, name.to_numpy()[columns])


def _natural(name: str) -> tuple[int, str]:
    digits = re.match(r"\d+", name)
    return (int(digits[0]) if digits else 10**6, name)


def cnv_profile(levels: np.ndarray, order: GenomeOrder, reference: np.ndarray) -> np.ndarray:
    """Smoothed difference from normal cells along the genome.

    A level between the smallest and the largest mean of the reference's lineages counts as no difference;
    differences are clipped at 3, averaged over 100 genes of one chromosome with weights that fall off to both
    sides, every tenth window kept, and the cell's median is taken off.

    Args:
        levels: Cells x genes, log1p of counts per 10,000.
        order: Places of the genes.
        reference: Mean levels, lineages x genes.

    Returns:
        Cells x windows.
    """
    ordered, low, high = (
        part[..., order.columns] for part in (levels, reference.min(axis=0), reference.max(axis=0))
    )
    centred = np.clip(np.maximum(ordered - high, 0) + np.minimum(ordered - low, 0), -CLIP, CLIP)
    parts = []
    for chromosome in dict.fromkeys(order.chromosomes):
        here = centred[:, order.chromosomes == chromosome]
        parts.append(here @ _windows(here.shape[1]))
    profile = np.hstack(parts)
    return profile - np.median(profile, axis=1, keepdims=True)


def window_chromosomes(order: GenomeOrder) -> np.ndarray:
    """Chromosome of each window of :func:`cnv_profile`."""
    names, sizes = list(dict.fromkeys(order.chromosomes)), pd.Series(order.chromosomes).value_counts()
    return np.repeat(np.array(names, dtype=object), [_windows(int(sizes[name])).shape[1] for name in names])


def _windows(n_genes: int) -> np.ndarray:
    """Weights, genes x windows; a chromosome of no more than 100 genes is one flat window."""
    if n_genes <= WINDOW:
        return np.full((n_genes, 1), 1 / n_genes)
    ramp = np.arange(1, WINDOW + 1)
    weights = np.minimum(ramp, ramp[::-1])
    starts = np.arange(0, n_genes - WINDOW + 1, STEP)
    windows = np.zeros((n_genes, len(starts)))
    for column, start in enumerate(starts):
        windows[start : start + WINDOW, column] = weights / weights.sum()
    return windows


def cnv_score(profile: np.ndarray) -> np.ndarray:
    """How far a cell's profile is from flat: the root mean square over windows, shape (cells,)."""
    return np.sqrt((profile**2).mean(axis=1))
