"""Null data sets of single cells: nothing is lost in bone, but patients and samples differ as they do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

from calibrate.tally import Tally
from irf7bone.acquire.simulate import background_genes
from irf7bone.cells.clusters import log_levels
from irf7bone.cells.cnv import read_positions
from irf7bone.cells.contrasts import plan
from irf7bone.cells.pseudobulk import as_experiment
from irf7bone.cells.simulate_cells import CellSimulation, SimulatedCells, simulate_cells
from irf7bone.experiments.differential import differential
from irf7bone.experiments.levels import score_levels
from irf7bone.experiments.score_contrasts import score_contrasts
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.cells_card import CellContrast

DATA = Path(__file__).resolve().parents[2] / "data"
SIGNATURE = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
PATIENTS, CELLS, GENES = 8, 800, 400
LEVEL = 0.05
DESIGNS = {"8 pairs": True, "4 against 4": False}


@cache
def _library():
    symbols = SymbolTable.load(DATA / "genes" / "hgnc_symbols.tsv.gz")
    signatures = load_library([DATA / "signatures"], symbols)
    markers = load_library([DATA / "cell_markers" / "compartments.gmt"], symbols)
    background = background_genes(symbols)
    return signatures, {name: item.up for name, item in markers.items()}, background


@cache
def _positions() -> pd.DataFrame:
    return read_positions(DATA / "genes" / "positions.tsv.gz")


def one_data_set(random: np.random.Generator) -> Tally:
    """One null data set: malignant cells of 8 patients with both sites, tested in two designs."""
    signatures, markers, background = _library()
    settings = CellSimulation(
        seed=int(random.integers(2**31)), n_patients=PATIENTS, n_pairs=PATIENTS, n_cells=CELLS, n_genes=GENES,
        log2_fold=0.0, ambient=0.0, doublets=0.0, depth=3_000.0,
    )  # fmt: skip
    made = simulate_cells(settings, signatures[SIGNATURE].up, markers, [], background, _positions())
    tally = Tally()
    for words, paired in DESIGNS.items():
        _test(tally, made, signatures[SIGNATURE], words, paired)
    return tally


def _test(tally: Tally, made: SimulatedCells, signature, words: str, paired: bool) -> None:
    keep = (made.obs["cell_type"] == "malignant").to_numpy()
    if not paired:  # primary tumours of one half of the patients, bone lesions of the other
        early = made.obs["patient"].isin(sorted(made.obs["patient"].unique())[: PATIENTS // 2]).to_numpy()
        keep &= early == (made.obs["site"] == "primary").to_numpy()
    obs, counts = made.obs[keep], made.counts[keep]
    key = (obs["patient"] + "|" + obs["site"] + "|malignant").to_numpy()
    sums = pd.DataFrame(counts.toarray(), columns=made.genes).groupby(key).sum()
    samples = pd.DataFrame(
        [name.split("|") for name in sums.index], columns=["patient", "group", "compartment"]
    )
    samples.index = sums.index
    bulk = ad.AnnData(
        sums.to_numpy(dtype=float),
        obs=samples.assign(batch=None, status="ok"),
        var=pd.DataFrame(index=sums.columns),
    )
    adata = as_experiment(bulk, "malignant", organism="human", scale="counts")
    contrast = CellContrast("null", "malignant", "bone", "primary", paired, False, "loss_in_bone")
    planned = plan("null", adata, contrast, "malignant")
    about = {"quantity": "type_i_error", "regime": words, "n": PATIENTS}
    if planned.design is None:
        tally.add(False, made=False, method="cells_score_t", **about)
        return
    scores, _ = score_cohort(score_levels(adata), {SIGNATURE: signature}, ["zscore"], 0.3)
    row = score_contrasts("null", scores, [planned.design], primary=(SIGNATURE, "zscore"), seed=1).iloc[0]
    tally.add(bool(row["p"] < LEVEL), made=bool(row["status"] == "ok"), method="cells_score_t", **about)
    tally.add(
        bool(row["permutation_p"] <= LEVEL),
        made=bool(row["status"] == "ok"),
        method="cells_relabelling",
        **about,
    )
    adata.obs["pair"] = planned.obs["pair"]
    genes = differential(adata, planned.design).genes
    others = ~genes.index.isin(signature.up)  # the programme's genes go together, and with the patient
    tally.add(genes.loc[others, "p"].to_numpy() < LEVEL, method="cells_moderated_t", **about)
    level = np.asarray(
        log_levels(counts)[:, np.isin(made.genes.astype(str), signature.up)].mean(axis=1)
    ).ravel()
    bone = (obs["site"] == "bone").to_numpy()
    p = mannwhitneyu(level[bone], level[~bone]).pvalue
    tally.add(bool(p < LEVEL), method="cells_per_cell", **about)
