"""The whole analysis of an experiment: planted truth, symmetry, null, and both organisms alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.experiment import (
    BONE_GENES,
    INTERFERON_GENES,
    LIBRARY,
    MARKERS,
    PAIRED,
    UNPAIRED,
    as_array,
    make_experiment,
)
from scipy.stats import kstest

from irf7bone.base.errors import InputError
from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.experiments.design import Contrast, build_designs
from irf7bone.experiments.differential import differential
from irf7bone.genes.orthologs import Orthologs
from irf7bone.tables.register import OF_EXPERIMENT, tables_in

PROJECT = Path(__file__).resolve().parents[3]
SETTINGS = AnalysisSettings(primary_signature="IFN", gene_set_draws=200)
SWAPPED = dataclasses.replace(PAIRED, case="primary", reference="lesion")


def analyse(adata, contrasts=(PAIRED,), orthologs=None, settings=SETTINGS):
    tables = analyse_experiment("made", adata, list(contrasts), LIBRARY, MARKERS, orthologs, settings)
    assert list(tables) == list(tables_in(OF_EXPERIMENT))
    for name, table in tables.items():
        tables_in(OF_EXPERIMENT)[name].check(tables_in(OF_EXPERIMENT)[name].cast(table), name)
    return tables


@pytest.fixture(scope="module")
def planted():
    """Interferon falls by 1.2 log2, bone genes rise by 2 log2."""
    return analyse(make_experiment(loss=1.2, bone=2.0))


def test_planted_changes_are_found(planted):
    genes = planted["genes"].set_index("gene")
    interferon = genes.loc[genes.index.isin(INTERFERON_GENES)]
    assert interferon["log2_fc"].median() == pytest.approx(-1.2, abs=0.2)
    assert genes.loc[list(BONE_GENES), "log2_fc"].median() == pytest.approx(2.0, abs=0.5)
    changed = set(genes.index[genes["q"] <= 0.05])
    assert len(changed & set(INTERFERON_GENES)) >= 25
    background = genes.index.str.startswith("BACKGROUND")
    assert (genes.loc[background, "p"] < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert planted["contrasts"]["n_down"].item() >= 25


def test_the_claim_is_supported_and_the_tissue_is_said(planted):
    claim = planted["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"]) == ("supported", "E9")
    assert claim["expected"] == "falls" and claim["difference"] < 0
    assert claim["composition"].startswith("bone matrix +")
    assert "differ in what they hold" in claim["warning"] and "adjusted for bone matrix" in claim["warning"]


def test_signature_and_gene_set_agree_on_the_planted_loss(planted):
    signatures = planted["signatures"].set_index(["signature", "method"])
    for method in ("zscore", "ssgsea"):
        assert signatures.loc[("IFN", method), "ci_high"] < 0
        assert signatures.loc[("IFN", method), "permutation_p"] == pytest.approx(2 / 2**8)
    assert np.isnan(signatures.loc[("IFN", "zscore"), "q"])
    assert signatures.loc[("SIGNED", "zscore"), "difference"] > 0
    sets = planted["gene_sets"].set_index(["signature", "side"])
    assert sets.loc[("IFN", "up"), "camera_p"] < 1e-3 and sets.loc[("IFN", "up"), "nes"] < -1.5
    assert sets.loc[("SIGNED", "down"), "mean_log2_fc"] < -1 and ("SIGNED", "up") in sets.index
    assert sets.loc[("IRF7", "up"), "status"] == "not_available"
    edge = planted["leading_edge"]
    assert set(edge[edge["signature"] == "IFN"]["human"]) <= set(INTERFERON_GENES)
    first = edge[edge["signature"] == "IFN"].iloc[0]
    assert first["position"] == planted["contrasts"]["n_genes"].item()


def test_a_fall_with_tumour_content_is_said_to_be_that():
    """Interferon genes fall only as far as the tumour cells do."""
    adata = make_experiment(loss=0.0, epithelial=-1.5, seed=3)
    falling = adata[:, [*adata.var_names]].copy()
    columns = [falling.var_names.get_loc(gene) for gene in INTERFERON_GENES]
    content = np.log2(falling[:, ["EPCAM", "KRT18", "KRT19", "KRT8"]].layers["counts"] + 1).mean(axis=1)
    counts = falling.layers["counts"].astype(float)
    counts[:, columns] *= 2 ** (content - content.mean())[:, None]
    falling.layers["counts"] = np.round(counts).astype(np.int64)
    library = counts.sum(axis=1, keepdims=True)
    falling.X = np.log2((falling.layers["counts"] + 0.5) / (library + 1) * 1e6).astype(np.float32)
    claim = analyse(falling)["claim"].iloc[0]
    assert claim["ci_high"] < 0
    assert (claim["verdict"], claim["rule"]) == ("not specific", "E7")
    assert "The fall of the interferon score comes with a change of tumour content" in claim["warning"]


def test_nothing_planted_is_nothing_found():
    tables = analyse(make_experiment(seed=5))
    assert tables["claim"]["verdict"].item() in ("no evidence", "too little data")
    assert tables["contrasts"]["n_down"].item() <= 3
    assert tables["claim"]["warning"].isna().all()


@pytest.mark.parametrize(
    "make", [make_experiment, lambda **k: as_array(make_experiment(**k))], ids=["counts", "array"]
)
def test_swapping_the_contrast_flips_every_sign_and_leaves_every_p(make):
    adata = make(loss=1.2, bone=1.0)
    one, other = analyse(adata), analyse(adata, [SWAPPED])
    for name, column, key in (
        ("genes", "log2_fc", ["gene"]),
        ("genes", "log2_fc_shrunken", ["gene"]),
        ("signatures", "difference", ["signature", "method"]),
        ("composition", "difference", ["marker"]),
        ("adjusted", "difference", ["signature", "adjustment"]),
        ("gene_sets", "camera_effect", ["signature", "side"]),
        ("gene_sets", "nes", ["signature", "side"]),
    ):
        a, b = one[name].set_index(key), other[name].set_index(key).reindex(one[name].set_index(key).index)
        np.testing.assert_allclose(a[column], -b[column], rtol=1e-7, atol=1e-9)
        p = {"camera_effect": "camera_p", "nes": "prerank_p"}.get(column, "p")
        np.testing.assert_allclose(a[p], b[p], rtol=1e-7)
    one_p = one["signatures"]["permutation_p"].astype(float)
    np.testing.assert_array_equal(one_p, other["signatures"]["permutation_p"].astype(float))
    assert one["claim"]["verdict"].item() == "supported"
    assert other["claim"]["verdict"].item() == "contradicted"


def test_dropping_the_pairing_changes_the_error_and_leaves_the_difference():
    adata = make_experiment(loss=0.8)
    # patients differ by more than the groups do
    columns = [adata.var_names.get_loc(gene) for gene in INTERFERON_GENES]
    shift = np.repeat(np.random.default_rng(4).normal(0, 1.5, 8), 2)
    counts = adata.layers["counts"].astype(float)
    counts[:, columns] *= 2 ** shift[:, None]
    adata.layers["counts"] = np.round(counts).astype(np.int64)
    paired, unpaired = (analyse(adata, [c])["signatures"].iloc[0] for c in (PAIRED, UNPAIRED))
    assert unpaired["difference"] == pytest.approx(paired["difference"], rel=1e-9)
    assert (paired["df"], unpaired["df"]) == (7, 14)
    assert unpaired["se"] > 1.5 * paired["se"]
    assert paired["n_pairs"] == 8 and unpaired["n_pairs"] is pd.NA
    assert unpaired["n_relabellings"] == 12870 and paired["n_relabellings"] == 256


def test_order_of_samples_and_genes_does_not_matter():
    adata = make_experiment(loss=0.8, pairs=5)
    rng = np.random.default_rng(0)
    shuffled = adata[rng.permutation(adata.n_obs), rng.permutation(adata.n_vars)].copy()
    one, other = analyse(adata), analyse(shuffled)
    for name, key, columns in (
        ("genes", "gene", ["log2_fc", "p"]),
        ("signatures", ["signature", "method"], ["difference", "p", "permutation_p"]),
        ("gene_sets", ["signature", "side"], ["es", "camera_p"]),
    ):
        a, b = one[name].set_index(key), other[name].set_index(key)
        np.testing.assert_allclose(
            a[columns].astype(float), b.loc[a.index, columns].astype(float), rtol=1e-6, atol=1e-9
        )


def test_permuted_groups_give_uniform_p():
    """Sign flips of an experiment without effects: gene p values are uniform over genes and flips."""
    rng = np.random.default_rng(2)
    shares, medians = [], []
    for _ in range(20):
        adata = make_experiment(pairs=6, background=400, seed=int(rng.integers(1e9)))
        result = differential(adata, build_designs("made", adata.obs, [PAIRED])[0])
        p = result.genes["p"].to_numpy()[-400:]
        shares.append((p < 0.05).mean())
        medians.append(np.median(p))
        assert kstest(p, "uniform").pvalue > 1e-4
    assert np.mean(shares) == pytest.approx(0.05, abs=0.012)
    assert np.mean(medians) == pytest.approx(0.5, abs=0.04)


def test_mouse_and_human_give_the_same_answer_through_orthologs(planted):
    orthologs = Orthologs.load(PROJECT / "data" / "orthologs" / "mouse_human.tsv.gz")
    adata = make_experiment(loss=1.2, bone=2.0)
    plain = {
        human: pairs[0].mouse
        for human in adata.var_names
        if len(pairs := orthologs.of_human(human)) == 1 and pairs[0].kind == "one2one"
    }
    shared = [gene for gene in adata.var_names if gene in plain]
    assert len(shared) > 35
    human = adata[:, shared].copy()
    mouse = human.copy()
    mouse.var_names = [plain[gene] for gene in shared]
    mouse.uns["organism"] = "mouse"
    one, other = analyse(human), analyse(mouse, orthologs=orthologs)
    for name, key, columns in (
        ("signatures", ["signature", "method"], ["difference", "p", "permutation_p"]),
        ("gene_sets", ["signature", "side"], ["es", "nes", "camera_p", "prerank_p"]),
        ("composition", ["marker"], ["difference", "p"]),
        ("claim", ["contrast"], ["difference", "camera_p"]),
    ):
        a, b = one[name].set_index(key), other[name].set_index(key)
        np.testing.assert_allclose(
            a[columns].astype(float), b.loc[a.index, columns].astype(float), rtol=1e-9, atol=1e-12
        )
    assert one["claim"]["verdict"].item() == other["claim"]["verdict"].item()
    np.testing.assert_allclose(one["genes"]["p"], other["genes"]["p"], rtol=1e-9)
    irf7 = other["panel"].query("human == 'IRF7'").iloc[0]
    assert (irf7["gene"], irf7["panel"], irf7["status"]) == ("Irf7", "irf7", "ok")


def test_bad_input_has_its_own_message():
    adata = make_experiment(pairs=4)
    broken = adata.copy()
    broken.layers["counts"] = broken.layers["counts"] + 0.5
    with pytest.raises(InputError, match="whole numbers") as refused:
        analyse(broken)
    assert "estimates, or values per million" in str(refused.value)
    mouse = adata.copy()
    mouse.uns["organism"] = "mouse"
    with pytest.raises(InputError, match="named as human genes are"):
        analyse(mouse, orthologs=Orthologs.load(PROJECT / "data" / "orthologs" / "mouse_human.tsv.gz"))


def test_second_opinion_of_pydeseq2(planted):
    adata = make_experiment(loss=1.2, bone=2.0, pairs=5, background=150)
    tables = analyse(adata, settings=dataclasses.replace(SETTINGS, second_opinion=True))
    genes = tables["genes"]
    assert tables["contrasts"]["deseq2_rank"].item() > 0.9
    assert genes["deseq2_log2_fc"].corr(genes["log2_fc"]) > 0.97
    assert planted["genes"]["deseq2_p"].isna().all() and planted["contrasts"]["deseq2_rank"].isna().all()


def test_two_contrasts_stand_beside_each_other():
    adata = make_experiment(loss=0.8, pairs=4)
    tables = analyse(adata, [PAIRED, dataclasses.replace(UNPAIRED, id="loose", meaning="other")])
    assert tables["contrasts"]["contrast"].tolist() == ["bone", "loose"]
    claim = tables["claim"].set_index("contrast")
    assert claim.loc["loose", "verdict"] == "not judged" and claim.loc["loose", "expected"] == "none"
    alone = analyse(adata)
    both = tables["genes"].query("contrast == 'bone'")["p"].to_numpy()
    np.testing.assert_allclose(both, alone["genes"]["p"], rtol=1e-12)


def test_an_experiment_without_any_named_gene_says_so():
    adata = make_experiment(pairs=4)
    tables = analyse(adata[:, adata.var_names.str.startswith("BACKGROUND")].copy())
    claim = tables["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"]) == ("too little data", "E2")
    assert "0 of 30 genes" in claim["sentence"]
    assert (tables["composition"]["status"] == "low_coverage").all()
    assert (tables["gene_sets"]["status"] == "not_available").all()
    assert len(tables["running"]) == 0 and (tables["genes"]["p"] >= 0).all()


def test_a_contrast_of_three_and_three_says_what_relabelling_can_reach():
    adata = make_experiment(loss=2.0, pairs=3)
    few = Contrast("few", "lesion", "primary", paired=False, batch=False, meaning="loss_in_bone")
    claim = analyse(adata, [few])["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"]) == ("too little data", "E5")
    assert "cannot give less than 0.1 by relabelling" in claim["sentence"]


@pytest.mark.parametrize(
    ("pairs", "paired", "floor"), [(3, False, 0.1), (4, True, 0.125), (5, True, 0.0625), (6, True, 0.03125)]
)
def test_what_relabelling_cannot_reach_keeps_its_t_and_decides_nothing(pairs, paired, floor):
    contrast = Contrast("few", "lesion", "primary", paired=paired, batch=False, meaning="loss_in_bone")
    tables = analyse(make_experiment(loss=3.0, pairs=pairs), [contrast])
    rows, claim = tables["signatures"].query("status == 'ok'"), tables["claim"].iloc[0]
    few = floor > 0.05
    assert (
        len(rows)
        and (rows["min_p"] == floor).all()
        and rows[["p", "ci_low", "ci_high"]].notna().all(axis=None)
    )
    assert rows["permutation_p"].isna().all() == few
    codes = {"relabelling_cannot_decide"} if few else {None}
    for column in (rows["code"], tables["contrasts"]["code"], tables["claim"]["code"]):
        assert {None if pd.isna(code) else code for code in column} == codes
    assert claim["ci_high"] < 0 and claim["min_p"] == floor == tables["contrasts"]["min_p"].item()
    assert (claim["verdict"] == "too little data") == few


def test_two_pairs_have_no_interval_and_no_p():
    contrast = Contrast("few", "lesion", "primary", paired=True, batch=False, meaning="loss_in_bone")
    tables = analyse(make_experiment(loss=1.0, pairs=2), [contrast])
    for name in ("signatures", "composition", "adjusted"):
        table = tables[name]
        assert "too_few_samples" in set(table["status"]) and "ok" not in set(table["status"])
        assert table[["difference", "se", "ci_low", "ci_high", "p"]].isna().all(axis=None)
        assert (
            table.loc[table["status"] == "too_few_samples", "reason"]
            .str.contains("1 residual degree of")
            .all()
        )
    claim = tables["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"], claim["df"]) == ("too little data", "E2", 1)
    assert "1 residual degree of freedom" in claim["sentence"]


def test_two_against_two_have_an_interval_and_decide_nothing():
    few = Contrast("few", "lesion", "primary", paired=False, batch=False, meaning="loss_in_bone")
    claim = analyse(make_experiment(loss=3.0, pairs=2), [few])["claim"].iloc[0]
    assert claim["df"] == 2 and claim["p"] >= 0 and claim["min_p"] == pytest.approx(1 / 3)
    assert claim["verdict"] == "too little data" and pd.isna(claim["permutation_p"])


def test_contrasts_of_more_than_two_groups_go_the_whole_way():
    """Interferon falls in the lesions of the first four animals only; each table keeps its contract."""
    falls, stays = make_experiment(pairs=4, loss=1.5, seed=3), make_experiment(pairs=4, seed=4)
    adata = ad.concat([falls, stays], index_unique="_")
    adata.uns |= {"organism": "human", "scale": "counts"}
    arm = np.repeat(["vector", "irf7"], 8)
    cells = [f"{one}_{group}" for one, group in zip(arm, adata.obs["group"], strict=True)]
    adata.obs["group"] = pd.Categorical(cells)
    adata.obs["pair"] = [f"{one}_{pair}" for one, pair in zip(arm, adata.obs["pair"], strict=True)]
    than = Contrast("more", "vector_lesion", "vector_primary", True, False, "other",
                    than=("irf7_lesion", "irf7_primary"))  # fmt: skip
    at = {"irf7_primary": 0, "vector_primary": 1, "irf7_lesion": 2, "vector_lesion": 6}
    line = Contrast("line", "vector_lesion", "irf7_primary", False, False, "other", at=at)
    tables = analyse(adata, [than, line])
    claim = tables["claim"].set_index("contrast")
    assert (claim["verdict"] == "not judged").all() and claim["permutation_p"].isna().all()
    assert claim.loc["more", "ci_high"] < 0
    assert "compared with irf7_lesion against irf7_primary (8 pairs)" in claim.loc["more", "sentence"]
    assert "(16 samples in 4 groups)" in claim.loc["line", "sentence"]
    assert "along a line through all groups" in claim.loc["line", "sentence"]
    contrasts = tables["contrasts"].set_index("contrast")
    assert contrasts.loc["more", "effect"].startswith("(vector_lesion minus vector_primary) minus (irf7")
    assert contrasts.loc["more", "model"] == "~ pair + first factor + second factor + interaction"
    genes = tables["genes"][tables["genes"]["contrast"] == "more"].set_index("gene")
    shared = [gene for gene in INTERFERON_GENES if gene in genes.index]
    assert genes.loc[shared, "log2_fc"].median() == pytest.approx(-1.5, abs=0.3)
