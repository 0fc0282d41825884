"""Counts: which genes have enough of them, library sizes that do not hang on a few genes, log2 levels."""

from __future__ import annotations

import numpy as np

MIN_COUNT = 10
MIN_TOTAL = 15
LARGE_GROUP = 10
SHARE_OF_LARGE = 0.7
RATIO_TRIM = 0.3
LEVEL_TRIM = 0.05
LOWEST_LEVEL = -1e10
_ROUNDING = 1e-14


def enough_counts(counts: np.ndarray, is_case: np.ndarray) -> np.ndarray:
    """Genes worth testing: the rule of edgeR's ``filterByExpr`` with ``group`` (Chen et al., F1000Res 2016).

    A gene stays that has about ten counts (in a library of median size) in as many samples as the smaller
    group has (70 % of those beyond ten), and 15 counts in all.

    Args:
        counts: Genes x samples.
        is_case: Group of each sample.

    Returns:
        True for each gene that stays.
    """
    library = counts.sum(axis=0)
    smaller = min(is_case.sum(), (~is_case).sum())
    if smaller > LARGE_GROUP:
        smaller = LARGE_GROUP + (smaller - LARGE_GROUP) * SHARE_OF_LARGE
    per_million = counts / library * 1e6
    enough = (per_million >= MIN_COUNT / np.median(library) * 1e6).sum(axis=1) >= smaller - _ROUNDING
    return enough & (counts.sum(axis=1) >= MIN_TOTAL - _ROUNDING)


def effective_library_sizes(counts: np.ndarray) -> np.ndarray:
    """Library sizes times TMM factors (Robinson and Oshlack, Genome Biol 2010;11:R25), as edgeR's.

    Bone brings haemoglobins and matrix genes that take up much of a library; without these factors all
    other genes would seem to fall with them.

    Args:
        counts: Genes x samples, genes without counts allowed.

    Returns:
        Effective library size of each sample.
    """
    counts = np.asarray(counts, dtype=np.float64)
    counts = counts[(counts > 0).any(axis=1)]
    library = counts.sum(axis=0)
    upper = np.quantile(counts / library, 0.75, axis=0)
    if np.median(upper) < 1e-20:
        reference = int(np.sqrt(counts).sum(axis=0).argmax())
    else:
        reference = int(np.abs(upper - upper.mean()).argmin())
    factors = np.array(
        [
            _tmm(counts[:, i], counts[:, reference], library[i], library[reference])
            for i in range(len(library))
        ]
    )
    return library * factors / np.exp(np.log(factors).mean())


def _tmm(sample: np.ndarray, reference: np.ndarray, size: float, reference_size: float) -> float:
    """Trimmed mean of M values of one sample against the reference."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2((sample / size) / (reference / reference_size))
        level = (np.log2(sample / size) + np.log2(reference / reference_size)) / 2
        variance = (size - sample) / size / sample + (reference_size - reference) / reference_size / reference
    kept = np.isfinite(ratio) & np.isfinite(level) & (level > LOWEST_LEVEL)
    ratio, level, variance = ratio[kept], level[kept], variance[kept]
    if ratio.size == 0 or np.abs(ratio).max() < 1e-6:
        return 1.0
    inner = _within(ratio, RATIO_TRIM) & _within(level, LEVEL_TRIM)
    factor = np.sum(ratio[inner] / variance[inner]) / np.sum(1 / variance[inner])
    return float(2**factor) if np.isfinite(factor) else 1.0


def _within(values: np.ndarray, trim: float) -> np.ndarray:
    """True for the values that stay after trimming that share off both ends; ties share a rank."""
    n = values.size
    low = np.floor(n * trim) + 1
    high = n + 1 - low
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    after = np.append(first[1:], n)
    ranks = np.empty(n)
    ranks[order] = np.repeat((first + 1 + after) / 2, after - first)
    return (ranks >= low) & (ranks <= high)


def log2_per_million(counts: np.ndarray, library: np.ndarray) -> np.ndarray:
    """log2((count + 0.5) / (library size + 1) x 10^6) (Law et al., Genome Biol 2014;15:R29), as voom's."""
    return np.log2((counts + 0.5) / (library + 1) * 1e6)
