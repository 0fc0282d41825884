"""Counts of tests and intervals, and the table they become."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.tables.calibration import CALIBRATION, FEWEST_TRIALS, MISSES, TARGETS

KEY = ("quantity", "method", "model", "endpoint", "regime", "planted")


class Tally:
    """Counts hits among trials for every key."""

    def __init__(self) -> None:
        self._trials: dict[tuple[Any, ...], int] = defaultdict(int)
        self._hits: dict[tuple[Any, ...], int] = defaultdict(int)
        self._failed: dict[tuple[Any, ...], int] = defaultdict(int)
        self._about: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add(self, hits: np.ndarray | bool, made: np.ndarray | bool = True, **about: Any) -> None:
        """Count one or many trials.

        Args:
            hits: Whether each rejected, or covered.
            made: Whether each gave a result; the others are counted apart.
            about: Columns of the table; those of ``KEY`` name the row.
        """
        about = {"model": "none", "endpoint": "none", "planted": 0.0, **about}
        key = tuple(about[name] for name in KEY)
        hits, made = np.broadcast_arrays(hits, made)
        self._about.setdefault(key, about)
        self._trials[key] += int(made.sum())
        self._hits[key] += int((hits & made).sum())
        self._failed[key] += int((~made).sum())

    def merge(self, other: Tally) -> None:
        """Add the counts of another."""
        for key, about in other._about.items():
            self._about.setdefault(key, about)
            for own, theirs in (
                (self._trials, other._trials),
                (self._hits, other._hits),
                (self._failed, other._failed),
            ):
                own[key] += theirs[key]

    def table(self) -> pd.DataFrame:
        """Columns of :data:`irf7bone.tables.calibration.CALIBRATION`."""
        rows = []
        for key, about in self._about.items():
            trials, failed = self._trials[key], self._failed[key]
            if not trials:
                continue
            share = self._hits[key] / trials
            error = float(np.sqrt(max(share * (1 - share), 1 / trials) / trials))
            row = {**dict.fromkeys(CALIBRATION.names), **about}
            row |= {"trials": trials, "failed": failed, "share": share, "mc_error": error}
            rows.append({**row, "verdict": _verdict(about["quantity"], share, error, trials)})
        return CALIBRATION.cast(pd.DataFrame(rows, columns=CALIBRATION.names))


def _verdict(quantity: str, share: float, error: float, trials: int) -> str:
    """Whether the share lies in its target, but for one Monte Carlo error; few trials cannot tell."""
    if quantity not in TARGETS or trials < FEWEST_TRIALS:
        return "described"
    low, high = TARGETS[quantity]
    return "held" if low - error <= share <= high + error else MISSES[quantity][int(share > high)]
