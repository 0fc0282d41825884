"""Labels of two samples that were exchanged: named where the facts name one pair, and never invented."""

from __future__ import annotations

import numpy as np
import pandas as pd

from irf7bone.harmonise.clinical_agreement import clinical_agreement
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.harmonise.swaps import likely_exchange, say_exchange

# how far apart the two kinds are, in their own standard deviations, and how often a slide is read otherwise
RECEPTORS = {"er": (3.5, 0.05), "pr": (2.0, 0.1), "her2": (4.0, 0.05)}
SEX = {"sex": (8.0, 0.0)}


def evidence(
    n: int, seed: int, facts: dict[str, tuple[float, float]]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    found = {}
    for name, (apart, error) in facts.items():
        truth = rng.random(n) < (0.2 if name == "her2" else 0.6)
        values = apart * truth + rng.normal(size=n)
        found[name] = values, np.where(rng.random(n) < error, ~truth, truth).astype(float)
    return found


def exchanged(found, first: int, second: int):
    order = np.arange(len(next(iter(found.values()))[0]))
    order[[first, second]] = order[[second, first]]
    return {name: (values, status[order]) for name, (values, status) in found.items()}


def test_sound_cohorts_have_none_with_receptors_read_as_they_are():
    """500 cohorts of 60 to 400 tumours; one part of 20 is what the rule allows."""
    rng = np.random.default_rng(1)
    named = sum(
        likely_exchange(evidence(int(rng.integers(60, 400)), seed, RECEPTORS)) is not None
        for seed in range(500)
    )
    assert named <= 5


def test_an_exchange_that_the_facts_can_tell_is_named():
    """By sex and receptors; pairs that differ in sex, ER and HER2, of which each could be the only one."""
    right = wrong = 0
    for seed in range(100):
        found = evidence(150, seed, RECEPTORS | SEX)
        status = {name: values[1] for name, values in found.items()}
        pairs = [
            (i, j)
            for i in range(150)
            for j in range(i + 1, 150)
            if all(status[name][i] != status[name][j] for name in ("sex", "er", "her2"))
        ]
        first, second = pairs[seed % len(pairs)]
        seen = likely_exchange(exchanged(found, first, second))
        right += seen is not None and (seen.first, seen.second) == (first, second)
        wrong += seen is not None and (seen.first, seen.second) != (first, second)
    assert right >= 85 and wrong == 0


def test_the_order_of_samples_does_not_matter():
    found = exchanged(evidence(150, 3, RECEPTORS | SEX), 5, 6)
    backwards = {name: (values[::-1], status[::-1]) for name, (values, status) in found.items()}
    one, other = likely_exchange(found), likely_exchange(backwards)
    assert (one is None) == (other is None)
    if one is not None:
        assert {one.first, one.second} == {149 - other.first, 149 - other.second}


def test_nothing_and_one_sample_name_none():
    assert likely_exchange({}) is None
    assert likely_exchange({"er": (np.zeros(1), np.ones(1))}) is None


def cohort(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Genes and fields of 120 tumours, sex among them."""
    rng = np.random.default_rng(seed)
    samples = [f"S-{i:03d}" for i in range(120)]
    male, positive, amplified = rng.random(120) < 0.4, rng.random(120) < 0.6, rng.random(120) < 0.3
    rows = {
        "XIST": 8 - 5 * male, "RPS4Y1": 3 + 6 * male, "ESR1": 6 + 4 * positive, "ERBB2": 7 + 4 * amplified
    }  # fmt: skip
    genes = pd.DataFrame({gene: row + rng.normal(0, 0.7, 120) for gene, row in rows.items()}, index=samples).T
    fields = pd.DataFrame(
        {
            "sex": np.where(male, "male", "female"),
            "er": np.where(positive, "positive", "negative"),
            "her2": np.where(amplified, "positive", "negative"),
        },
        index=samples,
    )
    return genes, fields


def test_it_stands_with_the_facts_that_name_it(make_card):
    genes, fields = cohort(1)
    card = make_card()
    assert clinical_agreement(genes, fields, fields, card)["exchanged"].isna().all()
    unlike = fields.ne(fields.iloc[0]).all(axis=1)
    other = unlike.index[unlike][0]
    swapped = fields.copy()
    swapped.loc[["S-000", other]] = fields.loc[[other, "S-000"]].to_numpy()
    found = clinical_agreement(genes, swapped, swapped, card).set_index(["fact", "gene"])["exchanged"]
    assert found[("er", "ESR1")] == found[("sex", "XIST")] == f"S-000,{other}"
    assert pd.isna(found[("pr", "PGR")]) and pd.isna(found[("grade", "proliferation")])
    assert f"S-000 and {other} fits each other's genes" in say_exchange(found[("er", "ESR1")])
    # a column that the card leaves out says it as well, whichever way it is coded
    alone = swapped.assign(er=swapped["er"].map({"positive": "0", "negative": "1"}))
    found = clinical_agreement(genes, swapped[["sex", "her2"]], alone, card).set_index(["fact", "gene"])
    assert found.loc[("er", "ESR1"), "exchanged"] == f"S-000,{other}"


def test_two_cohorts_show_which_labels_were_exchanged():
    """The same tumours twice; in the second cohort two labels are exchanged."""
    rng = np.random.default_rng(4)
    samples = [f"BRCA-{i:04d}" for i in range(40)]
    a = pd.DataFrame(rng.normal(8, 1, (40, 500)), samples, [f"G{i}" for i in range(500)])
    b = a + rng.normal(0, 0.3, a.shape)
    b.index = [samples[1], samples[0], *samples[2:]]
    table = find_duplicates({"a": a, "b": b})
    across = table[table["other_cohort"].eq("b") & table["cohort"].eq("a")]
    contradicted = across[across["status"] == "contradicted"]
    assert list(contradicted["sample"]) == samples[:2]
    assert contradicted["reason"].iloc[0] == (
        "labels exchanged in one of the two cohorts: BRCA-0000 and BRCA-0001 have each other's profiles there"
    )
    rolled = a.set_axis(np.roll(a.index, 1), axis=0) + rng.normal(0, 0.3, a.shape)
    told = find_duplicates({"a": a, "b": rolled})
    assert not told["reason"].fillna("").str.startswith("labels exchanged in one").any()
