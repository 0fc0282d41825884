"""Correlated samples of one animal: by hand, planted correlations, whole animals relabelled, refusals."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from madeup.experiment import LIBRARY, MARKERS, UNPAIRED, make_experiment
from scipy.stats import kstest, ttest_ind, ttest_rel

from irf7bone.base.errors import InputError
from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.experiments.compare import compare
from irf7bone.experiments.design import Contrast, ContrastDesign, build_designs
from irf7bone.experiments.linear import fit_last
from irf7bone.experiments.permute import permutation_p, smallest_p
from irf7bone.experiments.score_contrasts import standardised
from irf7bone.statistics.random_intercept import (
    block_root,
    consensus_correlation,
    degrees_of_effect,
    within_block_correlations,
)

ASKED = Contrast("c", "B", "A", paired=False, batch=False, meaning="other")


def samples(groups: str, units: str, batches: str = "", pairs: str = "") -> pd.DataFrame:
    """One sample a letter; groups by letter, units, batches and pairs by digit."""
    table = pd.DataFrame({"group": list(groups), "pair": list(pairs) if pairs else None, "unit": list(units)})
    if batches:
        table["batch"] = list(batches)
    return table.set_index(pd.Index([f"S{number}" for number in range(len(groups))]))


def build(*columns: str, **asked: bool) -> ContrastDesign:
    return build_designs("made", samples(*columns), [replace(ASKED, **asked)])[0]


BETWEEN = ("AAAAAABBBBBB", "112233445566")
WITHIN = ("ABABABABAB", "1122334455")


def test_layouts_units_and_floors_by_hand():
    between, within = build(*BETWEEN), build(*WITHIN)
    both = build("AAABAABBABBB", "111122334456")
    assert [one.layout for one in (between, within, both)] == ["between", "within", "both"]
    assert (between.n_blocks, between.df_residual, between.df_effect) == (6, 10, 4)
    assert (within.n_blocks, within.df_residual, within.df_effect) == (5, 8, 4)
    assert between.model == "~ group, samples of one unit correlated"
    # whole animals change labels: 3 of 6; both groups of an animal change places: 2 ** 5
    assert smallest_p(between) == pytest.approx(2 / 20) and smallest_p(within) == pytest.approx(2 / 32)
    assert smallest_p(both) is None
    alone = build("AABB", "1234")
    assert (alone.layout, alone.blocks, alone.model) == ("single", None, "~ group")


def test_balanced_scores_are_the_t_test_of_the_animals_means_or_within_them():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(20, 12)) + 0.8 * rng.normal(size=(20, 6)).repeat(2, axis=1)
    design = build(*BETWEEN)
    found, means = compare(values, design.matrix, design.blocks), values.reshape(20, 6, 2).mean(axis=2)
    textbook = ttest_ind(means[:, 3:], means[:, :3], axis=1)
    np.testing.assert_allclose(found["p"], textbook.pvalue, rtol=1e-4)
    np.testing.assert_allclose(found["ci_low"], textbook.confidence_interval().low, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found["df"], 4, rtol=1e-4)
    design, values = build(*WITHIN), values[:, :10]
    found = compare(values, design.matrix, design.blocks)
    textbook = ttest_rel(values[:, 1::2], values[:, ::2], axis=1)
    np.testing.assert_allclose(found["p"], textbook.pvalue, rtol=1e-4)
    g, _ = standardised(values, design, found)
    assert (np.sign(g) == np.sign(found["difference"])).all()


def test_the_root_makes_samples_of_one_animal_independent():
    """By hand: pairs with correlation 0.6 have the eigenvalues 1.6 and 0.4."""
    blocks = np.array([0, 1, 0, 1, 2])
    variance = np.where(blocks[:, None] == blocks, 0.6, 0.0)
    np.fill_diagonal(variance, 1)
    root = block_root(blocks, 0.6)
    np.testing.assert_allclose(root @ variance @ root, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(
        sorted(np.linalg.eigvalsh(root)), [1.6**-0.5, 1.6**-0.5, 1, 0.4**-0.5, 0.4**-0.5]
    )
    values = np.random.default_rng(2).normal(size=(3, 5))
    design, weights = np.column_stack([np.ones(5), [0, 0, 1, 1, 1]]), np.full((3, 5), 2.0)
    plain, weighted = fit_last(values, design, None, root), fit_last(values, design, weights, root)
    inverse = np.linalg.inv(variance)
    by_hand = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse @ values.T)[1]
    np.testing.assert_allclose(plain.effect, by_hand)
    np.testing.assert_allclose(weighted.effect, by_hand)
    np.testing.assert_allclose(weighted.sigma, plain.sigma * np.sqrt(2))


def test_balanced_correlations_are_those_of_the_mean_squares():
    """Anova of three animals with two samples: rho = (between - within) / (between + within)."""
    values, blocks = np.random.default_rng(3).normal(size=(50, 6)), np.array([0, 0, 1, 1, 2, 2])
    pairs = values.reshape(50, 3, 2)
    between, within = 2 * pairs.mean(axis=2).var(axis=1, ddof=1), pairs.var(axis=2, ddof=1).mean(axis=1)
    expected = np.clip((between - within) / (between + within), -0.99, 0.99)
    found = within_block_correlations(values, np.ones((6, 1)), blocks)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    weighted = within_block_correlations(values, np.ones((6, 1)), blocks, np.full((50, 6), 3.0))
    np.testing.assert_allclose(weighted, expected, atol=1e-9)
    assert np.isnan(within_block_correlations(np.ones((1, 6)), np.ones((6, 1)), blocks)[0])


def test_a_planted_correlation_is_found_and_order_does_not_matter():
    rng, blocks = np.random.default_rng(4), np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7])
    design = np.column_stack([np.ones(18), blocks % 2])
    values = np.sqrt(0.3) * rng.normal(size=(4000, 8))[:, blocks] + np.sqrt(0.7) * rng.normal(size=(4000, 18))
    rho = within_block_correlations(values, design, blocks)
    # of eight animals each estimate is skewed, and limma's mean of atanh with it
    assert consensus_correlation(rho) == pytest.approx(0.3, abs=0.05)
    order = rng.permutation(18)
    again = within_block_correlations(values[:, order], design[order], blocks[order])
    np.testing.assert_allclose(again, rho, atol=1e-8)
    assert consensus_correlation(np.array([np.nan])) == 0
    assert degrees_of_effect(design, blocks) == 6


def test_no_rows_give_no_rows():
    """As where no list of markers is measured."""
    design, none = build(*BETWEEN), np.empty((0, 12))
    assert compare(none, design.matrix, design.blocks).empty
    assert within_block_correlations(none, design.matrix, design.blocks).size == 0
    assert permutation_p(none, design, 1).p.size == 0


def test_animals_are_relabelled_whole():
    """Balanced: p by relabelling is that of the animals' means, by enumeration."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(4, 16)) + rng.normal(size=(4, 8)).repeat(2, axis=1)
    design = build("A" * 8 + "B" * 8, "1122334455667788")
    found = permutation_p(values, design, 1)
    means = values.reshape(4, 8, 2).mean(axis=2)
    labels = np.array([np.isin(range(8), chosen) for chosen in itertools.combinations(range(8), 4)])
    differences = np.abs(means @ labels.T - means @ ~labels.T)
    observed = np.abs(means[:, 4:].sum(axis=1) - means[:, :4].sum(axis=1))
    assert found.n_relabellings == 70
    np.testing.assert_allclose(found.p, (differences >= observed[:, None] - 1e-9).mean(axis=1))


@pytest.mark.parametrize("units", ["between", "both"])
def test_p_is_uniform_where_only_animals_differ(units):
    """Animals differ and groups do not; of the first layout p is below 0.05 too often without animals."""
    groups, names = {
        "between": ("A" * 9 + "B" * 9, "111222344555667888"),
        "both": ("ABABABABABAAABBB", "1122334455667788"),
    }[units]
    design, rng = build(groups, names), np.random.default_rng(6)
    n = len(groups)
    values = 1.5 * rng.normal(size=(3000, design.n_blocks))[:, design.blocks] + rng.normal(size=(3000, n))
    p = compare(values, design.matrix, design.blocks)["p"]
    assert kstest(p, "uniform").statistic < 0.04 and 0.035 < (p < 0.05).mean() < 0.065
    naive = compare(values, design.matrix)["p"]
    assert units == "both" or (naive < 0.05).mean() > 0.15


def refused(*columns: str, **asked: bool) -> str:
    with pytest.raises(InputError) as error:
        build(*columns, **asked)
    return str(error.value)


def test_what_cannot_be_told_is_refused():
    assert "1 of the groups compared with one alone" in refused("AAAABB", "112233"[:4] + "33")
    said = refused("AAABBB", "112345")
    assert "6 samples of 5 units" in said and "how: together" in said
    said = refused("AABBAABB", "11112222", "", "11112222", paired=True)
    assert "the model holds already" in said and "set paired: false" in said


def test_batches_that_cross_animals_are_not_relabelled():
    crossed = build("AABBAABB", "11223344", "12121212", batch=True)
    along = build("AABBAABB", "11223344", "11112222", batch=True)
    assert not crossed.exchangeable and along.exchangeable


def test_an_experiment_with_correlated_samples_has_all_its_tables():
    """Eight animals with two samples each of one group, and the same with an animal in both groups."""
    adata = make_experiment(pairs=8, loss=1.5, background=300)
    adata.obs["group"] = pd.Categorical(["primary"] * 8 + ["lesion"] * 8)
    adata.obs["unit"] = np.repeat([f"m{number}" for number in range(8)], 2)
    settings = AnalysisSettings("IFN", methods=("zscore",), min_coverage=0.5, gene_set_draws=20)
    tables = analyse_experiment("made", adata, [UNPAIRED], LIBRARY, MARKERS, None, settings)
    row = tables["contrasts"].iloc[0]
    assert (row["replicates"], row["n_units"], row["df_residual"]) == ("between", 8, 14)
    assert 0 < row["unit_correlation"] < 1 and row["min_p"] == pytest.approx(2 / 70)
    scores = tables["signatures"].set_index("signature")
    np.testing.assert_allclose(scores.loc["IFN", "df"], 6, rtol=1e-3)
    assert scores.loc["IFN", "n_relabellings"] == 70
    assert set(tables["components"]["status"]) == {"not_available"}
    assert "16 samples of 8 animals or cultures" in tables["claim"]["sentence"].iloc[0]
