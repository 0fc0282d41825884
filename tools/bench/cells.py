"""Single cells: both readings of a gzip h5ad, their memory, and scores of cells against pyucell and scanpy.

The cells are generated: a pool of 20,000 is drawn and written again and again under new ids. gzip looks
back 32 kB, so that the file is as large, and takes as long to inflate, as one of different cells.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from bench.measure import Case, NotAvailable, Timed
from irf7bone.cells.clusters import Clustering
from irf7bone.cells.data_set import CellSet
from irf7bone.cells.doublets import DoubletRule
from irf7bone.cells.kernel import measure_cells, score_cells
from irf7bone.cells.matrix import open_h5ad
from irf7bone.cells.reduce import PlacingModel, reduce_cells
from irf7bone.cells.scan import scan_cells
from irf7bone.cells.sets import GeneSets
from irf7bone.study.cells_card import QualityRules

GENES, POOL, CHUNK = 20_000, 20_000, 131_072
PATIENTS, COMPARTMENTS = 20, ("malignant", "fibroblast", "myeloid", "t_cd8", "nk", "endothelial")
SETS, SET_SIZE, N_USED, N_CLUSTERS = 12, 50, 2_000, 60
RULES = QualityRules(min_genes=200, max_mito=0.25, min_cells_per_pseudobulk=20)


def pool() -> sparse.csr_matrix:
    """20,000 different cells with some 1,400 of 20,000 genes each, trimmed to whole chunks of values."""
    rng = np.random.default_rng(1)
    level = rng.lognormal(0, 2.0, GENES)
    level /= level.sum()
    depth = rng.lognormal(np.log(2_300), 0.4, POOL)
    blocks = [
        sparse.csr_matrix(rng.poisson(level * depth[first : first + 500, None]).astype(np.float32))
        for first in range(0, POOL, 500)
    ]
    cells = sparse.vstack(blocks, format="csr")
    kept = cells.nnz // CHUNK * CHUNK
    return sparse.csr_matrix(
        (cells.data[:kept], cells.indices[:kept], np.minimum(cells.indptr, kept)), shape=cells.shape
    )


def write(path: Path, n_cells: int) -> None:
    """The pool over and over as a csr h5ad, gzip level 4 as AnnData writes it."""
    cells = pool()
    repeats, n = n_cells // POOL, cells.nnz
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        group.attrs["shape"] = np.array([n_cells, GENES])
        for name, values in (("data", cells.data.astype("f4")), ("indices", cells.indices.astype("i4"))):
            stored = group.create_dataset(
                name,
                shape=(n * repeats,),
                dtype=values.dtype,
                chunks=(CHUNK,),
                compression="gzip",
                compression_opts=4,
            )
            packed = [
                zlib.compress(values[first : first + CHUNK].tobytes(), 4) for first in range(0, n, CHUNK)
            ]
            for repeat in range(repeats):
                for number, chunk in enumerate(packed):
                    stored.id.write_direct_chunk((repeat * n + number * CHUNK,), chunk)
        starts = [cells.indptr[:-1].astype(np.int64) + repeat * n for repeat in range(repeats)]
        group["indptr"] = np.append(np.concatenate(starts), n * repeats)
        for name, ids in (("obs", [f"cell{i}" for i in range(n_cells)]), ("var", gene_names())):
            table = file.create_group(name)
            table.attrs["_index"] = "_index"
            table["_index"] = np.array(ids, dtype="S")


def gene_names() -> list[str]:
    """Made-up symbols."""
    return [f"G{i:05d}" for i in range(GENES)]


@contextmanager
def _file(n_cells: int) -> Iterator[Path]:
    """The file; written by another process, whose memory is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cells.h5ad")
        call = (
            f"from pathlib import Path; from bench.cells import write; write(Path({str(path)!r}), {n_cells})"
        )
        subprocess.run([sys.executable, "-c", call], check=True)
        yield path


def cell_set(path: Path) -> CellSet:
    """The file with 240 patients x groups x compartments."""
    matrix = open_h5ad(path, "X", str(path))
    n = len(matrix.cells)
    rng = np.random.default_rng(2)
    obs = pd.DataFrame(
        {
            "cell": matrix.cells,
            "file": np.zeros(n, dtype=np.int8),
            "row": np.arange(n),
            "patient": np.array([f"P{i:02d}" for i in range(PATIENTS)], dtype=object)[
                rng.integers(0, PATIENTS, n)
            ],
            "group": np.array(["primary", "bone"], dtype=object)[rng.integers(0, 2, n)],
            "label": np.array(COMPARTMENTS, dtype=object)[rng.integers(0, len(COMPARTMENTS), n)],
        }
    )
    genes = np.array(gene_names(), dtype=object)
    mito = np.zeros(GENES, dtype=np.int64)
    mito[:13] = 1
    return CellSet((matrix,), (np.arange(GENES),), (mito,), genes, obs, "counts")


def gene_sets() -> dict[str, list[str]]:
    """Twelve sets of 50; four of them under the names that the second reading needs."""
    rng = np.random.default_rng(3)
    names = ["primary", "epithelial", "leukocyte", "stress", *(f"set{i}" for i in range(SETS - 4))]
    return {name: [f"G{i:05d}" for i in rng.choice(GENES, SET_SIZE, replace=False)] for name in names}


def model() -> PlacingModel:
    """Clusters as far as their cost goes."""
    rng = np.random.default_rng(4)
    clustering = Clustering(
        np.sort(rng.choice(GENES, N_USED, replace=False)),
        rng.normal(size=(N_USED, N_CLUSTERS)),
        rng.uniform(size=N_CLUSTERS),
    )
    called = np.array(COMPARTMENTS, dtype=object)[np.arange(N_CLUSTERS) % len(COMPARTMENTS)]
    return PlacingModel(clustering, called, "labels", DoubletRule(1.0, 1.0, 0.9, 0.01), True)


def first_reading(n_cells: int) -> Timed:
    """Quality of every cell, and the sample."""
    with _file(n_cells) as path:
        cells = cell_set(path)
        start = time.process_time()
        found = scan_cells(cells, RULES)
        spent = time.process_time() - start
        size = f"{path.stat().st_size / 1e9:.1f} GB, {found.n_cells.sum():,} values"
    return Timed([spent], found.quality["total_counts"].to_numpy()[:1000], note=size)


def second_reading(n_cells: int) -> Timed:
    """Placing, scores for 12 sets, sums of 240 samples."""
    with _file(n_cells) as path:
        cells = cell_set(path)
        n = len(cells.obs)
        quality = pd.DataFrame({"total_counts": np.full(n, 3_600.0), "failed": np.full(n, "", dtype=object)})
        learnt, sets = model(), gene_sets()
        start = time.process_time()
        found = reduce_cells(cells, quality, learnt, sets)
        spent = time.process_time() - start
    return Timed(
        [spent], found.sums.sum(axis=0)[:1000], note=f"{len(found.keys)} parts; calls within this reading"
    )


def reading_alone(n_cells: int) -> Timed:
    """Inflating and handing out the blocks, which either reading has to do."""
    with _file(n_cells) as path:
        cells = cell_set(path)
        start = time.process_time()
        n_values = sum(len(block.data) for _, block, _ in cells.blocks())
        spent = time.process_time() - start
    return Timed([spent], np.array([n_values]))


def in_memory(n_cells: int) -> sparse.csr_matrix:
    """The pool repeated to ``n_cells``."""
    cells = pool()
    return sparse.vstack([cells] * (n_cells // POOL), format="csr")


def ucell_ours(n_cells: int) -> Timed:
    """UCell of 12 sets, and mean log1p at once."""
    cells, sets = in_memory(n_cells), GeneSets.build(gene_sets(), gene_names())
    arrays = (cells.indptr.astype(np.int64), cells.indices.astype(np.int32), cells.data)
    target = np.arange(GENES)
    totals, n_genes, mito = np.zeros(n_cells), np.zeros(n_cells, dtype=np.int64), np.zeros(n_cells)
    measure_cells(
        *arrays, target, np.zeros(GENES, np.int64), totals, n_genes, mito, np.zeros((GENES, 3), np.int64)
    )
    out = np.zeros((n_cells, SETS)), np.zeros((n_cells, SETS))
    start = time.process_time()
    score_cells(*arrays, target, GENES, totals, sets.starts, sets.sets, sets.sizes, sets.missing, *out)
    return Timed([time.process_time() - start], np.clip(out[0], 0, None))


def ucell_pyucell(n_cells: int) -> Timed:
    """The same by pyucell on one core."""
    adata = _adata(n_cells)
    try:
        import pyucell
    except ImportError:
        raise NotAvailable("pyucell is not installed") from None
    start = time.process_time()
    pyucell.compute_ucell_scores(adata, gene_sets(), ties_method="average", n_jobs=1)
    spent = time.process_time() - start
    return Timed([spent], adata.obs[[f"{name}_UCell" for name in gene_sets()]].to_numpy())


def score_genes(n_cells: int) -> Timed:
    """scanpy's score_genes, for time alone: its score is another one."""
    import scanpy as sc

    adata = _adata(n_cells)
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    start = time.process_time()
    for name, genes in gene_sets().items():
        sc.tl.score_genes(adata, genes, score_name=name)
    spent = time.process_time() - start
    return Timed([spent], np.full((n_cells, SETS), np.nan), note="another score: for time alone")


def _adata(n_cells: int):
    import anndata as ad

    return ad.AnnData(in_memory(n_cells), var=pd.DataFrame(index=gene_names()))


MILLION, SMALLER, SMALL = 1_000_000, 200_000, 100_000
CASES = [
    Case("reading 1,000,000 cells", "irf7bone, first reading", "", partial(first_reading, MILLION)),
    Case("adding up 1,000,000 cells", "irf7bone, second reading", "", partial(second_reading, MILLION)),
    Case("inflating 1,000,000 cells", "irf7bone, blocks alone", "", partial(reading_alone, MILLION)),
    Case("adding up 200,000 cells", "irf7bone, second reading", "", partial(second_reading, SMALLER)),
    Case("adding up 100,000 cells", "irf7bone, second reading", "", partial(second_reading, SMALL)),
    Case("UCell of 12 sets, 100,000 cells", "irf7bone", "", partial(ucell_ours, SMALL)),
    Case("UCell of 12 sets, 100,000 cells", "pyucell", "pyucell", partial(ucell_pyucell, SMALL)),
    Case("UCell of 12 sets, 100,000 cells", "scanpy score_genes", "scanpy", partial(score_genes, SMALL)),
]
