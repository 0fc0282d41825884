"""What a study like this one would say, were there no effect and were there one of the size looked for.

Studies with this one's cohorts and standard errors are simulated at the level of their estimates and go
through the same pool and the same decision. Of two models of the same patients the one with fewer
covariates is the more precise, and the other's estimate is the first's plus independent noise (Hausman
1978, Econometrica 46:1251): so the standard errors of a cohort's models say how its estimates go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from irf7bone.base.vocabulary import VERDICTS
from irf7bone.verdict.collect import StudyEstimates, collect
from irf7bone.verdict.evidence import (
    BEYOND_CHANCE,
    CALIBRATED,
    CLAIM,
    PROLIFERATION,
    RANDOM,
    RANDOM_CALIBRATED,
    UNADJUSTED,
)
from irf7bone.verdict.rules import decide

# each model, and the one of the same patients that it adds covariates (or their calibration) to
_AFTER = {
    PROLIFERATION: UNADJUSTED,
    CLAIM: PROLIFERATION,
    CALIBRATED: CLAIM,
    RANDOM: PROLIFERATION,
    RANDOM_CALIBRATED: RANDOM,
}
STUDIES = 1000
# standard deviation of the effect between the cohorts that are simulated: cohorts do differ
TAU = 0.1


def words_of_studies_like_this(
    errors: Mapping[str, np.ndarray],
    log_hr: float,
    *,
    smallest_hr: float,
    scale: float,
    seed: int,
    studies: int = STUDIES,
    tau: float = TAU,
) -> dict[str, float]:
    """Share of simulated studies that get each word.

    Args:
        errors: Standard error of each cohort in each model, name -> shape (k,).
        log_hr: True effect of the score, the same in every model: nothing confounds it.
        smallest_hr: The size looked for.
        scale: Of the prior of the differences between cohorts.
        seed: Of the random numbers.
        studies: How many.
        tau: Standard deviation of the true effect between cohorts.

    Returns:
        Word -> share, for every word.
    """
    random = np.random.default_rng(seed)
    models = draw_estimates(errors, log_hr + tau * random.normal(size=(studies, errors[CLAIM].size)), random)
    changing = np.abs(random.normal(size=studies)) > BEYOND_CHANCE
    counted: Counter[str] = Counter()
    for evidence, changes in zip(
        collect(models, smallest_hr=smallest_hr, scale=scale), changing.tolist(), strict=True
    ):
        premises = frozenset({"non_proportional"}) if changes else frozenset()
        counted[decide(replace(evidence, premises=premises)).word] += 1
    return {word: counted[word] / studies for word in VERDICTS}


def draw_estimates(
    errors: Mapping[str, np.ndarray], effects: np.ndarray, random: np.random.Generator
) -> dict[str, StudyEstimates]:
    """StudyEstimates of every model, one added to the other; shape (studies, k).

    Args:
        errors: Standard error of each cohort in each model.
        effects: True effects, shape (studies, k).
        random: Source of random numbers.
    """
    many = effects.shape[0]
    first = errors[UNADJUSTED]
    drawn = {UNADJUSTED: effects + first * random.normal(size=effects.shape)}
    for name, before in _AFTER.items():
        if name in errors:
            more = np.sqrt(np.maximum(errors[name] ** 2 - errors[before] ** 2, 0.0))
            drawn[name] = drawn[before] + more * random.normal(size=effects.shape)
    return {name: StudyEstimates(values, np.tile(errors[name], (many, 1))) for name, values in drawn.items()}
