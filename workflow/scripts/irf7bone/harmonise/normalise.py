"""How counts of samples sequenced to different depth and of different composition are made comparable."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from irf7bone.statistics.ranks import mid_ranks

TRIM_RATIO, TRIM_INTENSITY = 0.3, 0.05  # shares trimmed at either end of log ratios and of intensities
SAME_SAMPLE = 1e-6  # log ratios smaller than this everywhere: the sample is the reference
# which samples, and their counts, samples x genes
CountBlocks = Callable[[], Iterator[tuple[slice, np.ndarray]]]


def tmm_factors(counts: np.ndarray) -> np.ndarray:
    """Factors of the trimmed mean of M values, to multiply library sizes by.

    Args:
        counts: Genes x samples, whole numbers of 0 or more, some above 0 in every sample.

    Returns:
        One factor a sample; their geometric mean is 1.

    Source: see :func:`tmm_of_blocks`.
    """
    measured = counts[(counts > 0).any(axis=1)].T
    return tmm_of_blocks(lambda: iter([(slice(None), measured)]), counts.sum(axis=0))


def tmm_of_blocks(blocks: CountBlocks, library_size: np.ndarray) -> np.ndarray:
    """The same from counts that are read a block of samples at a time.

    The reference is the sample whose upper quartile of counts per read is nearest to the mean of all, or
    the one with the largest sum of root counts where more than half of the samples have a quartile of 0.

    Args:
        blocks: Which samples, and their counts (samples x genes that any sample has), asked for three times.
        library_size: Sum of each sample.

    Source: Robinson and Oshlack 2010, Genome Biology 11:R25; the choice of reference and the rules for
    ties and zeros are those of edgeR 3.40 ``calcNormFactors(method = "TMM")``.
    """
    quartile, roots = np.empty(len(library_size)), np.empty(len(library_size))
    for part, counts in blocks():
        quartile[part] = np.quantile(counts, 0.75, axis=1)
        roots[part] = np.sqrt(counts).sum(axis=1)
    quartile /= library_size
    few_genes = np.median(quartile) < 1e-20
    reference = int(roots.argmax() if few_genes else np.abs(quartile - quartile.mean()).argmin())
    samples = np.arange(len(library_size))
    base = next(
        counts[samples[part] == reference][0] for part, counts in blocks() if reference in samples[part]
    )
    base, n_base = base / library_size[reference], library_size[reference]
    log_factors = [
        _log2_factor(sample / n_reads, base, n_reads, n_base)
        for part, counts in blocks()
        for sample, n_reads in zip(counts, library_size[part], strict=True)
    ]
    return np.exp2(np.array(log_factors) - np.mean(log_factors))


def _log2_factor(share: np.ndarray, base: np.ndarray, n_reads: float, n_base: float) -> float:
    """Trimmed mean of one sample's log2 ratios to the reference, weighted by their inverse variance."""
    both = (share > 0) & (base > 0)
    share, base = share[both], base[both]
    ratio = np.log2(share / base)
    if ratio.size == 0 or np.abs(ratio).max() < SAME_SAMPLE:
        return 0.0
    intensity = (np.log2(share) + np.log2(base)) / 2
    keep = _between(ratio, TRIM_RATIO) & _between(intensity, TRIM_INTENSITY)
    weight = 1 / ((1 / share - 1) / n_reads + (1 / base - 1) / n_base)
    return float(np.average(ratio[keep], weights=weight[keep])) if keep.any() else 0.0


def _between(values: np.ndarray, trim: float) -> np.ndarray:
    """Which values stay when the share ``trim`` is cut off at either end; ties share their rank."""
    lowest = np.floor(len(values) * trim) + 1
    rank = mid_ranks(values)
    return (rank >= lowest) & (rank <= len(values) + 1 - lowest)


# normalisation a card may state -> (blocks of counts, library sizes) -> factors of the library sizes
NORMALISE: dict[str, Callable[[CountBlocks, np.ndarray], np.ndarray]] = {
    "library_size": lambda blocks, library_size: np.ones(len(library_size)),
    "tmm": tmm_of_blocks,
}
