"""How many events and cohorts it takes to decide."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from irf7bone.base.vocabulary import ALPHA, CONTRADICTED, SMALLER, SUPPORTED
from irf7bone.verdict.evidence import MODELS
from irf7bone.verdict.like_this import words_of_studies_like_this

# what covariates cost: standard error of each model over that of the unadjusted one, as measured in real
# cohorts
GROWTH = dict(zip(MODELS, (1.0, 1.03, 1.05, 1.1, 1.18, 1.2), strict=True))
MOST_COHORTS = 12
STUDIES = 400
# words of a study that was decided
DECIDED = (SUPPORTED, CONTRADICTED, SMALLER)
SEED = 20121113


def events_needed(smallest_hr: float, power: float) -> int:
    """Events for a two-sided 5 % test to see a hazard ratio per standard deviation.

    Hsieh and Lavori (2000, Control Clin Trials 21:552) for a covariate of variance 1:
    (z(0.975) + z(power))^2 / log(smallest_hr)^2.

    Args:
        smallest_hr: The smallest effect that matters, above 0 and not 1.
        power: The chance to see it, between 0 and 1.

    Returns:
        The number of events, rounded up.
    """
    z = float(ndtri(1 - ALPHA / 2) + ndtri(power))
    return math.ceil((z / math.log(smallest_hr)) ** 2)


def chance_to_decide(events: list[int], smallest_hr: float, scale: float) -> float:
    """Probability that cohorts of so many events decide, where the effect is of the size looked for.

    Args:
        events: Of each cohort.
        smallest_hr: The size looked for.
        scale: Of the prior of the differences between cohorts.
    """
    if not events:
        return 0.0
    errors = {name: factor / np.sqrt(events) for name, factor in GROWTH.items()}
    shares = words_of_studies_like_this(
        errors, math.log(smallest_hr), smallest_hr=smallest_hr, scale=scale, seed=SEED, studies=STUDIES
    )
    return sum(shares[word] for word in DECIDED)


def cohorts_needed(
    events: list[int], each: int, smallest_hr: float, power: float, scale: float
) -> int | None:
    """Further cohorts of ``each`` events until the chance to decide reaches ``power``.

    Args:
        events: Of the cohorts that are there.
        each: Events of a further cohort.
        smallest_hr: The size looked for.
        power: The chance aimed at.
        scale: Of the prior.

    Returns:
        0 where they suffice; None where twelve more do not.
    """
    for more in range(MOST_COHORTS + 1):
        if chance_to_decide([*events, *[each] * more], smallest_hr, scale) >= power:
            return more
    return None
