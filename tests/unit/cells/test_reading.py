"""Matrices of every kind give the same cells, whatever the block; what cannot be read is refused with a
message.
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.cells import write_tenx_h5, write_tenx_mtx
from scipy import sparse

from irf7bone.base.errors import InputError
from irf7bone.cells import rewrite
from irf7bone.cells.data_set import undo_log1p
from irf7bone.cells.matrix import Block, block_bounds, open_h5ad, open_tenx_h5, opened
from irf7bone.cells.rewrite import csr_of_h5ad, csr_of_mtx, csr_of_table

GENES = ["IRF7", "ISG15", "EPCAM", "CD8A", "MT-ND1"]
CELLS = ["c1", "c2", "c3"]
COUNTS = sparse.csr_matrix(np.array([[1, 0, 3, 0, 2], [0, 0, 0, 5, 0], [2, 2, 0, 0, 0]], dtype=np.float32))


def joined(matrix, size=20_000):
    blocks = list(matrix.blocks(size))
    parts = [
        sparse.csr_matrix((b.data, b.indices, b.indptr), shape=(b.n_cells, len(matrix.genes))) for b in blocks
    ]
    assert [b.start for b in blocks] == np.cumsum([0, *(b.n_cells for b in blocks)])[:-1].tolist()
    return sparse.vstack(parts).toarray()


def h5ad(tmp_path, matrix):
    path = tmp_path / f"{type(matrix).__name__}.h5ad"
    ad.AnnData(matrix, obs=pd.DataFrame(index=CELLS), var=pd.DataFrame(index=GENES)).write_h5ad(path)
    return path


@pytest.mark.parametrize("size", [1, 2, 20_000])
def test_every_kind_of_file_gives_the_same_cells(tmp_path, size):
    write_tenx_h5(tmp_path / "a.h5", COUNTS, CELLS, GENES)
    write_tenx_mtx(tmp_path / "mtx", COUNTS, CELLS, GENES)
    frame = pd.DataFrame(COUNTS.toarray(), index=CELLS, columns=GENES)
    frame.to_csv(tmp_path / "cells.csv")
    frame.T.to_csv(tmp_path / "genes.tsv", sep="\t")
    matrices = [
        csr_of_h5ad(h5ad(tmp_path, COUNTS), "X", tmp_path / "0.h5ad", "here"),
        open_tenx_h5(tmp_path / "a.h5", "symbol", "here"),
        csr_of_mtx(tmp_path / "mtx", "symbol", tmp_path / "1.h5ad", "here"),
        csr_of_table(tmp_path / "cells.csv", "columns", tmp_path / "2.h5ad", "here"),
        csr_of_table(tmp_path / "genes.tsv", "rows", tmp_path / "3.h5ad", "here"),
        csr_of_h5ad(h5ad(tmp_path, COUNTS.toarray()), "X", tmp_path / "4.h5ad", "here"),
        csr_of_h5ad(h5ad(tmp_path, sparse.csc_matrix(COUNTS)), "X", tmp_path / "5.h5ad", "here"),
    ]
    for matrix in matrices:
        assert (joined(matrix, size) == COUNTS.toarray()).all()
        assert list(matrix.cells) == CELLS and list(matrix.genes) == GENES


def test_csr_and_10x_are_read_in_place_and_the_rest_is_opened_again_from_what_was_written(tmp_path):
    path = h5ad(tmp_path, COUNTS)
    assert csr_of_h5ad(path, "X", tmp_path / "0.h5ad", "here").path == path
    write_tenx_h5(tmp_path / "a.h5", COUNTS, CELLS, GENES)
    assert (joined(opened(tmp_path / "a.h5", "matrix", "symbol")) == COUNTS.toarray()).all()
    csr_of_h5ad(h5ad(tmp_path, COUNTS.toarray()), "X", tmp_path / "0.h5ad", "here")
    assert (joined(opened(tmp_path / "0.h5ad", "X", "symbol")) == COUNTS.toarray()).all()
    assert (ad.read_h5ad(tmp_path / "0.h5ad").X.toarray() == COUNTS.toarray()).all()  # a file like any other


def test_raw_and_layers_are_found_and_a_matrix_that_is_not_there_is_named(tmp_path):
    adata = ad.AnnData(COUNTS * 2, obs=pd.DataFrame(index=CELLS), var=pd.DataFrame(index=GENES))
    adata.layers["counts"] = COUNTS
    adata.raw = ad.AnnData(COUNTS, obs=adata.obs, var=adata.var)
    adata.write_h5ad(tmp_path / "a.h5ad")
    for name in ("raw", "layers/counts"):
        matrix = open_h5ad(tmp_path / "a.h5ad", name, "here")
        assert (joined(matrix) == COUNTS.toarray()).all()
        assert (joined(opened(matrix.path, matrix.group, "symbol")) == COUNTS.toarray()).all()
    with pytest.raises(InputError, match="no layers/count; matrices: X, raw, layers/counts"):
        open_h5ad(tmp_path / "a.h5ad", "layers/count", "here")


def test_a_csc_matrix_that_is_too_large_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(rewrite, "MOST_VALUES", 3)
    with pytest.raises(InputError, match=r"at most 3 values where cells lie in columns(.|\n)*csr_matrix"):
        csr_of_h5ad(h5ad(tmp_path, sparse.csc_matrix(COUNTS)), "X", tmp_path / "0.h5ad", "here")


def test_an_mtx_that_is_sorted_otherwise_or_does_not_fit_is_refused(tmp_path):
    write_tenx_mtx(tmp_path / "mtx", COUNTS, [*CELLS[:2], "c3", "c4"], GENES)
    (tmp_path / "mtx" / "barcodes.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"barcodes.tsv \(.gz\)"):
        csr_of_mtx(tmp_path / "mtx", "symbol", tmp_path / "1.h5ad", "here")
    (tmp_path / "mtx" / "barcodes.tsv").write_text("c1\nc2\n")
    with pytest.raises(InputError, match="5 genes x 2 cells"):
        csr_of_mtx(tmp_path / "mtx", "symbol", tmp_path / "1.h5ad", "here")
    (tmp_path / "mtx" / "matrix.mtx.gz").unlink()
    (tmp_path / "mtx" / "matrix.mtx").write_text("%%MatrixMarket\n5 2 2\n1 2 3\n1 1 4\n")
    with pytest.raises(InputError, match="sorted by cell"):
        csr_of_mtx(tmp_path / "mtx", "symbol", tmp_path / "1.h5ad", "here")


def test_an_mtx_in_many_chunks_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(rewrite, "LINES", 2)
    write_tenx_mtx(tmp_path / "mtx", COUNTS, CELLS, GENES)
    assert (
        joined(csr_of_mtx(tmp_path / "mtx", "symbol", tmp_path / "1.h5ad", "here")) == COUNTS.toarray()
    ).all()


def test_blocks_are_bounded_by_cells_and_by_values():
    indptr = np.array([0, 5, 6, 7, 20, 21])
    assert list(block_bounds(indptr, 2, 100)) == [(0, 2), (2, 4), (4, 5)]
    assert list(block_bounds(indptr, 100, 7)) == [
        (0, 3),
        (3, 4),
        (4, 5),
    ]  # a cell with more is a block of its own


def as_block(matrix):
    matrix = sparse.csr_matrix(matrix, dtype=np.float32)
    return Block(0, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)


def test_a_logarithm_of_scaled_counts_is_undone_exactly_or_refused(tmp_path):
    rng = np.random.default_rng(1)
    counts = rng.poisson(2.0, (30, 200)).astype(float)
    counts[:, 0] = 1  # each cell has a count of one
    logged = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    matrix = open_h5ad(h5ad(tmp_path, COUNTS), "X", "here")
    assert (undo_log1p(as_block(logged), matrix).data == as_block(counts).data).all()
    with pytest.raises(InputError, match="no multiples of the smallest"):
        undo_log1p(as_block(np.sqrt(counts[:3])), matrix)
