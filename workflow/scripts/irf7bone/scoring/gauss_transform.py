"""Kernel estimates of distribution functions in time linear in the samples: the fast Gauss transform.

Greengard and Strain (1991, SIAM J Sci Stat Comput 12:79), for the integral of the Gaussian. Samples are put
into cells half a bandwidth wide. What a cell adds elsewhere is a series in its samples' powers about its
centre; the series of all cells around are added up at each cell's centre, and evaluated at its own samples.
Loaded for large cohorts only, as it is compiled when it is first loaded.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from irf7bone.base.compiled import MATRIX, compiled

# With 14 terms about the centre of a cell of half a bandwidth the remainder is below 2e-15 of a sample;
# beyond 16 cells, 8 bandwidths, the normal distribution is 0 or 1 within 1e-15
_TERMS, _REACH, _CELLS = 14, 16, 2
_NARROW = 4.0  # bandwidths of the kernel to one standard deviation


def _derivatives() -> np.ndarray:
    """Derivatives 0 to 26 of the normal distribution, -16 to 16 cells from its middle, cells in rows."""
    at = np.arange(-_REACH, _REACH + 1) / _CELLS
    density = np.exp(-np.square(at) / 2) / math.sqrt(2 * math.pi)
    hermite = [np.ones_like(at), at]
    for order in range(1, 2 * _TERMS):
        hermite.append(at * hermite[-1] - order * hermite[-2])
    columns = [ndtr(at), *((-1) ** k * hermite[k] * density for k in range(2 * _TERMS - 2))]
    return np.ascontiguousarray(np.column_stack(columns))


def smooth_log_odds(values: np.ndarray) -> np.ndarray:
    """Log odds of the kernel estimate of each gene's distribution function at each sample.

    Args:
        values: Genes x samples, float64, no gene constant.

    Returns:
        The same shape. The shares behind are those of the direct sum within a few 1e-15.
    """
    return _transform(np.ascontiguousarray(values), _derivatives())


@compiled(MATRIX, MATRIX, nogil=True)
def _transform(values, derivatives):
    """See :func:`smooth_log_odds`; ``derivatives`` are those of :func:`_derivatives`."""
    n_genes, n_samples = values.shape
    out = np.empty((n_genes, n_samples))
    cell_of = np.empty(n_samples, dtype=np.int64)
    for gene in range(n_genes):
        x = values[gene]
        mean = 0.0
        low, high = x[0], x[0]
        for i in range(n_samples):
            mean += x[i]
            low, high = min(low, x[i]), max(high, x[i])
        mean /= n_samples
        squares = 0.0
        for i in range(n_samples):
            squares += (x[i] - mean) * (x[i] - mean)
        bandwidth = math.sqrt(squares / (n_samples - 1)) / _NARROW
        n_cells = int((high - low) / bandwidth * _CELLS) + 1
        counts = np.zeros(n_cells, dtype=np.int64)
        moments = np.zeros((n_cells, _TERMS))
        local = np.zeros((n_cells, _TERMS))
        for i in range(n_samples):
            at = (x[i] - low) / bandwidth * _CELLS
            cell = min(int(at), n_cells - 1)
            cell_of[i] = cell
            counts[cell] += 1
            step = (cell + 0.5 - at) / _CELLS  # from the sample to the centre, in bandwidths
            power = 1.0
            for k in range(_TERMS):
                moments[cell, k] += power
                power *= step / (k + 1)
        far_below = 0
        for cell in range(n_cells):
            if cell > _REACH:
                far_below += counts[cell - _REACH - 1]
            if counts[cell] == 0:
                continue
            near = local[cell]
            for source in range(max(0, cell - _REACH), min(n_cells, cell + _REACH + 1)):
                if counts[source] == 0:
                    continue
                moment, shape = moments[source], derivatives[cell - source + _REACH]
                for m in range(_TERMS):
                    total = 0.0
                    for k in range(_TERMS):
                        total += moment[k] * shape[k + m]
                    near[m] += total
            factorial = 1.0
            for m in range(1, _TERMS):
                factorial *= m
                near[m] /= factorial
            near[0] += far_below
        for i in range(n_samples):
            cell = cell_of[i]
            near = local[cell]
            step = ((x[i] - low) / bandwidth * _CELLS - cell - 0.5) / _CELLS
            below = near[_TERMS - 1]
            for m in range(_TERMS - 2, -1, -1):
                below = below * step + near[m]
            share = below / n_samples
            out[gene, i] = -math.log((1 - share) / share)
    return out
