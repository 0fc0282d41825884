"""Clinical facts of two samples: do they allow one patient, contradict it, or name one by themselves?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.vocabulary import ENDPOINTS

# fact -> how much two records of one patient may differ: rounding, and a second reading of the slide
_WITHIN = {"age": 1.0, "size_cm": 0.5, "grade": 1.0}
_CATEGORIES = ("er", "her2", "node")
# follow-up of one patient recorded twice, in months and as a share of it
_MONTHS, _SHARE = 1.0, 0.02
# what agrees to this much agrees exactly, but for rounding
_EXACT = {"age": 0.5, "size_cm": 0.05, "grade": 0.0}
_EXACT_MONTHS = 0.05
# over how much around a value its frequency is taken, if nobody has it exactly
_AROUND = {"age": 5.0, "size_cm": 1.0, "grade": 0.0}
_AROUND_MONTHS = 12.0
_PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Confronted:
    """Names of the facts in which two samples agree, and of those in which they cannot be one patient."""

    agree: tuple[str, ...]
    contradict: tuple[str, ...]

    @property
    def words(self) -> str | None:
        """Both in words; None where nothing is known of both."""
        said = []
        if self.agree:
            said.append(f"agree: {', '.join(self.agree)}")
        if self.contradict:
            said.append(f"differ: {', '.join(self.contradict)}")
        return "; ".join(said) or None


def confront(first: pd.Series, second: pd.Series, *, within: bool) -> Confronted:
    """What the clinical data of two samples say of their being one patient.

    ER, HER2, nodes and grade may be read otherwise a second time, so a difference in one of them is said to
    contradict only beside another. Follow-up may go on between two publications: a later end contradicts
    only where the event had happened before, or within one cohort.

    Args:
        first: A row of a cohort's ``obs``.
        second: Another one.
        within: Whether both are of one cohort, whose follow-up ended once.
    """
    agree: list[str] = []
    hard: list[str] = []
    soft: list[str] = []
    for name, tolerance in _WITHIN.items():
        one, other = first.get(name, np.nan), second.get(name, np.nan)
        if pd.notna(one) and pd.notna(other):
            same = abs(one - other) <= (0 if name == "grade" else tolerance)
            worse = soft if name == "grade" and abs(one - other) <= tolerance else hard
            (agree if same else worse).append(name)
    for name in _CATEGORIES:
        one, other = first.get(name), second.get(name)
        if pd.notna(one) and pd.notna(other):
            (agree if one == other else soft).append(name)
    for endpoint in ENDPOINTS:
        allowed = _follow_up(first, second, endpoint, within=within)
        if allowed is not None:
            (agree if allowed else hard).append(endpoint)
    contradict = [*hard, *soft] if hard or len(soft) > 1 else []
    return Confronted(tuple(agree), tuple(contradict))


def _follow_up(first: pd.Series, second: pd.Series, endpoint: str, *, within: bool) -> bool | None:
    """Whether two records of an endpoint can be one patient's; None where one is missing."""
    names = f"{endpoint}_time_months", f"{endpoint}_event"
    (time, event), (other_time, other_event) = (
        (float(row.get(names[0], np.nan)), float(row.get(names[1], np.nan))) for row in (first, second)
    )
    if not np.isfinite([time, event, other_time, other_event]).all():
        return None
    slack = max(_MONTHS, _SHARE * max(time, other_time))
    if abs(time - other_time) <= slack:
        return event == other_event or not within
    if within:
        return False
    if event and other_event:
        return False
    # free of the event later than the other had it
    return not ((event and other_time > time + slack) or (other_event and time > other_time + slack))


def matching_facts(
    first: pd.DataFrame, second: pd.DataFrame, *, within: bool, rate: float
) -> list[tuple[int, int]]:
    """Pairs of samples whose facts agree so exactly that chance makes fewer than ``rate`` such pairs.

    For each fact the chance that another patient has it is its frequency in the second cohort, at the value
    or around it. Facts count as independent of each other, so of the endpoints, whose times are not, only the
    most telling one counts, with its status.

    Args:
        first: ``obs`` of one cohort.
        second: Of the other, or the same.
        within: Whether they are one.
        rate: Pairs that chance may make in the two cohorts.

    Returns:
        Positions of the two samples of each pair; no sample is in two.
    """
    n, m = len(first), len(second)
    least = float(np.log10(max(n * m, 1) / rate))
    at_once = max(1, _PAIRS_AT_ONCE // max(m, 1))
    parts = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, n, at_once):
        surprise = _surprises(first.iloc[start : start + at_once], second, within=within)
        if within:
            surprise[np.arange(m)[None, :] <= np.arange(start, start + len(surprise))[:, None]] = -np.inf
        parts.append(np.argwhere(surprise >= least) + np.array([start, 0]))
    likely = np.concatenate(parts)
    alone = [np.bincount(side, minlength=1)[side] == 1 for side in likely.T]
    return [(int(i), int(j)) for i, j in likely[alone[0] & alone[1]]]


def _surprises(first: pd.DataFrame, second: pd.DataFrame, *, within: bool) -> np.ndarray:
    """Minus log10 of the chance that two samples agree as they do, of some samples with all of the second."""
    surprise = np.zeros((len(first), len(second)))
    for name in _WITHIN:
        if name in first and name in second:
            surprise += _surprise(first[name], second[name], _EXACT[name], _AROUND[name], within=within)
    for name in _CATEGORIES:
        if name in first and name in second:
            one, other = (part[name].cat.codes.astype(float).replace(-1, np.nan) for part in (first, second))
            surprise += _surprise(one, other, 0.0, 0.0, within=within)
    times = [np.zeros_like(surprise)]
    for endpoint in ENDPOINTS:
        name, event = f"{endpoint}_time_months", f"{endpoint}_event"
        if name in first and name in second:
            found = _surprise(first[name], second[name], _EXACT_MONTHS, _AROUND_MONTHS, within=within)
            same = first[event].to_numpy(float)[:, None] == second[event].to_numpy(float)[None, :]
            times.append(np.where(np.isfinite(found) & ~same & (found > 0), -np.inf, found))
    surprise += np.max(times, axis=0)
    return surprise


def _surprise(
    first: pd.Series, second: pd.Series, exact: float, around: float, *, within: bool
) -> np.ndarray:
    """Minus log10 of the chance to agree so; 0 where one is missing, minus infinity where they differ."""
    a, b = first.to_numpy(float)[:, None], second.to_numpy(float)[None, :]
    apart = np.abs(a - b)
    known = np.isfinite(apart)
    same = known & (apart <= exact)
    n_known = max(int(np.isfinite(b).sum()), 1)
    others = np.maximum(same.sum(axis=1) - (2 if within else 1), 0) / n_known
    near = (known & (apart <= around)).sum(axis=1) / n_known
    chance = np.maximum(others, near * (exact / around if around else 1.0))
    chance = np.clip(chance, 1 / (50 * n_known), 1.0)[:, None]
    return np.where(known, np.where(same, -np.log10(chance), -np.inf), 0.0)
