"""What is planted comes out, whatever the order of cells, files or blocks; and the patient stays the unit."""

from __future__ import annotations

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.cells import (
    CONTRAST,
    IFN,
    as_adata,
    cell_markers,
    library,
    make_card,
    marker_genes,
    positions,
    simulated,
    symbols,
    tissue_markers,
)
from scipy.stats import mannwhitneyu
from sklearn.metrics import cohen_kappa_score

from irf7bone.base.errors import InputError
from irf7bone.cells.acquire_cells import acquire_cells
from irf7bone.cells.calls import call_compartments
from irf7bone.cells.compare_compartments import compare_compartments
from irf7bone.cells.comparison import CellInputs
from irf7bone.cells.data_set import CellSet, shared_genes
from irf7bone.cells.doublets import doublet_rule
from irf7bone.cells.pseudobulk import Choice, pseudobulk
from irf7bone.cells.reduce import EPITHELIAL_SET, LEUKOCYTE_SET, PlacingModel, reduce_cells, shown_sets
from irf7bone.cells.robustness import robustness
from irf7bone.cells.scan import cell_hash, choose, scan_cells
from irf7bone.cells.split import split_difference
from irf7bone.cells.split_contrast import mixture_of
from irf7bone.cells.steps import first_reading
from irf7bone.experiments.analyse import AnalysisSettings
from irf7bone.tables.cells import CELL_TABLES

TESTED = ("signatures", "claim", "composition", "split", "immune")


def open_card(card, folder) -> CellSet:
    acquired = acquire_cells(card, None, folder)
    genes, targets, mito = shared_genes(acquired.matrices, "symbol", symbols(), str(card.path))
    return CellSet(acquired.matrices, targets, mito, genes, acquired.obs, card.cells["scale"])


def reduce_set(card, cells, size=20_000, droplets=True):
    """Both readings and the calls between them."""
    scan = scan_cells(cells, card.qc, size)
    keys = cell_hash(cells.obs["cell"])[scan.sampled]
    patients = cells.obs["patient"].to_numpy()[scan.sampled]
    calls = call_compartments(
        scan.counts, cells.genes, patients, keys, marker_genes(), positions(), by_cnv=True, seed=1
    )
    called = calls.table["compartment"].to_numpy(dtype=object)
    sets = shown_sets(library()[IFN].up, marker_genes())
    place = {gene: number for number, gene in enumerate(cells.genes)}
    columns = [
        np.array([place[g] for g in sets[name] if g in place]) for name in (EPITHELIAL_SET, LEUKOCYTE_SET)
    ]
    rule = doublet_rule(scan.counts, called[calls.clusters], *columns)
    model = PlacingModel(calls.clustering, called, card.malignant_by, rule, droplets)
    return scan, calls, reduce_cells(cells, scan.quality, model, sets, size)


def inputs_of(card) -> CellInputs:
    chosen = {name: library()[name] for name in (IFN, "PAM50_PROLIFERATION", "DANAHER_CYTOTOXIC_CELLS")}
    return CellInputs(
        card, chosen, tissue_markers(), None, AnalysisSettings(IFN, methods=("zscore",), gene_set_draws=100)
    )


def samples_of(card, cells, reduced, choice=None):
    return pseudobulk(
        reduced.keys, reduced.sums, cells.genes, cells.obs, unit=1.0, scale="counts",
        min_cells=card.qc.min_cells_per_pseudobulk, choice=choice,
    )  # fmt: skip


def run(folder, adatas, size=20_000, droplets=True, **changes):
    folder.mkdir(exist_ok=True)
    files = []
    for number, adata in enumerate(adatas):
        adata.write_h5ad(folder / f"{number}.h5ad")
        files.append({"path": f"{number}.h5ad"})
    card = make_card(folder, files, **changes)
    cells = open_card(card, folder)
    scan, calls, reduced = reduce_set(card, cells, size, droplets)
    bulk = samples_of(card, cells, reduced)
    return card, cells, scan, calls, reduced, bulk, compare_compartments(bulk, inputs_of(card))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return run(tmp_path_factory.mktemp("planted"), [as_adata(simulated())])


def primary(tables, compartment="malignant"):
    rows = tables["signatures"]
    rows = rows[(rows["compartment"] == compartment) & (rows["signature"] == IFN)]
    return rows.iloc[0]


def test_every_table_keeps_its_contract_and_every_compartment_has_its_rows(planted):
    card, cells, _, _, reduced, _, tables = planted
    for name, table in tables.items():
        CELL_TABLES[name].check(CELL_TABLES[name].cast(table), name)
    assert set(tables["signatures"]["compartment"]) == {*cells.obs["label"].unique(), "bulk"}
    assert tables["signatures"].groupby("compartment").size().nunique() == 1
    rob = robustness(lambda choice: samples_of(card, cells, reduced, choice), inputs_of(card),
                     {"DISSOCIATION": cell_markers()["DISSOCIATION"]})  # fmt: skip
    assert set(rob["variant"]) == {
        "main", "calls", "with_uncertain", "with_doublets", "dissociation_adjusted", "leave_one_patient_out"
    }  # fmt: skip
    main = rob[rob["variant"] == "main"].iloc[0]
    assert main["difference"] == pytest.approx(primary(tables)["difference"])


def test_the_loss_in_the_malignant_cells_is_found_and_the_others_have_none(planted):
    tables = planted[-1]
    found = primary(tables)
    assert found["ci_high"] < 0 and found["permutation_p"] == found["min_p"] == 0.03125
    assert tables["claim"]["verdict"].iloc[0] == "in the tumour cells"
    others = tables["signatures"]
    others = others[(others["signature"] == IFN) & ~others["compartment"].isin(["malignant", "bulk"])]
    assert not ((others["ci_high"] < 0) & (others["status"] == "ok")).any()


def test_the_share_of_the_bulk_is_that_of_the_true_rates(planted):
    """The same split of the expected counts, without ambient RNA, doublets or sampling."""
    clean = simulated(ambient=0.0, doublets=0.0, depth=40_000.0)
    adata = as_adata(clean)
    sums = pd.DataFrame(adata.X.toarray(), columns=clean.genes)
    obs = clean.obs.rename(columns={"site": "group", "cell_type": "compartment"}).reset_index(drop=True)
    parts = obs[["patient", "group", "compartment"]].agg("|".join, axis=1)
    counted = sums.groupby(parts.to_numpy()).sum()
    names = [name.split("|") for name in counted.index]
    truth = ad.AnnData(
        counted.to_numpy(),
        obs=pd.DataFrame(names, columns=["patient", "group", "compartment"], index=counted.index),
        var=pd.DataFrame(index=counted.columns),
    )
    pairs = [name for name, n in obs.groupby("patient")["group"].nunique().items() if n == 2]
    mixed = mixture_of(truth, [f"{p}|{g}" for p in pairs for g in ("bone", "primary")], library()[IFN].up)
    split = [
        split_difference(
            mixed, (mixed.shares[i], mixed.profiles[i]), (mixed.shares[i + 1], mixed.profiles[i + 1])
        )
        for i in range(0, 2 * len(pairs), 2)
    ]
    table = pd.DataFrame(split).mean()
    expected = table["malignant_state"] / table.sum()
    found = planted[-1]["split"].set_index("part").loc["malignant_state", "share"]
    assert found == pytest.approx(expected, abs=0.1)


def test_calls_find_the_malignant_clusters_and_a_chromosome_is_not_enough(planted):
    _, cells, _, calls, reduced, _, _ = planted
    label = cells.obs["label"].astype(str).to_numpy()
    called = reduced.cells["called_compartment"].astype(str).to_numpy()
    assert cohen_kappa_score(label == "malignant", called == "malignant") > 0.95
    malignant = calls.table[calls.table["compartment"] == "malignant"]
    assert (malignant["cnv_share"] > 0.5).all() and (malignant["patient_share"] > 0.8).all()


@pytest.mark.parametrize("depth", [None, 250])
def test_clusters_are_called_at_any_depth_by_markers(depth):
    cells = simulated(seed=11, n_patients=3, n_pairs=2, n_cells=2400, ambient=0.02, doublets=0.0)
    counts = cells.counts.copy()
    if depth:
        share = depth / counts.sum(axis=1).mean()
        counts.data = np.random.default_rng(1).binomial(counts.data.astype(int), share).astype(np.float32)
        counts.eliminate_zeros()
    keys = cell_hash(pd.Series(cells.obs.index.to_numpy(dtype=object)))
    calls = call_compartments(
        counts, cells.genes, cells.obs["patient"].to_numpy(dtype=object), keys, marker_genes(), positions(),
        by_cnv=False, seed=1,
    )  # fmt: skip
    called = calls.table["compartment"].to_numpy(dtype=object)[calls.clusters] == "malignant"
    truth = cells.obs["cell_type"].isin(["malignant", "epithelial_normal"]).to_numpy()
    assert cohen_kappa_score(truth, called) >= 0.95


def test_clusters_are_called_by_copy_number_at_250_counts():
    """Twelve patients with 5 % ambient RNA and 4 % doublets; cells left uncertain count as wrong."""
    cells = simulated(seed=11, n_patients=12, n_pairs=6, n_cells=8000, n_genes=4000)
    thin = cells.counts.tocsr().copy()
    share = np.minimum(1, 250 / np.asarray(thin.sum(axis=1)).ravel())
    thin.data = np.random.default_rng(1).binomial(
        thin.data.astype(int), np.repeat(share, np.diff(thin.indptr))
    ).astype(np.float32)  # fmt: skip
    thin.eliminate_zeros()
    keys = cell_hash(pd.Series([f"c{i}" for i in range(len(cells.obs))]))
    patients = cells.obs["patient"].to_numpy(dtype=object)
    calls = call_compartments(
        thin, cells.genes, patients, keys, marker_genes(), positions(), by_cnv=True, seed=1
    )
    truth = (cells.obs["cell_type"] == "malignant").to_numpy()
    called = calls.table["compartment"].to_numpy(dtype=object)
    unsure = np.isin(called, ["epithelial_uncertain", "unassigned"])
    said = np.select([unsure, called == "malignant"], ["unsure", "malignant"], "other")[calls.clusters]
    assert cohen_kappa_score(np.where(truth, "malignant", "other"), said) >= 0.95


def test_white_doublets_are_found_and_single_cells_left_alone(planted):
    cells, reduced = planted[1], planted[4]
    truth = as_adata(simulated()).obs["true_doublet"].to_numpy() == "yes"
    flagged = reduced.cells["doublet"].to_numpy()
    assert flagged[~truth].mean() < 0.01 and flagged[truth].mean() > 0.15
    assert len(cells.obs) == len(flagged)


@pytest.mark.parametrize("size", [7, 20_000])
def test_no_order_of_cells_genes_files_or_blocks_changes_anything(planted, tmp_path, size):
    _, cells, _, _, reduced, bulk, tables = planted
    rng = np.random.default_rng(5)
    adata = as_adata(simulated())
    adata = adata[rng.permutation(adata.n_obs), rng.permutation(adata.n_vars)].copy()
    half = adata.n_obs // 2
    _, others, _, _, again, bulk2, tables2 = run(tmp_path, [adata[:half].copy(), adata[half:].copy()], size)
    assert (bulk.X == bulk2.X).all() and bulk.obs.equals(bulk2.obs)
    first = reduced.cells.set_index(cells.obs["cell"]).sort_index()
    second = again.cells.set_index(others.obs["cell"]).sort_index()
    for name in ("compartment", "called_compartment", "doublet"):
        assert first[name].equals(second[name])
    for name in ("ucell_primary", "mean_log_primary", "call_margin"):
        assert np.abs(first[name] - second[name]).max() < 1e-5
    for name in TESTED:
        assert tables[name].to_csv() == tables2[name].to_csv()


def test_blocks_of_one_cell_give_the_same_sums(tmp_path):
    adata = as_adata(simulated(seed=3, n_patients=3, n_pairs=3, n_cells=400, n_genes=1400))
    adata.write_h5ad(tmp_path / "0.h5ad")
    card = make_card(tmp_path, [{"path": "0.h5ad"}])
    cells = open_card(card, tmp_path)
    whole, single = (reduce_set(card, cells, size)[2] for size in (20_000, 1))
    assert (whole.sums == single.sums).all() and whole.keys.equals(single.keys)
    assert whole.cells.equals(single.cells)
    assert (whole.sums.sum(axis=0) == np.asarray(adata.X.sum(axis=0)).ravel()).all()  # nothing is lost


def test_groups_swapped_turn_every_sign(planted, tmp_path):
    tables = planted[-1]
    swapped = run(
        tmp_path, [as_adata(simulated())], contrasts=[{**CONTRAST, "case": "primary", "reference": "bone"}]
    )[-1]
    for name in ("signatures", "composition"):
        key = ["compartment", "signature"] if name == "signatures" else ["compartment"]
        one, other = (table[name].set_index(key)["difference"].sort_index() for table in (tables, swapped))
        assert np.allclose(one, -other, equal_nan=True)


def test_every_cell_twice_changes_cells_and_not_patients(tmp_path):
    # deep: voom adds half a count, whatever the depth
    adata = as_adata(simulated(depth=300_000.0, n_cells=1500))
    once = run(tmp_path / "once", [adata], droplets=False)  # the rule for doublets is learnt anew each time
    tables = once[-1]
    twin = adata.copy()
    twin.obs_names = [f"{name}_twin" for name in twin.obs_names]
    twice = run(tmp_path / "twice", [adata, twin], droplets=False)[-1]
    # where a compartment passes the floors both times
    both = [
        name
        for name in ("malignant", "fibroblast", "bulk")
        if primary(tables, name)["n_pairs"] == primary(twice, name)["n_pairs"]
    ]
    assert "malignant" in both and "bulk" in both
    for name in both:
        one, two = primary(tables, name), primary(twice, name)
        assert (one["n_patients"], one["df"], one["min_p"]) == (two["n_patients"], two["df"], two["min_p"])
    assert primary(twice)["p"] == pytest.approx(primary(tables)["p"], rel=0.01)
    one = once[4].cells[["ucell_primary"]].assign(group=once[1].obs["group"], label=once[1].obs["label"])
    malignant = one[one["label"] == "malignant"]
    sides = [
        malignant.loc[malignant["group"] == name, "ucell_primary"].to_numpy(dtype=float)
        for name in ("bone", "primary")
    ]
    per_cell = mannwhitneyu(*sides).pvalue
    doubled = mannwhitneyu(*(np.concatenate([side, side]) for side in sides)).pvalue
    assert per_cell < 1e-6 and doubled < per_cell**1.5  # cells taken for patients


def test_a_patient_thinned_to_a_quarter_keeps_the_effect(planted, tmp_path):
    adata = as_adata(simulated())
    thin = (adata.obs["patient"] == "P02").to_numpy()
    counts = adata.X.tolil()
    rows = adata.X[thin].copy()
    rows.data = np.random.default_rng(1).binomial(rows.data.astype(int), 0.25).astype(np.float32)
    counts[np.flatnonzero(thin)] = rows
    adata.X = counts.tocsr()
    adata.X.eliminate_zeros()
    thinned = run(tmp_path, [adata])[-1]
    one, other = (
        table["genes"].set_index("gene").loc[lambda t: t["panel"].notna(), "log2_fc"].mean()
        for table in (planted[-1], thinned)
    )
    assert other == pytest.approx(one, abs=0.2)


def test_the_sample_is_equal_per_patient_and_hangs_on_ids_alone():
    patients = np.array(["a"] * 50 + ["b"] * 5 + ["c"] * 50, dtype=object)
    keys = cell_hash(pd.Series([f"x{i}" for i in range(105)]))
    chosen = choose(patients, keys, 45)
    assert pd.Series(patients[chosen]).value_counts().to_dict() == {"a": 20, "b": 5, "c": 20}
    order = np.random.default_rng(1).permutation(105)
    assert (choose(patients[order], keys[order], 45) == chosen[order]).all()
    assert choose(patients, keys, 1000).all()


def test_quality_floors_and_choices_of_parts():
    keys = pd.DataFrame(
        [
            ("p", "g", "malignant", True, False, 30),
            ("p", "g", "malignant", True, True, 2),
            ("p", "g", "nk", False, False, 3),
            ("p", "g", "epithelial_uncertain", False, False, 25),
        ],
        columns=["patient", "group", "compartment", "called_malignant", "doublet", "n_cells"],
    )
    sums = np.array([[60_000, 0], [0, 5], [100_000, 0], [10, 0]])
    obs = pd.DataFrame({"patient": ["p"], "group": ["g"], "batch": [None], "subtype": ["s"]})
    rules = {"unit": 1.0, "scale": "counts", "min_cells": 20}
    table = pseudobulk(keys, sums, ["A", "B"], obs, **rules)
    assert table.obs["status"].to_dict() == {
        "p|g|bulk": "ok",
        "p|g|epithelial_uncertain": "too_few_cells",
        "p|g|malignant": "ok",
        "p|g|nk": "too_few_cells",
    }
    assert table["p|g|malignant"].X.tolist() == [[60_000, 0]] and table["p|g|bulk"].X.tolist() == [
        [160_010, 5]
    ]
    assert (
        pseudobulk(keys, sums, ["A", "B"], obs, **rules, choice=Choice(doublets=True))["p|g|malignant"].X[
            0, 1
        ]
        == 5
    )
    joined = pseudobulk(keys, sums, ["A", "B"], obs, **rules, choice=Choice(malignant="with_uncertain"))
    assert joined.obs.loc["p|g|malignant", "n_cells"] == 55


def test_a_set_of_which_no_cell_passes_is_refused_with_the_reason(planted):
    card, cells = planted[:2]
    with pytest.raises(InputError) as error:
        first_reading(replace(card, qc=replace(card.qc, min_genes=10**6)), cells)
    said = str(error.value)
    assert f"{card.path}, qc" in said and f"0 of {len(cells.obs):,}, 0 of them among" in said
    assert f"{len(cells.obs)} cells: fewer than 1000000 genes" in said


def test_malignant_cells_that_are_not_there_and_one_patient_are_rows_with_a_status(planted):
    card, cells, _, _, reduced, _, _ = planted
    inputs = inputs_of(card)
    keep = (reduced.keys["compartment"] != "malignant").to_numpy()
    none = replace(reduced, keys=reduced.keys[keep].reset_index(drop=True), sums=reduced.sums[keep])
    tables = compare_compartments(samples_of(card, cells, none), inputs)
    assert tables["claim"]["status"].tolist() == ["no_compartment"]
    assert tables["claim"]["verdict"].tolist() == ["too little data"]
    assert set(tables["split"]["status"]) == {"no_compartment"}
    keep = reduced.keys["patient"].isin(["P01", "P02"]).to_numpy()
    few = replace(reduced, keys=reduced.keys[keep].reset_index(drop=True), sums=reduced.sums[keep])
    tables = compare_compartments(samples_of(card, cells, few), inputs)
    assert (
        set(tables["signatures"]["status"]) == {"too_few_patients"} and tables["signatures"]["p"].isna().all()
    )
