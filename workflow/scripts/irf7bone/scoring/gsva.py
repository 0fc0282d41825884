"""GSVA (Haenzelmann 2013, BMC Bioinformatics 14:7): Gaussian kernel, max-diff, tau = 1."""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse
from scipy.special import ndtr

from irf7bone.base.compiled import INTEGERS, MATRIX, VECTOR, compiled
from irf7bone.scoring.engine import Prepared, set_sizes

# R GSVA looks the normal distribution up in steps of 0.001 from 0 to 10; so does this, for the same values
_REACH, _STEPS = 10.0, 10_000
_NORMAL = ndtr(_REACH * np.arange(_STEPS + 1) / _STEPS)
# from the lowest step to the highest: a sample's share below one so much higher, and the other way round
_BELOW = np.concatenate([(1 - _NORMAL)[::-1], _NORMAL])
_ABOVE = np.concatenate([_NORMAL[::-1], 1 - _NORMAL])
LOOKED_UP_SAMPLES = 400  # up to here all pairs cost no more than the fast Gauss transform
_VALUES_AT_ONCE = 1_000_000
_PASSES = 20  # over a cohort that is read from its file, at most
_SAMPLES_AT_ONCE, _GENES_AT_ONCE = 64, 50
_NARROW = 4.0  # bandwidths of the kernel to one standard deviation


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Largest positive plus largest negative deviation of the random walk over kernel-smoothed ranks.

    A gene's value in a sample becomes the share of the cohort below it, each sample smeared out by a normal
    distribution. Genes are ranked by that within the sample, and a walk down the ranks goes up by a gene's
    distance from the middle rank where it is in the set, and down evenly elsewhere. The walk turns at members
    only, so that a set costs its size and not the number of genes.

    Up to 400 samples the values are those of R GSVA 1.46 (``kcdf="Gaussian"``, ``mx.diff=TRUE``, ``tau=1``),
    and of gseapy but where densities agree to the last digits: all pairs of samples are added up, and the
    normal distribution is looked up in R's table, in steps of 0.001. With more samples it is the fast Gauss
    transform, whose time is linear in them and which takes no table: equal to the exact sum to 1e-14, and to
    R within what its table is off. Equal densities are ranked by gene name, and samples are added up by name,
    so that no order of the input matters. The densities take as much memory as the cohort in float64, until
    genes are ranked by them: this method alone is not made in blocks of samples.

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes, without constant genes.

    Returns:
        n_sets x n_samples; NaN for a set with no gene or with all the varying ones.
    """
    scores = np.full((sets.shape[0], prepared.n_samples), np.nan)
    genes = np.flatnonzero(prepared.varying)
    size = set_sizes(sets)[:, 0]
    defined = np.flatnonzero((size > 0) & (size < genes.size))
    if defined.size == 0:
        return scores
    by_name = np.argsort(prepared.samples.astype(str), kind="stable")
    members = sparse.csc_array(sets[defined][:, genes])
    if "order" not in prepared.kept:
        prepared.kept["order"] = _orders(prepared, _densities(prepared, genes, by_name))
    orders, sizes = prepared.kept["order"], size[defined]
    starts, holders = members.indptr.astype(np.int64), members.indices.astype(np.int64)

    def walk(part: slice) -> None:
        for sample, order in zip(by_name[part], orders[part], strict=True):
            scores[defined, sample] = _deviation(order.astype(np.int64), starts, holders, sizes)

    prepared.in_parts(walk, prepared.n_samples, _SAMPLES_AT_ONCE)
    return scores


def _orders(prepared: Prepared, density: np.ndarray) -> np.ndarray:
    """Genes by falling density, samples x genes: all that is kept of densities, in a quarter of the memory.

    Args:
        prepared: The cohort.
        density: Genes x samples.
    """
    n_genes, n_samples = density.shape
    orders = np.empty((n_samples, n_genes), dtype=np.uint16 if n_genes <= 2**16 else np.uint32)

    def sort(part: slice) -> None:
        orders[part] = np.argsort(np.ascontiguousarray(-density[:, part].T), axis=1, kind="stable")

    prepared.in_parts(sort, n_samples, _SAMPLES_AT_ONCE)
    return orders


def _densities(prepared: Prepared, genes: np.ndarray, by_name: np.ndarray) -> np.ndarray:
    """Log odds of every gene in every sample, genes x samples by name."""
    if prepared.n_samples <= LOOKED_UP_SAMPLES:
        return _density(np.ascontiguousarray(prepared.values(genes)[:, by_name]), _BELOW, _ABOVE)
    density = np.empty((genes.size, prepared.n_samples))
    at_once = max(1, _VALUES_AT_ONCE // prepared.n_samples, genes.size // _PASSES)
    for start in range(0, genes.size, at_once):
        part = slice(start, start + at_once)
        _smooth(prepared, prepared.values(genes[part])[:, by_name], density[part])
    return density


def _smooth(prepared: Prepared, values: np.ndarray, into: np.ndarray) -> None:
    """Log odds of some genes, in time linear in the samples."""
    from irf7bone.scoring.gauss_transform import smooth_log_odds  # compiled where it is needed only

    def smooth(part: slice) -> None:
        into[part] = smooth_log_odds(values[part])

    prepared.in_parts(smooth, len(values), _GENES_AT_ONCE)


@compiled(MATRIX, VECTOR, VECTOR)
def _density(values, table_below, table_above):
    """Log odds of the kernel estimate of each gene's distribution function at each sample, the same shape.

    Args:
        values: Genes x samples.
        table_below: The table of the normal distribution, from -10 to 10.
        table_above: What each of its values lacks of 1.
    """
    n_genes, n_samples = values.shape
    density = np.empty((n_genes, n_samples))
    below = np.empty(n_samples)
    step = np.empty(n_samples, dtype=np.int32)
    zero = _STEPS + 1
    for gene in range(n_genes):
        x = values[gene]
        mean = 0.0
        for i in range(n_samples):
            mean += x[i]
        mean /= n_samples
        squares = 0.0
        for i in range(n_samples):
            squares += (x[i] - mean) * (x[i] - mean)
        bandwidth = math.sqrt(squares / (n_samples - 1)) / _NARROW
        below[:] = 0.0
        for i in range(n_samples):
            # the pairs from here on; each sample still adds up the others in their order. Steps are made
            # apart from the sums, for several pairs at a time
            own, others, rest = x[i], x[i + 1 :], below[i + 1 :]
            for j in range(others.size):
                v = (others[j] - own) / bandwidth
                size = abs(v)
                size = _REACH if size > _REACH else size
                at = np.int32(size / _REACH * _STEPS)
                step[j] = zero + (at if v >= 0 else -1 - at)
            total = below[i] + table_below[zero]
            for j in range(others.size):
                at = np.uint32(step[j])
                rest[j] += table_below[at]
                total += table_above[at]
            below[i] = total
        for j in range(n_samples):
            share = below[j] / n_samples
            density[gene, j] = -math.log((1 - share) / share)
    return density


@compiled(INTEGERS, INTEGERS, INTEGERS, VECTOR, nogil=True)
def _deviation(order, starts, holders, size):
    """Scores of all sets in one sample, shape (n_sets,).

    Args:
        order: Genes by falling density, shape (n_genes,).
        starts: Where the sets of each gene start in ``holders``, shape (n_genes + 1,).
        holders: Sets that hold a gene, gene after gene.
        size: Genes in each set, shape (n_sets,).
    """
    n_genes, n_sets = order.size, size.size
    weight_sum, seen, height = np.zeros(n_sets), np.zeros(n_sets), np.zeros(n_sets)
    highest, lowest = np.zeros(n_sets), np.zeros(n_sets)
    for place in range(n_genes):
        weight = abs(n_genes - place - n_genes / 2)
        for entry in range(starts[order[place]], starts[order[place] + 1]):
            weight_sum[holders[entry]] += weight
    for place in range(n_genes):
        weight = abs(n_genes - place - n_genes / 2)
        for entry in range(starts[order[place]], starts[order[place] + 1]):
            k = holders[entry]
            step_down = 1 / (n_genes - size[k])
            lowest[k] = min(lowest[k], height[k] - (place - seen[k]) * step_down)
            height[k] += weight / weight_sum[k]
            highest[k] = max(highest[k], height[k] - (place - seen[k]) * step_down)
            seen[k] += 1
    return highest + lowest
