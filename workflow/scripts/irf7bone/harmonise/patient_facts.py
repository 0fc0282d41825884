"""Clinical facts of two samples: do they allow one patient, contradict it, or name one by themselves?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

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
_FOLLOW_UP = [f"{endpoint}_{what}" for endpoint in ENDPOINTS for what in ("time_months", "event")]
# samples that agree exactly lie in one part of this width, or in two that lie side by side
_PARTS = {name: 1.001 * exact or 1.0 for name, exact in _EXACT.items()} | dict.fromkeys(_CATEGORIES, 1.0)


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


class ClinicalFacts:
    """The clinical data of a cohort, read once for its comparisons with all others.

    Args:
        obs: Samples x age, size_cm, grade, er, her2, node and endpoints, as far as recorded; index = sample
            id.
    """

    def __init__(self, obs: pd.DataFrame):
        self.samples = obs.index.astype(str)
        self._obs = obs[[name for name in (*_PARTS, *_FOLLOW_UP) if name in obs]]
        #: fact -> its values, NaN where unknown, shape (n,); categories as their codes
        self.numbers = {name: _numbers(values) for name, values in self._obs.items()}
        # fact -> the part that each sample lies in; and part -> samples that may agree with it, as bits
        self._parts = {
            name: _parts(self.numbers[name], _PARTS[name]) for name in _PARTS if name in self.numbers
        }
        self._alike = {
            name: _alike(parts, touch=_EXACT.get(name, 0) > 0) for name, parts in self._parts.items()
        }

    @cached_property
    def rows(self) -> list[dict[Any, Any]]:
        """Fact -> its value, for each sample."""
        return self._obs.to_dict("records") if self.numbers else [{} for _ in self.samples]

    def may_agree(self, second: ClinicalFacts, *, within: bool) -> np.ndarray:
        """Places of the samples that differ from some sample of the second in no fact that both know.

        Their follow-up is not looked at.
        """
        every = (1 << len(second.samples)) - 1
        asked = [
            (parts, *second._alike[name]) for name, parts in self._parts.items() if name in second._alike
        ]
        found = []
        for place in range(len(self.samples)):
            # within a cohort with those that come later
            left = every >> (place + 1) << (place + 1) if within else every
            for parts, alike, unknown in asked:
                part = parts[place]
                if part is not None:
                    left &= alike.get(part, unknown)
                    if not left:
                        break
            if left:
                found.append(place)
        return np.array(found, dtype=np.int64)


def _numbers(values: pd.Series) -> np.ndarray:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.cat.codes.astype(float).replace(-1, np.nan)
    return values.to_numpy(float)


def _parts(values: np.ndarray, width: float) -> list[int | None]:
    return [int(value // width) if isfinite(value) else None for value in values.tolist()]


def _alike(parts: list[int | None], *, touch: bool) -> tuple[dict[int, int], int]:
    """Part -> samples in it, or beside it where parts touch, and those of unknown value; these alone."""
    unknown = sum(1 << place for place, part in enumerate(parts) if part is None)
    alike: dict[int, int] = {}
    for place, part in enumerate(parts):
        if part is not None:
            for near in (part - 1, part, part + 1) if touch else (part,):
                alike[near] = alike.get(near, unknown) | 1 << place
    return alike, unknown


def confront(first: Mapping[Any, Any], second: Mapping[Any, Any], *, within: bool) -> Confronted:
    """What the clinical data of two samples say of their being one patient.

    ER, HER2, nodes and grade may be read otherwise a second time, so a difference in one of them is said to
    contradict only beside another. Follow-up may go on between two publications: a later end contradicts
    only where the event had happened before, or within one cohort.

    Args:
        first: A row of a cohort's ``obs``, as :attr:`ClinicalFacts.rows` has it.
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


def _follow_up(
    first: Mapping[Any, Any], second: Mapping[Any, Any], endpoint: str, *, within: bool
) -> bool | None:
    """Whether two records of an endpoint can be one patient's; None where one is missing."""
    names = f"{endpoint}_time_months", f"{endpoint}_event"
    (time, event), (other_time, other_event) = (
        (float(row.get(names[0], np.nan)), float(row.get(names[1], np.nan))) for row in (first, second)
    )
    if not all(map(isfinite, (time, event, other_time, other_event))):
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
    first: ClinicalFacts, second: ClinicalFacts, *, within: bool, rate: float
) -> list[tuple[int, int]]:
    """Pairs of samples whose facts agree so exactly that chance makes fewer than ``rate`` such pairs.

    For each fact the chance that another patient has it is its frequency in the second cohort, at the value
    or around it. Facts count as independent of each other, so of the endpoints, whose times are not, only the
    most telling one counts, with its status.

    Args:
        first: Of one cohort.
        second: Of the other, or the same.
        within: Whether they are one.
        rate: Pairs that chance may make in the two cohorts.

    Returns:
        Positions of the two samples of each pair; no sample is in two.
    """
    n, m = len(first.samples), len(second.samples)
    least = float(np.log10(max(n * m, 1) / rate))
    candidates = first.may_agree(second, within=within)
    at_once = max(1, _PAIRS_AT_ONCE // max(m, 1))
    parts = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(candidates), at_once):
        places = candidates[start : start + at_once]
        surprise = _surprises(first, places, second, within=within)
        if within:
            surprise[np.arange(m)[None, :] <= places[:, None]] = -np.inf
        i, j = np.nonzero(surprise >= least)
        parts.append(np.column_stack([places[i], j]))
    likely = np.concatenate(parts)
    alone = [np.bincount(side, minlength=1)[side] == 1 for side in likely.T]
    return [(int(i), int(j)) for i, j in likely[alone[0] & alone[1]]]


def _surprises(
    first: ClinicalFacts, places: np.ndarray, second: ClinicalFacts, *, within: bool
) -> np.ndarray:
    """Minus log10 of the chance that two samples agree as they do, of some samples with all of the second."""
    known = {
        name: (values[places], second.numbers[name])
        for name, values in first.numbers.items()
        if name in second.numbers
    }
    surprise = np.zeros((len(places), len(second.samples)))
    for name in _PARTS:
        if name in known:
            exact, around = _EXACT.get(name, 0.0), _AROUND.get(name, 0.0)
            surprise += _surprise(*known[name], exact, around, within=within)
    times = [np.zeros_like(surprise)]
    for endpoint in ENDPOINTS:
        name, event = f"{endpoint}_time_months", f"{endpoint}_event"
        if name in known:
            found = _surprise(*known[name], _EXACT_MONTHS, _AROUND_MONTHS, within=within)
            same = known[event][0][:, None] == known[event][1][None, :]
            times.append(np.where(np.isfinite(found) & ~same & (found > 0), -np.inf, found))
    surprise += np.max(times, axis=0)
    return surprise


def _surprise(
    first: np.ndarray, second: np.ndarray, exact: float, around: float, *, within: bool
) -> np.ndarray:
    """Minus log10 of the chance to agree so; 0 where one is missing, minus infinity where they differ."""
    a, b = first[:, None], second[None, :]
    apart = np.abs(a - b)
    known = np.isfinite(apart)
    same = known & (apart <= exact)
    n_known = max(int(np.isfinite(b).sum()), 1)
    others = np.maximum(same.sum(axis=1) - (2 if within else 1), 0) / n_known
    near = (known & (apart <= around)).sum(axis=1) / n_known
    chance = np.maximum(others, near * (exact / around if around else 1.0))
    chance = np.clip(chance, 1 / (50 * n_known), 1.0)[:, None]
    return np.where(known, np.where(same, -np.log10(chance), -np.inf), 0.0)
