"""Which genes are expressed: below that a value is noise, which a z-score or a variance takes for signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ABOVE = 1.0  # log2: one of log2(x + 1), two of log2(x)
LOW_QUANTILE = 0.2  # of all values, where nothing says what background is
FLOOR_GENES = 10  # that many genes at a sample's lowest value are a floor; fewer are chance
FLOORED = 0.5  # of the samples
CONSTANT_SD = 1e-6  # X is float32
COUNTS, ABOVE_FLOOR, ABOVE_QUANTILE, VARIES = "counts", "above_floor", "above_quantile", "varies"


@dataclass(frozen=True)
class Expressed:
    """Which genes stay, and by which rule.

    Attributes:
        keep: One answer a gene.
        rule: ``above_floor``, ``above_quantile`` or ``varies``.
    """

    keep: np.ndarray
    rule: str


def expressed(values: np.ndarray, scale: str, smallest: int) -> Expressed:
    """Genes whose values are above a level in as many samples as the smallest group has, and vary.

    The level is 1, or a sample's floor where that is higher, in values with a floor: RNA-seq, where it is the
    value of no reads, or arrays whose pipeline sets a background. Without a floor it is the 20 % quantile of
    all values. Log ratios have no level: their genes need to vary, no more (those with missing values are
    gone before).

    Args:
        values: Genes x samples, log2, finite.
        scale: What the card says the values are: ``log2``, ``linear`` (log2 by now) or ``log_ratio``.
        smallest: Samples of the smallest group.
    """
    varies = values.std(axis=1) > CONSTANT_SD
    if scale == "log_ratio":
        return Expressed(varies, VARIES)
    lowest = values.min(axis=0)
    floored = (values <= lowest).sum(axis=0) >= FLOOR_GENES
    if floored.mean() >= FLOORED:
        level, rule = np.where(floored, np.maximum(lowest, ABOVE), ABOVE), ABOVE_FLOOR
    else:
        level, rule = np.full(values.shape[1], np.quantile(values, LOW_QUANTILE)), ABOVE_QUANTILE
    return Expressed(varies & ((values > level).sum(axis=1) >= smallest), rule)
