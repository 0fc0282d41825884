"""Many samples are compared without a matrix of all pairs: what is found is what the matrix finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.harmonise.test_duplicates import GENES, found, measured_again, names
from tests.unit.harmonise.test_duplicates import tumours as tumours_of

from irf7bone.harmonise import duplicates, large_match, patient_facts
from irf7bone.harmonise.patient_facts import ClinicalFacts, matching_facts
from irf7bone.harmonise.profile_match import match_profiles, read_profiles


def tumours(samples: list[str], seed: int) -> pd.DataFrame:
    """With few genes, whose covariance is quickly taken apart."""
    return tumours_of(samples, seed, GENES[:400])


@pytest.fixture
def pairs_kept_apart(monkeypatch):
    """Compare with and without the matrix."""

    def both(cohorts: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
        tables = [duplicates.find_duplicates(cohorts)]
        monkeypatch.setattr(duplicates, "MOST_PAIRS", 0)
        monkeypatch.setattr(large_match, "SAMPLES_AT_ONCE", 17)
        return [*tables, duplicates.find_duplicates(cohorts)]

    return both


def planted() -> dict[str, pd.DataFrame]:
    """Copies within a cohort (one tumour three times, one with the same values), and across two."""
    first, second = tumours(names("A", 90), 1), tumours(names("B", 70), 2)
    again = measured_again(first.iloc[:8], 3, 0.9).set_axis(names("C", 8))
    third = measured_again(first.iloc[:1], 4, 0.9).set_axis(["D00"])
    same = first.iloc[[20]].set_axis(["E00"]) + 0.0005
    elsewhere = measured_again(first.iloc[30:36], 5, 0.9).set_axis(names("F", 6))
    return {"one": pd.concat([first, again, third, same]), "two": pd.concat([second, elsewhere])}


def test_planted_copies_are_found_as_the_matrix_finds_them(pairs_kept_apart):
    whole, apart = pairs_kept_apart(planted())
    expected = {(f"A{i:02d}", f"C{i:02d}") for i in range(8)} | {
        ("A00", "D00"),
        ("C00", "D00"),
        ("A20", "E00"),
    }
    expected |= {(f"A{30 + i:02d}", f"F{i:02d}") for i in range(6)}
    assert found(whole) == expected
    assert found(apart) == expected
    assert apart["n_genes"].tolist() == whole["n_genes"].tolist()


def test_different_patients_are_no_copies(pairs_kept_apart):
    cohorts = {"one": tumours(names("A", 80), 11), "two": tumours(names("B", 60), 12)}
    whole, apart = pairs_kept_apart(cohorts)
    assert whole["status"].tolist() == apart["status"].tolist() == ["none"] * 3
    np.testing.assert_allclose(apart["correlation"], whole["correlation"], atol=0.06)
    np.testing.assert_allclose(apart["needed"], whole["needed"], rtol=0.1)


def test_what_is_said_of_a_pair_is_what_the_matrix_has():
    """But for the shared patterns, of which the two ways find a few more or less."""
    profiles = read_profiles(planted()["one"])
    whole, apart = match_profiles(profiles, profiles), large_match.match_many(profiles, profiles)
    for i, j in [(0, 90), (0, 98), (20, 99), (3, 4), (5, 5)]:
        one, other = whole.of(i, j), apart.of(i, j)
        assert (one.identical, one.stranger) == (other.identical, other.stranger), (i, j)
        assert abs(one.correlation - other.correlation) < 0.05
        assert (one.lead > whole.needed) == (other.lead > apart.needed), (i, j)


@pytest.mark.parametrize("within", [True, False])
def test_facts_are_matched_in_blocks_as_at_once(monkeypatch, within):
    rng = np.random.default_rng(5)
    n = 60
    facts = pd.DataFrame(
        {
            "age": rng.normal(60, 10, n).round(1),
            "size_cm": rng.gamma(4, 0.7, n).round(2),
            "bone_time_months": rng.exponential(60, n).round(2),
            "bone_event": (rng.random(n) < 0.3).astype(float),
        },
        index=names("A", n),
    )
    facts.iloc[50:54] = facts.iloc[3:7].to_numpy()
    other = facts if within else facts.iloc[::-1].set_axis(names("B", n))
    first, second = ClinicalFacts(facts), ClinicalFacts(other)
    whole = matching_facts(first, second, within=within, rate=0.01)
    assert len(whole) >= 3
    monkeypatch.setattr(patient_facts, "_PAIRS_AT_ONCE", 2 * n)
    assert matching_facts(first, second, within=within, rate=0.01) == whole
