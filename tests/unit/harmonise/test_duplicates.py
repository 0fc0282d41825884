"""Planted duplicates are found within and across cohorts and platforms; different patients are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sources import acquire
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.harmonise.patient_facts import ClinicalFacts, confront, matching_facts
from irf7bone.harmonise.profile_match import FALSE_POSITIVE_RATE
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


def found(table: pd.DataFrame, *statuses: str) -> set[tuple[str, str]]:
    rows = table[table["status"].isin(statuses or ("same", "copy"))]
    return set(zip(rows["sample"], rows["other_sample"], strict=True))


def heavy_tailed(n: int, freedom: float, seed: int) -> pd.DataFrame:
    """Tumours of which three factors with few, large values make half of the variance; 2,000 genes."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_t(freedom, size=(n, 3)) @ rng.normal(size=(3, 2000))
    values = (shared / shared.std(axis=0) + rng.normal(size=(n, 2000))) / np.sqrt(2)
    return pd.DataFrame(8 + values, index=names("TUMOR-", n), columns=GENES)


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
    rows = table[table["status"] == "copy"]
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


@pytest.mark.parametrize("all_pairs_up_to", [1, 24])
def test_ids_of_simulated_samples_name_no_patient(all_pairs_up_to):
    ids = [f"SIM{i:04d}" for i in range(30)]
    cohorts = {name: tumours(ids, seed) for seed, name in enumerate(("real", "copied", "made", "made_too"))}
    table = find_duplicates(cohorts, simulated={"made", "made_too"}, all_pairs_up_to=all_pairs_up_to)
    named = table[table["sample"].notna()]
    assert set(zip(named["cohort"], named["other_cohort"], strict=True)) == {("real", "copied")}
    assert len(named) == 30 and set(named["evidence"]) == {"id"}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("MB-0002", "mb.0002", True),
        ("TCGA-A1-A0SB-01A", "TCGA-A1-A0SB-06A", True),
        ("TCGA-A1-A0SB-01A", "TCGA-A1-A0SD-01A", False),
        ("P03", "P03", False),  # a count: many cohorts have one
        ("1234", "1234", False),
        ("123456", "123456", False),  # a row's number, however long
        ("sample_000017", "sample_000017", False),
        ("NKI_70", "NKI_70", True),
        ("N_7", "N_7", False),
        ("SIM0007", "sim_0007", True),
    ],
)
def test_ids_tell_a_patient_where_they_are_more_than_counts(first, second, same):
    """Nine genes tell nothing, so that ids stand alone."""
    a, b = tumours([first, *names("a", 20)], 1, GENES[:9]), tumours([second, *names("b", 20)], 2, GENES[:9])
    table = find_duplicates({"a": a, "b": b})
    assert found(table) == ({(first, second)} if same else set())
    across = table[(table["cohort"] == "a") & (table["other_cohort"] == "b")]
    if same:
        assert across["evidence"].tolist() == ["id"] and across["status"].tolist() == ["same"]
    else:
        assert (
            across["status"].tolist() == ["not_compared"] and "9 genes in common" in across["reason"].iloc[0]
        )


def test_ids_that_profiles_contradict_are_no_patients():
    a, b = tumours(["MB-0002", *names("a", 40)], 1), tumours(["MB-0002", *names("b", 40)], 2)
    table = find_duplicates({"a": a, "b": b})
    assert found(table, "contradicted") == {("MB-0002", "MB-0002")} and not found(table)


def test_a_row_number_that_profiles_confirm_is_a_copy():
    """The number says nothing, the tumour does."""
    a = tumours([str(1000 + i) for i in range(40)], 1)
    b = measured_again(a.iloc[3:20], 2, 0.8)
    table = find_duplicates({"a": a, "b": b})
    assert found(table, "copy") == {(str(1000 + i), str(1000 + i)) for i in range(3, 20)}
    assert not found(table, "contradicted", "same", "possible")


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_ids_rolled_by_one_are_copies_and_contradicted_ids(noise):
    a = tumours([f"BRCA-{i:04d}" for i in range(100)], 1, GENES[:667])
    b = a.iloc[30:70] + np.random.default_rng(3).normal(0, noise, (40, 667))
    b.index = np.roll(a.index[30:70], 1)
    table = find_duplicates({"a": a, "b": b})
    assert found(table, "copy") == set(zip(a.index[30:70], b.index, strict=True))
    assert found(table, "contradicted") == {(sample, sample) for sample in a.index[30:70]}
    assert not found(table, "same", "possible")


def test_clinical_data_that_follow_rolled_ids_do_not_hide_the_copies():
    """Forty tumours with other patients' ages are no chance resemblance: the labels moved."""
    a = tumours([f"BRCA-{i:04d}" for i in range(100)], 1, GENES[:667])
    facts = pd.DataFrame(
        {"age": np.random.default_rng(2).permutation(np.arange(100) / 2 + 30)}, index=a.index
    )
    b = measured_again(a.iloc[30:70], 3, 0.7)
    b.index = np.roll(a.index[30:70], 1)
    table = find_duplicates({"a": a, "b": b}, {"a": facts, "b": facts.loc[b.index]})
    assert len(found(table, "copy")) == 40 and len(found(table, "contradicted")) == 40


@pytest.mark.parametrize("n_genes", [20, 100, 667])
def test_a_renamed_copy_is_found_at_any_number_of_genes(n_genes):
    a = tumours([f"BRCA-{i:04d}" for i in range(100)], 1, GENES[:n_genes])
    # another rounding, and half of the genes from other probes
    b = a.round(3).set_axis([f"X-{i}" for i in range(100)])
    other = GENES[: n_genes // 3]
    b[other] = tumours(list(b.index), 9)[other]
    assert len(found(find_duplicates({"a": a, "b": b}), "copy")) == 100


@pytest.mark.parametrize("freedom", [1.5, 2, 3, 5])
def test_heavy_tailed_factors_make_no_duplicates(freedom):
    for seed in range(3):
        a = heavy_tailed(400, freedom, seed)
        table = find_duplicates({"a": a.iloc[:250], "b": a.iloc[250:]})
        assert set(table["status"]) == {"none"}, seed
    assert find_duplicates({"all": a})["status"].tolist() == ["none"]


def test_values_filled_in_alike_are_no_copy():
    """Two arrays on which 60 % of the spots failed, and got one constant."""
    a = tumours(names("a", 60), 1)
    a.iloc[[3, 9], : int(0.6 * len(GENES))] = 7.77
    table = find_duplicates({"a": a})
    assert not found(table)


def test_chance_makes_a_pair_no_oftener_than_stated():
    """200 comparisons of cohorts that share nobody: the stated rate allows two; six have p 0.02."""
    pairs = 0
    for seed in range(100):
        a = tumours([f"A-{seed}-{i:02d}" for i in range(40)], 10 + seed, GENES[:400])
        b = on_another_platform(
            tumours([f"B-{seed}-{i:02d}" for i in range(30)], 500 + seed, GENES[:400]), seed
        )
        table = find_duplicates({"a": a, "b": b})
        pairs += int(table.loc[table["cohort"] != "b", "status"].ne("none").sum())
    assert FALSE_POSITIVE_RATE == 0.01 and pairs <= 5


def death(months: float, event: float) -> dict[str, float]:
    return {"death_time_months": float(months), "death_event": float(event)}


@pytest.mark.parametrize(
    ("one", "other", "within", "contradicted"),
    [
        ({"age": 61.0}, {"age": 61.4}, False, ()),
        ({"age": 82.0}, {"age": 60.0}, False, ("age",)),
        ({"er": "positive"}, {"er": "negative"}, False, ()),  # a second reading may differ
        ({"er": "positive", "grade": 3.0}, {"er": "negative", "grade": 2.0}, False, ("grade", "er")),
        ({"grade": 3.0}, {"grade": 1.0}, False, ("grade",)),
        # died at 20 months, alive at 60; alive at 60 and at 84: followed longer, but not in one table
        (death(20, 1), death(60, 0), False, ("death",)),
        (death(84, 0), death(60, 0), False, ()),
        (death(84, 0), death(60, 0), True, ("death",)),
        (death(84, 1), death(60, 0), False, ()),
        (death(20, 1), death(60, 1), False, ("death",)),
    ],
)  # fmt: skip
def test_facts_that_one_patient_cannot_have(one, other, within, contradicted):
    for first, second in ((one, other), (other, one)):
        assert confront(pd.Series(first), pd.Series(second), within=within).contradict == contradicted


def test_one_profile_with_two_patients_facts_is_only_possible():
    """A chance resemblance: another age, and death against alive."""
    a = tumours(names("aa", 60), 1)
    b = pd.concat([tumours(names("bb", 40), 2), measured_again(a.iloc[[5]], 3, 0.75).set_axis(["other"])])
    known = pd.DataFrame({"age": 60.0, "death_time_months": 80.0, "death_event": 0.0}, index=a.index)
    theirs = pd.DataFrame({"age": 82.0, "death_time_months": 30.0, "death_event": 1.0}, index=b.index)
    assert found(find_duplicates({"a": a, "b": b})) == {("aa05", "other")}
    table = find_duplicates({"a": a, "b": b}, {"a": known, "b": theirs})
    assert found(table, "possible") == {("aa05", "other")} and not found(table)
    [said] = table.loc[table["status"] == "possible", "facts"]
    assert said == "differ: age, death"


def clinical(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(30, 85, n).astype(float),
            "size_cm": rng.integers(5, 60, n) / 10,
            "death_time_months": rng.uniform(3, 150, n).round(2),
            "death_event": rng.integers(0, 2, n).astype(float),
            "grade": rng.integers(1, 4, n).astype(float),
        }
    )


def test_clinical_tables_are_compared_with_each_other():
    """Expression has nothing in common; age, size and follow-up of three patients have all."""
    a, b = tumours(names("aa", 80), 1, GENES[:500]), tumours(names("bb", 60), 2, GENES[500:])
    first, second = clinical(80, 1).set_axis(a.index), clinical(60, 2).set_axis(b.index)
    table = find_duplicates({"a": a, "b": b}, {"a": first, "b": second})
    across = table[(table["cohort"] == "a") & (table["other_cohort"] == "b")]
    assert across["status"].tolist() == ["not_compared"]
    second.iloc[[4, 8, 30]] = first.iloc[[33, 11, 2]].to_numpy()
    table = find_duplicates({"a": a, "b": b}, {"a": first, "b": second})
    assert found(table, "possible") == {("aa33", "bb04"), ("aa11", "bb08"), ("aa02", "bb30")}
    assert table.loc[table["status"] == "possible", "evidence"].eq("clinical").all()


def test_clinical_tables_of_different_patients_agree_in_nobody():
    n_pairs = sum(
        len(
            matching_facts(
                ClinicalFacts(clinical(200, i)), ClinicalFacts(clinical(150, i + 1)), within=False, rate=0.01
            )
        )
        for i in range(0, 120, 2)
    )
    assert n_pairs <= 3


def test_shipped_cohorts_have_no_patient_twice(symbols):
    """Two samples of gse3143 lead all others, and stay below what that cohort's own best matches allow."""
    cohorts = {}
    for name in ("gse1992", "gse3143", "gse4335"):
        card = load_card(f"data/cohorts/{name}.yaml")
        cohorts[name] = harmonise(acquire(card), card, symbols).adata.to_df()
    table = find_duplicates(cohorts)
    assert set(table["status"]) == {"none"}
    alone = table.set_index(["cohort", "other_cohort"])
    assert alone.loc[("gse3143", "gse3143"), "correlation"] == alone["correlation"].max()


def test_primary_and_metastasis_of_one_patient_lead_on_real_tumours(realdata, symbols):
    """Of 11 pairs of primary and bone metastasis the closest is found; no two patients are confused."""
    counts = pd.read_csv(realdata / "priedigkeit2017" / "counts.ensembl.csv.gz", index_col=0)
    current = np.array(symbols.to_current(list(counts.index), "ensembl").current, dtype=object)
    counts = counts[pd.notna(current)].groupby(current[pd.notna(current)]).sum()
    counts = counts[counts.mean(axis=1) > 20]
    pairs = found(find_duplicates({"pairs": np.log2((counts + 0.5) / (counts.sum() + 1) * 1e6).T}))
    assert pairs and all(first.rstrip("PM") == second.rstrip("PM") for first, second in pairs)
