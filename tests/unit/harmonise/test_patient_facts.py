"""Pairs of samples by clinical data alone: candidates first, and none is lost by that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.harmonise.patient_facts import ClinicalFacts, matching_facts

STATUS = pd.CategoricalDtype(["negative", "positive"])


def clinical(n: int, seed: int, *, unknown: float) -> pd.DataFrame:
    """A cohort's clinical data, a share of each column unknown."""
    rng = np.random.default_rng(seed)
    facts = pd.DataFrame(
        {
            "age": rng.normal(58, 12, n).round(1),
            "size_cm": rng.gamma(4, 0.7, n).round(2),
            "grade": rng.integers(1, 4, n).astype(float),
            "er": pd.Categorical.from_codes(rng.integers(0, 2, n), dtype=STATUS),
            "node": pd.Categorical.from_codes(rng.integers(0, 2, n), dtype=STATUS),
            "bone_time_months": rng.exponential(60, n).round(2),
            "bone_event": rng.integers(0, 2, n).astype(float),
        },
        index=[f"P{seed}-{i:03d}" for i in range(n)],
    )
    return facts.mask(rng.random(facts.shape) < unknown)


def recorded_again(facts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same patients in another table: values differ by what still counts as the same, or by more."""
    rng, n = np.random.default_rng(seed), len(facts)
    again = facts.set_axis([f"again-{i:03d}" for i in range(n)])
    again["age"] += rng.choice([-0.51, -0.5, -0.2, 0.0, 0.1, 0.5], n)
    again["size_cm"] += rng.choice([-0.06, -0.05, 0.0, 0.01, 0.05], n)
    again["bone_time_months"] += rng.choice([-0.05, 0.0, 0.04, 0.2], n)
    return again


def matched(first: pd.DataFrame, second: pd.DataFrame) -> list[list[tuple[int, int]]]:
    """Between two tables, and within both as one."""
    both = ClinicalFacts(pd.concat([first, second]))
    return [
        matching_facts(ClinicalFacts(first), ClinicalFacts(second), within=False, rate=0.01),
        matching_facts(both, both, within=True, rate=0.01),
    ]


@pytest.mark.parametrize("unknown", [0.0, 0.1, 0.5, 1.0])
def test_candidates_first_find_what_all_pairs_do(monkeypatch, unknown):
    first = [clinical(60, seed, unknown=unknown) for seed in range(12)]
    second = [
        pd.concat([clinical(50, 100 + seed, unknown=unknown), recorded_again(own.iloc[:20], seed)])
        for seed, own in enumerate(first)
    ]
    sketched = list(map(matched, first, second))
    monkeypatch.setattr(
        ClinicalFacts, "may_agree", lambda self, other, *, within: np.arange(len(self.samples))
    )
    assert list(map(matched, first, second)) == sketched
    n_found = sum(len(pairs) for both in sketched for pairs in both)
    assert n_found > 30 if unknown < 0.5 else n_found <= 30


def test_few_samples_are_candidates_where_all_is_known():
    first, second = (ClinicalFacts(clinical(120, seed, unknown=0.0)) for seed in (1, 2))
    assert len(first.may_agree(second, within=False)) < 10
    assert len(first.may_agree(first, within=True)) < 10
    nothing = ClinicalFacts(pd.DataFrame(index=["a", "b", "c"]))
    assert first.may_agree(nothing, within=False).tolist() == list(range(120))
    assert nothing.may_agree(nothing, within=True).tolist() == [0, 1]
