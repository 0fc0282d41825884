"""Cumulative incidence, event-free share and length of follow-up.

One estimator serves all: that of Aalen and Johansen (1978, Scand J Stat 5:141), of which Kaplan-Meier is the
case without competing events. Its variance is the infinitesimal jackknife, the sum of squared derivatives by
each sample's weight: equal to Greenwood's for Kaplan-Meier and to R's ``survfit`` for both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from irf7bone.statistics.given_samples import followed_up

_Z_95 = float(ndtri(0.975))
INFLUENCES_AT_ONCE = 4_000_000  # steps x samples; more are made some samples at a time


@dataclass(frozen=True)
class Incidence:
    """Aalen-Johansen estimate of the first cause at every distinct time, shapes (T,).

    Args:
        time: Distinct times, event or censoring, rising.
        n_at_risk: Samples at risk just before the time.
        n_events: Events of the first cause up to and at the time.
        incidence: Cumulative incidence of the first cause.
        free: Share free of any event: Kaplan-Meier's estimate where no other cause occurs.
        free_before: The same just before the time.
        hazard: Share of those at risk with the first cause at the time.
        hazard_any: Share of those at risk with any event at the time.
    """

    time: np.ndarray
    n_at_risk: np.ndarray
    n_events: np.ndarray
    incidence: np.ndarray
    free: np.ndarray
    free_before: np.ndarray
    hazard: np.ndarray
    hazard_any: np.ndarray


def aalen_johansen(time: ArrayLike, cause: ArrayLike, entry: ArrayLike | None = None) -> Incidence:
    """Cumulative incidence of cause 1; 1 - Kaplan-Meier where no other cause occurs.

    Args:
        time: Shape (n,), finite, 0 or more.
        cause: 0 censored, 1 the event, 2 a competing event, shape (n,).
        entry: Time from which a sample is at risk, shape (n,), below ``time``; None where all are from the
            start. With few at risk early an estimate that reaches 1 there stays 1: such data tell of later
            times only.

    Raises:
        ValueError: Samples differ in number or name, or a value is none of these.

    Examples:
        >>> from irf7bone.statistics import aalen_johansen
        >>> aalen_johansen([5, 8, 12, 20], [1, 2, 0, 1]).incidence.tolist()
        [0.25, 0.25, 0.25, 0.75]
    """
    time, cause, entry = followed_up(time, cause, entry, called="cause", codes=(0, 1, 2))
    times, at = np.unique(time, return_inverse=True)
    ended = np.bincount(at, minlength=times.size)
    n_at_risk = time.size - np.concatenate([[0], np.cumsum(ended)[:-1]])
    if entry is not None:
        n_at_risk = n_at_risk - (entry >= times[:, None]).sum(axis=1)
    first = np.bincount(at[cause == 1], minlength=times.size)
    hazard = first / n_at_risk
    hazard_any = np.bincount(at[cause > 0], minlength=times.size) / n_at_risk
    free = np.cumprod(1 - hazard_any)
    before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(before * hazard)
    return Incidence(times, n_at_risk, np.cumsum(first), incidence, free, before, hazard, hazard_any)


def incidence_se(
    time: np.ndarray, cause: np.ndarray, estimate: Incidence, entry: np.ndarray | None = None
) -> np.ndarray:
    """Standard error of the incidence (and of the free share without other causes), shape (T,).

    With Y = at risk and N = has failed, sample i moves a hazard h by (dN_i - h Y_i) / n_at_risk, the log of
    the free share by -(that of any cause) / (1 - h), and the incidence by the product rule.

    Args:
        time: Shape (n,), as given to :func:`aalen_johansen`.
        cause: Likewise.
        estimate: What it returned.
        entry: Likewise.
    """
    steps = np.flatnonzero(estimate.hazard_any > 0)
    at_once = max(1, INFLUENCES_AT_ONCE // max(1, steps.size))
    variance = np.zeros(steps.size)
    for start in range(0, time.size, at_once):
        part = slice(start, start + at_once)
        influence = _influence(
            time[part], cause[part], estimate, steps, None if entry is None else entry[part]
        )
        variance += np.einsum("ti,ti->t", influence, influence)
    variance = np.concatenate([[0.0], variance])
    return np.sqrt(variance[np.searchsorted(steps, np.arange(estimate.time.size), side="right")])


def _influence(
    time: np.ndarray, cause: np.ndarray, estimate: Incidence, steps: np.ndarray, entry: np.ndarray | None
) -> np.ndarray:
    """How each of some samples moves the incidence at each step, steps x samples."""
    present = time >= estimate.time[steps, None]
    if entry is not None:
        present &= entry < estimate.time[steps, None]
    here = time == estimate.time[steps, None]
    n_at_risk = estimate.n_at_risk[steps, None]
    hazard, hazard_any = estimate.hazard[steps, None], estimate.hazard_any[steps, None]
    change = (here & (cause == 1)) - hazard * present
    change_any = (here & (cause > 0)) - hazard_any * present
    # where all at risk fail nobody is left, and the change of the log is not used again
    log_free = np.cumsum(change_any / (n_at_risk * np.where(hazard_any < 1, 1 - hazard_any, 1)), axis=0)
    log_free = np.vstack([np.zeros((1, time.size)), log_free[:-1]])
    return np.cumsum(estimate.free_before[steps, None] * (change / n_at_risk - hazard * log_free), axis=0)


def log_log_interval(share: np.ndarray, se: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise 95 % interval of a share, symmetric for log(-log(share)) as R's ``conf.type = "log-log"``.

    NaN where the share is 0 or 1: the data say nothing of its variance there.
    """
    low, high = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    inside = (share > 0) & (share < 1)
    log_share = np.log(share[inside])
    half = _Z_95 * se[inside] / (share[inside] * log_share)
    ends = log_share * np.exp(half), log_share * np.exp(-half)
    low[inside], high[inside] = np.exp(np.minimum(*ends)), np.exp(np.maximum(*ends))
    return low, high


def median_followup(time: np.ndarray, event: np.ndarray, competing: np.ndarray) -> float:
    """Median follow-up in the unit of ``time``, by the reverse Kaplan-Meier method.

    Events, also competing ones, count as censored and the end of follow-up as the event (Schemper and Smith
    1996, Control Clin Trials 17:343). Samples without time or event are left out.

    Returns:
        The first time at which the estimate falls to one half (midway to the next step where it equals
        one half, as R), or NaN where it never does.
    """
    time, event, competing = (np.asarray(values, dtype=float) for values in (time, event, competing))
    known = np.isfinite(time) & np.isfinite(event)
    if not known.any():
        return float("nan")
    ended = (event[known] == 1) | (competing[known] == 1)
    reverse = aalen_johansen(time[known], (~ended).astype(int))
    return median_time(reverse.time, 1 - reverse.incidence)


def median_time(time: np.ndarray, share: np.ndarray) -> float:
    """The first time at which a falling step curve is at one half or below.

    Args:
        time: Rising, shape (T,).
        share: From each time on, shape (T,); NaN where it is not known.

    Returns:
        That time, or midway to the next step where the curve equals one half, as R's ``quantile.survfit``;
        NaN where it never falls that far.
    """
    known = np.isfinite(share)
    time, share = time[known], share[known]
    steps = np.flatnonzero(np.diff(share, prepend=1.0) < 0)
    reached = steps[share[steps] <= 0.5 + 1e-12]
    if not reached.size:
        return float("nan")
    first = float(time[reached[0]])
    if abs(share[reached[0]] - 0.5) < 1e-12 and reached.size > 1:
        return (first + float(time[reached[1]])) / 2
    return first
