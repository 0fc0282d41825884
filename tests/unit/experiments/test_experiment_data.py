"""Experiments from what a source holds to the AnnData contract, and every bad input with its own message."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from irf7bone.acquire.simulate_pairs import TISSUE_GENES
from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.experiments.experiment_file import check_experiment, read_experiment, write_experiment
from irf7bone.experiments.harmonise import HarmonisedExperiment, harmonise_experiment
from irf7bone.experiments.replicates import first_samples, put_together
from irf7bone.study.experiment_checks import load_experiment

PROJECT = Path(__file__).resolve().parents[3]
HUMAN = ["IRF7", "STAT1", "MX1", "ISG15", "OAS1", "TP53", "EGFR", "GATA3", "ESR1", "KRT5", "DDX58", "PGR"]
MOUSE = ["Irf7", "Stat1", "Mx1", "Isg15", "Oas1a", "Trp53", "Egfr", "Gata3", "Esr1", "Krt5", "Rigi", "Pgr"]


@pytest.fixture
def harmonised(tmp_path, symbols):
    """A function that writes a card with its two tables and harmonises it; its arguments change either."""

    def make(
        *,
        genes: list[str] = HUMAN,
        counts: pd.DataFrame | None = None,
        sites: str = "PPPPMMMM",
        **changes: object,
    ) -> HarmonisedExperiment:
        ids = [f"S{number}" for number in range(len(sites))]
        rng = np.random.default_rng(3)
        table = pd.DataFrame(rng.poisson(200, (len(genes), len(ids))), index=genes, columns=ids)
        (table if counts is None else counts).to_csv(tmp_path / "counts.csv", index_label="gene")
        half = len(ids) // 2
        samples = pd.DataFrame(
            {
                "sample": ids,
                "site": list(sites),
                "patient": [f"A{number % half}" for number in range(len(ids))],
                "plate": ["1", "2"] * half,
            }
        )
        for column, values in changes.pop("samples_table", {}).items():
            samples[column] = values
        samples.to_csv(tmp_path / "samples.tsv", sep="\t", index=False, na_rep="NA")
        card = {
            "id": "made",
            "title": "Made-up pairs",
            "citation": {"text": "made up"},
            "organism": "human",
            "role": "real",
            "expression": {
                "source": "table",
                "path": "counts.csv",
                "genes_in": "rows",
                "gene_id": "symbol",
                "scale": "counts",
                "collapse": "max_mean",
            },
            "samples": [{"source": "table", "path": "samples.tsv", "key": "sample"}],
            "groups": {"from": "site", "map": {"P": "primary", "M": "bone", "N": None}},
            "pairs": {"from": "patient"},
            "batch": {"from": "plate"},
            "contrasts": [
                {
                    "id": "loss",
                    "case": "bone",
                    "reference": "primary",
                    "paired": True,
                    "batch": False,
                    "meaning": "loss_in_bone",
                    **changes.pop("contrast", {}),
                }
            ],
            **changes,
        }
        (tmp_path / "made.yaml").write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
        read = load_experiment(tmp_path / "made.yaml")
        return harmonise_experiment(acquire(read), read, symbols)

    return make


def test_an_experiment_keeps_its_contract_through_a_file(harmonised, tmp_path):
    made = harmonised()
    write_experiment(made.adata, tmp_path / "made.h5ad")
    read = read_experiment(tmp_path / "made.h5ad")
    assert list(read.obs.columns) == ["group", "pair", "batch"]
    assert list(read.obs["group"].cat.categories) == ["primary", "bone"]
    assert read.obs["pair"].tolist() == ["A0", "A1", "A2", "A3"] * 2
    assert (read.uns["organism"], read.uns["scale"]) == ("human", "counts")
    assert "RIGI" in read.var_names and "DDX58" not in read.var_names
    counts = pd.DataFrame(read.layers["counts"], read.obs_names, read.var_names)
    expected = np.log2((counts + 0.5).div(counts.sum(axis=1) + 1, axis=0) * 1e6)
    np.testing.assert_allclose(read.X, expected.to_numpy(dtype=np.float32), rtol=1e-6)
    assert json.loads(read.uns["provenance"])["genes"]["matched_by"] == {"current": 11, "previous": 1}


def test_samples_without_pair_or_with_a_group_of_null_are_counted(harmonised, tmp_path):
    made = harmonised(sites="PPPNMMMM", contrast={"paired": False}, samples_table={"patient": [None] * 8})
    assert made.flow[["stage", "reason", "n_dropped"]].iloc[-1].tolist() == [
        "grouped by the card",
        "no group of this experiment",
        1,
    ]
    write_experiment(made.adata, tmp_path / "made.h5ad")
    assert read_experiment(tmp_path / "made.h5ad").obs["pair"].isna().all()


def test_excluded_samples_are_counted_under_their_reason(harmonised):
    rules = [
        {"samples": ["S0"], "reason": "degraded"},
        {"column": "patient", "is": "A0", "reason": "no pair"},
    ]
    made = harmonised(exclude=rules)
    assert made.adata.n_obs == 6
    assert made.flow.loc[made.flow["n_dropped"] > 0, ["reason", "n_dropped"]].to_numpy().tolist() == [
        ["degraded", 1],
        ["no pair", 1],
    ]


def test_mouse_symbols_stay_as_they_are(harmonised):
    made = harmonised(genes=[*MOUSE, "2310001A20Rik", "Gm10 /// Gm11"], organism="mouse")
    assert {"Irf7", "Trp53", "2310001A20Rik"} <= set(made.adata.var_names)
    assert made.adata.n_vars == 13


def _fractions() -> pd.DataFrame:
    table = pd.DataFrame(np.full((12, 8), 10.0), HUMAN, [f"S{i}" for i in range(8)])
    table.iloc[0, 0] = 1.5
    return table


BAD = {
    "a pair with one member": (
        {"samples_table": {"patient": ["A0", "A1", "A2", "A9", "A0", "A1", "A2", "A3"]}},
        "2 of 5 pairs with members of one group only",
    ),
    "a group of one": (
        {"sites": "PPPPMNNN", "contrast": {"paired": False}},
        "a group of one has no variance",
    ),
    "a group that is not there": (
        {"sites": "PPPPNNNN", "contrast": {"paired": False}},
        "'bone', which no sample has",
    ),
    "batch equal to group": (
        {"samples_table": {"plate": list("11112222")}, "contrast": {"batch": True}},
        "batch is equal to group, or decides it: confounded",
    ),
    "no pair at all": ({"samples_table": {"patient": [None] * 8}}, "no sample with a pair"),
    "counts that are not whole": ({"counts": _fractions()}, "fractions in 1 genes"),
    "mouse genes under human": ({"genes": MOUSE}, "they look like mouse genes (Irf7)"),
    "human genes under mouse": ({"organism": "mouse"}, "they look like human genes (IRF7)"),
    "a code that is not mapped": ({"sites": "PPPPMMMX"}, "1 samples with another code or none"),
    "a column that is not there": ({"pairs": {"from": "patents"}}, "`patents`"),
    "another number of samples": ({"expect": {"samples": 9}}, "found:    8"),
    "another number in a group": ({"expect": {"groups": {"bone": 5}}}, "found:    4"),
    "another number of pairs": ({"expect": {"pairs": 3}}, "found:    4"),
    "an exclusion of nobody": (
        {"exclude": [{"samples": ["S99"], "reason": "x"}]},
        "1 that are in no source",
    ),
}


@pytest.mark.parametrize(("changes", "said"), BAD.values(), ids=BAD)
def test_bad_input_has_its_own_message(harmonised, changes, said):
    with pytest.raises(InputError) as caught:
        harmonised(**changes)
    assert said in str(caught.value)


def test_an_experiment_that_breaks_its_contract_is_refused(harmonised):
    adata = harmonised().adata
    adata.uns["organism"] = "rat"
    adata.layers["counts"] = adata.layers["counts"] + 0.5
    adata.obs["age"] = 1.0
    with pytest.raises(InputError) as caught:
        check_experiment(adata, "made")
    assert [problem.where for problem in caught.value.problems] == [
        "made, obs",
        "made, uns['organism']",
        "made, layers['counts']",
    ]


def test_the_simulation_is_the_same_for_the_same_seed_and_plants_what_the_card_says(symbols):
    card = load_experiment(PROJECT / "data" / "experiments" / "simulated_pairs.yaml")
    first, again = acquire(card), acquire(card)
    pd.testing.assert_frame_equal(first.expression, again.expression)
    other = acquire(replace(card, expression={**card.expression, "seed": 12}))
    assert not first.expression.equals(other.expression)
    log2 = np.log2(first.expression + 0.5)
    bone = first.clinical["site"] == "bone"
    change = log2.loc[:, bone].mean(axis=1) - log2.loc[:, ~bone].mean(axis=1)
    tissue = first.clinical.loc[bone, "tissue"].astype(float)
    clean = log2.loc[:, tissue.index[tissue < 0.05]]
    pure = clean.mean(axis=1) - log2.loc[:, [name.replace("bone", "primary") for name in clean]].mean(axis=1)
    programme = ["IRF7", "ISG15", "MX1", "IFIT1", "STAT1", "OAS1", "BST2", "IFI27", "USP18", "DDX60"]
    assert abs(pure[programme].mean() - card.expression["log2_fold"]) < 0.4
    assert change[list(TISSUE_GENES)].min() > 1
    assert change[list(TISSUE_GENES)].mean() > 2
    assert abs(change.median()) < 0.3


UNPAIRED = {
    "id": "loss",
    "case": "bone",
    "reference": "primary",
    "paired": False,
    "batch": False,
    "meaning": "loss_in_bone",
}


def test_samples_of_one_animal_are_added_up_and_counted(harmonised):
    """Primary tumours S0 and S1 are of one animal, by hand."""
    patients = ["A0", "A0", "A1", "A2", "A0", "A1", "A2", "A3"]
    animals = {
        "patient": patients,
        "animal": ["m1", "m1", "m2", "m3", "m4", "m5", "m6", "m7"],
        "plate": list("11122222"),
    }
    made = harmonised(samples_table=animals, replicates={"from": "animal"}, contrasts=[UNPAIRED])
    counts = harmonised(samples_table=animals, contrasts=[UNPAIRED]).adata.layers["counts"]
    assert list(made.adata.obs_names) == ["S0", "S2", "S3", "S4", "S5", "S6", "S7"]
    np.testing.assert_array_equal(made.adata.layers["counts"][0], counts[0] + counts[1])
    np.testing.assert_array_equal(made.adata.layers["counts"][1:], counts[2:])
    lost = made.flow.query("stage == 'replicates put together'").iloc[0]
    assert (lost["n_dropped"], lost["n_left"], lost["dropped"]) == (1, 7, "S1")


def test_correlated_samples_stay_and_their_animals_are_kept(harmonised, tmp_path):
    animals = {"animal": ["m1", "m1", "m2", "m3", "m4", "m4", "m5", "m6"]}
    asked = {"from": "animal", "how": "correlation"}
    made = harmonised(samples_table=animals, replicates=asked, contrasts=[UNPAIRED])
    assert len(made.adata) == 8 and "replicates put together" not in set(made.flow["stage"])
    write_experiment(made.adata, tmp_path / "made.h5ad")
    again = read_experiment(tmp_path / "made.h5ad")
    assert again.obs["unit"].tolist() == animals["animal"]
    animals["animal"][3] = "NA"
    with pytest.raises(InputError, match="1 without"):
        harmonised(samples_table=animals, replicates=asked, contrasts=[UNPAIRED])


def test_other_values_of_one_animal_are_averaged_and_contradictions_refused():
    raw = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [7.0, 8.0]}, index=["G", "H"])
    obs = pd.DataFrame({"group": ["x", "x", "x"], "pair": None, "batch": ["1", "1", "2"]}, index=list("abc"))
    firsts = first_samples(pd.Series(["m", "m", "n"], index=list("abc")), obs, "card")
    assert put_together(raw, firsts, "log2").loc["G"].to_dict() == {"a": 2.0, "c": 7.0}
    with pytest.raises(InputError, match="one batch for the samples of one unit"):
        first_samples(pd.Series(["m", "m", "m"], index=list("abc")), obs, "card")
    with pytest.raises(InputError, match="1 without"):
        first_samples(pd.Series(["m", None, "n"], index=list("abc")), obs, "card")
