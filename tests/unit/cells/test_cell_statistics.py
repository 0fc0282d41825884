"""Split, ambient RNA, rank correlation, composition and the plan of a contrast: by hand and against
oracles.
"""

from __future__ import annotations

import itertools

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test, spearmanr

from irf7bone.base.cells_vocabulary import PARTS
from irf7bone.cells.abundance import centred_log_ratios, non_malignant_ratios
from irf7bone.cells.ambient import ambient_alpha_to_null, effect_weights, without_ambient
from irf7bone.cells.cell_claim import decide_cells
from irf7bone.cells.contrasts import plan
from irf7bone.cells.cytotoxic_link import cytotoxic_link
from irf7bone.cells.rank_correlation import spearman
from irf7bone.cells.split import (
    CellMixture,
    bulk_score,
    mixture,
    signal_share,
    split_difference,
    variance_shares,
)
from irf7bone.study.cells_card import CellContrast


def contrast(**changes):
    given = {
        "id": "c",
        "compartment": "malignant",
        "case": "bone",
        "reference": "primary",
        "paired": True,
        "batch": False,
        "meaning": "loss_in_bone",
    }
    return CellContrast(**{**given, **changes})


def samples(patients, groups, batches=None):
    obs = pd.DataFrame(
        {"group": groups, "pair": patients, "batch": batches or [None] * len(groups)}, dtype=object
    )
    obs.index = obs["pair"] + "|" + obs["group"] + "|malignant"
    return ad.AnnData(np.zeros((len(obs), 1)), obs=obs)


# split


def test_the_parts_add_up_and_what_did_not_change_has_no_part():
    rng = np.random.default_rng(1)
    shares, profiles = rng.dirichlet([1, 1, 1], 2), rng.gamma(1, 100, (2, 3, 7))
    mixed = CellMixture(shares, profiles, 1)
    parts = split_difference(mixed, (shares[0], profiles[0]), (shares[1], profiles[1]))
    whole = bulk_score(shares[0], profiles[0]) - bulk_score(shares[1], profiles[1])
    assert sum(parts.values()) == pytest.approx(whole)
    turned = split_difference(mixed, (shares[1], profiles[1]), (shares[0], profiles[0]))
    assert turned == pytest.approx({name: -value for name, value in parts.items()})
    only = split_difference(mixed, (shares[0], profiles[0]), (shares[1], profiles[0]))
    assert only["malignant_state"] == only["other_state"] == 0 and only["composition"] != 0


def test_a_split_by_hand():
    # one gene; half malignant: its level falls from 6 to 2, the others stay at 0: log2(4) to log2(2)
    shares = np.array([[0.5, 0.5], [0.5, 0.5]])
    profiles = np.array([[[2.0], [0.0]], [[6.0], [0.0]]])
    parts = split_difference(
        CellMixture(shares, profiles, 0), (shares[0], profiles[0]), (shares[1], profiles[1])
    )
    assert parts == pytest.approx({"composition": 0, "malignant_state": -1, "other_state": 0})
    assert signal_share(CellMixture(shares, profiles, 0)).tolist() == [[1, 0], [1, 0]]
    assert variance_shares(CellMixture(shares, profiles, 0))["malignant_state"] == pytest.approx(1)


def test_a_compartment_that_a_sample_lacks_gets_the_mean_profile():
    counts = np.array([[[10.0], [4.0]], [[30.0], [0.0]], [[1.0], [8.0]]])
    totals = np.array([[100.0, 100.0], [100.0, 0.0], [100.0, 100.0]])
    mixed = mixture(counts, totals, 0)
    assert mixed.shares[1].tolist() == [1, 0]
    assert mixed.profiles[1, 1, 0] == pytest.approx(60_000)
    assert sum(variance_shares(mixed)[name] for name in PARTS) == pytest.approx(1)


# ambient


def test_a_difference_that_the_soup_made_is_undone_by_its_share():
    rng = np.random.default_rng(2)
    own = rng.gamma(2, 50, (1, 40)).repeat(4, axis=0)
    own[:, :10] = 5
    soup = own.copy()
    soup[2:, :10] = 5_000  # of the references only
    soup[:2, :10] = 5
    seen = without_ambient(own, soup, 0) * 0.9 + without_ambient(soup, soup, 0) * 0.1
    weights = np.array([0.5, 0.5, -0.5, -0.5])
    alpha = ambient_alpha_to_null(seen, soup, range(10), weights)
    assert alpha == pytest.approx(0.1, abs=0.006)


def test_the_weights_give_the_models_effect():
    matrix = np.column_stack([np.ones(6), [0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 0, 1], [1, 1, 1, 0, 0, 0]])
    values = np.array([1.0, 2, 3, 5, 5, 5])
    assert effect_weights(matrix) @ values == pytest.approx(-3.0)


# rank correlation


def test_rho_and_exact_p_are_scipys():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=7), rng.normal(size=7)
    found = spearman(x, y, 1)
    exact = permutation_test(
        (x,), lambda a: spearmanr(a, y).statistic, permutation_type="pairings", n_resamples=np.inf
    )
    assert found.exact and found.n_permutations == 5040
    assert found.rho == pytest.approx(spearmanr(x, y).statistic) and found.p == pytest.approx(exact.pvalue)


def test_many_patients_get_random_permutations_whose_p_is_never_0():
    x = np.arange(20.0)
    found = spearman(x, x, 1)
    assert (found.rho, found.p, found.exact) == (pytest.approx(1), 1 / 10_000, False)
    assert spearman(x, np.ones(20), 1) is None and spearman(x[:3], x[:3], 1) is None
    turned = spearman(x, -x, 1)
    assert (turned.ci_low, turned.ci_high) == (pytest.approx(-found.ci_high), pytest.approx(-found.ci_low))


def test_under_eight_patients_a_correlation_is_shown_and_not_tested():
    names = [f"p{i}" for i in range(7)]
    table = pd.DataFrame({"patient": names, "group": "bone", "subtype": None}, index=names)
    score = pd.Series(np.arange(7.0), index=names)
    [row] = cytotoxic_link(score, pd.DataFrame({"m": score}), table, seed=1).to_dict("records")
    assert row["status"] == "too_few_patients" and row["rho"] == pytest.approx(1) and "p" not in row


# composition


def test_log_ratios_by_hand():
    counts = pd.DataFrame({"a": [4, 0], "b": [16, 8]}, index=["x", "y"])
    assert centred_log_ratios(counts).to_numpy().tolist() == [[-1, 1], [-2, 2]]  # none counts as half a cell
    table = pd.DataFrame(
        {"malignant": [100, 1], "nk": [2, 2], "t_cd8": [6, 6], "b": [2, 2]}, index=["x", "y"]
    )
    ratios = non_malignant_ratios(table, "malignant", {"nk": ("nk",), "cytotoxic": ("nk", "t_cd8")})
    assert ratios.loc["x"].equals(ratios.loc["y"].rename("x"))  # malignant cells have no part in it
    assert ratios.loc["x", "cytotoxic"] == pytest.approx((np.log2(8) - np.log2(2)) / 2)


# plan


@pytest.mark.parametrize(
    ("pairs", "status", "min_p"),
    [
        (1, "too_few_patients", None),
        (2, "too_few_patients", None),
        (3, "ok", 0.25),
        (5, "ok", 0.0625),
        (6, "ok", 0.03125),
    ],
)
def test_pairs_needed_and_the_floor_of_p(pairs, status, min_p):
    names = [f"p{i}" for i in range(pairs)]
    planned = plan(
        "x", samples([*names, *names, "alone"], ["bone"] * pairs + ["primary"] * (pairs + 1)), contrast(), "m"
    )
    assert (planned.status, planned.min_p) == (status, min_p)
    assert planned.sizes["n_pairs"] == pairs == planned.sizes["n_patients"]


@pytest.mark.parametrize(("a", "b", "min_p"), [(2, 2, 2 / 6), (3, 3, 0.1), (4, 4, 2 / 70), (6, 3, 1 / 84)])
def test_the_floor_without_pairs(a, b, min_p):
    names = [f"p{i}" for i in range(a + b)]
    planned = plan("x", samples(names, ["bone"] * a + ["primary"] * b), contrast(paired=False), "m")
    assert planned.min_p == pytest.approx(min_p)


def test_what_cannot_be_told_apart_is_not_fitted():
    names = ["a", "b", "c", "d", "e", "f"]
    groups = ["bone"] * 3 + ["primary"] * 3
    planned = plan("x", samples(names, groups, groups), contrast(paired=False, batch=True), "m")
    assert planned.status == "not_separable" and "confounded" in planned.reason
    twice = plan("x", samples(["a", "b", "c", "a", "b", "c"], groups), contrast(paired=False), "m")
    assert twice.status == "not_separable" and "3 patients are in both groups" in twice.reason


# words


@pytest.mark.parametrize(
    ("verdict", "bulk", "min_p", "alpha", "said"),
    [
        ("supported", "supported", 0.03, np.nan, "in the tumour cells"),
        ("supported", None, np.nan, 0.30, "in the tumour cells"),
        ("supported", "supported", 0.03, 0.05, "ambient could explain it"),
        ("no evidence", "supported", 0.03, np.nan, "not in the tumour cells"),
        ("too little data", "supported", 0.03, np.nan, "too little data"),
        ("no evidence", "no evidence", 0.03, np.nan, "no evidence"),
        ("contradicted", "supported", 0.03, np.nan, "contradicted in the tumour cells"),
        ("supported", "supported", 0.10, np.nan, "too little data"),
    ],
)
def test_the_words_for_cells(verdict, bulk, min_p, alpha, said):
    assert decide_cells(verdict, bulk, min_p, alpha, "malignant")[0] == said


def test_no_verdict_on_another_compartment_speaks_of_tumour_cells():
    for verdict, bulk in itertools.product(("supported", "contradicted", "no evidence"), (None, "supported")):
        assert "tumour cells" not in decide_cells(verdict, bulk, 0.01, np.nan, "nk")[0]
