"""One single-cell data set, ready to be read in blocks: its matrices, its genes by symbol, its cells by
patient.

What a run stores of it (``results/cells/<id>/``) is ``obs.parquet`` and ``matrices.json``; the counts stay
where they are, or lie rewritten beside these two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.whole_file import whole_file
from irf7bone.cells.matrix import BLOCK_CELLS, Block, CellMatrix, opened
from irf7bone.tables.cells import OBS

KNOWN_GENES_LIMIT = 0.2
TPM_UNIT = 2.0**20  # sums of values that are no counts are kept in millionths, as whole numbers
WHOLE = 0.05  # furthest from a whole number that a count from a logarithm may be
LOG1P = "log1p_cp10k"


@dataclass(frozen=True)
class CellSet:
    """A data set.

    Attributes:
        matrices: Its matrices.
        targets: For each matrix the gene of every column, -1 for none.
        mito: For each matrix 1 for the columns of mitochondrial genes.
        genes: Symbols that all matrices have, sorted.
        obs: Cells that the card keeps, in the order of the files: :data:`irf7bone.tables.cells.OBS`.
        scale: ``counts``, ``log1p_cp10k`` or ``tpm``.
    """

    matrices: tuple[CellMatrix, ...]
    targets: tuple[np.ndarray, ...]
    mito: tuple[np.ndarray, ...]
    genes: np.ndarray
    obs: pd.DataFrame
    scale: str

    @property
    def unit(self) -> float:
        """What 1 of a value is in sums of whole numbers."""
        return TPM_UNIT if self.scale == "tpm" else 1.0

    def blocks(self, size: int = BLOCK_CELLS) -> Iterator[tuple[int, Block, np.ndarray]]:
        """The kept cells: number of the matrix, block in counts (or tpm), place of each cell in ``obs``.

        Cells that are not kept are not in the block.
        """
        for number, matrix in enumerate(self.matrices):
            mine = np.flatnonzero(self.obs["file"].to_numpy() == number)
            place = np.full(len(matrix.cells), -1, dtype=np.int64)
            place[self.obs["row"].to_numpy()[mine]] = mine
            for block in matrix.blocks(size):
                places = place[block.start : block.start + block.n_cells]
                kept = only(block, places >= 0)
                if self.scale == LOG1P:
                    kept = undo_log1p(kept, matrix)
                yield number, kept, places[places >= 0]


def only(block: Block, keep: np.ndarray) -> Block:
    """The cells of a block that are kept."""
    if keep.all():
        return block
    lengths = np.diff(block.indptr)
    values = np.repeat(keep, lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int64)
    return Block(block.start, indptr, block.indices[values], block.data[values])


def undo_log1p(block: Block, matrix: CellMatrix) -> Block:
    """Counts from log1p of counts per 10,000, where the smallest value of each cell is one count.

    Raises:
        InputError: values that are then no whole numbers.
    """
    linear = np.expm1(block.data.astype(np.float64))
    lengths = np.diff(block.indptr)
    filled = np.flatnonzero(lengths)
    units = np.zeros(len(lengths))
    if len(filled):
        units[filled] = np.minimum.reduceat(np.where(linear > 0, linear, np.inf), block.indptr[:-1][filled])
    counts = linear / np.repeat(np.where(units > 0, units, 1), lengths)
    wrong = ~(np.abs(counts - np.round(counts)) <= WHOLE)
    if wrong.any():
        cells = np.unique(np.repeat(np.arange(len(lengths)), lengths)[wrong])
        raise InputError(
            Problem(
                f"{matrix.path}, {matrix.group}",
                "log1p of counts scaled to 10,000, from which whole counts come back",
                f"{len(cells)} of {len(lengths)} cells whose values are no multiples of the smallest",
                "give the counts (layers/counts or raw): other transformations cannot be undone",
                tuple(matrix.cells[block.start + cells[:5]]),
            )
        )
    return Block(block.start, block.indptr, block.indices, np.round(counts).astype(np.float32))


def shared_genes(
    matrices: Sequence[CellMatrix], gene_id: str, symbols, where: str
) -> tuple[np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Genes that all matrices have, the gene of each column, and which columns are mitochondrial.

    Args:
        matrices: The matrices.
        gene_id: ``symbol``, ``ensembl`` or ``entrez``.
        symbols: :class:`irf7bone.genes.symbols.SymbolTable`, or its like for mouse.
        where: The card, for messages.

    Raises:
        InputError: ids that are hardly any genes of that kind, or no gene that all matrices have.
    """
    named = []
    for matrix in matrices:
        found = symbols.to_current(list(matrix.genes), gene_id)
        known = np.array([name is not None for name in found.current])
        if known.mean() < KNOWN_GENES_LIMIT:
            raise InputError(
                Problem(
                    f"{where}, cells.gene_id",
                    f"gene ids of the kind `{gene_id}`",
                    f"{known.mean():.0%} of {len(known)} ids in {matrix.path.name} are",
                    "state the kind of ids that these are: symbol, ensembl or entrez",
                    tuple(map(str, matrix.genes[~known][:5])),
                )
            )
        named.append(found.current)
    shared = set.intersection(*({name for name in names if name is not None} for names in named))
    if not shared:
        raise InputError(
            Problem(
                f"{where}, cells.files",
                "genes that all files have",
                "none",
                "give files of one organism and one kind of gene ids",
            )
        )
    genes = np.array(sorted(shared), dtype=object)
    place = {name: number for number, name in enumerate(genes)}
    targets = tuple(np.array([place.get(name, -1) for name in names], dtype=np.int64) for names in named)
    mito = tuple(np.array([_is_mito(name) for name in matrix.genes], dtype=np.int64) for matrix in matrices)
    by_symbol = tuple(
        np.array([_is_mito(name) for name in names], dtype=np.int64) | old
        for names, old in zip(named, mito, strict=True)
    )
    return genes, targets, by_symbol


def _is_mito(name: object) -> int:
    return int(isinstance(name, str) and name[:3].upper() == "MT-")


def write_set(matrices: Sequence[CellMatrix], obs: pd.DataFrame, obs_path: str, matrices_path: str) -> None:
    """Store which matrices and which cells a data set has."""
    OBS.write(obs, obs_path)
    stored = [{"path": str(matrix.path), "group": matrix.group} for matrix in matrices]
    with whole_file(matrices_path) as partial:
        partial.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def read_set(
    obs_path: str | Path, matrices_path: str | Path, cells: Mapping[str, object], symbols, where: str
) -> CellSet:
    """Read what :func:`write_set` stored.

    Args:
        obs_path: The cells.
        matrices_path: The matrices.
        cells: The card's ``cells``.
        symbols: See :func:`shared_genes`.
        where: The card, for messages.
    """
    stored = json.loads(Path(matrices_path).read_text(encoding="utf-8"))
    matrices = tuple(opened(Path(item["path"]), item["group"], str(cells["gene_id"])) for item in stored)
    genes, targets, mito = shared_genes(matrices, str(cells["gene_id"]), symbols, where)
    obs = OBS.read(obs_path).astype({"file": "int64", "row": "int64"})
    return CellSet(matrices, targets, mito, genes, obs, str(cells["scale"]))
