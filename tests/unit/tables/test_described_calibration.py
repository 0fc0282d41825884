"""What docs/statistics/calibration.md measures in real cohorts: specificity, parts of signatures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate import agreement, permuted, power_curve
from calibrate.__main__ import TABLES
from scipy.stats import binom

FOLDER = TABLES / "described"


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "permuted.tsv", sep="\t")


def test_specificity_has_its_size_singly_and_pooled(measured):
    """3 to 7 % singly and pooled; the verdict's pool, which allows for differences, errs less."""
    assert set(measured["signature"]) == set(permuted.SIGNATURES)
    assert (measured["permutations"] >= 2000).all()
    of_verdict = measured["of"] == permuted.VERDICT
    assert len(measured[~of_verdict]) == len(permuted.SIGNATURES) * (len(permuted.POOLED) + 1)
    assert measured.loc[~of_verdict, "share"].between(0.03, 0.07).all()
    assert (measured.loc[of_verdict, "share"] < 0.05).all()


def test_a_few_permutations_anew():
    """Within the binomial limits of 5 %, at 1 in 10,000 for each of four."""
    many = 120
    cohorts = agreement.read_cohorts(permuted.POOLED)
    table = permuted.permuted(cohorts, agreement.read_signatures(), many, 5, permuted.SIGNATURES[:1])
    found = table.set_index("of")["share"] * many
    low, high = binom.ppf([0.00005, 0.99995], many, 0.05)
    assert found.drop(permuted.VERDICT).between(low, high).all()
    assert found[permuted.VERDICT] <= high
    assert table["events"].tolist() == [30, 50, 38, 118, 118]


def test_power_of_experiments_is_limmas():
    """On the same counts: equal; for log2 values, whose trend the engine weighs, within 2 points."""
    curve = pd.read_csv(FOLDER / "power_curve.tsv", sep="\t")
    assert len(curve) == len(power_curve.SIZES) * len(power_curve.FALLS) * len(power_curve.SCALES)
    counts = curve["scale"] == "counts"
    assert (curve.loc[counts, "largest_log10_difference"] < 1e-6).all()
    assert (curve.loc[counts, "found"] == curve.loc[counts, "limma"]).all()
    assert (curve["found"] - curve["limma"]).abs().max() < 0.02
    assert curve.groupby(["size", "scale"])["found"].apply(lambda own: own.is_monotonic_increasing).all()


def test_lower_limit_by_hand():
    # atanh(0.5) = 0.5493, less 1.96 / sqrt(100)
    assert agreement.lower_limit(np.array([0.5]), 103)[0] == pytest.approx(
        np.tanh(0.549306 - 0.196), abs=1e-6
    )
    assert agreement.lower_limit(np.array([1.0]), 103)[0] > 0.999


def test_halves_are_counted_alike_by_every_rule():
    halves = pd.read_csv(FOLDER / "halves.tsv", sep="\t")
    key = ["cohort", "signature", "model"]
    assert (halves.groupby(key)["halves"].nunique() == 1).all()
    assert (halves["off"] <= halves["accepted"]).all() and (halves["accepted"] <= halves["halves"]).all()
    least = halves[halves["rule"] == agreement.LEAST].sort_values("limit")
    assert (least.groupby(key)["accepted"].apply(lambda own: own.is_monotonic_decreasing)).all()
    assert set(zip(halves["rule"], halves["limit"], strict=True)) == set(agreement.RULES)
