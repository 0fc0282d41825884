"""The rules that tell a doubtful sample; each is one function and one line in :data:`RULES`.

Imports no scanpy: harmonising asks these rules too, where a card wants a rule to drop samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from irf7bone.base.stored_matrix import row_blocks
from irf7bone.statistics.ranks import mid_ranks

if TYPE_CHECKING:
    from irf7bone.base.stored_matrix import SampleRows

MAD_TO_SD = 1.4826
OUTLIER_SDS = 5.0
FILLED_SHARE = 0.2
BLOCK_VALUES = 1_000_000
AT_ONCE_VALUES = 10_000_000  # above, samples are correlated with some of the others, a block at a time
SAMPLES_ASKED = 500


@dataclass(frozen=True)
class Measures:
    """What the rules look at, shapes (samples,).

    Args:
        filled: Share of genes at the sample's commonest value; 0 where that is its lowest (background).
        correlation: Median Spearman correlation with all the other samples, or 500 of them.
        spread: Interquartile range, log2.
    """

    filled: np.ndarray
    correlation: np.ndarray
    spread: np.ndarray


def measure(values: SampleRows) -> Measures:
    """Measure every sample.

    In a large cohort (over 10 million values) the correlation is that with 500 of the samples, evenly spread
    over their order.

    Args:
        values: Samples x genes, log2; float32 or float64, in memory or read a block at a time.
    """
    # here, as few cards have samples dropped by these rules when they are harmonised
    from scipy.stats import iqr

    spread = [iqr(block, axis=1) for _, block in float_blocks(values)]
    return Measures(
        filled=np.array([_filled_share(row) for _, block in row_blocks(values) for row in block]),
        correlation=_median_correlation(values),
        spread=np.concatenate(spread),
    )


def float_blocks(values: SampleRows) -> Iterator[tuple[slice, np.ndarray]]:
    """Which samples, and their values in float64, a block at a time.

    Args:
        values: Samples x genes.
    """
    at_once = max(1, BLOCK_VALUES // values.shape[1])
    for start in range(0, values.shape[0], at_once):
        part = slice(start, min(start + at_once, values.shape[0]))
        yield part, np.asarray(values[part], dtype=np.float64)


def broken_rules(measures: Measures) -> dict[str, list[str]]:
    """For each rule a sentence a sample that breaks it, an empty text for the others."""
    return {name: rule(measures) for name, rule in RULES.items()}


def _filled(measures: Measures) -> list[str]:
    return [
        f"{share:.0%} of genes hold one value: filled in?" if share > FILLED_SHARE else ""
        for share in measures.filled
    ]


def _correlation(measures: Measures) -> list[str]:
    what = "correlation with the other samples"
    return _far(measures.correlation, what, of=measures.filled <= FILLED_SHARE, two_sided=False)


def _spread(measures: Measures) -> list[str]:
    of = measures.filled <= FILLED_SHARE
    return _far(measures.spread, "interquartile range", of=of, two_sided=True)


RULES = {"filled": _filled, "correlation": _correlation, "spread": _spread}


def _median_correlation(values: SampleRows) -> np.ndarray:
    """Median rank correlation of each sample with the others, or with some of them where they are many."""
    if values.shape[0] * values.shape[1] <= AT_ONCE_VALUES:
        correlation = np.corrcoef(mid_ranks(values[:]))
        np.fill_diagonal(correlation, np.nan)
        return np.nanmedian(correlation, axis=1)
    n_samples = values.shape[0]
    asked = np.unique(np.linspace(0, n_samples - 1, SAMPLES_ASKED).astype(int))
    references = np.empty((len(asked), values.shape[1]), dtype=np.float32)
    for part, block in float_blocks(values[asked]):
        references[part] = _standard_ranks(block)
    medians = np.empty(n_samples)
    for part, block in float_blocks(values):
        correlation = _standard_ranks(block).astype(np.float32) @ references.T
        correlation[np.arange(n_samples)[part, None] == asked] = np.nan
        medians[part] = np.nanmedian(correlation, axis=1)
    return medians


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of the genes in each sample, centred and of length 1."""
    ranks = mid_ranks(values)
    ranks -= ranks.mean(axis=1, keepdims=True)
    return ranks / np.linalg.norm(ranks, axis=1, keepdims=True)


def _filled_share(sample: np.ndarray) -> float:
    """Share of genes at the commonest value of one sample; 0 where that value is its lowest."""
    _, counts = np.unique(sample, return_counts=True)
    commonest = counts.argmax()
    return float(counts[commonest] / sample.size) if commonest else 0.0


def _far(values: np.ndarray, what: str, *, of: np.ndarray, two_sided: bool) -> list[str]:
    """A sentence for each sample among ``of`` beyond their robust limits, an empty text for the others."""
    nothing = [""] * len(values)
    if not of.any():
        return nothing
    centre = np.median(values[of])
    robust_sd = MAD_TO_SD * np.median(np.abs(values[of] - centre))
    if robust_sd == 0:
        return nothing
    distance = (values - centre) / robust_sd
    return [
        f"{what} {value:.2f} lies {abs(d):.1f} robust SD from the cohort's median {centre:.2f}"
        if judged and (d < -OUTLIER_SDS or (two_sided and d > OUTLIER_SDS))
        else ""
        for value, d, judged in zip(values, distance, of, strict=True)
    ]
