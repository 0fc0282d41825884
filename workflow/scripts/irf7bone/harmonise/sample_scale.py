"""Is every sample on the scale that the card states? Asked of each sample, not of the matrix as a whole.

A maximum over a matrix lets one stray value, or one sample in twenty that somebody exported before taking
logarithms, speak for all others. So each sample's own quantiles are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.base.phrases import counted

# 2**30 is beyond any scanner and any sequencer; linear values pass it, log2 ones never
LOG2_LIMIT = 30.0
# log2 of expression reaches beyond it in every sample; logarithms to base 10, or taken twice, do not
LEAST_LOG2_MAXIMUM = 6.0
FEWEST_GENES = 100  # fewer have no distribution
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# log2 values times these are natural and decimal logarithms
_BASES = {np.log(2): "natural logarithms", np.log10(2): "logarithms to base 10"}
_NEAR_BASE = 0.06
# correlation of a sample's quantiles with the others', for it to be the same on another scale
_SAME_SHAPE = 0.995
# of values that came from whole numbers this share lies next to one, of others no more than the second
_WHOLE, _NOT_WHOLE = 0.9, 0.5
_Z_SPREAD = 0.5  # means of genes on a log2 scale spread two to six times as far as a gene's own values do
_BELOW_ZERO = 0.25
_ZSCORES = re.compile(r"(?i)z[-_ ]?scores?")


@dataclass(frozen=True)
class _Samples:
    """What is looked at: quantiles of every sample and the values of some genes."""

    names: pd.Index
    quantiles: np.ndarray
    some: np.ndarray
    largest: np.ndarray
    smallest: np.ndarray


def check_scale(
    some: pd.DataFrame,
    largest: np.ndarray,
    smallest: np.ndarray,
    settings: Mapping[str, object],
    where: str,
) -> str:
    """Hold the values of every sample against the scale that the card states.

    Args:
        some: Values of some genes, evenly spread over all, in every sample, as the source has them.
        largest: The largest value of each sample.
        smallest: The smallest.
        settings: The card's ``expression``.
        where: The card, for messages.

    Returns:
        What could not be tested, in words; empty where all could.

    Raises:
        InputError: Samples on another scale than the card states, each named.
    """
    problems = Problems()
    scale = str(settings["scale"])
    _refuse_zscores_by_name(settings, where, problems)
    remark = ""
    if len(some) >= FEWEST_GENES:
        values = some.to_numpy(dtype=np.float64)
        samples = _Samples(some.columns, np.quantile(values, _LEVELS, axis=0), values, largest, smallest)
        remark = _CHECKS[scale](samples, where, problems)
    problems.raise_if_any()
    return remark


def _refuse_zscores_by_name(settings: Mapping[str, object], where: str, problems: Problems) -> None:
    name = str(settings.get("profile") or settings.get("path") or "").rpartition("/")[2]
    if settings["scale"] != "log_ratio" and _ZSCORES.search(name):
        problems.add(
            where,
            expected=f"values as {settings['scale']} has them, which the card states",
            found=f"the file {name}, whose name says z-scores",
            remedy="take the source's file without z-scores; where there is none, state log_ratio: z-scores "
            "are relative to the cohort",
        )


def _name(
    found: np.ndarray,
    samples: _Samples,
    where: str,
    problems: Problems,
    *,
    stated: str,
    like: str,
    remedy: str,
) -> bool:
    """Note the samples found, with their medians and maxima; whether there were any."""
    if not found.any():
        return False
    n, all_of_them = int(found.sum()), bool(found.all())
    problems.add(
        where,
        expected=f"every sample as {stated} has it, which the card states",
        found=f"{'all' if all_of_them else n} of {counted(len(found), 'sample')} {like}",
        remedy=remedy,
        offenders=[
            f"{samples.names[i]}: median {samples.quantiles[2, i]:g}, largest {samples.largest[i]:g}"
            for i in np.flatnonzero(found)
        ],
    )
    return True


_MEND = "find out how the source made them; bring all samples to one scale, or exclude these in the card"


def _linear(samples: _Samples, where: str, problems: Problems) -> str:
    # a stray value does not make a sample linear: 99 of 100 genes below the limit are logarithms
    logs = samples.quantiles[5] <= LOG2_LIMIT
    if (logs & (samples.largest > LOG2_LIMIT)).any() or not logs.all():
        mend = "state log2 if the source took logarithms" if logs.all() else _MEND
        like = f"whose values look like logarithms (99 % of the genes at most {LOG2_LIMIT:g})"
        _name(logs, samples, where, problems, stated="linear", like=like, remedy=mend)
    return ""


def _log2(samples: _Samples, where: str, problems: Problems) -> str:
    linear = samples.quantiles[4] > LOG2_LIMIT
    stray = (samples.largest > LOG2_LIMIT) & ~linear
    if not linear.all():
        _name(linear, samples, where, problems, stated="log2", like="look linear", remedy=_MEND)
    like = f"with values beyond {LOG2_LIMIT:g} in few genes"
    mend = "correct them in the source table, or write NA: they are no logarithms"
    _name(stray, samples, where, problems, stated="log2", like=like, remedy=mend)
    if linear.any() or stray.any() or _looks_like_zscores(samples, where, problems):
        return ""
    low = samples.largest <= LEAST_LOG2_MAXIMUM
    like = f"whose values end at {LEAST_LOG2_MAXIMUM:g} or below, where log2 of expression goes beyond"
    mend = "logarithms to base 10, or taken twice? Start from the values before"
    if not _name(low, samples, where, problems, stated="log2", like=like, remedy=mend):
        _other_base(samples, where, problems)
    return _base_of(samples, where, problems)


def _looks_like_zscores(samples: _Samples, where: str, problems: Problems) -> bool:
    """Refuse values centred gene by gene: levels of genes differ far more than values of one gene do."""
    below = float((samples.some < 0).mean())
    spread = samples.some.std(axis=1, ddof=1)
    own = float(np.median(spread))
    if below < _BELOW_ZERO or own == 0 or samples.some.mean(axis=1).std() > _Z_SPREAD * own:
        return False
    scaled = float(np.quantile(spread, 0.9) - np.quantile(spread, 0.1)) < 0.1 * own
    problems.add(
        where,
        expected="levels of genes, as the card says log2",
        found=f"values centred gene by gene ({below:.0%} below 0"
        + (f", every gene with a standard deviation of {own:.2f}: z-scores)" if scaled else ")"),
        remedy="start from the values before they were standardised"
        if scaled
        else "state log_ratio if they are ratios to a reference or to the cohort",
    )
    return True


def _other_base(samples: _Samples, where: str, problems: Problems) -> None:
    """Samples whose quantiles are those of the others times the ratio of two bases of logarithms."""
    usual = np.median(samples.quantiles, axis=1)
    slope = samples.quantiles.T @ usual / (usual @ usual)
    centred = samples.quantiles - samples.quantiles.mean(axis=0)
    reference = usual - usual.mean()
    length = np.linalg.norm(centred, axis=0) * np.linalg.norm(reference)
    shape = reference @ centred / np.where(length > 0, length, 1)
    for factor, words in _BASES.items():
        # where most samples are the odd ones, the others stand out by the inverse factor
        for ratio, like in ((factor, f"look like {words}"), (1 / factor, f"look like log2 among {words}")):
            found = (np.abs(slope / ratio - 1) < _NEAR_BASE) & (shape > _SAME_SHAPE)
            _name(found, samples, where, problems, stated="log2", like=like, remedy=_MEND)


def _base_of(samples: _Samples, where: str, problems: Problems) -> str:
    """Tell natural logarithms by the whole numbers behind them; say where there are none."""
    values = samples.some[:, :: max(1, samples.some.shape[1] // 50)].ravel()
    shares = {name: _near_whole(values, base) for name, base in (("2", 2.0), ("e", np.e), ("10", 10.0))}
    if max(shares.values()) < _WHOLE:
        return "the base of the logarithm cannot be tested, as too few whole numbers are behind it"
    base = max(shares, key=lambda name: shares[name])
    if base != "2" and shares["2"] <= _NOT_WHOLE:
        times = {"e": "1.442695 (1 / ln 2)", "10": "3.321928 (1 / log10 2)"}[base]
        problems.add(
            where,
            expected="logarithms to base 2, as the card says log2",
            found=f"{base} to the power of the values gives whole numbers in {shares[base]:.0%} of them, 2 "
            f"to their power in {shares['2']:.0%}",
            remedy=f"multiply the values by {times}",
        )
    return ""


def _near_whole(values: np.ndarray, base: float) -> float:
    """Share of powers next to a whole number, of those where chance would put a fifth there.

    Whole numbers from 3 to 200 are looked at: smaller ones are floors, larger ones lie denser than the
    values' decimals tell.
    """
    powers = base ** np.clip(values, -50, np.log(1e6) / np.log(base))
    powers = powers[(powers > 2.5) & (powers < 200.5)]
    if len(powers) < 50:
        return 0.0
    return float((np.abs(powers - np.round(powers)) < 0.1).mean())


def _log_ratio(samples: _Samples, where: str, problems: Problems) -> str:
    level = samples.smallest >= 0
    if not level.all():
        like = "have no value below 0"
        _name(level, samples, where, problems, stated="log_ratio", like=like, remedy=_MEND)
    linear = samples.quantiles[5] > LOG2_LIMIT
    if not linear.all():
        _name(linear, samples, where, problems, stated="log_ratio", like="look linear", remedy=_MEND)
    return ""


def _counts(samples: _Samples, where: str, problems: Problems) -> str:
    """Rounded logarithms are whole numbers as well; a sequenced sample has genes of more than 30 reads."""
    logs = samples.largest <= LOG2_LIMIT
    mend = _MEND if not logs.all() else "state log2 if the source took logarithms"
    _name(logs, samples, where, problems, stated="counts", like=f"end at {LOG2_LIMIT:g}", remedy=mend)
    return ""


_CHECKS = {"linear": _linear, "log2": _log2, "log_ratio": _log_ratio, "counts": _counts}
