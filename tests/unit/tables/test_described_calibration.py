"""What docs/statistics/calibration.md measures in real cohorts: specificity, parts of signatures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate import agreement, identity, permuted, power_curve
from calibrate.__main__ import TABLES
from scipy.stats import binom
from tests.conftest import PROJECT

from irf7bone.scoring.gene_identity import gene_identity

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


def test_genes_are_refused_and_found_as_often_as_asked():
    """At most 1 % of truly measured genes refused; at least 95 % of exchanged rows found."""
    made = pd.read_csv(FOLDER / "identity_simulated.tsv", sep="\t")
    assert made["cohorts"].sum() // made["row"].nunique() == identity.COHORTS >= 200
    truly = made[~made["row"].isin(["another gene's row", "quiet noise"])]
    assert truly["not_measured"].sum() <= 0.01 * truly["cohorts"].sum()
    swapped = made[made["row"] == "another gene's row"]
    for rows in (swapped, pd.read_csv(FOLDER / "identity_swapped.tsv", sep="\t")):
        found = rows["discordant"].sum() + rows["not_measured"].sum()
        assert found >= 0.95 * (rows["cohorts"].sum() - rows["not_told"].sum())


def test_irf7_of_gse1992_is_refused_with_its_evidence_and_kept_elsewhere():
    library = identity.shipped()
    said = {}
    for name, cohort in agreement.read_cohorts(("gse1992", "gse3143", "gse4335")).items():
        alone = {"IRF7": library["IRF7"]}
        [row] = gene_identity(name, cohort.prepared, alone, library, {}).to_dict("records")
        said[name] = row
    assert {name: row["identity"] for name, row in said.items()} == {
        "gse1992": "not_measured",
        "gse3143": "follows",
        "gse4335": "discordant",
    }
    refused = said["gse1992"]
    assert {"GRIN1", "ATCAY", "SPTBN4", "HOXA3"} <= set(refused["nearest"].split(","))
    assert refused["correlation"] < 0.1 and refused["nearest_correlation"] > 0.8 and refused["cohesion"] > 0.6


def test_companions_find_the_row_of_the_gene_and_are_not_the_default():
    """They do where the other row is silent, and hide a silenced gene behind a row of its neighbours."""
    made = pd.read_csv(FOLDER / "probes_simulated.tsv", sep="\t").pivot(
        index="other", columns="rule", values="right"
    )
    silent = made[made.index.str.startswith("silent")]
    assert len(silent) == 4 and (silent["companions"] > 0.95).all()
    assert (silent[["max_mean", "max_variance"]].min() == 0).all()
    planted = pd.read_csv(FOLDER / "probes_planted.tsv", sep="\t").groupby("rule")["right"]
    assert planted.min()["companions"] > 0.95 and planted.min()["max_mean"] == 0
    hidden = made[made.index.str.endswith("silenced in half")]
    assert (hidden["companions"] < 0.1).all() and (hidden["max_mean"] == 1).all()
    cards = [*PROJECT.glob("data/cohorts/*.yaml"), *PROJECT.glob("data/experiments/*.yaml")]
    assert cards and not any("collapse: companions" in path.read_text(encoding="utf-8") for path in cards)
