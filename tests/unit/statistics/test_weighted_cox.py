"""The weighted Cox model: by hand, against the ordinary one, and on a sampled population."""

from __future__ import annotations

import numpy as np
import pytest

from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.weighted_cox import fit_weighted_cox


def cohort(n, random, log_hr=0.5):
    score, other = random.normal(size=(2, n))
    clock = random.exponential(60, n) / np.exp(log_hr * score + 0.3 * other)
    end = random.uniform(24, 120, n)
    return np.minimum(clock, end), (clock <= end).astype(float), np.column_stack([score, other])


def test_equal_weights_without_ties_are_the_ordinary_model():
    time, event, columns = cohort(120, np.random.default_rng(1))
    ours = fit_weighted_cox(time, event, columns, np.full(120, 3.0))
    fits = fit_cox(CoxProblem(time, event, columns[:, 1:]), columns[:, 0])
    assert ours.beta[0] == pytest.approx(fits.log_hr[0], abs=1e-8)
    assert ours.se[0] == pytest.approx(fits.se[0], rel=0.2)  # robust, not the information's


def test_a_weight_of_two_is_the_patient_twice():
    time, event, columns = cohort(60, np.random.default_rng(2))
    time = np.ceil(time)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    ours = fit_weighted_cox(time, event, columns, weights)
    twice = np.concatenate([np.arange(60), np.arange(20)])
    copied = fit_weighted_cox(time[twice], event[twice], columns[twice], np.ones(80))
    assert ours.beta == pytest.approx(copied.beta, abs=1e-9)


def test_two_patients_by_hand():
    """One event at a time when both are at risk: w (x1 - x2) p2 = 0 has no finite root."""
    fit = fit_weighted_cox(np.array([1.0, 2.0]), np.array([1.0, 0.0]), np.array([[1.0], [0.0]]), np.ones(2))
    assert not fit.converged
    assert np.isnan(fit.beta).all()


@pytest.mark.parametrize("seed", range(12))
def test_events_on_one_side_of_a_score_have_no_finite_estimate(seed):
    random = np.random.default_rng(seed)
    high = np.arange(60) < 20
    event = (high & (random.random(60) < 0.6)).astype(float)
    time, other = random.exponential(50, 60), random.normal(size=60)
    for columns in (high[:, None].astype(float), np.column_stack([other, high])):
        assert not fit_weighted_cox(time, event, columns, np.where(event == 1, 1.0, 4.0)).converged


def test_no_event_has_no_estimate():
    time, _, columns = cohort(20, np.random.default_rng(0))
    assert not fit_weighted_cox(time, np.zeros(20), columns, np.ones(20)).converged


def test_weights_undo_the_sampling():
    """Half of the events and a tenth of the others: weighted, they say what all patients say."""
    random = np.random.default_rng(3)
    time, event, columns = cohort(6000, random, log_hr=0.7)
    early = (event == 1) & (time <= 36)
    known = early | (time > 36)
    kept = known & (random.random(6000) < np.where(early, 0.5, 0.1))
    cut, happened = np.minimum(time, 36), early.astype(float)
    whole = fit_weighted_cox(cut[known], happened[known], columns[known], np.ones(known.sum()))
    weights = np.where(early, 2.0, 10.0)[kept]
    found = fit_weighted_cox(cut[kept], happened[kept], columns[kept], weights)
    assert abs(found.beta[0] - whole.beta[0]) < 2 * found.se[0]
    assert found.se[0] < 0.1


def test_order_and_units_change_nothing():
    random = np.random.default_rng(4)
    time, event, columns = cohort(80, random)
    time, weights = np.ceil(time), np.where(event == 1, 1.0, 4.0)
    once = fit_weighted_cox(time, event, columns, weights)
    order = random.permutation(80)
    again = fit_weighted_cox(3 * time[order], event[order], 10 * columns[order] + 5, 7 * weights[order])
    assert again.beta * 10 == pytest.approx(once.beta, abs=1e-9)
    assert again.se * 10 == pytest.approx(once.se, abs=1e-9)
