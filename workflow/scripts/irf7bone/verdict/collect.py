"""Pools the models of many studies at once into what the decision reads of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.verdict.evidence import (
    CLAIM,
    PROLIFERATION,
    RANDOM,
    UNADJUSTED,
    Evidence,
    Reading,
    side,
)

Array = NDArray[np.float64]
Z_95 = float(ndtri(0.975))


@dataclass(frozen=True)
class StudyEstimates:
    """One model's estimates, a row a study and a column a cohort; NaN where a study lacks the cohort.

    Args:
        log_hr: Shape (m, k).
        se: Shape (m, k).
        low: Lower end of each cohort's own 95 % interval, shape (m, k); the normal one where not given.
        high: Upper end.
    """

    log_hr: Array
    se: Array
    low: Array | None = None
    high: Array | None = None

    def only(self, kept: NDArray[np.bool_]) -> StudyEstimates:
        """Without the cohorts that are not ``kept``, shape (k,)."""
        low, high = (None if part is None else part[:, kept] for part in (self.low, self.high))
        return StudyEstimates(self.log_hr[:, kept], self.se[:, kept], low, high)


@dataclass(frozen=True)
class Attenuations:
    """z of the attenuation by random scores and by proliferation, each of shape (m,)."""

    random: Array
    proliferation: Array


def readings(estimates: StudyEstimates, *, smallest_hr: float, scale: float) -> list[Reading]:
    """Pool one model and read it; a study with one cohort is read by that cohort's own interval.

    Args:
        estimates: Shape (m, k).
        smallest_hr: The size looked for, below 1.
        scale: Of the prior of the differences between cohorts.

    Returns:
        One reading a study, in order.
    """
    pool = pool_normal_normal(estimates.log_hr, estimates.se, scale=scale)
    size = float(np.log(smallest_hr))
    below = [pool.mu.below(limit).tolist() for limit in (0.0, size, -size)]
    sides = [side(one) for one in below[0]]
    for row in np.flatnonzero(pool.k == 1):
        sides[row] = _own_side(estimates, int(row))
    columns = zip(pool.mu.centre.tolist(), sides, below[1], below[2], strict=True)
    return [Reading(*values) for values in columns]


def _own_side(estimates: StudyEstimates, row: int) -> int:
    column = int(np.flatnonzero(np.isfinite(estimates.log_hr[row]))[0])
    centre, half = estimates.log_hr[row, column], Z_95 * estimates.se[row, column]
    low = centre - half if estimates.low is None else estimates.low[row, column]
    high = centre + half if estimates.high is None else estimates.high[row, column]
    return int(low > 0) - int(high < 0)


def attenuation(
    before: StudyEstimates, after: StudyEstimates, difference_variance: Array | None = None
) -> Array:
    """z of the average attenuation, before minus after an adjustment; shape (m,).

    Weighted by the precision after; the variance of a cohort's difference is that of Hausman (1978,
    Econometrica 46:1251; Clogg et al. 1995, Am J Sociol 100:1261), the difference of variances, as the
    model with fewer covariates is the more precise one.

    Args:
        before: StudyEstimates without the adjustment.
        after: StudyEstimates with it, of the same cohorts.
        difference_variance: Shape (m, k), where it is known from the patients' influences.

    Returns:
        NaN where no cohort's difference has a variance above 0.
    """
    spread = after.se**2 - before.se**2 if difference_variance is None else difference_variance
    usable = np.isfinite(spread) & (spread > 0)
    weight = np.where(usable, 1 / np.square(after.se), 0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(usable, weight * (before.log_hr - after.log_hr), 0.0).sum(axis=1) / total
        variance = np.where(usable, weight**2 * spread, 0.0).sum(axis=1) / total**2
        return mean / np.sqrt(variance)


def attenuations(
    models: Mapping[str, StudyEstimates], variances: Mapping[str, Array] | None = None
) -> Attenuations:
    """Both attenuations that the decision asks for.

    Args:
        models: StudyEstimates by the names of :data:`irf7bone.verdict.evidence.MODELS`.
        variances: Of each cohort's difference, by the model after the adjustment, where known.
    """
    known = variances or {}
    unknown = np.full(len(models[CLAIM].log_hr), np.nan)
    random = unknown
    if RANDOM in models:
        random = attenuation(models[PROLIFERATION], models[RANDOM], known.get(RANDOM))
    return Attenuations(
        random, attenuation(models[UNADJUSTED], models[PROLIFERATION], known.get(PROLIFERATION))
    )


def collect(
    models: Mapping[str, StudyEstimates],
    *,
    smallest_hr: float,
    scale: float,
    sized: NDArray[np.bool_] | None = None,
    variances: Mapping[str, Array] | None = None,
) -> list[Evidence]:
    """What decides in each study; premises, and what only stands beside a word, are for the caller to add.

    Args:
        models: StudyEstimates by the names of :data:`irf7bone.verdict.evidence.MODELS`, all of the same
            cohorts; those of random signatures are absent where none were drawn.
        smallest_hr: The size looked for, below 1.
        scale: Of the prior of the differences between cohorts.
        sized: Which cohorts tell a size, shape (k,): those not sampled by this outcome. All by default.
        variances: As :func:`attenuations`.

    Returns:
        One evidence a study, all of them primary and recorded.
    """
    pooled = {
        name: readings(estimates, smallest_hr=smallest_hr, scale=scale) for name, estimates in models.items()
    }
    told = pooled
    if sized is not None and not sized.all():
        told = {
            name: readings(estimates.only(sized), smallest_hr=smallest_hr, scale=scale)
            for name, estimates in models.items()
        }
        if sized.sum() < 2:
            told = {}
    z = attenuations(models, variances)
    k = np.isfinite(models[CLAIM].log_hr).sum(axis=1)
    return [
        Evidence(
            primary=True,
            recorded=True,
            k=int(k[row]),
            models={name: found[row] for name, found in pooled.items()},
            sized={name: found[row] for name, found in told.items()},
            z_random=float(z.random[row]),
            z_proliferation=float(z.proliferation[row]),
        )
        for row in range(len(k))
    ]
