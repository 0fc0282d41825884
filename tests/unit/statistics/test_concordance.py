"""Harrell's C: by hand, pair by pair, and by swap."""

from __future__ import annotations

import numpy as np
import pytest

from irf7bone.statistics.concordance import harrell_c, log_odds_interval


def pair_by_pair(time, event, score):
    """C and its jackknife standard error from the list of comparable pairs."""
    n = len(time)
    credit, pairs = np.zeros(n), np.zeros(n)
    total = won = 0
    for i in range(n):
        for j in range(n):
            if event[i] and (time[j] > time[i] or (time[j] == time[i] and not event[j])):
                value = 1.0 if score[j] > score[i] else 0.5 if score[j] == score[i] else 0.0
                total, won = total + 1, won + value
                for k in (i, j):
                    credit[k] += value
                    pairs[k] += 1
    c = won / total
    return c, np.sqrt((((credit - c * pairs) / total) ** 2).sum())


def data(seed=0, n=60, m=5):
    random = np.random.default_rng(seed)
    time = np.ceil(random.exponential(8, n))
    return time, (random.random(n) < 0.5).astype(float), np.round(random.normal(size=(m, n)), 1)


def test_four_samples_by_hand():
    # pairs: (1,2) (1,3) (1,4) from the event at 1; (3,4) from the event at 3; 2 is censored before
    found = harrell_c(np.array([1, 2, 3, 4]), np.array([1, 0, 1, 0]), [[1, 0, 1, 2]])
    # lower, tied, higher, higher: (0 + 1/2 + 1 + 1) / 4
    assert found.c[0] == 2.5 / 4


def test_equals_counting_pair_by_pair():
    time, event, scores = data()
    found = harrell_c(time, event, scores)
    for row, score in enumerate(scores):
        assert (found.c[row], found.se[row]) == pytest.approx(pair_by_pair(time, event, score), rel=1e-12)


def test_reversed_score_mirrors_c_and_interval():
    time, event, scores = data()
    plus, minus = harrell_c(time, event, scores), harrell_c(time, event, -scores)
    assert minus.c == pytest.approx(1 - plus.c)
    assert minus.low == pytest.approx(1 - plus.high)
    assert minus.high == pytest.approx(1 - plus.low)


def test_order_of_samples_and_monotone_transforms_change_nothing():
    time, event, scores = data()
    mixed = np.random.default_rng(3).permutation(time.size)
    one, two = (
        harrell_c(time, event, scores),
        harrell_c(time[mixed] ** 2, event[mixed], np.exp(scores[:, mixed])),
    )
    assert two.c == pytest.approx(one.c)
    assert two.se == pytest.approx(one.se)


def test_higher_score_with_longer_time_is_above_one_half():
    time = np.arange(1.0, 21)
    found = harrell_c(time, np.ones(20), np.vstack([time, -time, np.zeros(20)]))
    assert found.c.tolist() == [1, 0, 0.5]
    # no pair disagrees: there is no variance to make an interval of
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_interval_holds_c_and_stays_inside():
    time, event, scores = data(n=15)
    found = harrell_c(time, event, np.vstack([scores, time + scores[0] * 4]))
    assert ((found.low > 0) & (found.low < found.c) & (found.c < found.high) & (found.high < 1)).all()


@pytest.mark.parametrize("event", [[0, 0, 0], [0, 0, 1], [1, 1, 1]])
def test_without_a_comparable_pair_there_is_no_c(event):
    time = np.array([1.0, 2, 3]) if sum(event) < 3 else np.ones(3)
    assert np.isnan(harrell_c(time, np.array(event), [[1, 2, 3]]).c[0])


def test_the_interval_is_that_of_t_on_the_log_odds_scale():
    # odds 3 at 5 events: t(4) = 2.776445, se of the log odds 0.05 / (0.75 x 0.25)
    low, high = log_odds_interval(np.array([0.75, 0.75, 1.0]), np.array([0.05, 0.0, 0.05]), 5)
    half = 2.7764451 * 0.05 / (0.75 * 0.25)
    assert np.log(low[0] / (1 - low[0])) == pytest.approx(np.log(3) - half, rel=1e-6)
    assert np.log(high[0] / (1 - high[0])) == pytest.approx(np.log(3) + half, rel=1e-6)
    assert np.isnan(low[1:]).all()
    assert np.isnan(log_odds_interval(np.array([0.75]), np.array([0.05]), 1)[0]).all()
