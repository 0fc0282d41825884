"""Discrimination of scores under censoring: Uno's C and the time-dependent AUC, with their intervals.

Both are shares of pairs: a case, whose event was seen, and another sample that had not had it by then. A
pair counts with the inverse probability that censoring left both visible, from the Kaplan-Meier estimate G
of the time to censoring (a sample censored at the time of an event was still at risk at it). With
competing events a sample whose follow-up ended by one never has the event: it stays among the others for
good and weighs as it did when it left. Then the C is that of Wolbers et al. (2014, Biostatistics 15:526)
and the AUC that of the second definition of Blanche et al. (2013, Stat Med 32:5381); without competing
events they are those of Uno et al. (2011, Stat Med 30:1105) and Uno et al. (2007, JASA 102:527).

The variance is the infinitesimal jackknife: the sum of the squared derivatives by each sample's weight,
those through G included. No resampling, hence no seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from irf7bone.statistics.concordance import Concordance, log_odds_interval

# pairs held at once: bounds memory at some tens of megabytes
_PAIRS = 1_000_000


class Censoring:
    """Kaplan-Meier estimate of the time to censoring, and what each sample contributes to it.

    Args:
        time: Shape (n,).
        cause: 0 censored, 1 the event, 2 a competing event, shape (n,).
    """

    def __init__(self, time: np.ndarray, cause: np.ndarray):
        self._time, self._ends = time, np.sort(time)
        self._censored = cause == 0
        self._times, counts = np.unique(time[self._censored], return_counts=True)
        later = time.size - np.searchsorted(self._ends, self._times, side="right")
        self._staying = later
        self._hazard = counts / (later + counts)
        self._free = np.concatenate([[1.0], np.cumprod(1 - self._hazard)])

    def before(self, time: np.ndarray | float) -> np.ndarray:
        """Probability of no censoring before ``time``."""
        return self._free[np.searchsorted(self._times, time, side="left")]

    def through(self, time: np.ndarray, mass: np.ndarray) -> np.ndarray:
        """Derivative by each sample's weight of a sum of ``mass / before(time)``, through ``before`` alone.

        Args:
            time: Times at which the estimate enters, shape (s,).
            mass: The terms there, shape (m, s).

        Returns:
            Shape (m, n).
        """
        order = np.argsort(time, kind="stable")
        later = np.cumsum(mass[:, order][:, ::-1], axis=1)[:, ::-1]
        later = np.concatenate([later, np.zeros((mass.shape[0], 1))], axis=1)
        # each term depends on the censoring times before its own
        pull = later[:, np.searchsorted(time[order], self._times, side="right")]
        # where nobody stays, nothing is estimated beyond and no term lies there
        pull = np.divide(pull, self._staying, out=np.zeros_like(pull), where=self._staying > 0)
        passed = np.concatenate(
            [np.zeros((mass.shape[0], 1)), np.cumsum(pull * self._hazard, axis=1)], axis=1
        )
        own = np.searchsorted(self._times, self._time, side="left")
        found = -passed[:, own + self._censored]
        found[:, self._censored] += pull[:, own[self._censored]]
        return found


@dataclass(frozen=True)
class _Pairs:
    """Which cases are paired with which others, and what weighs a pair.

    Args:
        cases: Index of each case, shape (E,).
        still: For a slice of the cases, the pairs whose other sample is only known to be free of the event
            at the case's time, shape (rows, n); they weigh 1 / G(case) squared.
        others: For a slice of the cases, all other pairs; they weigh 1 / G(case) / G(``times``).
        times: The time at which the censoring of each other sample counts, shape (n,).
    """

    cases: np.ndarray
    still: Callable[[slice], np.ndarray]
    others: Callable[[slice], np.ndarray]
    times: np.ndarray


def uno_c(time: np.ndarray, cause: np.ndarray, scores: np.ndarray, horizon: float) -> Concordance:
    """Uno's C up to ``horizon``; Wolbers' where there are competing events.

    Pairs are those of :func:`irf7bone.statistics.concordance.harrell_c` (tied scores one half, no pair of two
    events at one time) with the earlier event at or before ``horizon``, and every pair of a case with a
    sample that had a competing event before.

    Args:
        time: Shape (n,).
        cause: 0 censored, 1 the event, 2 a competing event, shape (n,).
        scores: Shape (m, n), finite.
        horizon: Unit of ``time``.

    Returns:
        C above 0.5 where a higher score goes with a longer time free of the event.
    """
    cases = np.flatnonzero((cause == 1) & (time <= horizon))

    def still(part: slice) -> np.ndarray:
        at = time[cases[part], None]
        return (time[None] > at) | ((time[None] == at) & (cause[None] == 0))

    def others(part: slice) -> np.ndarray:
        return (cause[None] == 2) & (time[None] <= time[cases[part], None])

    return _share(time, cause, scores, _Pairs(cases, still, others, time))


def auc(time: np.ndarray, cause: np.ndarray, scores: np.ndarray, horizon: float) -> Concordance:
    """Cumulative/dynamic AUC at ``horizon``: cases had the event by then, all others are controls.

    Controls are the samples followed beyond ``horizon`` and those whose follow-up ended by a competing event
    before: the question is who will have the event within the time, among all patients.

    Args:
        time: Shape (n,).
        cause: 0 censored, 1 the event, 2 a competing event, shape (n,).
        scores: Shape (m, n), finite.
        horizon: Unit of ``time``.

    Returns:
        AUC above 0.5 where a higher score goes with no event by then.
    """
    cases = np.flatnonzero((cause == 1) & (time <= horizon))
    beyond = time > horizon
    controls = beyond | (cause == 2)
    # no censoring up to and at the horizon, hence before the next number after it
    times = np.where(beyond, np.nextafter(horizon, np.inf), time)

    def still(part: slice) -> np.ndarray:
        return np.zeros((cases[part].size, time.size), dtype=bool)

    def others(part: slice) -> np.ndarray:
        return np.repeat(controls[None], cases[part].size, axis=0)

    return _share(time, cause, scores, _Pairs(cases, still, others, times))


def _share(time: np.ndarray, cause: np.ndarray, scores: np.ndarray, pairs: _Pairs) -> Concordance:
    """Weighted share of pairs in which the case has the lower score, NaN where there is no pair."""
    scores = np.atleast_2d(np.asarray(scores, dtype=float))
    m, n, cases = scores.shape[0], time.size, pairs.cases
    censoring = Censoring(time, cause)
    weight = 1 / censoring.before(time[cases])
    second = censoring.before(pairs.times)
    second = np.divide(1, second, out=np.zeros(n), where=second > 0)
    # sums of weights by case and by other sample, for all pairs (row 0) and for those that agree
    by_case, by_case_others = np.zeros((2, m + 1, cases.size))
    by_sample, by_sample_others = np.zeros((2, m + 1, n))
    step = max(1, _PAIRS // n)
    for part in (slice(start, start + step) for start in range(0, cases.size, step)):
        still, others, inverse = pairs.still(part), pairs.others(part), weight[part]
        for row in range(m + 1):
            credit = 1.0
            if row:
                score = scores[row - 1]
                case = score[cases[part], None]
                credit = ((score[None] > case).astype(float) + (score[None] >= case)) / 2
            kept, gone = still * credit, others * credit
            gone_by_case = inverse * (gone @ second)
            by_case[row, part] = inverse**2 * kept.sum(axis=1) + gone_by_case
            by_case_others[row, part] = gone_by_case
            gone_by_sample = inverse @ gone * second
            by_sample[row] += inverse**2 @ kept + gone_by_sample
            by_sample_others[row] += gone_by_sample

    total = by_case[0].sum()
    if total == 0:
        return Concordance(*np.full((4, m), np.nan))
    share = by_case[1:].sum(axis=1) / total

    def residual(sums: np.ndarray) -> np.ndarray:
        return (sums[1:] - share[:, None] * sums[:1]) / total

    influence = residual(by_sample)
    influence[:, cases] += residual(by_case)
    # a pair of the first kind takes both of its factors at the case's time
    at_case = 2 * residual(by_case) - residual(by_case_others)
    influence += censoring.through(
        np.concatenate([time[cases], pairs.times]),
        np.concatenate([at_case, residual(by_sample_others)], axis=1),
    )
    se = np.sqrt((influence**2).sum(axis=1))
    return Concordance(share, se, *log_odds_interval(share, se, cases.size))
