"""The Bayesian pool against bayesmeta, against brute force, and at its limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr

from irf7bone.statistics.normal_normal import pool_normal_normal

# events of the arms of six trials (Crins et al. 2014, Pediatr Transplant 18:839): treated, of, control, of
TRIALS = np.array(
    [(14, 61, 15, 20), (16, 28, 19, 28), (3, 18, 8, 12), (9, 54, 29, 54), (4, 36, 11, 36), (0, 50, 3, 34)],
    float,
)


def log_odds_ratios() -> tuple[np.ndarray, np.ndarray]:
    treated, control = TRIALS[:, 0], TRIALS[:, 2]
    cells = np.column_stack([treated, TRIALS[:, 1] - treated, control, TRIALS[:, 3] - control])
    cells += 0.5 * (cells == 0).any(axis=1, keepdims=True)
    log_odds = np.log(cells[:, 0] * cells[:, 3] / (cells[:, 1] * cells[:, 2]))
    return log_odds, np.sqrt((1 / cells).sum(axis=1))


def hazards(ratios: list[float], events: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return np.log(ratios), 1 / np.sqrt(events)


STUDIES = {
    "crins": log_odds_ratios(),
    "ak3": hazards([0.9, 0.7, 0.6], [120, 40, 30]),
    "k2": hazards([0.8, 0.78], [25, 40]),
    "k1": hazards([0.6], [60]),
}
# bayesmeta 3.4 in R:
# bayesmeta(y, sigma, tau.prior = function(t) dhalfnormal(t, scale), interval.type = "central")
# case, scale, (mean, 2.5 %, 97.5 %, P(mu < 0), P(mu < log 0.7), prediction 2.5 %, 97.5 %, mean of tau)
BAYESMETA = [
    (
        "crins",
        0.25,
        (
            -1.573405444219,
            -2.136410751224,
            -1.01585082768235,
            0.999999174918,
            0.9999628801704,
            -2.359869009381,
            -0.803079478570,
            0.213350541480,
        ),
    ),
    (
        "crins",
        0.5,
        (
            -1.587303636616,
            -2.255470301839,
            -0.94319806358613,
            0.999944501470,
            0.9994668571991,
            -2.793065540619,
            -0.429378247419,
            0.381950244699,
        ),
    ),
    (
        "crins",
        1,
        (
            -1.602276983077,
            -2.411678356044,
            -0.84434296206924,
            0.999386843110,
            0.9973041830086,
            -3.268407892757,
            -0.011827382332,
            0.551063895859,
        ),
    ),
    (
        "ak3",
        0.25,
        (
            -0.279249531819,
            -0.614335200899,
            0.00678102422571,
            0.973053750225,
            0.2612688098577,
            -0.871503692003,
            0.258055000093,
            0.184529821793,
        ),
    ),
    (
        "ak3",
        0.5,
        (
            -0.289864167886,
            -0.753605552033,
            0.12301520553393,
            0.943730706354,
            0.3125058848567,
            -1.156925500935,
            0.524745491640,
            0.271085870278,
        ),
    ),
    (
        "ak3",
        1,
        (
            -0.295566308216,
            -0.933176638299,
            0.29279942592399,
            0.913683172694,
            0.3407082052298,
            -1.523071088184,
            0.882252399100,
            0.370763720575,
        ),
    ),
    (
        "k2",
        0.25,
        (
            -0.237674347787,
            -0.615058745247,
            0.14117589383810,
            0.914177117098,
            0.2350085016494,
            -0.809026079946,
            0.335629606551,
            0.155049892453,
        ),
    ),
    (
        "k2",
        0.5,
        (
            -0.237256359885,
            -0.815123262194,
            0.34274142816255,
            0.865820570151,
            0.2727026840416,
            -1.195554080172,
            0.723254368485,
            0.262815659328,
        ),
    ),
    (
        "k2",
        1,
        (
            -0.236938571290,
            -1.209522808730,
            0.73767685525026,
            0.814553384361,
            0.3082629481444,
            -1.899251009153,
            1.427414368714,
            0.439917423338,
        ),
    ),
    (
        "k1",
        0.25,
        (
            -0.510825623766,
            -1.097164371790,
            0.07551312425841,
            0.964164757705,
            0.7621162323548,
            -1.310955809553,
            0.289304562021,
            0.199471140201,
        ),
    ),
    (
        "k1",
        0.5,
        (
            -0.510825623766,
            -1.622036717037,
            0.60038546950510,
            0.891770727013,
            0.6909238413436,
            -2.067994843751,
            1.046343596219,
            0.398942280401,
        ),
    ),
    (
        "k1",
        1,
        (
            -0.510825623766,
            -2.702889213945,
            1.68123796641286,
            0.793781944768,
            0.6279009645163,
            -3.603733203221,
            2.582081955689,
            0.797884560803,
        ),
    ),
]


def answers(pool, row: int = 0) -> list[float]:
    found = (
        pool.mu.centre,
        pool.mu.quantile(0.025),
        pool.mu.quantile(0.975),
        pool.mu.below(0.0),
        pool.mu.below(np.log(0.7)),
        pool.further.quantile(0.025),
        pool.further.quantile(0.975),
        pool.tau,
    )
    return [float(value[row]) for value in found]


@pytest.mark.parametrize(("case", "scale", "expected"), BAYESMETA, ids=[f"{r[0]}-{r[1]}" for r in BAYESMETA])
def test_bayesmeta(case, scale, expected):
    y, se = STUDIES[case]
    assert_allclose(answers(pool_normal_normal(y[None], se[None], scale=scale)), expected, atol=1e-4)


def brute_force(y, se, scale, limit):
    """P(mu < limit), P(further < limit), E tau by a fine trapezoid in tau."""
    tau = np.linspace(0, 9 * scale, 200_001)
    w = 1 / (se[:, None] ** 2 + tau**2)
    total = w.sum(axis=0)
    mean = (w * y[:, None]).sum(axis=0) / total
    log = -(tau**2) / (2 * scale**2) + np.log(w).sum(axis=0) / 2 - np.log(total) / 2
    log -= (w * (y[:, None] - mean) ** 2).sum(axis=0) / 2
    density = np.exp(log - log.max())
    density /= np.trapezoid(density, tau)
    spread = 1 / np.sqrt(total)
    return [
        np.trapezoid(density * value, tau)
        for value in (ndtr((limit - mean) / spread), ndtr((limit - mean) / np.hypot(spread, tau)), tau)
    ]


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("case", STUDIES)
def test_brute_force(case, scale):
    y, se = STUDIES[case]
    pool = pool_normal_normal(y[None], se[None], scale=scale)
    for limit in (-0.4, 0.0, 0.2):
        found = [pool.mu.below(limit)[0], pool.further.below(limit)[0], pool.tau[0]]
        assert_allclose(found, brute_force(y, se, scale, limit), atol=1e-8)


def test_one_cohort_has_the_prior_of_tau():
    pool = pool_normal_normal([[-0.3]], [[0.2]], scale=0.5)
    assert_allclose(pool.mu.centre, -0.3, atol=1e-12)
    assert_allclose(pool.mu.spread, np.sqrt(0.2**2 + 0.5**2), atol=1e-8)
    assert_allclose(pool.further.spread, np.sqrt(0.2**2 + 2 * 0.5**2), atol=1e-8)
    assert pool.k.tolist() == [1]


def test_a_vanishing_scale_is_the_common_effect():
    y, se = STUDIES["ak3"]
    pool = pool_normal_normal(y[None], se[None], scale=1e-6)
    w = 1 / se**2
    assert_allclose(pool.mu.centre, (w * y).sum() / w.sum(), atol=1e-8)
    assert_allclose(pool.mu.spread, 1 / np.sqrt(w.sum()), atol=1e-8)


def test_mirror():
    y, se = STUDIES["crins"]
    right = pool_normal_normal(y[None], se[None], scale=0.5)
    left = pool_normal_normal(-y[None], se[None], scale=0.5)
    assert_allclose(left.mu.below(0.3), 1 - right.mu.below(-0.3), atol=1e-12)
    assert_allclose(left.further.quantile(0.1), -right.further.quantile(0.9), atol=1e-10)


def test_rows_are_independent_and_missing_cohorts_absent():
    y, se = STUDIES["ak3"]
    many = np.full((3, 5), np.nan)
    errors = many.copy()
    many[0, [4, 0, 2]], errors[0, [4, 0, 2]] = y, se
    many[1, 3], errors[1, 3] = -0.2, 0.3
    pool = pool_normal_normal(many, errors, scale=0.5)
    assert pool.k.tolist() == [3, 1, 0]
    assert_allclose(answers(pool), answers(pool_normal_normal(y[None], se[None], scale=0.5)), atol=1e-10)
    assert_allclose(answers(pool, 1), answers(pool_normal_normal([[-0.2]], [[0.3]], scale=0.5)), atol=1e-10)
    assert np.isnan(answers(pool, 2)).all()


def test_quantile_inverts_below():
    y, se = STUDIES["k2"]
    pool = pool_normal_normal(np.tile(y, (2, 1)), np.tile(se, (2, 1)), scale=1.0)
    for probability in (1e-4, 0.025, 0.5, 0.975):
        assert_allclose(pool.further.below(pool.further.quantile(probability)), probability, atol=1e-12)


@pytest.mark.parametrize(
    ("y", "se", "scale", "said"),
    [
        ([0.1], [0.2], 0.5, "matrices"),
        ([[0.1]], [[np.nan]], 0.5, "missing together"),
        ([[0.1]], [[0.0]], 0.5, "above 0"),
        ([[np.inf]], [[0.2]], 0.5, "finite"),
        ([[0.1]], [[0.2]], 0.0, "scale must be above 0"),
    ],
)
def test_refused(y, se, scale, said):
    with pytest.raises(ValueError, match=said):
        pool_normal_normal(y, se, scale=scale)


@pytest.mark.parametrize("probability", [0.0, 1.0, np.nan])
def test_no_quantile_of_certainty(probability):
    with pytest.raises(ValueError, match="between 0 and 1"):
        pool_normal_normal([[0.1]], [[0.2]], scale=0.5).mu.quantile(probability)


def test_a_probability_is_never_above_one():
    random = np.random.default_rng(5)
    effects = random.normal(-1.0, 0.1, (400, 50))
    pool = pool_normal_normal(effects, np.full(effects.shape, 0.2), scale=0.5)
    assert (pool.mu.share.sum(axis=1) > 1).any()  # or nothing is tried here
    for limit in (0.0, 3.0):
        assert (pool.mu.below(limit) <= 1).all() and (pool.further.below(limit) <= 1).all()
    assert (pool.mu.below(3.0) == 1).any()
