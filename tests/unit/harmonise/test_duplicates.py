"""Planted duplicates are found within and across cohorts and platforms; different patients are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sources import acquire
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.study.cohort_checks import load_card
from irf7bone.tables.cohort import DUPLICATES

GENES = [f"G{number:04d}" for number in range(2000)]


def tumours(samples: list[str], seed: int, genes: list[str] = GENES) -> pd.DataFrame:
    """Tumours that differ in 20 shared programmes and in genes of their own; samples x genes, log2."""
    programmes = np.random.default_rng(0).normal(size=(20, len(GENES)))
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(samples), 20)) @ programmes / 6 + rng.normal(
        size=(len(samples), len(GENES))
    )
    return pd.DataFrame(8 + values, index=samples, columns=GENES)[genes]


def on_another_platform(profiles: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What a platform does to a gene: an offset and a gain of its own."""
    rng = np.random.default_rng(seed)
    offset, gain = rng.normal(6, 2, profiles.shape[1]), rng.uniform(0.3, 2, profiles.shape[1])
    return offset + gain * (profiles - 8)


def measured_again(profiles: pd.DataFrame, seed: int, agreement: float) -> pd.DataFrame:
    """The same tumours with noise, so that a gene correlates with its first measurement by ``agreement``."""
    noise = np.random.default_rng(seed).normal(size=profiles.shape)
    return profiles + noise * np.sqrt(1 / agreement**2 - 1) * profiles.to_numpy().std()


def found(table: pd.DataFrame) -> set[tuple[str, str]]:
    rows = table[table["status"] == "found"]
    return set(zip(rows["sample"], rows["other_sample"], strict=True))


def names(prefix: str, number: int) -> list[str]:
    return [f"{prefix}{i:02d}" for i in range(number)]


def test_different_patients_are_not_duplicates_and_every_pair_of_cohorts_has_a_row():
    table = find_duplicates({"a": tumours(names("a", 60), 1), "b": tumours(names("b", 40), 2)})
    DUPLICATES.check(table, "made")
    pairs = list(zip(table["cohort"], table["other_cohort"], table["status"], strict=True))
    assert pairs == [("a", "a", "none"), ("a", "b", "none"), ("b", "b", "none")]
    assert (table["correlation"] < 0.5).all() and (table["n_genes"] == 2000).all()


@pytest.mark.parametrize("agreement", [1.0, 0.9, 0.7])
def test_a_tumour_measured_on_two_platforms_is_found(agreement):
    a, b = tumours(names("a", 60), 1), tumours(names("b", 40), 2, GENES[::-1][:1500])
    copies = measured_again(a.iloc[5:8][b.columns], 3, agreement).set_axis(["x1", "x2", "x3"])
    table = find_duplicates({"a": a, "b": on_another_platform(pd.concat([b, copies]), 4)})
    rows = table[table["status"] == "found"]
    assert found(table) == {("a05", "x1"), ("a06", "x2"), ("a07", "x3")}
    assert (rows["cohort"] + rows["other_cohort"]).eq("ab").all() and rows["evidence"].eq("profile").all()
    assert rows["reason"].str.contains("exclude: samples").all()


def test_a_tumour_measured_twice_or_three_times_in_one_cohort_is_found():
    a = tumours(names("a", 50), 1)
    rng = np.random.default_rng(5)
    again = [a.iloc[[3]] + rng.normal(0, 0.3, 2000) for _ in range(2)] + [a.iloc[[9]]]
    table = find_duplicates({"a": pd.concat([a, *again]).set_axis([*a.index, "x1", "x2", "y"])})
    assert found(table) == {("a03", "x1"), ("a03", "x2"), ("x1", "x2"), ("a09", "y")}


def test_order_of_samples_genes_and_other_cohorts_changes_nothing():
    a = tumours(names("a", 30), 1)
    b = pd.concat([tumours(names("b", 30), 2), a.iloc[[4]].set_axis(["copy"])])
    rng = np.random.default_rng(6)
    mixed = b.iloc[rng.permutation(31), rng.permutation(2000)]
    other = tumours(names("c", 20), 7)
    assert found(find_duplicates({"a": a, "b": b})) == {("a04", "copy")}
    assert found(find_duplicates({"a": a, "b": mixed, "c": other})) == {("a04", "copy")}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("MB-0002", "mb.0002", True),
        ("TCGA-A1-A0SB-01A", "TCGA-A1-A0SB-06A", True),
        ("TCGA-A1-A0SB-01A", "TCGA-A1-A0SD-01A", False),
        ("P03", "P03", False),  # a count: many cohorts have one
        ("1234", "1234", False),
    ],
)
def test_ids_tell_a_patient_where_they_are_more_than_counts(first, second, same):
    a, b = tumours([first, *names("a", 20)], 1), tumours([second, *names("b", 20)], 2)
    table = find_duplicates({"a": a, "b": b})
    assert found(table) == ({(first, second)} if same else set())
    if same:
        [evidence] = table.loc[table["status"] == "found", "evidence"]
        assert evidence == "id"


def test_few_common_genes_are_said_and_ids_are_still_compared():
    a, b = tumours([*names("alpha", 20)], 1, GENES[:1200]), tumours(["alpha03", "y", "z"], 2, GENES[900:])
    table = find_duplicates({"a": a, "b": b}).set_index(["cohort", "other_cohort"])
    assert table.loc[("a", "b"), "status"] == "found" and table.loc[("a", "b"), "evidence"] == "id"
    assert "300 genes in common, 1000 needed" in table.loc[("a", "b"), "reason"]
    table = find_duplicates({"a": a, "b": b.drop("alpha03")}).set_index(["cohort", "other_cohort"])
    assert table.loc[("a", "b"), "status"] == "not_compared"


def test_shipped_cohorts_have_one_pair_that_looks_like_one_tumour(symbols):
    """Two samples of gse3143 correlate at 0.78 where no other pair of patients exceeds 0.58."""
    cohorts = {}
    for name in ("gse1992", "gse3143", "gse4335"):
        card = load_card(f"data/cohorts/{name}.yaml")
        cohorts[name] = harmonise(acquire(card), card, symbols).adata.to_df()
    table = find_duplicates(cohorts)
    assert found(table) == {("T00-0622", "T01-0052")}
    assert table.loc[table["status"] == "none", "correlation"].max() < 0.6


def test_primary_and_metastasis_of_one_patient_lead_on_real_tumours(realdata, symbols):
    """Of 11 pairs of primary and bone metastasis the closest is found; no two patients are confused."""
    counts = pd.read_csv(realdata / "priedigkeit2017" / "counts.ensembl.csv.gz", index_col=0)
    current = np.array(symbols.to_current(list(counts.index), "ensembl").current, dtype=object)
    counts = counts[pd.notna(current)].groupby(current[pd.notna(current)]).sum()
    counts = counts[counts.mean(axis=1) > 20]
    pairs = found(find_duplicates({"pairs": np.log2((counts + 0.5) / (counts.sum() + 1) * 1e6).T}))
    assert pairs and all(first.rstrip("PM") == second.rstrip("PM") for first, second in pairs)
