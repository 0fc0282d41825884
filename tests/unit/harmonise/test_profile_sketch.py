"""Many cohorts: what a sketch tells apart shares no patient, and what shares one is compared in full."""

from __future__ import annotations

from string import ascii_lowercase as ALPHABET

import numpy as np
import pandas as pd
import pytest

from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.harmonise.profile_match import read_profiles
from irf7bone.harmonise.profile_sketch import LEAST_ALIKE, Sketches, sketch_genes

GENES = [f"G{number:04d}" for number in range(1600)]
PROGRAMMES = np.random.default_rng(0).normal(size=(20, len(GENES)))


def tumours(name: str, seed: int, n: int = 40) -> pd.DataFrame:
    """Tumours that differ in 20 shared programmes and in genes of their own."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, 20)) @ PROGRAMMES / 6 + random.normal(size=(n, len(GENES)))
    return pd.DataFrame(8 + values, index=[f"{name}{i:02d}" for i in range(n)], columns=GENES)


def again(profiles: pd.DataFrame, names: list[str], agreement: float) -> pd.DataFrame:
    """The same tumours measured a second time, a gene agreeing by this correlation."""
    noise = np.random.default_rng(9).normal(size=profiles.shape)
    spread = np.sqrt(1 / agreement**2 - 1) * profiles.to_numpy().std()
    return (profiles + spread * noise).set_axis(names)


@pytest.fixture(scope="module")
def cohorts():
    made = {name: tumours(name, seed) for seed, name in enumerate(ALPHABET, start=1)}
    made["d"] = pd.concat([made["d"], again(made["a"].iloc[[3]], ["copy"], 0.7)])
    made["f"] = made["f"].rename(index={"f05": "MMX97-0342"})
    made["b"] = made["b"].rename(index={"b05": "MMX97-0342"})  # an id of another cohort
    made["g"] = made["g"][GENES[:600]]  # too few genes for a sketch
    return made


def pairs(table: pd.DataFrame) -> set[tuple[str, str, str]]:
    found = table[table["status"] != "none"].dropna(subset="sample")
    return set(zip(found["sample"], found["other_sample"], found["status"], strict=True))


def test_what_is_found_among_many_is_what_is_found_among_few(cohorts):
    full, sketched = find_duplicates(cohorts), find_duplicates(cohorts, all_pairs_up_to=2)
    assert (
        pairs(sketched)
        == pairs(full)
        >= {("a03", "copy", "copy"), ("MMX97-0342", "MMX97-0342", "contradicted")}
    )
    key = ["cohort", "other_cohort"]
    assert sketched[key].equals(full[key]) and sketched["n_genes"].equals(full["n_genes"])
    told = sketched["reason"].fillna("").str.startswith("told by a sketch of 1000 genes")
    assert told.sum() > 290 and (sketched["status"][told] == "none").all()
    in_full = sketched[~told].set_index(key)
    pd.testing.assert_frame_equal(in_full, full[~told].set_index(key))
    assert ("a", "d") in in_full.index and ("b", "f") in in_full.index
    assert all(("g" in pair) <= (pair in in_full.index) for pair in full.set_index(key).index)


def test_clinical_data_that_name_a_patient_call_for_a_full_comparison(cohorts):
    chosen = {name: cohorts[name] for name in "abc"}
    facts = {name: pd.DataFrame(index=frame.index) for name, frame in chosen.items()}
    for seed, name in enumerate("ac"):
        random = np.random.default_rng(seed)
        facts[name]["age"] = random.uniform(30, 80, 40).round(1)
        facts[name]["size_cm"] = random.uniform(0.5, 6, 40).round(2)
        facts[name]["death_time_months"] = random.uniform(5, 200, 40).round(2)
        facts[name]["death_event"] = 1.0
    facts["c"].iloc[4] = facts["a"].iloc[9]
    table = find_duplicates(chosen, facts, all_pairs_up_to=2)
    assert pairs(table) == {("a09", "c04", "possible")}


@pytest.mark.parametrize("agreement", [0.6, 0.8, 1.0])
def test_a_tumour_measured_twice_is_alike_in_the_sketch(cohorts, agreement):
    many = cohorts | {"d": pd.concat([tumours("d", 4), again(cohorts["a"].iloc[[3]], ["x"], agreement)])}
    profiles = {name: read_profiles(own) for name, own in many.items()}
    sketches = Sketches({name: own.genes for name, own in profiles.items()}, profiles.__getitem__)
    largest = {(first, second): value for first, second, value in sketches.largest()}
    assert sketches.untold == {"g"}
    assert largest.pop(("a", "d")) > LEAST_ALIKE + 0.1
    assert max(largest.values()) < LEAST_ALIKE
    assert len(largest) == 25 * 24 / 2 - 1


def test_sketched_genes_are_those_of_most_cohorts_whatever_the_order():
    genes = {str(k): GENES for k in range(9)} | {"other": ["ONLY", *GENES[::-1][:1500]]}
    chosen = sketch_genes(genes)
    assert len(set(chosen)) == 1000 and "ONLY" not in chosen
    assert chosen == sketch_genes(dict(reversed(genes.items())))


def test_cohorts_are_read_when_they_are_needed(cohorts):
    class Read(dict):
        asked = 0

        def __getitem__(self, name):
            self.asked += 1
            return super().__getitem__(name)

    read = Read(cohorts)
    assert find_duplicates(read, all_pairs_up_to=2)["cohort"].nunique() == 26
    assert read.asked < 3 * 26
