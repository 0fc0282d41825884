"""What the verdict's error rates must not exceed, and the power that its prototype had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact

from calibrate.verdict_scenarios import APART, BEYOND_ITS_PREMISE, EVENTS, Scenario
from irf7bone.base.vocabulary import CONTRADICTED, NO_EFFECT, NOT_SPECIFIC, SUPPORTED

# shares of false words
FALSE_EFFECT, FALSE_NO_EFFECT, FALSE_NOT_SPECIFIC = 0.05, 0.025, 0.05
# a share less than so many standard errors from its limit comes near it
NEAR = 2.0
# of two shares that are the same, so many differ by more than two standard errors
TWO_ERRORS = 0.0455
# power may stay this far below what the specification found
SHORT = 0.03


@dataclass(frozen=True)
class Power:
    """Shares in per cent that studies of the specification's prototype had, by events and cohorts."""

    scenario: str
    smallest_hr: float
    word: str
    percent: Mapping[tuple[int, int], tuple[int, ...]]

    def of(self, events: tuple[int, int], k: int) -> float:
        """The share; NaN for one cohort, which never decides."""
        return self.percent[events][POWER_COHORTS.index(k)] / 100 if k in POWER_COHORTS else np.nan

    def is_of(self, scenario: Scenario) -> bool:
        """Whether it was found where this is true, whatever the score's correlation with proliferation."""
        return scenario.name.removesuffix(f", {APART}") == self.scenario

    def error(self, counted: Counter[str], events: tuple[int, int], k: int) -> float:
        """Standard error of the difference from a cell's studies, counted by word."""
        many = counted.total()
        return difference_error(counted[self.word] / many, many, self.of(events, k), PROTOTYPE_STUDIES)


POWER_COHORTS = (2, 3, 5, 8, 12)
PROTOTYPE_STUDIES = 1000


def _power(scenario: str, smallest: float, word: str, *by_events: tuple[int, ...]) -> Power:
    return Power(scenario, smallest, word, dict(zip(EVENTS, by_events, strict=True)))


_AS_PROLIFERATION = "no effect, score with proliferation -0.5"
POWER = (
    _power("HR 0.6", 0.7, SUPPORTED, (9, 35, 77, 96, 100), (14, 66, 98, 100, 100), (26, 95, 100, 100, 100)),
    _power("HR 0.7", 0.7, SUPPORTED, (2, 11, 38, 69, 93), (1, 22, 76, 98, 100), (0, 59, 99, 100, 100)),
    _power("HR 0.7, tau 0.2", 0.7, SUPPORTED, (4, 14, 34, 60, 86), (4, 20, 54, 83, 97), (6, 31, 66, 95, 99)),
    _power("HR 0.8", 0.7, SUPPORTED, (0, 2, 10, 25, 49), (0, 4, 25, 63, 67), (0, 7, 72, 51, 23)),
    _power("HR 0.8", 0.8, SUPPORTED, (0, 2, 10, 25, 49), (0, 4, 25, 66, 91), (0, 7, 78, 100, 100)),
    _power("no effect, tau 0.1", 0.7, NO_EFFECT, (0, 0, 0, 34, 76), (0, 0, 39, 86, 93), (0, 10, 81, 95, 94)),
    _power(_AS_PROLIFERATION, 0.7, NO_EFFECT, (0, 0, 0, 2, 20), (0, 0, 5, 33, 65), (0, 0, 44, 85, 94)),
    _power("no effect, tau 0.1", 0.8, NO_EFFECT, (0, 0, 0, 0, 4), (0, 0, 0, 18, 60), (0, 0, 19, 72, 92)),
)


def difference_error(share: float, studies: int, other: float, other_studies: int) -> float:
    """Standard error of the difference of two shares that are the same in truth."""
    pooled = (share * studies + other * other_studies) / (studies + other_studies)
    least = 1 / (studies + other_studies)
    pooled = min(max(pooled, least), 1 - least)
    return float(np.sqrt(pooled * (1 - pooled) * (1 / studies + 1 / other_studies)))


def differ(share: float, studies: int, other: float, other_studies: int) -> float:
    """p that two shares are the same in truth: Fisher's exact test, as a normal error fails near 0."""
    counts = [[round(share * studies), round(other * other_studies)]]
    counts.append([studies - counts[0][0], other_studies - counts[0][1]])
    return float(fisher_exact(counts)[1])


def false_effect(words: Mapping[str, float]) -> float:
    """Supported and contradicted together."""
    return words.get(SUPPORTED, 0) + words.get(CONTRADICTED, 0)


def is_excused(scenario: Scenario) -> bool:
    """Whether what the verdict rests on is not so, and no table can show it."""
    return scenario.name in BEYOND_ITS_PREMISE or scenario.denied


def expects_effect_of_size(scenario: Scenario) -> bool:
    """Whether *no effect* and *not specific* would be false: on average HR 0.7 or stronger."""
    reverses = scenario.late > 0  # an effect that turns round is none on average
    return not (scenario.no_effect or scenario.scrambled or reverses) and np.exp(scenario.log_hr) < 0.71


def comes_near(
    scenario: Scenario,
    smallest_hr: float,
    events: tuple[int, int],
    k: int,
    counted: Counter[str],
    margin: float,
) -> bool:
    """Whether a cell comes near one of its limits.

    Args:
        scenario: What is true.
        smallest_hr: The size looked for.
        events: Fewest and most events a cohort.
        k: Cohorts.
        counted: Studies by word.
        margin: Standard errors from the limit, :data:`NEAR`; 0 for whether it is missed.
    """
    many = counted.total()
    share = {word: number / many for word, number in counted.items()}

    def above(found: float, limit: float) -> bool:
        return found > limit - margin * np.sqrt(limit * (1 - limit) / many)

    if scenario.no_effect and not is_excused(scenario) and above(false_effect(share), FALSE_EFFECT):
        return True
    if expects_effect_of_size(scenario) and scenario.name not in BEYOND_ITS_PREMISE:
        limits = {NO_EFFECT: FALSE_NO_EFFECT, NOT_SPECIFIC: FALSE_NOT_SPECIFIC}
        if any(above(share.get(word, 0), limit) for word, limit in limits.items()):
            return True
    asked = [one for one in POWER if one.smallest_hr == smallest_hr and one.is_of(scenario)]
    return any(
        share.get(one.word, 0) < one.of(events, k) - SHORT + margin * one.error(counted, events, k)
        for one in asked
        if k in POWER_COHORTS
    )
