"""Harrell's concordance of scores with right-censored follow-up, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from irf7bone.statistics.given_samples import followed_up, numbers, same_samples


@dataclass(frozen=True)
class Concordance:
    """C of each score and its 95 % interval, shapes (m,); NaN where it cannot be told."""

    c: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray


def harrell_c(time: ArrayLike, event: ArrayLike, scores: ArrayLike | pd.DataFrame) -> Concordance:
    """Harrell's C: the share of comparable pairs in which the higher score goes with the longer time.

    A pair is comparable when the shorter time ended with the event and the other lasted longer (censored
    at the same time counts as longer). Tied scores count one half; pairs with both events at the same time
    are left out (Harrell 1996, Stat Med 15:361; R ``survival::concordance``). The variance is the
    infinitesimal jackknife, sum of squared influences (A_i - C W_i) / W, with A_i and W_i the concordant
    and comparable pairs of sample i. The interval is that of :func:`log_odds_interval`; where the variance is
    zero (all pairs concordant, one pair) there is none.

    Args:
        time: Shape (n,), finite, 0 or more.
        event: 1 for the event, 0 for censored, shape (n,).
        scores: Finite. A frame has samples in rows; an array has the shape (n,), or (m, n) for m scores.

    Returns:
        C above 0.5 where a higher score goes with a longer time free of the event.

    Raises:
        ValueError: Samples differ in number or name, or a value is none of these.

    Examples:
        >>> from irf7bone.statistics import harrell_c
        >>> harrell_c([5, 8, 12, 20], [1, 1, 0, 1], [1, 3, 2, 4]).c.tolist()
        [0.8]
    """
    same_samples(time=time, event=event, scores=scores)
    time, event, _ = followed_up(time, event, called="event")
    scores = np.atleast_2d(numbers("scores", scores.T if isinstance(scores, pd.DataFrame) else scores))
    if scores.ndim != 2 or scores.shape[1] != time.size:
        raise ValueError(
            f"scores must be (m, {time.size}), or a frame of {time.size} rows, not {scores.shape}"
        )
    failed = event > 0
    first = np.flatnonzero(failed)
    longer = (time[None] > time[first, None]) | ((time[None] == time[first, None]) & ~failed[None])
    pairs = longer.sum(axis=0).astype(float)
    pairs[first] += longer.sum(axis=1)
    comparable = longer.sum()
    c, se = np.full(scores.shape[0], np.nan), np.full(scores.shape[0], np.nan)
    if comparable:
        for row, score in enumerate(scores):
            # twice the credit of each pair: 2 concordant, 1 tied score, 0 discordant
            credit = (score[None] > score[first, None]).astype(np.int8)
            credit += score[None] >= score[first, None]
            credit *= longer
            own = credit.sum(axis=0, dtype=np.int64) / 2
            own[first] += credit.sum(axis=1, dtype=np.int64) / 2
            c[row] = own.sum() / 2 / comparable
            se[row] = np.sqrt((((own - c[row] * pairs) / comparable) ** 2).sum())
    return Concordance(c, se, *log_odds_interval(c, se, first.size))


def log_odds_interval(share: np.ndarray, se: np.ndarray, n_events: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share of pairs, symmetric on the log-odds scale, so that it stays in (0, 1).

    With few events the jackknife's error is itself uncertain, about as one of so many independent parts: the
    quantile is that of t with ``n_events`` - 1 degrees of freedom. The normal one covered 92-93.5 % at 14
    events (docs/statistics/calibration.md).

    Args:
        share: Shape (m,).
        se: Shape (m,).
        n_events: Events that have a pair.

    Returns:
        Ends, shapes (m,); NaN where the share is 0 or 1, its error 0, or there are fewer than two events.
    """
    low, high = np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    known = (se > 0) & (share > 0) & (share < 1) & (n_events > 1)
    if known.any():
        odds = np.log(share[known] / (1 - share[known]))
        half = stdtrit(n_events - 1, 0.975) * se[known] / (share[known] * (1 - share[known]))
        low[known], high[known] = 1 / (1 + np.exp(half - odds)), 1 / (1 + np.exp(-half - odds))
    return low, high
