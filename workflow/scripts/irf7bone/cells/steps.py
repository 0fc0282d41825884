"""From one file to the next: what each job of a data set reads, does and leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.cells_vocabulary import MALIGNANT
from irf7bone.base.errors import InputError, Problem
from irf7bone.base.whole_file import whole_file
from irf7bone.cells.calls import Calls, call_compartments
from irf7bone.cells.clusters import Clustering
from irf7bone.cells.cnv import read_positions
from irf7bone.cells.data_set import CellSet, read_set
from irf7bone.cells.doublets import DoubletRule, doublet_rule
from irf7bone.cells.pseudobulk import Choice, pseudobulk
from irf7bone.cells.reduce import (
    EPITHELIAL_SET,
    KEY,
    LEUKOCYTE_SET,
    PRIMARY,
    PlacingModel,
    Reduced,
    reduce_cells,
    shown_sets,
)
from irf7bone.cells.scan import Scan, cell_hash, scan_cells
from irf7bone.genes.mouse import MouseSymbols
from irf7bone.genes.orthologs import Orthologs
from irf7bone.genes.signatures import Signature
from irf7bone.genes.symbols import SymbolTable
from irf7bone.tables.cells import (
    CALLS,
    CELL_MEASURES,
    CELL_QUALITY,
    CELLS,
    CONFUSION,
    COPY_NUMBER,
    SAMPLED_CELLS,
)

if TYPE_CHECKING:
    from irf7bone.study.cells_card import CellsCard

LEAST_CELLS = 20  # from which compartments can be learnt at all
AMBIENT_LISTS = {
    "erythroid": ("HBA1", "HBA2", "HBB", "HBD"),
    "immunoglobulin": ("IGHG1", "IGHG3", "IGKC", "IGHA1", "IGHM"),
}


def symbols_for(card: CellsCard, table: str | Path) -> SymbolTable | MouseSymbols:
    """What gene ids of the card's organism are looked up in."""
    return MouseSymbols() if card.organism == "mouse" else SymbolTable.load(Path(table))


def own_symbols(
    card: CellsCard, orthologs: str | Path, sets: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Sets of human genes by the symbols of the card's organism."""
    if card.organism == "human":
        return {name: list(genes) for name, genes in sets.items()}
    table = Orthologs.load(Path(orthologs))
    return {
        name: [pair.mouse for gene in genes for pair in table.of_human(gene)] for name, genes in sets.items()
    }


def open_set(card: CellsCard, obs: str, matrices: str, symbols: str) -> CellSet:
    """The data set that :func:`irf7bone.cells.acquire_step.acquire_or_simulate` left."""
    return read_set(obs, matrices, card.cells, symbols_for(card, symbols), str(card.path))


def first_reading(card: CellsCard, cells: CellSet) -> Scan:
    """Read all cells once.

    Raises:
        InputError: Hardly a cell passes the card's rules of quality, or values are not what the card says.
    """
    found = scan_cells(cells, card.qc)
    if len(found.sampled) < LEAST_CELLS:
        failed = found.quality["failed"].value_counts().drop("", errors="ignore")
        raise InputError(
            Problem(
                f"{card.path}, qc",
                f"{LEAST_CELLS} cells or more that pass and that compartments can be learnt from",
                f"{int((found.quality['failed'] == '').sum()):,} of {len(found.quality):,}, "
                f"{len(found.sampled)} of them among those that compartments are learnt from",
                "loosen qc as the technology allows, or take cells that were sequenced deeper",
                tuple(f"{n} cells: {why}" for why, n in failed.items()),
            )
        )
    return found


def write_scan(scan: Scan, cells: CellSet, quality: str, sample: str) -> None:
    """Store the quality of all cells, and the sampled ones as an h5ad."""
    measured = scan.quality.assign(cell=cells.obs["cell"].to_numpy())
    measured["failed"] = measured["failed"].where(measured["failed"] != "", None)
    CELL_MEASURES.write(measured, quality)
    obs = cells.obs.iloc[scan.sampled][["patient", "label"]].astype(object).fillna("")
    obs = obs.set_index(pd.Index(cells.obs["cell"].to_numpy()[scan.sampled], dtype=object))
    obs["place"] = scan.sampled
    adata = ad.AnnData(scan.counts, obs=obs, var=pd.DataFrame(index=pd.Index(cells.genes, dtype=object)))
    with whole_file(sample) as partial:
        adata.write_h5ad(partial, compression="gzip", compression_opts=1)


def read_quality(path: str) -> pd.DataFrame:
    """What :func:`write_scan` stored of all cells, as :class:`irf7bone.cells.scan.Scan` has it."""
    stored = CELL_MEASURES.read(path).astype({"n_genes": "int64"})
    return stored.assign(failed=stored["failed"].fillna("")).drop(columns="cell")


def read_sampled(path: str) -> pd.DataFrame:
    """What :func:`write_calls` stored of the sampled cells."""
    return SAMPLED_CELLS.read(path).astype({"place": "int64"})


def call(
    card: CellsCard, sample: ad.AnnData, markers: Mapping[str, Sequence[str]], positions: str, seed: int
) -> tuple[Calls, DoubletRule]:
    """What the sampled cells teach: clusters and their compartments, and what a doublet looks like.

    Args:
        card: The card.
        sample: Sampled cells.
        markers: Lists of data/cell_markers, in the card's symbols.
        positions: The table of positions; genes of the mouse have none.
        seed: Of the clustering.
    """
    counts = sparse.csr_matrix(sample.X)
    genes = sample.var_names.to_numpy(dtype=object)
    called = call_compartments(
        counts,
        genes,
        sample.obs["patient"].to_numpy(dtype=object),
        cell_hash(pd.Series(sample.obs_names.to_numpy(dtype=object))),
        markers,
        read_positions(positions),
        by_cnv=card.malignant_by != "markers",
        seed=seed,
    )
    if card.cells["technology"] != "droplet":
        return called, DoubletRule(np.nan, np.nan, np.nan, np.nan)
    place = {gene: number for number, gene in enumerate(genes)}
    sets = shown_sets([], markers)
    columns = [
        np.array([place[gene] for gene in sets[name] if gene in place], dtype=np.int64)
        for name in (EPITHELIAL_SET, LEUKOCYTE_SET)
    ]
    compartments = called.table["compartment"].to_numpy(dtype=object)[called.clusters]
    return called, doublet_rule(counts, compartments, *columns)


def write_calls(
    card: CellsCard,
    called: Calls,
    rule: DoubletRule,
    coordinates: np.ndarray,
    sample: ad.AnnData,
    *,
    table: str,
    model: str,
    cells: str,
) -> None:
    """Store clusters, what is needed to place other cells, and what only sampled cells have."""
    CALLS.write(called.table.assign(data_set=card.id).reindex(columns=CALLS.names), table)
    with whole_file(model) as partial, partial.open("wb") as file:
        np.savez(
            file,
            genes=called.clustering.genes,
            weights=called.clustering.weights,
            offsets=called.clustering.offsets,
            doublets=np.array(list(asdict(rule).values())),
        )
    frame = pd.DataFrame(
        {
            "place": sample.obs["place"].to_numpy(),
            "cnv": called.cnv,
            "umap1": coordinates[:, 0],
            "umap2": coordinates[:, 1],
        }
    )
    SAMPLED_CELLS.write(frame, cells)


def write_copy_number(called: Calls, path: str) -> None:
    """Store the mean copy-number profile of every cluster; no row where copy number was not called."""
    if called.profile is None or called.pools is None or called.chromosomes is None:
        COPY_NUMBER.write(COPY_NUMBER.empty(), path)
        return
    cells = pd.DataFrame(called.profile[called.pools]).groupby(called.clusters).mean()
    frame = pd.DataFrame(
        {
            "cluster": np.repeat(cells.index.to_numpy(), cells.shape[1]),
            "window": np.tile(np.arange(cells.shape[1]), len(cells)),
            "chromosome": np.tile(called.chromosomes, len(cells)),
            "change": cells.to_numpy(dtype=np.float64).ravel(),
        }
    )
    COPY_NUMBER.write(frame, path)


def read_model(card: CellsCard, table: str, model: str) -> PlacingModel:
    """What :func:`write_calls` stored, as the second reading needs it."""
    with np.load(model) as stored:
        clustering = Clustering(stored["genes"], stored["weights"], stored["offsets"])
        rule = DoubletRule(*map(float, stored["doublets"]))
    compartments = CALLS.read(table).sort_values("cluster")["compartment"].to_numpy(dtype=object)
    return PlacingModel(
        clustering, compartments, card.malignant_by, rule, card.cells["technology"] == "droplet"
    )


def reduce(
    card: CellsCard,
    cells: CellSet,
    quality: pd.DataFrame,
    model: PlacingModel,
    primary: Sequence[str],
    markers: Mapping[str, Sequence[str]],
) -> Reduced:
    """The second reading, with the sets that are shown of every cell."""
    return reduce_cells(cells, quality, model, shown_sets(primary, markers))


def write_reduced(
    card: CellsCard,
    cells: CellSet,
    quality: pd.DataFrame,
    reduced: Reduced,
    sampled: pd.DataFrame,
    output: Mapping[str, str],
) -> None:
    """Store the cells, the sums, the confusion of calls and the quality of samples."""
    failed = quality["failed"].to_numpy() != ""
    table = pd.concat(
        [
            cells.obs[["cell", "sample", "patient", "group"]],
            quality[["total_counts", "n_genes", "mito"]],
            reduced.cells,
        ],
        axis=1,
    )
    table["failed"] = quality["failed"].where(failed, None)
    for name in ("compartment", "called_compartment"):
        table[name] = table[name].astype(object).where(~failed, None)
    table["call_margin"] = table["call_margin"].where(~failed)
    table = table.rename(columns={f"{kind}_{PRIMARY}": f"{kind}_primary" for kind in ("ucell", "mean_log")})
    table["sampled"] = False
    table.loc[sampled["place"].to_numpy(), "sampled"] = True
    for name in ("cnv", "umap1", "umap2"):
        table[name] = np.nan
        table.loc[sampled["place"].to_numpy(), name] = sampled[name].to_numpy()
    CELLS.write(table.reindex(columns=CELLS.names), output["cells"])
    CONFUSION.write(confusion(card, cells, table), output["confusion"])
    CELL_QUALITY.write(sample_quality_table(card, table, reduced, cells.genes, cells.unit), output["quality"])
    write_sums(cells, reduced, output["pseudobulk"])


def confusion(card: CellsCard, cells: CellSet, table: pd.DataFrame) -> pd.DataFrame:
    """The authors' labels against the calls, :data:`irf7bone.tables.cells.CONFUSION`; empty without
    labels.
    """
    passed = table["failed"].isna().to_numpy()
    if card.labels is None:
        return CONFUSION.empty()
    from sklearn.metrics import cohen_kappa_score  # here, as three jobs import this module for other things

    label, called = cells.obs["label"][passed].astype(str), table["called_compartment"][passed].astype(str)
    kappa = cohen_kappa_score(label, called) if label.nunique() > 1 else np.nan
    counted = (
        pd.crosstab(label, called).rename_axis(index="label", columns="called").stack().rename("n_cells")
    )
    rows = counted[counted > 0].reset_index().assign(data_set=card.id, kappa=kappa)
    return CONFUSION.cast(rows.reindex(columns=CONFUSION.names))


def sample_quality_table(
    card: CellsCard, table: pd.DataFrame, reduced: Reduced, genes: np.ndarray, unit: float
) -> pd.DataFrame:
    """Quality of each sample, :data:`irf7bone.tables.cells.CELL_QUALITY`."""
    malignant = ((reduced.keys["compartment"] == MALIGNANT) & ~reduced.keys["doublet"]).to_numpy()
    counts = pd.DataFrame(reduced.sums[malignant] / unit, columns=genes)
    by_patient = counts.groupby(
        [reduced.keys["patient"][malignant].to_numpy(), reduced.keys["group"][malignant].to_numpy()]
    ).sum()
    total = by_patient.sum(axis=1)
    shares = {
        name: (
            by_patient.reindex(columns=list(listed), fill_value=0).sum(axis=1) / total.where(total > 0)
        ).to_dict()
        for name, listed in AMBIENT_LISTS.items()
    }
    rows = []
    for sample, part in table.groupby("sample", sort=True):
        passed = part[part["failed"].isna()]
        key = (part["patient"].iloc[0], part["group"].iloc[0])
        rows.append(
            {
                "data_set": card.id,
                "sample": sample,
                "patient": key[0],
                "group": key[1],
                "n_cells": len(part),
                "n_failed": len(part) - len(passed),
                "n_doublets": int(passed["doublet"].sum()),
                "median_counts": passed["total_counts"].median(),
                "median_genes": passed["n_genes"].median(),
                "median_mito": passed["mito"].median(),
                **{name: found.get(key, np.nan) for name, found in shares.items()},
            }
        )
    return CELL_QUALITY.cast(pd.DataFrame(rows).reindex(columns=CELL_QUALITY.names))


def write_sums(cells: CellSet, reduced: Reduced, path: str) -> None:
    """Store the parts of the sums: ``X`` counts (or tpm), ``obs`` the key of each part and its number of
    cells.
    """
    obs = reduced.keys.astype({name: object for name in ("patient", "group", "compartment")})
    obs.index = pd.Index([f"part_{number:05d}" for number in range(len(obs))], dtype=object)
    described = cells.obs.groupby(["patient", "group"], sort=True)[["batch", "subtype"]].agg(
        lambda values: "" if values.dropna().empty else str(values.dropna().mode().sort_values().iloc[0])
    )
    obs = obs.merge(described, left_on=["patient", "group"], right_index=True, how="left")
    adata = ad.AnnData(
        sparse.csr_matrix(reduced.sums / cells.unit),
        obs=obs,
        var=pd.DataFrame(index=pd.Index(cells.genes, dtype=object)),
    )
    adata.uns["scale"] = cells.scale
    with whole_file(path) as partial:
        adata.write_h5ad(partial, compression="gzip", compression_opts=1)


def read_samples(path: str, min_cells: int, choice: Choice | None = None) -> ad.AnnData:
    """Samples of :func:`irf7bone.cells.pseudobulk.pseudobulk` from the stored sums."""
    stored = ad.read_h5ad(path)
    obs = stored.obs[[*KEY, "n_cells", "batch", "subtype"]].reset_index(drop=True)
    for name in ("patient", "group", "compartment"):
        obs[name] = obs[name].astype(str).astype(object)
    described = obs[["patient", "group", "batch", "subtype"]].astype(object)
    described = described.where(described != "", None)
    scale = str(stored.uns["scale"])
    return pseudobulk(
        obs[[*KEY, "n_cells"]],
        stored.X.toarray(),
        stored.var_names.to_numpy(dtype=object),
        described,
        unit=1.0,
        scale=scale,
        min_cells=min_cells,
        choice=choice,
    )


def marker_lists(library: Mapping[str, Signature]) -> dict[str, tuple[str, ...]]:
    """The lists of data/cell_markers by name."""
    return {name: signature.up for name, signature in library.items()}
