"""The rules that tell a doubtful sample; each is one function and one line in :data:`RULES`.

Imports no scanpy: harmonising asks these rules too, where a card wants a rule to drop samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irf7bone.statistics.ranks import mid_ranks

MAD_TO_SD = 1.4826
OUTLIER_SDS = 5.0
FILLED_SHARE = 0.2


@dataclass(frozen=True)
class Measures:
    """What the rules look at, shapes (samples,).

    Args:
        filled: Share of genes at the sample's commonest value; 0 where that is its lowest (background).
        correlation: Median Spearman correlation with all the other samples.
        spread: Interquartile range, log2.
    """

    filled: np.ndarray
    correlation: np.ndarray
    spread: np.ndarray


def measure(values: np.ndarray) -> Measures:
    """Measure every sample.

    Args:
        values: Samples x genes, log2.
    """
    # here, as few cards have samples dropped by these rules when they are harmonised
    from scipy.stats import iqr

    return Measures(
        filled=np.array([_filled_share(row) for row in values]),
        correlation=_median_correlation(values),
        spread=iqr(values, axis=1),
    )


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


def _median_correlation(values: np.ndarray) -> np.ndarray:
    correlation = np.corrcoef(mid_ranks(values))
    np.fill_diagonal(correlation, np.nan)
    return np.nanmedian(correlation, axis=1)


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
