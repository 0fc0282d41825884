"""Count matrices of cells on disk, handed out in blocks of whole cells.

A csr h5ad holds its cells one after the other, and so does a 10x h5: its genes x cells in csc form *are*
cells x genes in csr form. Both are read in place. Memory is that of one block and of one number a cell,
whatever the number of cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from irf7bone.base.errors import InputError, Problem

BLOCK_CELLS = 20_000
BLOCK_VALUES = 6_000_000  # bounds a block of deeply sequenced cells


@dataclass(frozen=True)
class Block:
    """Consecutive cells in csr form.

    Attributes:
        start: Row of the first cell in its matrix.
        indptr: Where each cell's values begin, shape (cells + 1,), int64, from 0 on.
        indices: Column of each value, int32.
        data: The values, float32.
    """

    start: int
    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray

    @property
    def n_cells(self) -> int:
        """Cells of the block."""
        return len(self.indptr) - 1


@dataclass(frozen=True)
class CellMatrix:
    """A matrix in csr form inside an HDF5 file.

    Attributes:
        path: The file.
        group: Group that holds ``data``, ``indices`` and ``indptr``.
        cells: Cell ids as the file has them, shape (cells,), object.
        genes: Gene ids as the file has them, shape (genes,), object.
    """

    path: Path
    group: str
    cells: np.ndarray
    genes: np.ndarray

    def blocks(self, n_cells: int = BLOCK_CELLS, n_values: int = BLOCK_VALUES) -> Iterator[Block]:
        """The cells in the order of the file.

        Args:
            n_cells: Most cells of a block.
            n_values: Most values of a block, unless one cell has more.
        """
        with h5py.File(self.path, "r") as file:
            group = file[self.group]
            indptr = group["indptr"][:].astype(np.int64)
            for first, last in block_bounds(indptr, n_cells, n_values):
                here = slice(indptr[first], indptr[last])
                yield Block(
                    start=first,
                    indptr=indptr[first : last + 1] - indptr[first],
                    indices=group["indices"][here].astype(np.int32, copy=False),
                    data=group["data"][here].astype(np.float32, copy=False),
                )


def block_bounds(indptr: np.ndarray, n_cells: int, n_values: int) -> Iterator[tuple[int, int]]:
    """First and one past the last row of each block."""
    first, end = 0, len(indptr) - 1
    while first < end:
        within = int(np.searchsorted(indptr, indptr[first] + n_values, side="right")) - 1
        last = min(end, first + n_cells, max(within, first + 1))
        yield first, last
        first = last


def open_h5ad(path: Path, matrix: str, where: str) -> CellMatrix:
    """The csr matrix ``X``, ``raw`` or ``layers/<name>`` of an h5ad.

    Raises:
        InputError: no such matrix, or one that is not csr.
    """
    with open_hdf5(path, where) as file:
        group, var = matrix_groups(file, matrix, where)
        if storage_of(file[group]) != "csr_matrix":
            raise InputError(
                Problem(
                    where,
                    "cells in rows of a csr matrix",
                    f"{storage_of(file[group])} in {group}",
                    "let acquire_cells rewrite it",
                )
            )
        return CellMatrix(path, group, index_of(file["obs"]), index_of(file[var]))


def open_tenx_h5(path: Path, gene_id: str, where: str) -> CellMatrix:
    """The matrix of a Cell Ranger h5, of version 3 (group ``matrix``) or before (group of the genome).

    Raises:
        InputError: the file is laid out otherwise.
    """
    with open_hdf5(path, where) as file:
        groups = [name for name, item in file.items() if isinstance(item, h5py.Group) and "barcodes" in item]
        if len(groups) != 1:
            raise InputError(
                Problem(
                    where,
                    "a 10x h5 with one group that holds barcodes, indptr, indices and data",
                    f"{len(groups)} such groups among: {', '.join(file) or 'nothing'}",
                    "name a filtered_feature_bc_matrix.h5 of one genome, or state source: h5ad",
                )
            )
        group = file[groups[0]]
        if "features" in group:
            genes = group["features/name" if gene_id == "symbol" else "features/id"]
        else:
            genes = group["gene_names" if gene_id == "symbol" else "genes"]
        return CellMatrix(path, groups[0], _texts(group["barcodes"]), _texts(genes))


def open_hdf5(path: Path, where: str) -> h5py.File:
    """The file, opened to read.

    Raises:
        InputError: it is not there or no HDF5 file.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            Problem(
                where, "an HDF5 file", f"{path}: {str(error).splitlines()[0]}", "check the path and the file"
            )
        ) from None


def matrix_groups(file: h5py.File, matrix: str, where: str) -> tuple[str, str]:
    """Names of the matrix's group and of the table of its genes.

    Raises:
        InputError: the file has no such matrix.
    """
    group, var = ("raw/X", "raw/var") if matrix == "raw" else (matrix, "var")
    lacking = [name for name in (group, var, "obs") if name not in file]
    if lacking:
        there = [
            "X",
            *(["raw"] if "raw" in file else []),
            *(f"layers/{name}" for name in file.get("layers", ())),
        ]
        raise InputError(
            Problem(
                where,
                f"an h5ad that holds {matrix}, obs and the names of its genes",
                f"no {', '.join(lacking)}; matrices: {', '.join(there)}",
                "name one of these under matrix, or state another source",
            )
        )
    return group, var


def storage_of(item: h5py.Group | h5py.Dataset) -> str:
    """``csr_matrix``, ``csc_matrix`` or ``array``."""
    if isinstance(item, h5py.Dataset):
        return "array"
    old = f"{item.attrs.get('h5sparse_format', 'csr')}_matrix"  # of files before anndata 0.7
    return str(item.attrs.get("encoding-type", old))


def index_of(table: h5py.Group) -> np.ndarray:
    """The names of the rows of an h5ad's ``obs`` or ``var``."""
    return _texts(table[table.attrs["_index"]])


def _texts(dataset: h5py.Dataset) -> np.ndarray:
    return (
        dataset.asstr()[:].astype(object)
        if h5py.check_string_dtype(dataset.dtype)
        else np.array(
            [item.decode() if isinstance(item, bytes) else str(item) for item in dataset[:]], dtype=object
        )
    )


def opened(path: Path, group: str, gene_id: str) -> CellMatrix:
    """A matrix that stays or was rewritten, by its path and group."""
    with open_hdf5(path, str(path)) as file:
        tenx = "barcodes" in file[group.split("/")[0]] if group.split("/")[0] in file else False
    if tenx:
        return open_tenx_h5(path, gene_id, str(path))
    return open_h5ad(path, group.removesuffix("/X") if group == "raw/X" else group, str(path))
