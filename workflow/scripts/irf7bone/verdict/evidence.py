"""What the decision sees of one endpoint: six pooled models as numbers, and premises as codes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# two-sided 95 %: below this probability on one side an interval excludes a value
TAIL = 0.025
# one-sided: an attenuated effect excludes the size that was looked for
EXCLUDES = 0.05
# |z| of an attenuation or a change over time that is more than chance
BEYOND_CHANCE = 1.96

# the models, each of one standard deviation more score, beside ...
UNADJUSTED = "unadjusted"  # nothing (C0)
PROLIFERATION = "proliferation"  # proliferation (C1)
CLAIM = "claim"  # proliferation and ER (C3): the number printed
CALIBRATED = "calibrated"  # both, calibrated for measurement error (CE)
RANDOM = "random"  # proliferation and the mean matched random score (C2)
RANDOM_CALIBRATED = "random_calibrated"  # the same, proliferation calibrated (CS)
# that an effect must hold in, and that no effect must be small in
CLAIMED = (PROLIFERATION, CLAIM, CALIBRATED)
MODELS = (UNADJUSTED, *CLAIMED, RANDOM, RANDOM_CALIBRATED)
CLAIM_AS_FITTED = "proliferation_er"  # the claim among the models of the associations


def not_judged(models: pd.DataFrame, judged: Collection[str]) -> dict[str, str]:
    """Cohorts with an estimate that are not judged -> the first model that has none there.

    Args:
        models: :data:`irf7bone.tables.claim.CLAIM_MODELS` of one signature and endpoint, of the cohorts that
            take part in pools.
        judged: Those that have every model.
    """
    ok = models[models["status"] == "ok"]
    fitted = {cohort: set(own["model"]) for cohort, own in ok.groupby("cohort", sort=False)}
    return {
        cohort: next(model for model in MODELS if model not in own)
        for cohort, own in fitted.items()
        if cohort not in judged
    }


@dataclass(frozen=True)
class Reading:
    """One model, pooled.

    Args:
        log_hr: Expected log hazard ratio of one standard deviation more score.
        side: -1 where the interval lies below HR 1, 1 where above, else 0. The interval is the pool's; of a
            single cohort its own.
        below_size: Probability that the hazard ratio is below the smallest that matters, S < 1.
        below_inverse: Probability that it is below 1 / S.
    """

    log_hr: float
    side: int
    below_size: float
    below_inverse: float

    @property
    def inside(self) -> bool:
        """Whether effects of the size looked for are excluded on both sides (Schuirmann 1987)."""
        return self.below_size < TAIL and self.below_inverse > 1 - TAIL

    def beyond_size(self, direction: float) -> float:
        """Probability of an effect of the size looked for in one direction, -1 or 1."""
        return self.below_size if direction < 0 else 1 - self.below_inverse


def side(below_1: float) -> int:
    """Which side of HR 1 a pool decides for, by its probability below 1."""
    return int(below_1 < TAIL) - int(below_1 > 1 - TAIL)


@dataclass(frozen=True)
class Evidence:
    """All that decides, and all that stands beside the word.

    Args:
        primary: Whether this is the endpoint and signature that were named before the run.
        recorded: Whether a real cohort records the endpoint.
        k: Cohorts with every model.
        models: Pooled models by name; those of random signatures are absent where none were drawn.
        sized: The same over the cohorts that were not sampled by this outcome: these alone tell a size.
            Empty where fewer than two are left.
        z_random: Attenuation from PROLIFERATION to RANDOM over its standard error; NaN where unknown.
        z_proliferation: Attenuation from UNADJUSTED to PROLIFERATION, likewise.
        q: Benjamini-Hochberg value of CLAIM, for results that were not named before the run.
        premises: Codes of the verdict's premises that fail, of :data:`irf7bone.verdict.rules.CODES`.
        remarks: Codes that stand beside whatever the word is.
        predicted: 95 % interval of the effect in a further cohort, logs.
        least_left_out: Probability of the claim's own side, the least of those with one cohort left out;
            NaN below two cohorts.
        hartung_knapp_side: Side of the modified Knapp-Hartung interval of CLAIM.
        vanishing: Reliability of proliferation at which the effect is gone; NaN where it never is.
        narrow: The same evidence under the narrower prior, without a narrow one of its own; None where
            unknown.
    """

    primary: bool
    recorded: bool
    k: int
    models: Mapping[str, Reading] = field(default_factory=dict)
    sized: Mapping[str, Reading] = field(default_factory=dict)
    z_random: float = math.nan
    z_proliferation: float = math.nan
    q: float = math.nan
    premises: frozenset[str] = frozenset()
    remarks: frozenset[str] = frozenset()
    predicted: tuple[float, float] = (math.nan, math.nan)
    least_left_out: float = math.nan
    hartung_knapp_side: int = 0
    vanishing: float = math.nan
    narrow: Evidence | None = None
