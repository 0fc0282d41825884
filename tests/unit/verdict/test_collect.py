"""From estimates to evidence: worked by hand, and the demonstrations of what is said of made-up studies."""

from __future__ import annotations

import numpy as np
import pytest

from irf7bone.verdict import rules
from irf7bone.verdict.collect import StudyEstimates, attenuation, collect, readings
from irf7bone.verdict.evidence import MODELS, PROLIFERATION, RANDOM, UNADJUSTED
from irf7bone.verdict.rules import decide


def estimates(log_hr: list[float], se: list[float]) -> StudyEstimates:
    return StudyEstimates(np.array([log_hr]), np.array([se]))


def study(log_hr: list[float], events: list[int], **others: list[float]) -> list:
    """Every model with these estimates, but for those named."""
    se = (1 / np.sqrt(events)).tolist()
    models = {name: estimates(others.get(name, log_hr), se) for name in MODELS}
    return collect(models, smallest_hr=0.7, scale=0.5)


def word(log_hr: list[float], events: list[int], **others: list[float]) -> str:
    return decide(study(log_hr, events, **others)[0]).word


def test_a_single_cohort_is_read_by_its_own_interval():
    wald = readings(estimates([-0.5], [0.2]), smallest_hr=0.7, scale=0.5)[0]
    assert wald.side == -1
    profile = StudyEstimates(*(np.array([[x]]) for x in (-0.5, 0.2, -0.9, 0.01)))
    assert readings(profile, smallest_hr=0.7, scale=0.5)[0].side == 0
    # the pool of one cohort has the prior's whole width and could say nothing
    assert wald.below_size < 0.9


def test_attenuation_by_hand():
    before, after = estimates([-0.4, -0.2], [0.2, 0.3]), estimates([-0.1, -0.1], [0.25, 0.4])
    weight = np.array([16.0, 6.25])
    mean = (weight * [-0.3, -0.1]).sum() / weight.sum()
    variance = (weight**2 * [0.25**2 - 0.2**2, 0.4**2 - 0.3**2]).sum() / weight.sum() ** 2
    assert attenuation(before, after)[0] == pytest.approx(mean / np.sqrt(variance))
    known = np.array([[0.01, 0.02]])
    variance = (weight**2 * known[0]).sum() / weight.sum() ** 2
    assert attenuation(before, after, known)[0] == pytest.approx(mean / np.sqrt(variance))


def test_attenuation_without_a_variance_is_unknown():
    same = estimates([-0.4], [0.2])
    assert np.isnan(attenuation(same, same)[0])


def test_a_small_effect_with_many_events_is_smaller_not_nothing():
    """HR 0.85 with 650 events in each of four cohorts."""
    log_hr = np.log([0.84, 0.86, 0.85, 0.85]).tolist()
    found = study(log_hr, [650] * 4)[0]
    assert decide(found).word == rules.SMALLER


def test_a_strong_effect_in_cohorts_that_disagree_in_size_is_supported():
    assert word(np.log([0.35, 0.6, 0.75, 0.45, 0.6]).tolist(), [60] * 5) == rules.SUPPORTED


def test_a_strong_effect_in_cohorts_of_both_sides_is_not():
    assert word([-0.8, -0.7, 0.6, -0.9, 0.5], [60] * 5) == rules.TOO_LITTLE


def test_two_cohorts_can_decide():
    assert word([-0.9, -0.95], [60, 70]) == rules.SUPPORTED


def test_effect_of_proliferation_is_not_specific():
    """Unadjusted HR 0.7 in three cohorts, nothing given proliferation, and not yet small for certain."""
    se = (1 / np.sqrt([90] * 3)).tolist()
    gone = estimates([-0.02] * 3, [error * 1.2 for error in se])
    models = {name: gone for name in MODELS} | {UNADJUSTED: estimates([-0.35] * 3, se)}
    found = collect(models, smallest_hr=0.75, scale=0.5)[0]
    assert not found.models[PROLIFERATION].inside
    assert decide(found).rule == "not_specific_proliferation"


def test_mirrored_estimates_swap_the_words():
    random = np.random.default_rng(5)
    y = -0.4 + 0.15 * random.normal(size=(300, 4))
    se = np.full_like(y, 0.15)
    models = {name: StudyEstimates(y, se) for name in MODELS}
    there = [decide(one).word for one in collect(models, smallest_hr=0.7, scale=0.5)]
    models = {name: StudyEstimates(-y, se) for name in MODELS}
    back = [decide(one).word for one in collect(models, smallest_hr=0.7, scale=0.5)]
    swap = {rules.SUPPORTED: rules.CONTRADICTED}
    assert [swap.get(one, one) for one in there] == back
    assert rules.SUPPORTED in there


def test_size_is_read_from_the_cohorts_that_tell_one():
    models = {name: estimates([0.0] * 5, [0.06] * 5) for name in MODELS}
    sized = np.array([True, False, False, False, False])
    assert collect(models, smallest_hr=0.7, scale=0.5, sized=sized)[0].sized == {}
    sized[1:3] = True
    found = collect(models, smallest_hr=0.7, scale=0.5, sized=sized)[0]
    three = collect({n: estimates([0.0] * 3, [0.06] * 3) for n in MODELS}, smallest_hr=0.7, scale=0.5)[0]
    assert found.sized == three.models
    assert found.models != found.sized


def test_z_needs_the_model_of_random_scores():
    models = {name: estimates([-0.3] * 3, [0.1] * 3) for name in MODELS if not name.startswith("random")}
    found = collect(models, smallest_hr=0.7, scale=0.5)[0]
    assert np.isnan(found.z_random)
    assert RANDOM not in found.models
    assert PROLIFERATION in found.models
