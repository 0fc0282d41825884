"""Matrices that cannot be read cell by cell, rewritten once as csr: csc and dense h5ad, mtx folders, text
tables.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.whole_file import whole_file
from irf7bone.cells.matrix import (
    CellMatrix,
    index_of,
    matrix_groups,
    open_h5ad,
    open_hdf5,
    storage_of,
)
from irf7bone.study.tenx_names import PARTS, possible_files

MOST_VALUES = 200_000_000  # of a matrix that has to be turned in memory: about 3 GB
ROWS = 2_000
LINES = 2_000_000
SCRIPT = (
    "import anndata as ad, scipy.sparse as sp; a = ad.read_h5ad('in.h5ad'); "
    "a.X = sp.csr_matrix(a.X); a.write_h5ad('out.h5ad')"
)


class CsrWriter:
    """Writes cells into the csr matrix of an h5ad, block after block."""

    def __init__(self, file: h5py.File, genes: np.ndarray):
        self._group = file.create_group("X")
        self._group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        for name, kind in (("data", "f4"), ("indices", "i4")):
            self._group.create_dataset(name, shape=(0,), maxshape=(None,), dtype=kind, chunks=(262_144,))
        self._file, self._genes, self._indptr, self._end = file, genes, [np.zeros(1, np.int64)], 0

    def add(self, block: sparse.csr_matrix) -> None:
        """Append the rows of a csr matrix."""
        end = self._end + block.nnz
        for name, values in (("data", block.data), ("indices", block.indices)):
            self._group[name].resize((end,))
            self._group[name][self._end : end] = values
        self._indptr.append(block.indptr[1:].astype(np.int64) + self._end)
        self._end = end

    def finish(self, cells: np.ndarray) -> None:
        """Write what stands beside the values: where cells begin, and the names."""
        indptr = np.concatenate(self._indptr)
        self._group.create_dataset("indptr", data=indptr)
        self._group.attrs["shape"] = np.array([len(indptr) - 1, len(self._genes)])
        self._file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for name, index in (("obs", cells), ("var", self._genes)):
            table = self._file.create_group(name)
            table.attrs.update(
                {
                    "_index": "_index",
                    "column-order": np.array([], dtype=h5py.string_dtype()),
                    "encoding-type": "dataframe",
                    "encoding-version": "0.2.0",
                }
            )
            ids = table.create_dataset("_index", data=index.astype(object), dtype=h5py.string_dtype())
            ids.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})


def write_csr(
    path: Path, blocks: Iterable[sparse.csr_matrix], cells: np.ndarray, genes: np.ndarray
) -> CellMatrix:
    """Write blocks of cells as a csr h5ad, whole or not at all.

    Args:
        path: File to write.
        blocks: Cells x genes each, in the order of ``cells``.
        cells: Cell ids.
        genes: Gene ids.
    """
    with whole_file(path) as partial, h5py.File(partial, "w") as file:
        writer = CsrWriter(file, genes)
        for block in blocks:
            writer.add(block)
        writer.finish(cells)
    return CellMatrix(path, "X", cells, genes)


def csr_of_h5ad(path: Path, matrix: str, rewritten: Path, where: str) -> CellMatrix:
    """An h5ad's matrix, in place where it is csr, else rewritten.

    Raises:
        InputError: a csc matrix that is too large to be turned in memory.
    """
    with open_hdf5(path, where) as file:
        group, var = matrix_groups(file, matrix, where)
        kind = storage_of(file[group])
        if kind == "csr_matrix":
            return open_h5ad(path, matrix, where)
        cells, genes = index_of(file["obs"]), index_of(file[var])
        if kind == "csc_matrix":
            _check_size(file[group]["data"].shape[0], where)
            parts = [file[group][name][:] for name in ("data", "indices", "indptr")]
            blocks = _rows_of(sparse.csc_matrix(tuple(parts), shape=(len(cells), len(genes))).tocsr())
        elif isinstance(file[group], h5py.Dataset):
            blocks = _rows_of_dense(file[group])
        else:
            raise InputError(
                Problem(
                    f"{where}, {group}",
                    "a matrix as this version of anndata stores it: csr, csc or dense",
                    f"`{kind}`, of a newer version or of another program",
                    "write the file again with an anndata of the version that is installed here",
                )
            )
        return write_csr(rewritten, blocks, cells, genes)


def csr_of_mtx(folder: Path, gene_id: str, rewritten: Path, where: str) -> CellMatrix:
    """A Cell Ranger folder, or the beginning of three names: matrix.mtx, barcodes.tsv, features.tsv or
    genes.tsv, each perhaps with .gz.

    Raises:
        InputError: a file is not there, or the entries are not sorted by cell and too many to be turned.
    """
    matrix, barcodes, features = (_one_of(folder, names, where) for names in PARTS)
    names = pd.read_csv(features, sep="\t", header=None, dtype=str, keep_default_na=False)
    genes = names[min(1, names.shape[1] - 1) if gene_id == "symbol" else 0].to_numpy(dtype=object)
    cells = pd.read_csv(barcodes, sep="\t", header=None, dtype=str, keep_default_na=False)[0].to_numpy(
        dtype=object
    )
    return write_csr(rewritten, _blocks_of_mtx(matrix, len(cells), len(genes), where), cells, genes)


def csr_of_table(path: Path, genes_in: str, rewritten: Path, where: str) -> CellMatrix:
    """A text table of counts, genes in rows or in columns; the first column and the first line are names.

    Raises:
        InputError: values that are no numbers, or too many of them.
    """
    first = path.name.removesuffix(".gz")
    separator = "," if first.endswith(".csv") else "\t"
    parts, names, columns, filled = [], [], np.empty(0, dtype=object), 0
    try:
        with pd.read_csv(path, sep=separator, index_col=0, chunksize=ROWS) as chunks:
            for chunk in chunks:
                part = sparse.csr_matrix(chunk.to_numpy(dtype=np.float32))
                filled += part.nnz
                if genes_in == "rows":
                    _check_size(filled, where)
                parts.append(part)
                names.append(chunk.index.to_numpy(dtype=object))
                columns = chunk.columns.to_numpy(dtype=object)
    except ValueError as error:
        raise InputError(
            Problem(
                where, "a table of numbers beside names", str(error), "correct the table or its separator"
            )
        ) from None
    rows = np.concatenate(names).astype(str).astype(object)
    if genes_in == "columns":
        return write_csr(rewritten, parts, rows, columns)
    return write_csr(rewritten, _rows_of(sparse.vstack(parts).T.tocsr()), columns, rows)


def _one_of(folder: Path, names: tuple[str, ...], where: str) -> Path:
    for path in possible_files(folder, names):
        if path.is_file():
            return path
    inside = f"in {folder}" if folder.is_dir() else f"as {folder}_{names[0]}"
    raise InputError(
        Problem(
            where,
            f"{' or '.join(names)} (.gz) {inside}",
            "no such file",
            "name Cell Ranger's folder, or the beginning that its three files share",
        )
    )


def _blocks_of_mtx(path: Path, n_cells: int, n_genes: int, where: str) -> Iterator[sparse.csr_matrix]:
    shape, start = _mtx_header(path)
    if shape[:2] != (n_genes, n_cells):
        raise InputError(
            Problem(
                where,
                f"{n_genes} genes x {n_cells} cells, as features and barcodes say",
                f"{shape[0]} x {shape[1]} in {path.name}",
                "give the three files of one run",
            )
        )
    left = _Entries(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    done = 0
    with pd.read_csv(
        path, sep=r"\s+", header=None, skiprows=start, chunksize=LINES, names=["gene", "cell", "value"]
    ) as chunks:
        for chunk in chunks:
            found = _Entries.of(chunk, left)
            if (np.diff(found.cells) < 0).any() or found.cells[0] < done:
                raise InputError(
                    Problem(
                        where,
                        "entries sorted by cell, as Cell Ranger writes them",
                        f"{path.name} is sorted otherwise",
                        f"write the data as csr h5ad once: {SCRIPT}",
                    )
                )
            last = int(found.cells[-1])  # its entries may go on in the next chunk
            yield found.rows(found.cells < last, done, last, n_genes)
            left, done = found.only(found.cells == last), last
    yield left.rows(np.ones(len(left.cells), dtype=bool), done, n_cells, n_genes)


class _Entries(NamedTuple):
    """Entries of a matrix: gene, cell (both from 0 on) and value."""

    genes: np.ndarray
    cells: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, chunk: pd.DataFrame, left: _Entries) -> _Entries:
        """Those of a chunk behind those that were left."""
        new = (
            chunk["gene"].to_numpy() - 1,
            chunk["cell"].to_numpy() - 1,
            chunk["value"].to_numpy(np.float32),
        )
        return cls(*(np.concatenate(pair) for pair in zip(left, new, strict=True)))

    def only(self, keep: np.ndarray) -> _Entries:
        """Some of them."""
        return _Entries(*(part[keep] for part in self))

    def rows(self, keep: np.ndarray, first: int, end: int, n_genes: int) -> sparse.csr_matrix:
        """Cells ``first`` to ``end`` - 1 from some of the entries."""
        genes, cells, values = self.only(keep)
        return sparse.csr_matrix((values, (cells - first, genes)), shape=(end - first, n_genes))


def _mtx_header(path: Path) -> tuple[tuple[int, int, int], int]:
    """The three sizes, and the number of lines before the entries."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for number, line in enumerate(lines, start=1):
            if not line.startswith("%"):
                rows, columns, entries = map(int, line.split())
                return (rows, columns, entries), number
    return (0, 0, 0), 0


def _rows_of(matrix: sparse.csr_matrix) -> Iterator[sparse.csr_matrix]:
    for first in range(0, matrix.shape[0], ROWS):
        yield matrix[first : first + ROWS]


def _rows_of_dense(dataset: h5py.Dataset) -> Iterator[sparse.csr_matrix]:
    for first in range(0, dataset.shape[0], ROWS):
        yield sparse.csr_matrix(dataset[first : first + ROWS].astype(np.float32))


def _check_size(n_values: int, where: str) -> None:
    if n_values > MOST_VALUES:
        raise InputError(
            Problem(
                where,
                f"a csr matrix, or at most {MOST_VALUES:,} values where cells lie in columns",
                f"{n_values:,} values",
                f"rewrite it on a machine with the memory: {SCRIPT}",
            )
        )
