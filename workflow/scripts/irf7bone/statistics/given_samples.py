"""What Python programs say of samples, as frames, series, lists or arrays: follow-up, groups, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

_NAMED = (pd.Series, pd.DataFrame)


def same_samples(**given: Any) -> None:
    """Refuse values whose samples have names, but others or in another order.

    Raises:
        ValueError: Two of them have an index each, and these are not equal.
    """
    named = [(name, values) for name, values in given.items() if isinstance(values, _NAMED)]
    for name, values in named[1:]:
        if not values.index.equals(named[0][1].index):
            raise ValueError(f"{named[0][0]} and {name} must have one index, in one order")


def numbers(name: str, values: Any) -> np.ndarray:
    """Finite numbers of any shape.

    Raises:
        ValueError: Values are no numbers, missing or infinite.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers; categories are a column of 0 and 1 each") from None
    if not np.isfinite(array).all():
        n = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{name} must be finite, {n} of {array.size} values are not: leave these samples out"
        )
    return array


def labels(name: str, values: ArrayLike, n: int) -> np.ndarray:
    """One label a sample.

    Raises:
        ValueError: There are not n, or one is missing.
    """
    array = np.asarray(values)
    if array.shape != (n,):
        raise ValueError(f"{name} must have one value for each of {n} samples, not the shape {array.shape}")
    if pd.isna(array).any():
        raise ValueError(f"{name} is missing for {int(pd.isna(array).sum())} of {n} samples: leave them out")
    return array


def followed_up(
    time: ArrayLike,
    outcome: ArrayLike,
    entry: ArrayLike | None = None,
    *,
    called: str,
    codes: Sequence[int] = (0, 1),
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Time, outcome and entry of at least one sample, as arrays of shape (n,).

    Args:
        time: Follow-up, finite, 0 or more.
        outcome: One of ``codes`` for each sample; of two codes True and False as well.
        entry: From when each is at risk, before its time; None where all are from the start.
        called: What to call the outcome: event or cause.
        codes: Which there are.

    Raises:
        ValueError: Samples differ in number or name, values are missing, times below 0 or not after
            the entry, or an outcome has another code.
    """
    same_samples(**{"time": time, called: outcome, "entry": entry})
    months = numbers("time", time)
    if months.ndim != 1 or not months.size:
        raise ValueError(f"time must have one value for each of one or more samples, not {months.shape}")
    if (months < 0).any():
        raise ValueError(f"time must be 0 or more, {int((months < 0).sum())} of {months.size} are below")
    what = labels(called, numbers(called, outcome), months.size)
    if not np.isin(what, list(codes)).all():
        other = sorted(set(what) - set(codes))[:5]
        allowed = " or ".join([", ".join(map(str, codes[:-1])), str(codes[-1])])
        raise ValueError(f"{called} must be {allowed}, not {', '.join(f'{code:g}' for code in other)}")
    if entry is None:
        return months, what, None
    start = labels("entry", numbers("entry", entry), months.size)
    if (start >= months).any():
        raise ValueError(
            f"entry must be before time, {int((start >= months).sum())} of {months.size} are not"
        )
    return months, what, start
