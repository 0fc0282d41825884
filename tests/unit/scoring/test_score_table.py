"""Score and coverage tables: statuses with their reasons, coverage, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from irf7bone.base.errors import InputError
from irf7bone.genes.gmt import NO_GENE
from irf7bone.scoring.registry import METHODS
from irf7bone.scoring.score_table import score_cohort
from irf7bone.tables.cohort import COVERAGE, SCORES


def signature(up=(), down=()):
    return SimpleNamespace(up=tuple(up), down=tuple(down))


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """14 tumours, 120 genes, float32."""
    values = np.random.default_rng(20).normal(7, 2, (14, 120)).astype(np.float32)
    samples, genes = [f"T{i}" for i in range(14)], [f"GENE{i}" for i in range(120)]
    return pd.DataFrame(values, index=samples, columns=genes)


@pytest.fixture(scope="module")
def up() -> list[str]:
    return [f"GENE{i}" for i in (3, 14, 15, 92, 65, 35, 89, 79)]


@pytest.fixture(scope="module")
def down() -> list[str]:
    return [f"GENE{i}" for i in (2, 71, 82, 81, 84)]


def test_tables_keep_their_contracts(cohort, up, down):
    library = {"second": signature(up, down), "first": signature(down), "gone": signature(["NO1", "NO2"])}
    scores, coverage = score_cohort(cohort, library, list(METHODS), 0.6)
    SCORES.check(scores, "scores")
    COVERAGE.check(coverage.assign(cohort="x"), "coverage")
    assert list(coverage.columns) == [name for name in COVERAGE.names if name != "cohort"]
    assert list(scores["signature"].unique()) == list(library)
    assert list(scores["method"].unique()) == list(METHODS)
    assert len(scores) == 3 * 5 * 14
    ok = scores[scores["status"] == "ok"].groupby(["signature", "method"])["score_z"]
    np.testing.assert_allclose(ok.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(ok.std(ddof=1), 1, rtol=1e-12)
    gone = scores[scores["signature"] == "gone"]
    assert set(gone["status"]) == {"low_coverage"}
    assert gone[["score_raw", "score_z"]].isna().all(axis=None)
    assert "0 of 2 genes" in gone["reason"].iloc[0]


def test_coverage_counts_up_and_down_once(cohort, up):
    library = {"s": signature([up[0], up[1], "GONE1"], ["GONE1", "GONE2", up[2]])}
    scores, coverage = score_cohort(cohort, library, ["zscore"], 0.6)
    row = coverage.loc[0]
    assert (row["n_genes"], row["n_genes_used"], row["coverage"]) == (5, 3, 0.6)
    assert row["missing"] == "GONE1,GONE2"
    assert row["status"] == "ok"
    assert set(scores["status"]) == {"ok"}
    scores, coverage = score_cohort(cohort, library, ["zscore"], 0.61)
    assert coverage.loc[0, "status"] == "low_coverage"
    assert scores.loc[0, "reason"].startswith("coverage 0.60 is too low (smallest allowed: 0.61)")


def test_a_signature_that_lost_one_side_is_not_scored(cohort, up):
    library = {"s": signature(up, ["GONE"])}
    scores, coverage = score_cohort(cohort, library, ["zscore"], 0.5)
    assert set(scores["status"]) == {"low_coverage"}
    assert "no down gene" in coverage.loc[0, "reason"]


def test_one_gene_is_a_signature(cohort):
    z = stats.zscore(cohort["GENE7"].to_numpy(dtype=float), ddof=1)
    for method in METHODS:
        scores, _ = score_cohort(cohort, {"IRF7": signature(["GENE7"])}, [method], 0.6)
        assert set(scores["status"]) == {"ok"}
        if method in ("zscore", "plage"):
            np.testing.assert_allclose(scores["score_z"], z, rtol=1e-10)


def test_a_score_without_variance_is_not_available(cohort):
    highest = cohort.copy()
    highest["GENE7"] = np.float32(30) + np.arange(14, dtype=np.float32)
    scores, coverage = score_cohort(
        highest, {"s": signature(["GENE7"])}, ["ssgsea", "singscore", "zscore"], 0.6
    )
    status = scores.groupby("method")["status"].first()
    assert status.to_dict() == {"ssgsea": "not_available", "singscore": "not_available", "zscore": "ok"}
    assert coverage.loc[0, "status"] == "ok"
    SCORES.check(scores, "scores")
    assert scores["reason"].iloc[0] == "the score has the same value in every sample"


def test_opposed_genes_have_no_combined_score():
    expression = pd.DataFrame(
        {"A": [1, 2, 4.5], "B": [-1, -2, -4.5], "C": [0, 2, 1]}, index=["T0", "T1", "T2"]
    )
    scores, _ = score_cohort(expression, {"s": signature(["A", "B"])}, ["zscore"], 0.6)
    assert set(scores["status"]) == {"not_available"}


def test_a_signature_of_every_gene_has_no_rank_score(cohort):
    scores, _ = score_cohort(cohort, {"s": signature(cohort.columns)}, list(METHODS), 0.6)
    status = scores.groupby("method")["status"].first()
    assert status[["ssgsea", "singscore", "gsva"]].tolist() == ["not_available"] * 3
    assert status[["zscore", "plage"]].tolist() == ["ok"] * 2
    SCORES.check(scores, "scores")


@pytest.mark.parametrize("n_samples", [1, 2, 3])
def test_few_samples_end_in_a_status(cohort, up, n_samples):
    scores, _ = score_cohort(cohort.iloc[:n_samples], {"s": signature(up)}, list(METHODS), 0.6)
    SCORES.check(scores, "scores")
    assert set(scores["status"]) == ({"low_coverage"} if n_samples == 1 else {"ok"})


def test_nothing_to_score_is_an_empty_table(cohort):
    scores, coverage = score_cohort(cohort, {}, ["zscore"], 0.6)
    SCORES.check(scores, "scores")
    assert len(scores) == len(coverage) == 0


def test_integers_are_numbers(up):
    whole = pd.DataFrame({gene: np.arange(9) * (i + 1) % 7 for i, gene in enumerate([*up, "X", "Y"])})
    whole.index = [f"T{i}" for i in range(9)]
    for method in ("zscore", "ssgsea"):
        found, expected = (
            score_cohort(table, {"s": signature(up)}, [method], 0.6)[0]
            for table in (whole, whole.astype("float64"))
        )
        assert set(found["status"]) == {"ok"}
        np.testing.assert_array_equal(found["score_raw"], expected["score_raw"])


# ---- refusals ----


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_missing_and_infinite_values_are_refused(cohort, wrong):
    broken = cohort.copy()
    broken.loc["T3", ["GENE5", "GENE1"]] = wrong
    with pytest.raises(InputError, match=r"in 2 genes and 1 samples\n    first:    GENE1, GENE5"):
        score_cohort(broken, {}, ["zscore"], 0.6)


def test_repeated_names_and_text_are_refused_together(cohort):
    broken = pd.concat([cohort, cohort.iloc[:1]])
    broken["GENE5"] = "high"
    with pytest.raises(InputError) as caught:
        score_cohort(broken, {}, ["zscore"], 0.6)
    assert len(caught.value.problems) == 2
    assert "T0" in str(caught.value)
    assert "GENE5" in str(caught.value)


def test_an_unknown_method_is_refused_with_the_nearest(cohort):
    with pytest.raises(InputError, match="did you mean 'ssgsea'"):
        score_cohort(cohort, {}, ["ssgesa"], 0.6)


def test_names_of_methods_cost_no_heavy_import():
    code = (
        "import sys; import irf7bone.scoring.registry; "
        "assert not {'numpy', 'pandas', 'scipy', 'gseapy'} & set(sys.modules); "
        "from irf7bone.scoring.functions import MODULES, score_function; "
        "assert set(MODULES) == set(irf7bone.scoring.registry.METHODS); "
        "score_function('ssgsea'); assert 'gseapy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_withheld_signature_has_rows_with_the_reason_and_no_number(cohort, up, down):
    library = {"kept": signature(up), "mine": signature(down)}
    scores, coverage = score_cohort(cohort, library, ["zscore", "ssgsea"], 0.6, {"mine": "its own patients"})
    mine = scores[scores["signature"] == "mine"]
    assert len(mine) == 2 * 14 and set(mine["status"]) == {"not_available"}
    assert set(mine["reason"]) == {"its own patients"}
    assert mine[["score_raw", "score_z"]].isna().all(axis=None)
    row = coverage.set_index("signature").loc["mine"]
    assert (row["status"], row["reason"], row["n_genes_used"]) == ("not_available", "its own patients", 5)
    alone, _ = score_cohort(cohort, {"kept": library["kept"]}, ["zscore", "ssgsea"], 0.6)
    pd.testing.assert_frame_equal(scores[scores["signature"] == "kept"].reset_index(drop=True), alone)


def test_a_signature_without_genes_is_low_coverage(cohort):
    scores, coverage = score_cohort(cohort, {"empty": signature()}, ["zscore"], 0.6)
    assert set(scores["status"]) == set(coverage["status"]) == {"low_coverage"}
    assert coverage["reason"].iloc[0] == NO_GENE
