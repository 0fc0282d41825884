"""From the scale that a card states to log2: what contradicts it, and how a block of samples gets there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.harmonise.normalise import NORMALISE
from irf7bone.harmonise.raw_values import Facts
from irf7bone.harmonise.sample_scale import LOG2_LIMIT


class ToLog2(Protocol):
    """Values of some samples (samples x any rows), and which samples these are -> log2 of the same shape."""

    def __call__(self, values: np.ndarray, part: slice | np.ndarray) -> np.ndarray:
        """Log2 of the values."""


def _from_linear(facts: Facts, where: str) -> tuple[ToLog2, str]:
    problems = Problems()
    if facts.largest.max() <= LOG2_LIMIT:
        found = f"no value over {LOG2_LIMIT:g} (largest {facts.largest.max():g})"
        _contradicts(problems, where, "linear", found, "log2")
    _refuse_negative(problems, where, "linear", facts)
    problems.raise_if_any()

    def to_log2(values: np.ndarray, part: slice | np.ndarray) -> np.ndarray:
        above = values + 1
        return np.log2(above, out=above)

    return to_log2, "linear in the source; log2(value + 1)"


def _from_log2(facts: Facts, where: str) -> tuple[ToLog2, str]:
    problems = Problems()
    largest = _largest_size(facts)
    if largest > LOG2_LIMIT:
        found = f"values up to {largest:g}"
        _contradicts(problems, where, "log2", found, "linear, or counts if whole numbers")
    problems.raise_if_any()
    return _unchanged, "log2 in the source; unchanged"


def _from_log_ratio(facts: Facts, where: str, *, log_base: int = 2) -> tuple[ToLog2, str]:
    problems = Problems()
    largest = _largest_size(facts)
    if largest > LOG2_LIMIT:
        _contradicts(problems, where, "log_ratio", f"values up to {largest:g}", "linear or counts")
    if facts.smallest.min() >= 0:
        _contradicts(problems, where, "log_ratio", "no value below 0", "log2")
    problems.raise_if_any()
    if log_base != 2:
        words = f"log{log_base} ratio to a reference in the source; times log2({log_base})"
        return lambda values, part: values * np.log2(log_base), words
    return _unchanged, "log2 ratio to a reference in the source; unchanged"


def _from_counts(facts: Facts, where: str, *, normalise: str = "library_size") -> tuple[ToLog2, str]:
    """Log2 counts per million with the offsets of voom (Law 2014, Genome Biology 15:R29, its equation 1).

    With ``tmm`` the library sizes are first multiplied by their TMM factors, as voom does.
    """
    problems = Problems()
    names = facts.values.names
    _refuse_negative(problems, where, "counts", facts)
    if facts.fractional.any():
        problems.add(
            where,
            expected="whole numbers, as the card says counts",
            found=f"fractions in {int(facts.fractional.sum())} genes",
            remedy="state linear for TPM or FPKM; round expected counts (RSEM, salmon) before this workflow",
            offenders=names[facts.fractional].tolist(),
        )
    empty = facts.library_size == 0
    if empty.any():
        problems.add(
            where,
            expected="counts in every sample",
            found=f"{int(empty.sum())} samples without any",
            remedy="exclude them in the card, with the reason",
            offenders=facts.values.samples[empty].tolist(),
        )
    problems.raise_if_any()
    size = facts.library_size * NORMALISE[normalise](
        facts.values.only(facts.positive).blocks, facts.library_size
    )

    def to_log2(values: np.ndarray, part: slice | np.ndarray) -> np.ndarray:
        per_million = values + 0.5
        per_million /= (size[part] + 1)[:, None]
        per_million *= 1e6
        return np.log2(per_million, out=per_million)

    words = "library size" if normalise == "library_size" else f"library size * {normalise.upper()} factor"
    return to_log2, f"counts in the source; log2((count + 0.5) / ({words} + 1) * 1e6)"


# scale a card may state -> (what is known of the values, where) -> (conversion, its words)
SCALES: dict[str, Callable[..., tuple[ToLog2, str]]] = {
    "linear": _from_linear,
    "log2": _from_log2,
    "counts": _from_counts,
    "log_ratio": _from_log_ratio,
}


def log2_of_some(facts: Facts, to_log2: ToLog2) -> pd.DataFrame:
    """Log2 of the rows whose values are looked at one by one."""
    some = facts.some
    return pd.DataFrame(to_log2(some.to_numpy().T, slice(None)).T, index=some.index, columns=some.columns)


def _unchanged(values: np.ndarray, part: slice | np.ndarray) -> np.ndarray:
    return values


def _largest_size(facts: Facts) -> float:
    return float(max(facts.largest.max(), -facts.smallest.min()))


def _contradicts(problems: Problems, where: str, stated: str, found: str, better: str) -> None:
    problems.add(
        where,
        expected=f"values as {stated} has them, which the card states",
        found=found,
        remedy=f"look at how the source made its values; if they are {better}, state that",
    )


def _refuse_negative(problems: Problems, where: str, stated: str, facts: Facts) -> None:
    if facts.negative.any():
        found = f"values below 0 in {int(facts.negative.sum())} genes (smallest {facts.smallest.min():g})"
        problems.add(
            where,
            expected=f"no value below 0, as the card says {stated}",
            found=found,
            remedy="state log2 or log_ratio if the source took logarithms; "
            "background-subtracted intensities must be set to a floor first",
            offenders=facts.values.names[facts.negative].tolist(),
        )
