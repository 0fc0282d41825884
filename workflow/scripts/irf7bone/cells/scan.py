"""The first reading: the quality of every cell, and a sample of cells to learn compartments from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.errors import InputError, Problem
from irf7bone.cells.data_set import CellSet
from irf7bone.cells.kernel import measure_cells
from irf7bone.cells.matrix import BLOCK_CELLS, Block

if TYPE_CHECKING:
    from irf7bone.study.cells_card import QualityRules

SAMPLE_CELLS = 10_000
HASH_KEY = "irf7bone-cells-00"  # 16 bytes; the sample never depends on the order of the cells


@dataclass(frozen=True)
class Scan:
    """What the first reading gives.

    Attributes:
        quality: A row a cell of the set: ``total_counts``, ``n_genes``, ``mito``, ``failed`` (text or None).
        n_cells: Cells in which each gene is above 0.
        sampled: Places in the set of the sampled cells, which passed quality, in the order of their hash.
        counts: Their counts, sampled cells x genes, csr, float32.
    """

    quality: pd.DataFrame
    n_cells: np.ndarray
    sampled: np.ndarray
    counts: sparse.csr_matrix


def scan_cells(cells: CellSet, rules: QualityRules, size: int = BLOCK_CELLS) -> Scan:
    """Read all cells once.

    Args:
        cells: The data set.
        rules: Fewest genes and largest share of mitochondrial counts.
        size: Most cells of a block.

    Raises:
        InputError: values that are no counts under ``scale: counts``; values below 0 or not finite.
    """
    n = len(cells.obs)
    totals, n_genes, mito = np.zeros(n), np.zeros(n, dtype=np.int64), np.zeros(n)
    moments = np.zeros((len(cells.genes), 3), dtype=np.int64)
    keys = cell_hash(cells.obs["cell"])
    wanted = choose(cells.obs["patient"].to_numpy(dtype=object), keys, SAMPLE_CELLS)
    parts, places = [], []
    for number, block, place in cells.blocks(size):
        out = np.zeros(block.n_cells), np.zeros(block.n_cells, dtype=np.int64), np.zeros(block.n_cells)
        measure_cells(
            block.indptr, block.indices, block.data, cells.targets[number], cells.mito[number], *out, moments
        )
        totals[place], n_genes[place], mito[place] = out
        chosen = np.flatnonzero(wanted[place])
        parts.append(by_gene(block, cells.targets[number], len(cells.genes))[chosen])
        places.append(place[chosen])
        _check_values(cells, number, moments)
    quality = pd.DataFrame({"total_counts": totals, "n_genes": n_genes, "mito": mito})
    quality["failed"] = np.select(
        [n_genes < rules.min_genes, mito > rules.max_mito, totals <= 0],
        [f"fewer than {rules.min_genes} genes", f"more than {rules.max_mito:g} mitochondrial", "no counts"],
        default="",
    )
    sampled = np.concatenate(places)
    passed = np.flatnonzero((quality["failed"] == "").to_numpy()[sampled])
    order = passed[
        np.lexsort((cells.obs["cell"].to_numpy(dtype=str)[sampled[passed]], keys[sampled[passed]]))
    ]
    return Scan(quality, moments[:, 0], sampled[order], sparse.vstack(parts, format="csr")[order])


def cell_hash(ids: pd.Series) -> np.ndarray:
    """A fixed pseudo-random number of every cell id, uint64."""
    return pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=HASH_KEY[:16], categorize=False)


def choose(patients: np.ndarray, keys: np.ndarray, most: int) -> np.ndarray:
    """True for at most ``most`` cells, as many of each patient as can be, those of the smallest hash."""
    codes, names = pd.factorize(patients)
    sizes = np.bincount(codes, minlength=len(names))
    quota = (
        np.searchsorted(
            [int(np.minimum(sizes, q).sum()) for q in range(int(sizes.max()) + 1)], most, side="right"
        )
        - 1
        if sizes.sum() > most
        else int(sizes.max())
    )
    order = np.lexsort((keys, codes))
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rank < quota


def by_gene(block: Block, target: np.ndarray, n_genes: int) -> sparse.csr_matrix:
    """A block's cells x genes; columns of one gene are added."""
    genes = target[block.indices]
    known = genes >= 0
    ends = np.concatenate([[0], np.cumsum(known)])[block.indptr]
    matrix = sparse.csr_matrix((block.data[known], genes[known], ends), shape=(block.n_cells, n_genes))
    matrix.sum_duplicates()
    return matrix


def _check_values(cells: CellSet, number: int, moments: np.ndarray) -> None:
    whole = cells.scale != "tpm"
    wrong = moments[:, 2] + (moments[:, 1] if whole else 0)
    if wrong.any():
        raise InputError(
            Problem(
                f"{cells.matrices[number].path}, {cells.matrices[number].group}",
                "counts: whole numbers from 0 on" if whole else "finite numbers from 0 on",
                f"{int(wrong.sum())} other values in the cells read so far, {int((wrong > 0).sum())} genes",
                "name the matrix that holds the counts (raw, or layers/counts), or state another scale",
                tuple(cells.genes[wrong > 0][:5]),
            )
        )
