"""Tests that groups do not differ: Gray's of cumulative incidence, and the log-rank test of hazards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from irf7bone.statistics.given_samples import followed_up, labels, same_samples

# smallest eigenvalue of the scores' correlation matrix that still allows a test of them together
_SINGULAR = 1e-8


@dataclass(frozen=True)
class GroupTest:
    """A test of K groups; ``reason`` says why there is no statistic (then NaN), None where there is one."""

    statistic: float
    df: int
    reason: str | None = None

    @property
    def p(self) -> float:
        """Upper tail of chi-squared."""
        return float(chdtrc(self.df, self.statistic))


def gray_test(time: ArrayLike, cause: ArrayLike, group: ArrayLike) -> GroupTest:
    """Gray's test that the cumulative incidence of cause 1 is the same in all groups (rho = 0).

    Gray (1988, Ann Stat 16:1141): per group, events less those expected when all share one subdistribution
    hazard; the risk set of group k is Y_k (1 - F_k) / S_k, with F the incidence of cause 1 and S the share
    free of any event, both just before. The variance is the paper's with the corrections for ties of R's
    ``cmprsk::cuminc``, which this equals.

    Args:
        time: Shape (n,), finite, 0 or more.
        cause: 0 censored, 1 the event, 2 a competing event, shape (n,).
        group: Labels, shape (n,), none missing.

    Raises:
        ValueError: Samples differ in number or name, or a value is none of these.

    Examples:
        >>> from irf7bone.statistics import gray_test
        >>> round(gray_test([5, 8, 12, 20, 30, 31], [1, 2, 1, 0, 1, 1], list("aaabbb")).p, 3)
        0.141
    """
    same_samples(time=time, cause=cause, group=group)
    time, cause, _ = followed_up(time, cause, called="cause", codes=(0, 1, 2))
    group = labels("group", group, time.size)
    names, code = np.unique(group, return_inverse=True)
    df = names.size - 1
    if df < 1:
        return GroupTest(np.nan, df, "only one group")
    if not (cause == 1).any():
        return GroupTest(np.nan, df, "no events")
    times = np.unique(time[cause > 0])
    member = code == np.arange(names.size)[:, None]
    at_risk = _per_time(time[:, None] >= times, member)
    first, second = (_per_time((time[:, None] == times) & (cause == k)[:, None], member) for k in (1, 2))
    present = at_risk > 0
    per_head = np.divide(1.0, at_risk, out=np.zeros_like(at_risk), where=present)

    free = np.cumprod(1 - (first + second) * per_head, axis=0)
    free_before = _just_before(free, 1.0)
    incidence_before = _just_before(np.cumsum(free_before * first * per_head, axis=0), 0.0)
    # Y / S: those who would be at risk had nobody had any event
    size = np.divide(at_risk, free_before, out=np.zeros_like(at_risk), where=present)
    total, events = size.sum(axis=1), first.sum(axis=1)
    share = size * (1 - incidence_before)
    score = (first - events[:, None] * share / share.sum(axis=1, keepdims=True)).sum(axis=0)

    pooled = np.cumsum(events / total)
    # with unlike follow-up the pooled incidence may reach 1 when all groups but one have ended: no comparison
    room = 1 - _just_before(pooled, 0.0)
    jump = np.divide(events, total * room, out=np.zeros_like(total), where=np.abs(room) > _SINGULAR)
    own = np.eye(names.size) * size[:, None] - size[:, :, None] * size[:, None] / total[:, None, None]
    passed = np.cumsum(own * jump[:, None, None], axis=0)
    alive = free > 0
    ratio = np.divide((1 - pooled)[:, None], free, out=np.zeros_like(free), where=alive)
    variance = np.zeros((names.size, names.size))
    # what a jump of a group's cause 1, then of its other causes, does to the score: now, and by later weights
    for now, later, jump_variance in (
        (own - (1 - ratio)[:, None] * passed, 1 - ratio, _first_cause(events, total, free_before, per_head)),
        (-ratio[:, None] * passed, ratio, _other_cause(second, at_risk, free_before, per_head) * alive),
    ):
        whole = now + later[:, None] * passed[-1]
        variance += np.einsum("tik,tjk,tk->ij", whole, whole, jump_variance)
    return _chi_squared(score[:-1], variance[:-1, :-1])


def logrank_test(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, entry: ArrayLike | None = None
) -> GroupTest:
    """Log-rank test that the hazard is the same in all groups (equal to R's ``survdiff``).

    Per event time, a group's events less those expected of its share of the risk set, with the
    hypergeometric variance (Mantel 1966, Cancer Chemother Rep 50:163). Groups of which nobody is at risk at
    any event say nothing and are left out, as in R.

    Args:
        time: Shape (n,), finite, 0 or more.
        event: 1 for the event, 0 for censored, shape (n,).
        group: Labels, shape (n,), none missing.
        entry: From when each is at risk: in the risk sets of (entry, time]. Shape (n,); None where all are
            from the start.

    Raises:
        ValueError: Samples differ in number or name, or a value is none of these.

    Examples:
        >>> from irf7bone.statistics import logrank_test
        >>> round(logrank_test([5, 8, 12, 20, 30, 31], [1, 1, 1, 0, 1, 1], list("aaabbb")).p, 3)
        0.025
    """
    same_samples(time=time, event=event, group=group, entry=entry)
    time, event, entry = followed_up(time, event, entry, called="event")
    group = labels("group", group, time.size)
    df = np.unique(group).size - 1
    if df < 1:
        return GroupTest(np.nan, df, "only one group")
    if not event.any():
        return GroupTest(np.nan, df, "no events")
    times = np.unique(time[event == 1])
    there = time[:, None] >= times
    if entry is not None:
        there &= entry[:, None] < times
    seen = there.any(axis=1)
    kept = np.isin(group, group[seen])
    names, code = np.unique(group[kept], return_inverse=True)
    df = names.size - 1
    if df < 1:
        return GroupTest(np.nan, df, "only one group is at risk when events happen")
    if (event[seen] == 1).all() and (time[seen] == times[0]).all():
        return GroupTest(np.nan, df, "all who are at risk have the event at the same time")
    member = code == np.arange(names.size)[:, None]
    at_risk = _per_time(there[kept], member)
    happened = _per_time((time[kept, None] == times) & (event[kept, None] == 1), member)
    total, events = at_risk.sum(axis=1), happened.sum(axis=1)
    share = at_risk / total[:, None]
    score = (happened - events[:, None] * share).sum(axis=0)
    spread = events * (total - events) / np.maximum(total - 1, 1)
    own = np.eye(names.size) * share[:, None] - share[:, :, None] * share[:, None]
    variance = (spread[:, None, None] * own).sum(axis=0)
    return _chi_squared(score[:-1], variance[:-1, :-1])


def _per_time(which: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Count samples (n, T) in each group (K, n): shape (T, K)."""
    return (member.astype(float) @ which).T


def _just_before(values: np.ndarray, start: float) -> np.ndarray:
    """The values one step earlier along the first axis."""
    return np.concatenate([np.full_like(values[:1], start), values[:-1]])


def _first_cause(
    events: np.ndarray, total: np.ndarray, free_before: np.ndarray, per_head: np.ndarray
) -> np.ndarray:
    """Variance of the jumps of each group's cause 1 under the hypothesis, corrected for ties, (T, K)."""
    room = total[:, None] * free_before - 1
    tied = (events[:, None] > 1) & (room > 0)
    ties = 1 - np.divide((events - 1)[:, None], room, out=np.zeros_like(room), where=tied)
    return ties * free_before * per_head * (events / total)[:, None]


def _other_cause(
    second: np.ndarray, at_risk: np.ndarray, free_before: np.ndarray, per_head: np.ndarray
) -> np.ndarray:
    """Variance of the jumps of each group's other causes, corrected for ties, (T, K)."""
    tied = second > 1
    ties = 1 - np.divide(second - 1, at_risk - 1, out=np.zeros_like(second), where=tied)
    return ties * (free_before * per_head) ** 2 * second


def _chi_squared(score: np.ndarray, variance: np.ndarray) -> GroupTest:
    spread = np.sqrt(np.maximum(np.diagonal(variance), 0))
    if (spread > 0).all():
        correlation = variance / np.outer(spread, spread)
        if np.linalg.eigvalsh(correlation)[0] > _SINGULAR:
            return GroupTest(float(score @ np.linalg.solve(variance, score)), score.size)
    return GroupTest(
        np.nan, score.size, "a group is never at risk together with the others when events happen"
    )
