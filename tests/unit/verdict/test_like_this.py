"""Studies like this one: the chain of their estimates, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from irf7bone.base.vocabulary import NO_EFFECT, SUPPORTED, TOO_LITTLE, WITHHELD
from irf7bone.verdict.evidence import CLAIM, MODELS, PROLIFERATION, RANDOM, UNADJUSTED
from irf7bone.verdict.like_this import draw_estimates, words_of_studies_like_this


def errors(events: list[float]) -> dict[str, np.ndarray]:
    se = 1 / np.sqrt(events)
    grown = dict(zip(MODELS, (1.0, 1.05, 1.1, 1.15, 1.2, 1.25), strict=True))
    return {name: se * factor for name, factor in grown.items()}


def said(events: list[float], hazard_ratio: float, **others) -> dict[str, float]:
    settings = {"smallest_hr": 0.7, "scale": 0.5, "seed": 1, "studies": 500} | others
    return words_of_studies_like_this(errors(events), float(np.log(hazard_ratio)), **settings)


def test_estimates_have_their_errors_and_differ_by_the_difference_of_variances():
    given = errors([40.0, 90.0])
    drawn = draw_estimates(given, np.full((200_000, 2), -0.3), np.random.default_rng(1))
    for name, estimates in drawn.items():
        assert estimates.log_hr.mean(axis=0) == pytest.approx([-0.3, -0.3], abs=0.002)
        assert estimates.log_hr.std(axis=0) == pytest.approx(given[name], rel=0.01)
    for after, before in ((PROLIFERATION, UNADJUSTED), (CLAIM, PROLIFERATION), (RANDOM, PROLIFERATION)):
        spread = (drawn[after].log_hr - drawn[before].log_hr).var(axis=0)
        assert spread == pytest.approx(given[after] ** 2 - given[before] ** 2, rel=0.03)


def test_many_events_decide_either_way():
    many = [120.0] * 6
    nothing, effect = said(many, 1.0), said(many, 0.7)
    assert nothing[NO_EFFECT] > 0.85
    assert nothing[SUPPORTED] < 0.02
    assert 0.02 < nothing[WITHHELD] < 0.09  # a change over time, by chance, in one of twenty
    assert effect[SUPPORTED] > 0.95


def test_few_events_decide_nothing():
    for hazard_ratio in (1.0, 0.7):
        assert said([15.0, 20.0], hazard_ratio)[TOO_LITTLE] > 0.95


def test_shares_add_to_one_and_a_seed_repeats():
    one, again = said([40.0] * 4, 0.7), said([40.0] * 4, 0.7)
    assert one == again
    assert sum(one.values()) == pytest.approx(1)


def test_without_a_null_nothing_is_decided():
    few = {name: values for name, values in errors([120.0] * 6).items() if not name.startswith("random")}
    found = words_of_studies_like_this(few, 0.0, smallest_hr=0.7, scale=0.5, seed=1, studies=200)
    assert found[TOO_LITTLE] == 1
