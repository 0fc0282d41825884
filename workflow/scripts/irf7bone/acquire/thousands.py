"""Decimal points that are thousands: ``1.234`` beside whole numbers below 1,000, meaning 1234."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

# a table in which thousands were cut has whole numbers up to just below 1,000, and not a few of them
LARGEST_WHOLE, LEAST_WHOLE, THIRD_DECIMAL = 100, 0.02, 0.5
_WHOLE, _POINTED = re.compile(r"\d{1,3}"), re.compile(r"[1-9]\d{0,2}\.\d{3}")


def are_thousands(values: NDArray[np.float64]) -> bool:
    """Whether the numbers with decimals in a matrix look like whole numbers above 999 with a point in them.

    That is: whole numbers are there and reach 100 and not 1,000; all others lie between 1 and 1,000 and have
    no more than three decimals, most of them three.

    Args:
        values: Any shape; NaN where missing.
    """
    known = values[np.isfinite(values)]
    whole = known == np.floor(known)
    rest = known[~whole]
    if (
        not rest.size
        or whole.sum() < max(1, LEAST_WHOLE * known.size)
        or rest.min() < 1
        or rest.max() >= 1000
    ):
        return False
    if not LARGEST_WHOLE <= known[whole].max() < 1000 or known.min() < 0:
        return False
    thousands = rest * 1000
    if np.abs(thousands - np.round(thousands)).max() > 1e-6:
        return False
    return bool((np.abs(rest * 100 - np.round(rest * 100)) > 1e-6).mean() > THIRD_DECIMAL)


def thousands_among(words: Iterable[str]) -> Sequence[str]:
    """The numbers of a column that look like thousands with a point: none, unless all others are below 1,000.

    Args:
        words: Numbers as their source writes them.
    """
    stripped = [word.strip() for word in words]
    pointed = [word for word in stripped if _POINTED.fullmatch(word)]
    whole = [word for word in stripped if _WHOLE.fullmatch(word)]
    if not pointed or len(pointed) + len(whole) < len(stripped):
        return []
    return pointed if max(map(int, whole), default=0) >= LARGEST_WHOLE else []
