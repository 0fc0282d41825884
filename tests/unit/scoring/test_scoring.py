"""Scores: worked by hand, against second formulations, and under changes that must not matter."""

from __future__ import annotations

import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from irf7bone.scoring import engine
from irf7bone.scoring.engine import Prepared, average_ranks, score_sets
from irf7bone.scoring.plage import leading_vectors
from irf7bone.scoring.registry import METHODS
from irf7bone.scoring.score_table import score_cohort

EACH_METHOD = pytest.mark.parametrize("method", list(METHODS))
WITHIN_SAMPLE = ("ssgsea", "singscore")


def signature(up=(), down=()):
    return SimpleNamespace(up=tuple(up), down=tuple(down))


def frame(columns: dict) -> pd.DataFrame:
    table = pd.DataFrame(columns, dtype="float64")
    table.index = [f"T{i}" for i in range(len(table))]
    return table


def one_score(expression: pd.DataFrame, method: str, up, down=()) -> np.ndarray:
    scores, _ = score_cohort(expression, {"s": signature(up, down)}, [method], 0.0)
    assert set(scores["status"]) == {"ok"}, scores["reason"].iloc[0]
    return scores.set_index("sample")["score_raw"].loc[list(expression.index)].to_numpy()


def sets_of(expression: pd.DataFrame, method: str, *gene_sets) -> np.ndarray:
    prepared = Prepared(expression)
    return score_sets(prepared, prepared.set_matrix(gene_sets), method)


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """14 tumours, 120 genes in no particular order, correlated in groups; float32 and free of ties."""
    rng = np.random.default_rng(20)
    values = rng.normal(7, 2, 120) + rng.normal(0, 1, (14, 120)) * rng.gamma(4, 0.25, 120)
    values += rng.normal(0, 1, (14, 3)) @ rng.normal(0, 0.6, (3, 120))
    genes = [f"GENE{i}" for i in rng.permutation(120)]
    table = pd.DataFrame(values.astype(np.float32), index=[f"T{i}" for i in range(14)], columns=genes)
    assert all(row.nunique() == 120 for _, row in table.iterrows())
    return table


@pytest.fixture(scope="module")
def up(cohort) -> list[str]:
    return [f"GENE{i}" for i in (3, 14, 15, 92, 65, 35, 89, 79)]


@pytest.fixture(scope="module")
def down(cohort) -> list[str]:
    return [f"GENE{i}" for i in (2, 71, 82, 81, 84)]


# ---- worked by hand ----


def test_zscore_by_hand():
    # z of A over the samples: -1, 0, 1; z of B: 1, -1, 0; sum over the root of 2.
    expression = frame({"A": [1, 2, 3], "B": [4, 0, 2]})
    expected = np.array([0, -1, 1]) / math.sqrt(2)
    np.testing.assert_allclose(one_score(expression, "zscore", ["A", "B"]), expected, atol=1e-15)


def test_ssgsea_by_hand():
    # Ranks in T0: A 4, B 3, C 2, D 1. {A}: in = 4, out = (10 - 4) / 3, ES = 2.
    # {B, D}: in = (3 * 3^0.25 + 1) / (3^0.25 + 1), out = (10 - 4) / 2.
    expression = frame({"A": [9, 1], "B": [7, 2], "C": [5, 3], "D": [1, 4]})
    weight = 3**0.25
    expected = [
        [2, 1 - 3],
        [(3 * weight + 1) / (weight + 1) - 3, (2 * 2**0.25 + 4 * 4**0.25) / (2**0.25 + 4**0.25) - 2],
    ]
    np.testing.assert_allclose(sets_of(expression, "ssgsea", ["A"], ["B", "D"]), expected, rtol=1e-14)


def test_ssgsea_of_tied_genes_by_hand():
    # A and B share ranks 3 and 4: both count 3.5, so that swapping them cannot matter.
    expression = frame({"A": [9, 1], "B": [9, 2], "C": [5, 3], "D": [1, 4]})
    scores = sets_of(expression, "ssgsea", ["A"], ["B"])[:, 0]
    np.testing.assert_allclose(scores, 3.5 - (10 - 3.5) / 3, rtol=1e-14)


def test_singscore_by_hand():
    # Ranks 5 and 3 of 5: mean 4 between 1.5 and 4.5, so 5/6, centred 1/3; down gene of rank 1: + 1/2.
    expression = frame({"A": [9, 1], "B": [4, 3], "C": [5, 2], "D": [3, 4], "E": [1, 5]})
    assert sets_of(expression, "singscore", ["A", "B"])[0, 0] == pytest.approx(4 / 5 - 1 / 5 - 0.1 - 1 / 6)
    assert one_score(expression, "singscore", ["A", "B"], ["E"])[0] == pytest.approx(1 / 3 + 1 / 2)


def test_singscore_of_the_highest_and_lowest_genes_is_half():
    expression = frame({"A": [9, 1], "B": [8, 2], "C": [5, 3], "D": [1, 4]})
    np.testing.assert_allclose(sets_of(expression, "singscore", ["A", "B"]), [[0.5, -0.5]], atol=1e-15)


def test_plage_by_hand():
    # z of A: -1, 0, 1; z of C: -1, 1, 0; correlated 1/2, so the first component is their sum.
    expression = frame({"A": [1, 2, 3], "B": [4, 0, 2], "C": [1, 3, 2]})
    expected = np.array([-2, 1, 1]) / math.sqrt(6)
    np.testing.assert_allclose(one_score(expression, "plage", ["A", "C"]), expected, atol=1e-14)
    # A and B are correlated -1/2: their difference, and the mean cannot say which way; A goes first.
    np.testing.assert_allclose(one_score(expression, "plage", ["B", "A"]), expected, atol=1e-14)


def test_gsva_by_hand():
    # Smoothed level of a gene's lowest, middle, highest value: about 1/6, 1/2, 5/6; of D's 0: 0.28, of its
    # 0.5: 0.38, of its 9: just above A's 3. Order T0: B C D A; T1: C A D B; T2: D A B C.
    # Weights of the four places: |4 - 2|, |3 - 2|, |2 - 2|, |1 - 2|.
    # {A} in T1: -1/3, +1 - 1/3, ...: 2/3 - 1/3. {B, C} in T1: 2/3, 1/6, -1/3, 0: 2/3 - 1/3.
    expression = frame({"A": [1, 2, 3], "B": [3, 1, 2], "C": [2, 3, 1], "D": [0, 0.5, 9]})
    expected = [[-1, 1 / 3, 1 / 3], [1, 1 / 3, -1]]
    np.testing.assert_allclose(sets_of(expression, "gsva", ["A"], ["B", "C"]), expected, atol=1e-14)


# ---- second formulations ----


def literal_ssgsea(expression: pd.DataFrame, genes) -> np.ndarray:
    """The walk down the ranked list, a step at a time, added up."""
    scores = []
    for _, sample in expression.iterrows():
        ranked = sample.sort_values(ascending=False)
        rank = np.arange(len(ranked), 0, -1)
        inside = ranked.index.isin(list(genes))
        hit = np.cumsum(np.where(inside, rank**0.25, 0.0))
        miss = np.cumsum(~inside)
        scores.append(np.sum(hit / hit[-1] - miss / miss[-1]))
    return np.array(scores)


def literal_singscore(expression: pd.DataFrame, up, down) -> np.ndarray:
    """As the paper has it: the down genes are scored on ranks from highest to lowest."""

    def scaled(ranks: pd.DataFrame, genes) -> np.ndarray:
        n_genes, k = ranks.shape[1], len(genes)
        lowest, highest = sum(range(1, k + 1)) / k, sum(range(n_genes - k + 1, n_genes + 1)) / k
        return ((ranks[list(genes)].mean(axis=1) - lowest) / (highest - lowest) - 0.5).to_numpy()

    rising, falling = expression.rank(axis=1), expression.rank(axis=1, ascending=False)
    return scaled(rising, up) + (scaled(falling, down) if down else 0.0)


def literal_gsva(expression: pd.DataFrame, genes) -> np.ndarray:
    """Kernel estimate, ranks, walk, largest plus smallest deviation.

    As in R GSVA and gseapy the normal distribution is read from a table in steps of 0.001, which
    decides the order of genes whose levels nearly agree.
    """
    values = expression.to_numpy(dtype=float)
    bandwidth = values.std(axis=0, ddof=1) / 4
    steps = (values[:, None, :] - values[None, :, :]) / bandwidth
    upper = stats.norm.cdf(np.floor(np.abs(steps) / 10 * 10000) / 1000)
    level = pd.DataFrame(np.where(steps < 0, 1 - upper, upper).mean(axis=1), columns=expression.columns)
    scores = []
    for _, sample in level.iterrows():
        order = sample.sort_values(ascending=False).index
        n_genes = len(order)
        weight = np.abs(np.arange(n_genes, 0, -1) - n_genes / 2)
        inside = order.isin(list(genes))
        walk = np.cumsum(np.where(inside, weight / weight[inside].sum(), -1 / (~inside).sum()))
        scores.append(max(walk.max(), 0) + min(walk.min(), 0))
    return np.array(scores)


def test_ssgsea_equals_the_walk(cohort, up):
    for genes in (up, up[:1], cohort.columns[5:90]):
        np.testing.assert_allclose(
            one_score(cohort, "ssgsea", genes), literal_ssgsea(cohort, genes), rtol=1e-11
        )


@pytest.mark.parametrize("ties", [False, True])
def test_singscore_equals_the_paper(cohort, up, down, ties):
    expression = cohort.round(0) if ties else cohort
    expected = literal_singscore(expression, up, down)
    np.testing.assert_allclose(one_score(expression, "singscore", up, down), expected, rtol=1e-11, atol=1e-14)
    expected = literal_singscore(expression, up, None)
    np.testing.assert_allclose(one_score(expression, "singscore", up), expected, rtol=1e-11, atol=1e-14)


def test_zscore_equals_scipy(cohort, up):
    z = stats.zscore(cohort[up].to_numpy(dtype=float), axis=0, ddof=1)
    np.testing.assert_allclose(
        one_score(cohort, "zscore", up), z.mean(axis=1) * math.sqrt(len(up)), rtol=1e-10
    )


@pytest.mark.parametrize("size", [1, 2, 8, 60])
def test_plage_equals_the_singular_vector(cohort, size):
    genes = list(cohort.columns[:size])
    z = stats.zscore(cohort[genes].to_numpy(dtype=float), axis=0, ddof=1)
    first = np.linalg.svd(z.T)[2][0]
    score = one_score(cohort, "plage", genes)
    np.testing.assert_allclose(score * np.sign(score @ first), first, atol=1e-12)
    assert score @ z.mean(axis=1) > 0 or abs(score @ z.mean(axis=1)) < 1e-12


def test_gsva_equals_the_walk(cohort, up):
    for genes in (up, up[:1], cohort.columns[5:90]):
        np.testing.assert_allclose(one_score(cohort, "gsva", genes), literal_gsva(cohort, genes), atol=1e-12)


def test_average_ranks_equal_scipy():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 7, (9, 40)).astype(np.float32)
    values[0] = 3.0
    values[1] = rng.permutation(40)
    values[2, :2] = (0.0, -0.0)
    np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values, axis=1))


# ---- what must not matter, and what must ----


@EACH_METHOD
def test_order_of_genes_does_not_matter(cohort, up, down, method):
    tied = cohort.round(1)
    shuffled = tied[tied.columns[::-1]]
    assert np.array_equal(one_score(tied, method, up, down), one_score(shuffled, method, up[::-1], down))


@EACH_METHOD
def test_order_of_samples_does_not_matter(cohort, up, down, method):
    tied = cohort.round(1)
    order = np.random.default_rng(1).permutation(len(tied))
    moved = one_score(tied.iloc[order], method, up, down)
    np.testing.assert_allclose(moved, one_score(tied, method, up, down)[order], rtol=1e-11, atol=1e-13)


@EACH_METHOD
def test_swapping_up_and_down_turns_the_sign(cohort, up, down, method):
    assert np.array_equal(one_score(cohort, method, up, down), -one_score(cohort, method, down, up))


@EACH_METHOD
def test_signed_score_is_up_minus_down(cohort, up, down, method):
    difference = one_score(cohort, method, up) - one_score(cohort, method, down)
    np.testing.assert_array_equal(one_score(cohort, method, up, down), difference)
    np.testing.assert_array_equal(one_score(cohort, method, (), down), -one_score(cohort, method, down))


@EACH_METHOD
def test_other_signatures_do_not_matter(cohort, up, down, method):
    alone = sets_of(cohort, method, up)[0]
    np.testing.assert_array_equal(sets_of(cohort, method, down, up, up + down, up[:1])[1], alone)


@pytest.mark.parametrize("method", WITHIN_SAMPLE)
def test_other_samples_do_not_matter_within_a_sample(cohort, up, down, method):
    whole = one_score(cohort, method, up, down)
    some = cohort.iloc[[2, 9]].copy()
    np.testing.assert_array_equal(one_score(some, method, up, down), whole[[2, 9]])
    unrelated = cohort.iloc[::-1] * -3 + 40
    unrelated.index = [f"U{i}" for i in range(len(unrelated))]
    np.testing.assert_array_equal(one_score(pd.concat([cohort, unrelated]), method, up, down)[:14], whole)


@pytest.mark.parametrize("method", WITHIN_SAMPLE)
def test_a_gene_that_becomes_constant_keeps_its_rank_within_a_sample(cohort, up, method):
    floor = cohort.copy()
    floor.iloc[:5, floor.columns.get_loc(up[0])] = 1.25
    whole = one_score(floor, method, up)
    np.testing.assert_array_equal(one_score(floor.iloc[:5], method, up), whole[:5])


@pytest.mark.parametrize("method", WITHIN_SAMPLE)
def test_only_the_order_within_a_sample_matters(cohort, up, down, method):
    bent = np.exp(cohort.astype(float) / 4) + np.arange(14)[:, None]
    np.testing.assert_array_equal(one_score(bent, method, up, down), one_score(cohort, method, up, down))


@pytest.mark.parametrize("method", ["zscore", "plage", "singscore"])
def test_negated_expression_turns_the_sign(cohort, up, down, method):
    turned = one_score(-cohort.round(1), method, up, down)
    np.testing.assert_allclose(turned, -one_score(cohort.round(1), method, up, down), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["zscore", "plage"])
def test_scale_and_level_of_a_gene_do_not_matter(cohort, up, down, method):
    exact = cohort.astype(float)
    rescaled = exact * np.linspace(0.5, 9, 120) - np.linspace(0, 50, 120)
    np.testing.assert_allclose(
        one_score(rescaled, method, up, down), one_score(exact, method, up, down), atol=1e-11
    )


@EACH_METHOD
def test_a_planted_programme_is_found(cohort, up, method):
    activity = np.linspace(-3, 3, 14)
    planted = cohort.copy()
    planted[up] += activity[:, None].astype(np.float32)
    assert stats.spearmanr(one_score(planted, method, up), activity).statistic > 0.9


@EACH_METHOD
def test_a_constant_gene_does_not_harm(cohort, up, method):
    flat = cohort.assign(FLAT=np.float32(6.125))
    scores, coverage = score_cohort(flat, {"s": signature([*up, "FLAT"])}, [method], 0.5)
    assert set(scores["status"]) == {"ok"}
    assert coverage.loc[0, "n_genes_used"] == len(up)
    assert coverage.loc[0, "missing"] == "FLAT"
    if METHODS[method].relative_to_cohort:
        np.testing.assert_array_equal(scores["score_raw"], one_score(cohort, method, up))


# ---- the bulk entry ----


@EACH_METHOD
def test_bulk_equals_one_by_one(cohort, method):
    rng = np.random.default_rng(8)
    prepared = Prepared(cohort)
    members = [rng.choice(prepared.genes, size, replace=False) for size in (1, 2, 30, 30, 30, 7)]
    bulk = score_sets(prepared, prepared.set_matrix(members), method)
    assert bulk.shape == (6, 14)
    for genes, scores in zip(members, bulk, strict=True):
        np.testing.assert_allclose(scores, one_score(cohort, method, genes), rtol=1e-12, atol=1e-14)


@EACH_METHOD
def test_sets_without_a_score_are_nan_and_leave_the_others_alone(cohort, up, method):
    scores = sets_of(cohort, method, ["ABSENT"], up, list(cohort.columns))
    assert np.isnan(scores[0]).all()
    np.testing.assert_allclose(scores[1], one_score(cohort, method, up), rtol=1e-12, atol=1e-14)
    if method in ("ssgsea", "singscore", "gsva"):
        assert np.isnan(scores[2]).all()
    assert sets_of(cohort, method).shape == (0, 14)
    assert np.isnan(sets_of(cohort, method, ["ABSENT"])).all()


def test_entries_are_membership_and_the_caller_keeps_its_matrix(cohort):
    prepared = Prepared(cohort)
    weighted = sparse.csr_array(([5.0, -2.0, 3.0], [9, 4, 9], [0, 3]), shape=(1, 120))
    expected = sets_of(cohort, "zscore", prepared.genes[[4, 9]])
    np.testing.assert_array_equal(score_sets(prepared, weighted, "zscore"), expected)
    assert weighted.data.tolist() == [5.0, -2.0, 3.0]
    with pytest.raises(ValueError, match="over 3 genes, the cohort has 120"):
        score_sets(prepared, sparse.csr_array(np.eye(3)), "zscore")


@EACH_METHOD
def test_blocks_do_not_matter(cohort, up, down, method, monkeypatch):
    whole = one_score(cohort, method, up, down)
    monkeypatch.setattr(engine, "SAMPLES_PER_BLOCK", 3)
    monkeypatch.setattr(engine, "RANK_CACHE_BYTES", 0)
    np.testing.assert_allclose(one_score(cohort, method, up, down), whole, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("method", ["ssgsea", "singscore"])
def test_ranks_of_a_large_cohort_are_kept_of_the_genes_asked_for(cohort, up, down, method, monkeypatch):
    whole = one_score(cohort, method, up, down)
    monkeypatch.setattr(engine, "RANK_CACHE_BYTES", 2 * len(cohort) * (cohort.shape[1] - 1))
    prepared = Prepared(cohort)
    monkeypatch.setattr(engine, "average_ranks", counted := CountCalls(engine.average_ranks))
    sets = prepared.set_matrix([up, down])
    scores = [score_sets(prepared, sets, method), score_sets(prepared, sets, method)]
    once = counted.calls
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_allclose(scores[0][0] - scores[0][1], whole, rtol=1e-11, atol=1e-13)
    score_sets(prepared, prepared.set_matrix([up]), method)
    assert once > 0 and counted.calls == 2 * once, "made once for the same genes, and again for others"


class CountCalls:
    """A function that counts how often it is called."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *arguments):
        self.calls += 1
        return self.function(*arguments)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "gsva"])
def test_memory_does_not_grow_with_the_samples(method, monkeypatch):
    """Beyond its input and its result a score needs a few blocks, whatever the number of samples."""
    monkeypatch.setattr(engine, "RANK_CACHE_BYTES", 0)
    rng = np.random.default_rng(2)
    extra = {}
    for n_samples in (128, 1024):
        values = rng.normal(size=(n_samples, 2000)).astype(np.float32)
        expression = pd.DataFrame(
            values, index=[f"T{i}" for i in range(n_samples)], columns=[f"G{i}" for i in range(2000)]
        )
        tracemalloc.start()
        prepared = Prepared(expression)
        scores = score_sets(
            prepared, prepared.set_matrix([prepared.genes[i : i + 30] for i in range(8)]), method
        )
        extra[n_samples] = tracemalloc.get_traced_memory()[1] - scores.nbytes
        tracemalloc.stop()
    assert extra[1024] < 1.2 * extra[128] + 2**18
    assert extra[1024] < values.nbytes


@pytest.mark.parametrize("size", [1, 2, 30, 70])
def test_leading_vectors_are_those_of_all_eigenvectors(size):
    """Clear first components, two as good as equal, and no others at all."""
    rng = np.random.default_rng(6)
    factors = (
        rng.normal(size=(50, size, 40))
        + rng.normal(size=(50, size, 1)) * np.linspace(0, 2, 50)[:, None, None]
    )
    if size > 1:
        factors[0] = 0
        factors[0, 0, 0], factors[0, 1, 1] = 1, 1 - 1e-7
        factors[1] = rng.normal(size=(size, 1)) * rng.normal(size=40)
    matrices = factors @ factors.transpose(0, 2, 1)
    values, vectors = leading_vectors(matrices)
    expected, all_vectors = np.linalg.eigh(matrices)
    np.testing.assert_allclose(values, expected[:, -1], rtol=1e-13)
    agree = np.abs(np.einsum("ni,ni->n", vectors, all_vectors[:, :, -1]))
    np.testing.assert_allclose(agree, 1, atol=1e-12)
    residuals = np.einsum("nij,nj->ni", matrices, vectors) - values[:, None] * vectors
    assert (np.linalg.norm(residuals, axis=1) < 1e-13 * values).all()
