"""Harmonising: worked by hand, unchanged by order, and true to real tumours whose counts are known."""

from __future__ import annotations

import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import PROJECT

from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.cohort_file import check_cohort, read_cohort, write_cohort
from irf7bone.harmonise.collapse import plan_collapse
from irf7bone.harmonise.endpoints import build_endpoints
from irf7bone.harmonise.expression import guess_id_type
from irf7bone.harmonise.raw_values import RawValues, look_at
from irf7bone.harmonise.scales import SCALES
from irf7bone.outcome.outcome_data import follow_up
from irf7bone.study.cohort_checks import load_card
from irf7bone.tables.cohort import FLOW


@pytest.fixture
def made(make_card, symbols):
    """A function that makes, acquires and harmonises a cohort."""

    def run(**changes):
        card = make_card(**changes)
        return harmonise(acquire(card), card, symbols)

    return run


def frame(rows: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=["P1", "P2"]).T


def to_log2(scale: str, values: pd.DataFrame, **stated: object) -> tuple[pd.DataFrame, str]:
    """Values of a scale brought to log2, and the words for it."""
    facts = look_at(RawValues(values, np.ones(len(values), dtype=bool)), {"scale": scale})
    convert, words = SCALES[scale](facts, "card", **stated)
    log2 = convert(values.to_numpy(dtype=float).T, slice(None)).T
    return pd.DataFrame(log2, index=values.index, columns=values.columns), words


def test_scales_worked_by_hand():
    counts, words = to_log2("counts", frame({"a": [3, 0], "b": [1, 99]}))
    # library sizes 4 and 99: (3 + 0.5) / 5 * 1e6 = 700,000 and (0 + 0.5) / 100 * 1e6 = 5,000
    np.testing.assert_allclose(counts.loc["a"], np.log2([700_000, 5_000]), rtol=1e-14)
    np.testing.assert_allclose(counts.loc["b"], np.log2([300_000, 995_000]), rtol=1e-14)
    assert "library size" in words
    linear, _ = to_log2("linear", frame({"a": [0, 1], "b": [3, 1023]}))
    np.testing.assert_array_equal(linear, [[0, 1], [2, 10]])
    for scale, rows in (("log2", {"a": [-1.0, 12.5]}), ("log_ratio", {"a": [-2.0, 3.0]})):
        same, words = to_log2(scale, frame(rows))
        pd.testing.assert_frame_equal(same, frame(rows))
        assert "unchanged" in words


def test_tmm_takes_out_what_one_gene_takes_of_the_reads():
    """Both samples hold the same RNA but for one gene that takes half of the reads of the second."""
    counts = pd.DataFrame({"P1": np.arange(100, 160), "P2": np.arange(100, 160)}, index=np.arange(60))
    counts.loc[0, "P2"] += counts["P2"].sum()
    log2, words = to_log2("counts", counts, normalise="tmm")
    assert "TMM factor" in words
    np.testing.assert_allclose(log2["P1"][1:], log2["P2"][1:], atol=2e-4)
    by_size, _ = to_log2("counts", counts)
    assert (by_size["P1"][1:] - by_size["P2"][1:]).min() > 0.9


def test_rows_of_one_gene_collapsed_by_hand():
    rows = frame({"p1": [1, 5], "p2": [4, 4], "p3": [7, 8], "p4": [4, 4]})
    names = np.array(["STAT1", "STAT1", "IRF7", "STAT1"], dtype=object)
    for rule, stat1, ids in (
        ("max_mean", [4, 4], "p2"),  # means 3, 4, 4: the first of equals
        ("max_variance", [1, 5], "p1"),
        ("mean", [3, 13 / 3], "p1;p2;p4"),
    ):
        # one sample a block: what decides between rows is added up over blocks
        plan = plan_collapse(rows.index, names, rule, lambda: (rows[[name]].to_numpy().T for name in rows))
        assert plan.symbols.tolist() == ["IRF7", "STAT1"]
        values = plan.apply(rows.to_numpy().T, lambda some: some)
        np.testing.assert_allclose(values[:, 1], stat1, rtol=1e-14)
        assert plan.source_ids == ["p3", ids]


def test_old_names_meet_new_ones_and_an_alias_never_displaces_a_gene(made, expression):
    genes = expression.rename(index={"PLAU": "DDX58", "VEGFA": "IRF-7", "TP53": "WARS", "EGFR": "WARS1"})
    cohort = made(genes=genes, settings={"collapse": "mean"}).adata
    assert cohort.var.loc["RIGI", "source_ids"] == "DDX58"
    assert cohort.var.loc["WARS1", "source_ids"] == "WARS;WARS1"
    np.testing.assert_allclose(
        cohort[:, "WARS1"].X.ravel(), genes.loc[["WARS", "WARS1"]].mean().to_numpy(np.float32), rtol=1e-6
    )
    assert cohort.var.loc["IRF7", "source_ids"] == "IRF7"
    np.testing.assert_array_equal(cohort[:, "IRF7"].X.ravel(), genes.loc["IRF7"].to_numpy(np.float32))


def test_an_alias_stands_in_for_a_gene_that_is_not_there(made, expression, symbols):
    assert symbols.to_current(["CD340"], "symbol").status[0] == "alias"
    assert (
        made(genes=expression.rename(index={"ERBB2": "CD340"})).adata.var.loc["ERBB2", "source_ids"]
        == "CD340"
    )
    both = made(genes=expression.rename(index={"PLAU": "CD340"})).adata
    assert both.var.loc["ERBB2", "source_ids"] == "ERBB2"
    dropped = json.loads(both.uns["provenance"])["genes"]["dropped"]
    assert dropped["id alias of present gene"] == {"count": 1, "ids": ["CD340"]}


@pytest.mark.parametrize("id_type", ["entrez", "ensembl"])
def test_ids_of_other_kinds_give_the_same_cohort(made, expression, id_type):
    genes = pd.read_csv(
        PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz", sep="\t", dtype=str, index_col="symbol"
    )
    number_of = genes.loc[expression.index, id_type].str.partition(";")[0]
    other = made(genes=expression.rename(index=number_of), settings={"gene_id": id_type}).adata
    plain = made().adata
    assert other.var_names.tolist() == plain.var_names.tolist()
    np.testing.assert_array_equal(other.X, plain.X)


def test_order_of_samples_and_genes_does_not_matter(made, expression, clinical):
    plain = made().adata
    shuffled = made(
        genes=expression.iloc[::-1, ::-1], patients=clinical.iloc[[5, 3, 1, 0, 2, 4, *range(6, 12)]]
    )
    again = shuffled.adata[plain.obs_names]
    assert again.var_names.tolist() == plain.var_names.tolist()
    np.testing.assert_array_equal(again.X, plain.X)
    pd.testing.assert_frame_equal(again.obs, plain.obs)


def test_the_cohort_by_hand(made, expression, clinical):
    harmonised = made(
        fields={
            "er": {"from": "er_status", "map": {"ER+": "positive", "ER-": "negative"}},
            "size_cm": {"from": "months", "unit": "mm"},
            "metastasis_at_diagnosis": {
                "from": "histology",
                "map": {"ductal": "negative", "benign": "positive"},
            },
        },
        exclude=[
            {"field": "metastasis_at_diagnosis", "equals": "positive", "reason": "metastatic at diagnosis"},
            {"samples": ["P-12", "P-02"], "reason": "withdrew"},
        ],
        expect={"samples": 12, "events": {"bone": 3}, "competing": {"bone": 2}},
    )
    obs = harmonised.adata.obs
    assert harmonised.flow.to_dict("list") == {
        "cohort": ["made"] * 4,
        "step": [0, 1, 2, 3],
        "stage": [
            "named in the source",
            "matched by sample id",
            "excluded by the card",
            "excluded by the card",
        ],
        "reason": ["none", "none", "metastatic at diagnosis", "withdrew"],
        "n_dropped": [0, 0, 1, 1],
        "n_left": [12, 12, 11, 10],
        "dropped": [None, None, "P-12", "P-02"],
    }
    assert obs.columns.tolist() == ["bone_time_months", "bone_event", "bone_competing", "er", "size_cm"]
    assert obs.index.tolist() == ["P-01", *[f"P-{i:02d}" for i in range(3, 12)]]
    assert obs["bone_time_months"].tolist() == [10.0, *range(20, 61, 5)][: len(obs)]
    assert obs["bone_event"].tolist() == [1, 1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert obs["bone_competing"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert obs["er"].cat.categories.tolist() == ["negative", "positive"]
    assert obs["er"].tolist()[:3] == ["positive", "positive", "negative"]
    assert obs["size_cm"].tolist()[:2] == [1.0, 2.0]
    samples = json.loads(harmonised.adata.uns["provenance"])["samples"]
    assert samples["dropped"] == {"metastatic at diagnosis": 1, "withdrew": 1}
    expected = expression.loc[harmonised.adata.var_names, obs.index].to_numpy(np.float32)
    np.testing.assert_array_equal(harmonised.adata.X, expected.T)


@pytest.mark.parametrize(("unit", "factor"), [("months", 1.0), ("days", 1 / 30.4375), ("years", 12.0)])
def test_times_become_months(unit, factor):
    clinical = pd.DataFrame({"t": ["0", "3", "30.4375"], "e": ["1.0", "0", "dead"]}, index=list("abc"))
    rule = {
        "definition": "d",
        "time": {"from": "t", "unit": unit},
        "event": {"from": "e", "is": ["1", "dead"], "else": ["0"]},
    }
    endpoint = build_endpoints(clinical, {"death": rule}, "card", forgiven=pd.Index([]))["death"]
    np.testing.assert_allclose(
        endpoint.columns["death_time_months"], np.array([0, 3, 30.4375]) * factor, rtol=1e-14
    )
    assert endpoint.columns["death_event"].tolist() == [1, 0, 1]
    assert endpoint.at_zero == ["a"]


def test_delayed_entry_leaves_out_who_was_never_seen_at_risk():
    clinical = pd.DataFrame(
        {
            "t": ["10", "20", "5", "30", "8"],
            "e": ["1", "0", "1", "1", "0"],
            "in": ["0", "12", "5", "6", None],
        },
        index=list("abcde"),
    )
    rule = {
        "definition": "death",
        "time": {"from": "t", "unit": "months"},
        "event": {"from": "e", "is": ["1"], "else": ["0"]},
        "entry": {"from": "in", "unit": "months"},
    }
    found = build_endpoints(clinical, {"death": rule}, "card", forgiven=pd.Index([]))["death"]
    assert found.not_after_entry == ["c"] and found.incomplete == ["e"]
    assert found.columns["death_entry_months"].tolist()[:2] == [0, 12]
    assert found.columns.loc[["c", "e"]].isna().all(axis=None)
    data = follow_up(found.columns, "death")
    assert data.known.tolist() == [True, True, False, True, False]
    assert data.entry_of(data.known).tolist() == [0, 12, 6]
    assert follow_up(found.columns.drop(columns="death_entry_months"), "death").entry is None


def test_guesses_are_only_made_of_a_majority():
    assert "Affymetrix" in guess_id_type(["1007_s_at", "1053_at", "IRF7"])
    assert "symbols" in guess_id_type(["IRF7", "HLA-A", "1007_s_at"])
    assert "no kind of id" in guess_id_type(["IRF7", "1007_s_at"])


def test_written_and_read_back_is_the_same_and_the_same_bytes(made, tmp_path):
    fields = {"er": {"from": "er_status", "map": {"ER+": "positive", "ER-": None}}}
    cohort = made(fields=fields).adata
    for name in ("a.h5ad", "b.h5ad"):
        write_cohort(cohort, tmp_path / "out" / name)
    back = read_cohort(tmp_path / "out" / "a.h5ad")
    np.testing.assert_array_equal(back.X, cohort.X)
    pd.testing.assert_frame_equal(back.obs.drop(columns="esr1"), cohort.obs, check_index_type=False)
    np.testing.assert_array_equal(back.obs["esr1"], cohort[:, "ESR1"].X.ravel())  # stands among the columns
    pd.testing.assert_frame_equal(back.var, cohort.var, check_index_type=False)
    assert back.uns["provenance"] == cohort.uns["provenance"]
    assert (tmp_path / "out" / "a.h5ad").read_bytes() == (tmp_path / "out" / "b.h5ad").read_bytes()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.h5ad", "b.h5ad"]


def test_a_cohort_that_breaks_the_contract_is_not_written(made, tmp_path):
    good = made(fields={"er": {"from": "er_status", "map": {"ER+": "positive", "ER-": "negative"}}}).adata

    def broken(change) -> ad.AnnData:
        copy = good.copy()
        change(copy)
        return copy

    def put(column, value):
        """Set the first sample's value."""
        return assign(**{column: good.obs[column].where(np.arange(12) > 0, value)})

    def assign(**columns):
        return lambda cohort: setattr(cohort, "obs", cohort.obs.assign(**columns))

    violations = {
        "float32": lambda cohort: setattr(cohort, "X", cohort.X.astype(float)),
        "missing or infinite": lambda cohort: cohort.X.__setitem__((0, 3), np.nan),
        "every sample id once": lambda cohort: setattr(cohort, "obs_names", ["P"] * 12),
        "every symbol once": lambda cohort: setattr(cohort, "var_names", ["IRF7"] * cohort.n_vars),
        "missing together": put("bone_time_months", np.nan),
        "numbers between 0 and": put("bone_time_months", -1.0),
        r"one of \(0\.0, 1\.0\)": put("bone_event", 2.0),
        "0 where the event happened": put("bone_competing", 1.0),
        "a categorical of negative, positive": assign(er="positive"),
        "column 'stage'": assign(stage=1.0),
        "expected: brain_event": assign(brain_time_months=1.0),
        "expected: source_ids": lambda cohort: setattr(cohort, "var", cohort.var[["mean_log2"]]),
        "expected: scale": lambda cohort: cohort.uns.__setitem__("provenance", "{}"),
    }
    for said, change in violations.items():
        with pytest.raises(InputError, match=said) as caught:
            write_cohort(broken(change), tmp_path / "c.h5ad")
        if said != "expected: scale":
            assert len(caught.value.problems) == 1, said
    assert not list(tmp_path.glob("c.h5ad*"))
    with pytest.raises(InputError, match=r"missing together[\s\S]*float32|float32[\s\S]*missing together"):
        both = broken(violations["missing together"])
        both.X = both.X.astype(float)
        check_cohort(both, "both")


def test_a_damaged_cohort_file_is_refused(tmp_path):
    (tmp_path / "c.h5ad").write_bytes(b"not hdf5")
    with pytest.raises(InputError, match="a cohort file"):
        read_cohort(tmp_path / "c.h5ad")


def test_real_tumours_through_tables(realdata, symbols, tmp_path):
    """GSE2034: 286 patients with outcome, expression of the 67 ER-negative tumours."""
    folder = realdata / "gse2034"
    card = {
        "id": "gse2034",
        "title": "Wang 2005, ER-negative",
        "citation": {"pmid": 15721472},
        "organism": "human",
        "specimen": "primary",
        "role": "validation",
        "expression": {
            "source": "table",
            "path": str(folder / "er_negative_67.entrez_log2.csv.gz"),
            "genes_in": "rows",
            "gene_id": "entrez",
            "scale": "log2",
            "collapse": "max_mean",
        },
        "clinical": [
            {"source": "table", "path": str(folder / "gse2034_clinical_with_bone.tsv"), "key": "gsm"},
            {"source": "table", "path": str(folder / "er_negative_67.subtype.csv"), "key": "gsm"},
        ],
        "fields": {
            "er": {"from": "er_status", "map": {"ER+": "positive", "ER-": "negative"}},
            "node": {"from": "lymph_node", "map": {"negative": "negative"}},
            "grade": {"from": "grade", "map": {"1": 1, "2": 2, "3": 3}},
            "age": {"from": "age", "unit": "years"},
        },
        "endpoints": {
            "bone": {
                "definition": "bone metastasis; clock runs to first distant relapse",
                "time": {"from": "months_to_relapse_or_followup", "unit": "months"},
                "event": {"from": "bone_relapse", "is": 1},
                "competing": {"from": "relapse", "is": 1},
            },
            "distant": {
                "definition": "any distant relapse",
                "time": {"from": "months_to_relapse_or_followup", "unit": "months"},
                "event": {"from": "relapse", "is": 1},
            },
            "relapse": {
                "definition": "the same from days",
                "time": {"from": "t_dmfs_days", "unit": "days"},
                "event": {"from": "e_dmfs", "is": 1},
            },
        },
        "expect": {"samples": 67, "events": {"bone": 12, "distant": 25}, "competing": {"bone": 13}},
    }
    path = tmp_path / "gse2034.yaml"
    path.write_text(yaml.safe_dump(card), encoding="utf-8")
    card = load_card(path)
    harmonised = harmonise(acquire(card), card, symbols)
    cohort = harmonised.adata
    assert cohort.n_obs == 67
    assert cohort.n_vars > 12_000
    assert {"IRF7", "STAT1", "RIGI"} <= set(cohort.var_names)
    flow = harmonised.flow.set_index("reason")
    assert flow.loc["no expression", ["n_dropped", "n_left"]].tolist() == [219, 67]
    assert (cohort.obs["er"] == "negative").all()
    assert int(cohort.obs["bone_event"].sum()) == 12
    assert int(cohort.obs["distant_event"].sum()) == 25
    assert cohort.obs["bone_competing"].sum() == 13
    # months and days of the two sources tell the same time
    both = cohort.obs[["distant_time_months", "relapse_time_months"]].dropna()
    assert len(both) > 60
    assert (both.iloc[:, 0] - both.iloc[:, 1]).abs().median() < 1
    FLOW.check(harmonised.flow, "flow")
    raw = pd.read_csv(folder / "er_negative_67.entrez_log2.csv.gz", index_col=0)
    np.testing.assert_array_equal(
        cohort[:, "IRF7"].X.ravel(), raw.loc[3665, cohort.obs_names].to_numpy(np.float32)
    )


def test_real_counts_through_tables(realdata, symbols, tmp_path):
    """Priedigkeit 2017: IBSP rises by about 4.3 log2(CPM + 1) from primary to bone metastasis."""
    folder = realdata / "priedigkeit2017"
    samples = pd.read_csv(folder / "samples.csv", dtype=str)[["Sample", "Tumor", "Patient"]]
    samples.assign(months="1", event="0").to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    card = {
        "id": "pairs",
        "title": "t",
        "citation": {"text": "Priedigkeit 2017"},
        "organism": "human",
        "specimen": "metastasis",
        "role": "validation",
        "expression": {
            "source": "table",
            "path": str(folder / "counts.ensembl.csv.gz"),
            "genes_in": "rows",
            "gene_id": "ensembl",
            "scale": "counts",
            "collapse": "max_mean",
        },
        "clinical": [{"source": "table", "path": "samples.tsv", "key": "Sample"}],
        "fields": {},
        "endpoints": {
            "death": {
                "definition": "d",
                "time": {"from": "months", "unit": "months"},
                "event": {"from": "event", "is": 1},
            }
        },
    }
    (tmp_path / "pairs.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    card = load_card(tmp_path / "pairs.yaml")
    cohort = harmonise(acquire(card), card, symbols).adata
    assert cohort.n_obs == 22
    per_million = 2 ** cohort[:, "IBSP"].to_df()["IBSP"]
    ibsp = np.log2(per_million + 1)  # the offset of the known answer: ours, half a count, gives 5.2
    rise = [ibsp[f"{p}M"] - ibsp[f"{p}P"] for p in samples["Patient"].unique()]
    assert len(rise) == 11
    assert np.mean(rise) == pytest.approx(4.3, abs=0.1)
