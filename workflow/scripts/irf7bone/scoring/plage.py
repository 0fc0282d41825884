"""PLAGE (Tomfohr 2005, BMC Bioinformatics 6:225): first right-singular vector of the z-scores."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from irf7bone.scoring.engine import Prepared, set_sizes, used_genes

GRAM_BYTES = 64 * 2**20
# twelve squarings are the 4,096th power; of larger matrices they cost more than all eigenvectors
SQUARINGS, SQUARED_SIZE, GONE = 12, 64, 2e-15
# A sum of loadings below this is rounding, as for two genes that go against each other.
BALANCED = 1e-8


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Activity of each set: the direction over samples in which its genes vary most together.

    With Z the genes x samples z-scores of a set, Z Z' = U S^2 U', and the first right-singular vector
    is u1' Z / s1: once u1 is known the score is a weighted sum of z-scores, one sparse product for all
    sets. A singular vector has no sign of its own: it is given the sign of its product with the mean
    z-score, which is that of sum(u1). Where the loadings balance out, the first gene by name that
    loads at all loads positively.

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes, without constant genes.

    Returns:
        n_sets x n_samples, each row of length 1; NaN for a set without genes.
    """
    genes, members = used_genes(sets)
    members.sort_indices()
    sizes = set_sizes(members)[:, 0].astype(int)
    weights = members.copy()
    for size in np.unique(sizes[sizes > 0]):
        same_size = np.flatnonzero(sizes == size)
        at_once = max(1, GRAM_BYTES // (8 * size * max(size, 32)))
        for start in range(0, same_size.size, at_once):
            chunk = same_size[start : start + at_once]
            entries = members.indptr[chunk, None] + np.arange(size)
            weights.data[entries] = _first_loadings(prepared, genes, members.indices[entries])
    scores = np.empty((sets.shape[0], prepared.n_samples))
    for rows, z in prepared.z_blocks(genes):
        scores[:, rows] = weights @ z
    scores[sizes == 0] = np.nan
    return scores


def _first_loadings(prepared: Prepared, genes: np.ndarray, members: np.ndarray) -> np.ndarray:
    """First left-singular vector over its singular value, for sets of one size.

    Args:
        prepared: The cohort.
        genes: Positions of the genes in the cohort.
        members: Sets x k, positions in ``genes``.

    Returns:
        Sets x k.
    """
    used, local = np.unique(members, return_inverse=True)
    local = local.reshape(members.shape)
    gram = np.zeros((*members.shape, members.shape[1]))
    for _, z in prepared.z_blocks(genes[used]):
        block = z[local]
        gram += block @ block.transpose(0, 2, 1)
    squares, first = leading_vectors(gram)
    side = first.sum(axis=1)
    leading = np.take_along_axis(first, (np.abs(first) > BALANCED).argmax(axis=1)[:, None], axis=1)[:, 0]
    sign = np.sign(np.where(np.abs(side) > BALANCED, side, leading))
    return sign[:, None] * first / np.sqrt(squares[:, None])


def leading_vectors(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalue of each matrix, and its vector, of length 1 and either sign.

    A matrix is squared until its other eigenvalues have gone; of those where they do not in time, as of large
    ones, all eigenvectors are made.

    Args:
        matrices: n x k x k, symmetric, no eigenvalue below 0 and one above.

    Returns:
        Shapes (n,) and (n, k).
    """
    power = matrices / np.trace(matrices, axis1=1, axis2=2)[:, None, None]
    others = np.ones(len(matrices))
    for _ in range(SQUARINGS if matrices.shape[1] <= SQUARED_SIZE else 0):
        power = power @ power
        power /= np.trace(power, axis1=1, axis2=2)[:, None, None]
        others = 1 - np.einsum("nij,nij->n", power, power)  # twice the share of the second
        if others.max() < GONE:
            break
    largest = np.einsum("nii->ni", power).argmax(axis=1)
    vectors = np.take_along_axis(power, largest[:, None, None], axis=2)[:, :, 0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    values = np.einsum("ni,nij,nj->n", vectors, matrices, vectors, optimize=True)
    left = np.flatnonzero(others >= GONE)
    if left.size:
        all_values, all_vectors = np.linalg.eigh(matrices[left])
        values[left], vectors[left] = all_values[:, -1], all_vectors[:, :, -1]
    return values, vectors
