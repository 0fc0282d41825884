"""Small single-cell data sets: files of every kind, a card over them, and a quick simulation."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import yaml
from scipy import sparse

from irf7bone.acquire.simulate import background_genes
from irf7bone.cells.cnv import read_positions
from irf7bone.cells.simulate_cells import CellSimulation, SimulatedCells, simulate_cells
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.cells_checks import load_cells

DATA = Path(__file__).resolve().parents[2] / "data"
IFN = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
SETTINGS = {
    "seed": 7,
    "n_patients": 8,
    "n_pairs": 6,
    "n_cells": 3000,
    "n_genes": 1400,
    "log2_fold": -1.0,
    "ambient": 0.05,
    "doublets": 0.04,
    "depth": 1500,
}
CONTRAST = {
    "id": "bone",
    "compartment": "malignant",
    "case": "bone",
    "reference": "primary",
    "paired": True,
    "batch": False,
    "meaning": "loss_in_bone",
}


@cache
def symbols() -> SymbolTable:
    """The shipped gene table."""
    return SymbolTable.load(DATA / "genes" / "hgnc_symbols.tsv.gz")


@cache
def library():
    """The shipped signatures."""
    return load_library([DATA / "signatures"], symbols())


@cache
def cell_markers():
    """The shipped lists of compartments."""
    return load_library([DATA / "cell_markers" / "compartments.gmt"], symbols())


@cache
def tissue_markers():
    """The shipped lists of tissues."""
    return load_library([DATA / "markers" / "composition.gmt"], symbols())


@cache
def positions() -> pd.DataFrame:
    """The shipped places of genes."""
    return read_positions(DATA / "genes" / "positions.tsv.gz")


def marker_genes() -> dict[str, tuple[str, ...]]:
    """Marker lists by name."""
    return {name: signature.up for name, signature in cell_markers().items()}


@cache
def simulated(**changes: float) -> SimulatedCells:
    """Simulated cells, small enough for a test."""
    settings = CellSimulation(**{**SETTINGS, **changes})
    few = [gene for name in (IFN, "IRF7", "PAM50_PROLIFERATION") for gene in library()[name].genes]
    return simulate_cells(
        settings, library()[IFN].genes, marker_genes(), few, background_genes(symbols()), positions()
    )


def as_adata(cells: SimulatedCells) -> ad.AnnData:
    """Simulated cells as an AnnData."""
    return ad.AnnData(cells.counts.copy(), obs=cells.obs.copy(), var=pd.DataFrame(index=cells.genes))


def write_card(folder: Path, files: list[dict], **changes: object) -> Path:
    """A card over h5ad files that look as simulated ones do."""
    card = {
        "id": "made",
        "title": "Made-up cells",
        "citation": {"text": "made up"},
        "organism": "human",
        "role": "real",
        "cells": {
            "source": "h5ad",
            "files": files,
            "gene_id": "symbol",
            "scale": "counts",
            "technology": "droplet",
        },
        "obs": [{"source": "h5ad"}],
        "patient": {"from": "patient"},
        "sample": {"from": "sample"},
        "groups": {"from": "site", "map": {"primary": "primary", "bone": "bone"}},
        "subtype": {"from": "subtype"},
        "compartments": {
            "labels": {
                "from": "cell_type",
                "map": {
                    name: name
                    for name in (
                        "malignant",
                        "epithelial_normal",
                        "fibroblast",
                        "endothelial",
                        "myeloid",
                        "t_cd8",
                        "t_cd4",
                        "nk",
                    )
                },
            },
            "malignant_by": "labels",
        },
        "qc": {"min_genes": 50, "max_mito": 0.25, "min_cells_per_pseudobulk": 10},
        "contrasts": [CONTRAST],
        **changes,
    }
    path = folder / "made.yaml"
    path.write_text(
        yaml.safe_dump({k: v for k, v in card.items() if v is not None}, sort_keys=False), encoding="utf-8"
    )
    return path


def make_card(folder: Path, files: list[dict], **changes: object) -> CellsCard:
    """The same, loaded."""
    return load_cells(write_card(folder, files, **changes))


def write_tenx_h5(path: Path, counts: sparse.csr_matrix, cells: list[str], genes: list[str]) -> None:
    """A Cell Ranger h5 of version 3: genes x cells, csc."""
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for name, values in (("data", counts.data), ("indices", counts.indices), ("indptr", counts.indptr)):
            group[name] = values
        group["shape"] = counts.shape[::-1]
        group["barcodes"] = np.array(cells, dtype="S")
        features = group.create_group("features")
        features["name"], features["id"] = np.array(genes, dtype="S"), np.array(genes, dtype="S")


def write_tenx_mtx(folder: Path, counts: sparse.csr_matrix, cells: list[str], genes: list[str]) -> None:
    """A Cell Ranger folder, gzipped, entries sorted by cell."""
    folder.mkdir()
    rows = sparse.coo_matrix(counts)
    order = np.lexsort((rows.col, rows.row))
    lines = ["%%MatrixMarket matrix coordinate integer general", "%", f"{len(genes)} {len(cells)} {rows.nnz}"]
    lines += [f"{rows.col[i] + 1} {rows.row[i] + 1} {int(rows.data[i])}" for i in order]
    for name, text in (
        ("matrix.mtx.gz", "\n".join(lines) + "\n"),
        ("barcodes.tsv.gz", "".join(f"{cell}\n" for cell in cells)),
        ("features.tsv.gz", "".join(f"{gene}\t{gene}\tGene Expression\n" for gene in genes)),
    ):
        (folder / name).write_bytes(gzip.compress(text.encode()))
