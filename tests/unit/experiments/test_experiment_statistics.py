"""Permutation p, shrinkage, filter, gene sets and markers, by hand or by a second formulation."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from madeup.experiment import MARKERS, make_experiment
from scipy.stats import kstest, norm, ttest_ind, ttest_rel

from irf7bone.experiments import permute
from irf7bone.experiments.compare import compare
from irf7bone.experiments.composition import composition, marker_scores
from irf7bone.experiments.counts import enough_counts, log2_per_million
from irf7bone.experiments.design import Contrast, build_designs
from irf7bone.experiments.gene_sets import Ranking, camera, leading_places, prerank, running_sum
from irf7bone.experiments.permute import floor_code, n_relabellings, permutation_p, smallest_p
from irf7bone.experiments.quality import experiment_quality
from irf7bone.experiments.shrink import shrink
from irf7bone.scoring.score_table import score_cohort
from irf7bone.tables.experiment_samples import DISTANCES, QUALITY


def design(n: int, *, paired: bool, batches: list[str] | None = None):
    """``n`` samples of each of two groups, in turn."""
    obs = pd.DataFrame({"group": ["primary", "lesion"] * n}, index=[f"S{i}" for i in range(2 * n)])
    obs["pair"] = np.repeat([f"p{i}" for i in range(n)], 2)
    if batches:
        obs["batch"] = batches
    asked = Contrast("c", "lesion", "primary", paired, batches is not None, "loss_in_bone")
    return build_designs("made", obs, [asked])[0]


def test_t_intervals_are_those_of_the_textbook():
    values = np.random.default_rng(1).normal(size=(3, 12))
    paired = compare(values, design(6, paired=True).matrix)
    unpaired = compare(values, design(6, paired=False).matrix)
    for row in range(3):
        case, reference = values[row, 1::2], values[row, ::2]
        textbook = ttest_rel(case, reference)
        assert paired.loc[row, "p"] == pytest.approx(textbook.pvalue, rel=1e-12)
        low, high = textbook.confidence_interval(0.95)
        assert paired.loc[row, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], rel=1e-10)
        assert unpaired.loc[row, "p"] == pytest.approx(ttest_ind(case, reference).pvalue, rel=1e-12)


def test_sign_flips_by_enumeration():
    values = np.random.default_rng(2).normal(0.6, 1, (1, 12))
    difference = values[0, 1::2] - values[0, ::2]
    t = [
        abs(np.mean(difference * signs)) / np.std(difference * signs, ddof=1)
        for signs in itertools.product([1, -1], repeat=6)
    ]
    observed = abs(difference.mean()) / difference.std(ddof=1)
    expected = np.mean(np.array(t) >= observed * (1 - 1e-12))
    found = permutation_p(values, design(6, paired=True), 1)
    assert found.p[0] == pytest.approx(expected) and found.n_relabellings == 64 and found.exact


def test_all_relabellings_by_enumeration():
    values = np.random.default_rng(3).normal(size=10)
    values[1::2] += 1.0
    t = [
        abs(ttest_ind(values[list(chosen)], np.delete(values, list(chosen))).statistic)
        for chosen in itertools.combinations(range(10), 5)
    ]
    observed = abs(ttest_ind(values[1::2], values[::2]).statistic)
    found = permutation_p(values[None, :], design(5, paired=False), 1)
    assert found.n_relabellings == 252
    assert found.p[0] == pytest.approx(np.mean(np.array(t) >= observed * (1 - 1e-12)))


@pytest.mark.parametrize(
    ("n", "paired", "floor"),
    [(3, False, 0.1), (4, False, 2 / 70), (4, True, 0.125), (5, True, 0.0625), (6, True, 1 / 32)],
)
def test_the_floor_of_p_is_reached_by_the_most_extreme_labelling(n, paired, floor):
    made = design(n, paired=paired)
    values = 10.0 * np.tile([0.0, 1.0], n)[None, :] + np.random.default_rng(1).normal(size=(1, 2 * n)) / 100
    assert smallest_p(made) == pytest.approx(floor) == permutation_p(values, made, 1).p[0]
    assert floor_code(smallest_p(made)) == ("relabelling_cannot_decide" if floor > 0.05 else None)


def test_the_floor_has_no_mirror_image_where_batches_are_uneven():
    """Two cases of three in one batch, one of three in the other: nine labellings, none a mirror image."""
    obs = pd.DataFrame({"group": ["lesion", "lesion", "primary", "lesion", "primary", "primary"]})
    obs.index, obs["batch"] = [f"S{i}" for i in range(6)], ["a"] * 3 + ["b"] * 3
    [made] = build_designs("made", obs, [Contrast("c", "lesion", "primary", False, True, "other")])
    values = 10.0 * made.is_case[None, :] + np.random.default_rng(2).normal(size=(1, 6)) / 100
    assert smallest_p(made) == pytest.approx(1 / 9) == permutation_p(values, made, 1).p[0]


def test_relabelling_stays_within_batches():
    batches = ["b1"] * 4 + ["b2"] * 6
    made = design(5, paired=False, batches=batches)
    assert n_relabellings(made.strata, made.is_case) == 6 * 20
    labels = np.array(list(permute._all_labels(made.strata, made.is_case)))
    assert len(np.unique(labels, axis=0)) == 120
    assert (labels[:, :4].sum(axis=1) == 2).all() and (labels[:, 4:].sum(axis=1) == 3).all()


def test_monte_carlo_is_near_the_exact_p_and_never_zero(monkeypatch):
    values = np.random.default_rng(4).normal(size=(4, 14))
    values[3, 1::2] += 50
    made = design(7, paired=False)
    exact = permutation_p(values, made, 1)
    monkeypatch.setattr(permute, "MAX_EXACT", 10)
    drawn = permutation_p(values, made, 1)
    assert exact.exact and not drawn.exact and drawn.n_relabellings == 9_999
    np.testing.assert_allclose(drawn.p[:3], exact.p[:3], atol=0.02)
    assert drawn.p[3] >= 1 / 10_000
    np.testing.assert_array_equal(drawn.p, permutation_p(values, made, 1).p)


def test_permutation_p_is_uniform_under_the_null_whatever_the_distribution():
    values = np.random.default_rng(5).standard_t(2, (2000, 16))
    p = permutation_p(values, design(8, paired=True), 1).p
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)
    assert kstest(p, "uniform").statistic < 0.05


def test_shrunken_effects_are_nearer_to_the_truth_than_raw_ones():
    rng = np.random.default_rng(6)
    truth = np.where(rng.random(4000) < 0.1, rng.normal(0, 1.5, 4000), 0.0)
    se = rng.uniform(0.2, 0.8, 4000)
    raw = truth + rng.normal(0, se)
    p = 2 * norm.sf(np.abs(raw / se))
    shrunken = shrink(raw, se, p)
    assert np.mean((shrunken - truth) ** 2) < 0.35 * np.mean((raw - truth) ** 2)
    assert (np.sign(shrunken) * np.sign(raw) >= 0).all() and (np.abs(shrunken) <= np.abs(raw)).all()
    clear = np.abs(raw / se) > 8
    np.testing.assert_allclose(shrunken[clear], raw[clear], rtol=0.1)
    # the posterior mean under the true prior, in closed form
    slab = norm.pdf(raw, scale=np.sqrt(se**2 + 2.25)) * 0.1
    weight = slab / (slab + 0.9 * norm.pdf(raw, scale=se))
    bayes = weight * raw * 2.25 / (2.25 + se**2)
    assert np.corrcoef(shrunken, bayes)[0, 1] > 0.995


def test_the_count_filter_by_hand():
    is_case = np.array([False, False, True, True])
    counts = np.array([[11, 11, 0, 0], [11, 0, 0, 0], [7, 7, 0, 0], [0, 0, 0, 0], [10**6] * 4])
    np.testing.assert_array_equal(enough_counts(counts, is_case), [True, False, False, False, True])


def test_log2_per_million_by_hand():
    assert log2_per_million(np.array([99.5]), np.array([999_999.0]))[0] == pytest.approx(np.log2(100))


def ranking(t: np.ndarray, residuals: np.ndarray | None = None) -> Ranking:
    table = pd.DataFrame({"t": t, "z": t}, index=[f"g{i}" for i in range(len(t))])
    return Ranking(table, np.zeros((len(t), 4)) if residuals is None else residuals, 4)


def test_running_sum_by_hand():
    made = ranking(np.array([3.0, 2.0, 1.0, -1.0, -4.0]))
    top = running_sum(made, np.array([0, 2]))
    np.testing.assert_allclose(top, [3 / 4, 3 / 4 - 1 / 3, 3 / 4 - 1 / 3 + 1 / 4, 1 / 3, 0], atol=1e-12)
    np.testing.assert_array_equal(leading_places(top, np.array([0, 2])), [0])
    bottom = running_sum(made, np.array([3, 4]))
    np.testing.assert_allclose(bottom, [-1 / 3, -2 / 3, -1, -0.8, 0], atol=1e-12)
    np.testing.assert_array_equal(leading_places(bottom, np.array([3, 4])), [4, 3])


def test_a_set_all_at_one_end_stays_within_one():
    t = np.sort(np.random.default_rng(1).normal(size=4001))[::-1]
    for places in (np.arange(90), np.arange(3911, 4001)):
        running = running_sum(ranking(t), places)
        assert np.abs(running).max() == pytest.approx(1, abs=1e-12) and np.abs(running).max() <= 1


def test_prerank_of_random_sets_is_uniform():
    rng = np.random.default_rng(10)
    made = ranking(np.sort(rng.normal(size=400))[::-1])
    places = {number: np.sort(rng.choice(400, 20, replace=False)) for number in range(300)}
    found = prerank(made, places, draws=400, seed=1)
    for number, (score, normalised, _) in found.items():
        running = running_sum(made, places[number])
        assert score == pytest.approx(running[np.argmax(np.abs(running))]) and normalised * score > 0
    assert kstest([p for _, _, p in found.values()], "uniform").statistic < 0.1


def test_prerank_never_says_p_0_and_repeats_itself():
    made = ranking(np.sort(np.random.default_rng(10).normal(size=400))[::-1])
    places = {"top": np.arange(10)}
    assert prerank(made, places, draws=200, seed=1)["top"][2] == 1 / 201
    assert prerank(made, places, draws=200, seed=1) == prerank(made, places, draws=200, seed=1)
    assert prerank(made, {}, draws=200, seed=1) == {}


def test_prerank_of_the_swapped_contrast_is_its_mirror():
    rng = np.random.default_rng(3)
    made = ranking(np.sort(rng.normal(size=400))[::-1])
    swapped = Ranking(made.table[::-1].assign(t=-made.table["t"], z=-made.table["z"]), made.residuals, 4)
    places = {number: np.sort(rng.choice(400, 20, replace=False)) for number in range(20)}
    mirrored = {number: np.sort(399 - at) for number, at in places.items()}
    one, other = prerank(made, places, draws=200, seed=1), prerank(swapped, mirrored, draws=200, seed=1)
    for number in places:
        np.testing.assert_allclose(np.array(other[number]) * [-1, -1, 1], one[number], rtol=1e-12)


def test_prerank_of_many_genes_draws_what_memory_allows(monkeypatch):
    monkeypatch.setattr("irf7bone.experiments.gene_sets.GENES_DRAWN", 400 * 50)
    made = ranking(np.sort(np.random.default_rng(10).normal(size=400))[::-1])
    assert prerank(made, {"top": np.arange(10)}, draws=200, seed=1)["top"][2] == 1 / 51


def test_camera_without_correlation_is_the_two_sample_t_test():
    z = np.sort(np.random.default_rng(7).normal(size=300))[::-1]
    places = np.arange(20, 60)
    others = np.setdiff1d(np.arange(300), places)
    effect, p, _ = camera(ranking(z), places, 0.0)
    assert effect == pytest.approx(z[places].mean() - z[others].mean())
    assert p == pytest.approx(ttest_ind(z[places], z[others]).pvalue, rel=1e-9)


def test_a_set_that_moves_together_counts_as_less_than_its_size():
    rng = np.random.default_rng(8)
    residuals = rng.normal(size=(300, 4))
    residuals[:30] = residuals[0] + 0.1 * residuals[:30]
    residuals /= np.sqrt(np.mean(residuals**2, axis=1, keepdims=True))
    z = np.sort(rng.normal(size=300))[::-1]
    made = ranking(z, residuals)
    _, p, correlation = camera(made, np.arange(30), None)
    _, preset, _ = camera(made, np.arange(30), 0.01)
    assert correlation > 0.9 and p > 100 * preset


def test_bone_genes_that_four_lesions_of_fourteen_samples_express_count():
    others = [f"G{i}" for i in range(20)]
    levels = pd.DataFrame(
        np.random.default_rng(3).normal(7, 1, (14, 24)),
        index=[f"S{i}" for i in range(14)],
        columns=["DMP1", "IBSP", "MEPE", "SP7", *others],
    )
    levels.iloc[:10, :14] = 0.0  # ten primaries have neither these nor ten other genes
    assert "BONE" in marker_scores(levels, MARKERS, min_coverage=0.5, read_in=0.5).refused
    found = marker_scores(levels, MARKERS, min_coverage=0.5, read_in=4 / 14)
    assert found.n_used["BONE"] == 4 and "BONE" in found.levels


def test_markers_are_mean_log2_fold_changes():
    levels = pd.DataFrame(
        5.0, index=[f"S{i}" for i in range(8)], columns=["DMP1", "IBSP", "MEPE", "SP7", "KRT8", "OTHER"]
    )
    levels.iloc[1::2, :4] += np.array([1.0, 3.0, 2.0, 2.0])
    levels["SP7"] += np.linspace(0, 0.3, 8)
    measured = marker_scores(levels, MARKERS, min_coverage=0.5, read_in=0.5)
    assert list(measured.levels) == ["BONE"]
    assert measured.n_used == {"BONE": 4, "EPITHELIAL": 0, "PROLIFERATION": 0}
    made = design(4, paired=False)
    table = composition("made", measured, MARKERS, [made]).set_index("marker")
    assert table.loc["BONE", "difference"] == pytest.approx(2.0, abs=0.05) and table.loc["BONE", "differs"]
    assert table.loc["EPITHELIAL", "status"] == "low_coverage" and not table.loc["EPITHELIAL", "differs"]
    assert "coverage 0.00 is too low" in table.loc["EPITHELIAL", "reason"]


def test_markers_and_signatures_pass_one_gate():
    """The same lists, as markers and as signatures: lost genes, constant ones, and genes at the floor."""
    rng = np.random.default_rng(4)
    genes = [f"G{k}" for k in range(20)] + [f"F{k}" for k in range(20)]
    levels = pd.DataFrame(rng.normal(6, 1, (30, 40)), columns=genes, index=[f"S{i}" for i in range(30)])
    levels.loc[:, "F0":] = np.where(rng.uniform(size=(30, 20)) < 0.9, 0.0, 5.0)  # hardly ever read
    levels["G0"] = 7.0
    lists = {
        "whole": ("G1", "G2", "G3"),
        "half": ("G1", "G2", "LOST1", "LOST2"),
        "lost": ("G1", "LOST1", "LOST2"),
        "constant": ("G0", "G1", "LOST1"),
        "floor": ("G1", "F1", "F2"),
        "most read": ("G1", "G2", "F1"),
    }
    sets = {name: SimpleNamespace(up=up, down=()) for name, up in lists.items()}
    measured = marker_scores(levels, sets, min_coverage=0.5, read_in=0.5)
    _, coverage = score_cohort(levels, sets, ["zscore"], 0.5)
    refused = coverage.set_index("signature")["status"].eq("low_coverage")
    assert set(refused.index[refused]) == set(measured.refused) == {"lost", "constant", "floor"}
    assert coverage.set_index("signature")["n_genes_used"].to_dict() == measured.n_used


def test_quality_flags_the_planted_outlier_and_orders_by_distance():
    adata = make_experiment(pairs=8, loss=1.0)
    adata.X[3] = np.random.default_rng(9).permutation(adata.X[3])
    quality, distances = experiment_quality("made", adata)
    QUALITY.check(QUALITY.cast(quality), "quality")
    DISTANCES.check(DISTANCES.cast(distances), "distances")
    flagged = quality[quality["outlier"]]
    assert flagged["sample"].tolist() == [adata.obs_names[3]] and "correlation" in flagged["reason"].item()
    assert sorted(quality["leaf"]) == list(range(1, 17))
    assert (quality["library_size"] == adata.layers["counts"].sum(axis=1)).all()
    square = distances.pivot(index="sample", columns="other", values="distance")
    assert np.allclose(square, square.T) and (np.diag(square) == 0).all()
    assert square[adata.obs_names[3]].sum() == square.sum().max()
