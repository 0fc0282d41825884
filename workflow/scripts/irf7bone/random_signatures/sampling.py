"""Random signatures that match a named one gene by gene on expression level and variance.

Genes fall into 10 x 10 cells, by decile of their level and decile of their spread. A random signature
takes from each cell as many genes as the named one has there, without repeating a gene. The named one's
own genes stay among the candidates: it is then itself one of the sets that could have been drawn, which is
what makes its rank among them an exact p value (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39).
Leaving them out would move the random sets of a cell away from the named one by N / (N - k).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from irf7bone.statistics.ranks import mid_ranks

DECILES = 10
# a cell offers at least this many genes for each that is taken, so that random sets share few genes with the
# named one and with each other
CANDIDATES_PER_GENE = 5
FEWEST_CANDIDATES = 20
# a single gene has as many random sets as candidates: enough of them for a two-sided p of 0.005
FEWEST_FOR_ONE_GENE = 400


@dataclass(frozen=True)
class Draws:
    """Random signatures of one named signature.

    Args:
        up: Positions of the genes that go up, shape (n_draws, n_up), rising in each row.
        down: Positions of the genes that go down, shape (n_draws, n_down).
        smallest_pool: Fewest candidates that a gene had.
        own_share: Share of the drawn genes that belong to the named signature.
        exhaustive: Every other set that could be drawn is there, once.
    """

    up: np.ndarray
    down: np.ndarray
    smallest_pool: int
    own_share: float
    exhaustive: bool

    @property
    def n_draws(self) -> int:
        """Number of random signatures."""
        return self.up.shape[0]

    @property
    def n_genes(self) -> int:
        """Genes in each."""
        return self.up.shape[1] + self.down.shape[1]

    def first(self, n: int) -> Draws:
        """The first ``n``, all of them where there are no more; ``own_share`` stays that of all."""
        return replace(
            self, up=self.up[:n], down=self.down[:n], exhaustive=self.exhaustive and self.n_draws <= n
        )


def generator(seed: int, *names: str) -> np.random.Generator:
    """Random numbers that depend on the seed and these names alone, not on what else is drawn."""
    words = "\x1f".join((str(seed), *names)).encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(words).digest()[:16], "big"))


def level_fraction(values: np.ndarray) -> np.ndarray:
    """Mid-rank of each value as a share of their number, above 0 and below 1; equal values share it."""
    return (mid_ranks(values) - 0.5) / values.size


def cells(level: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Cell of each gene, 10 x its level decile + its spread decile.

    Args:
        level: Expression level, shape (n_genes,); only its order matters.
        spread: Variance or standard deviation, shape (n_genes,); only its order matters.
    """
    by_level, by_spread = ((DECILES * level_fraction(values)).astype(int) for values in (level, spread))
    return DECILES * by_level + by_spread


def sample_sets(
    cell: np.ndarray, up: np.ndarray, down: np.ndarray, n_draws: int, random: np.random.Generator
) -> Draws | str:
    """Draw random signatures matched to a named one.

    A signature of one gene has no more random sets than the gene has candidates; where these are no more
    than ``n_draws``, each is taken once.

    Args:
        cell: Cell of every gene that may be drawn, shape (n_genes,).
        up: Positions of the named signature's genes that go up.
        down: Positions of those that go down.
        n_draws: Number of random signatures.
        random: Source of random numbers.

    Returns:
        The draws, or why there can be none.
    """
    own = np.concatenate([up, down]).astype(int)
    groups = merge_thin(np.bincount(cell, minlength=DECILES**2), np.bincount(cell[own], minlength=DECILES**2))
    group = groups[cell]
    wanted = [np.bincount(group[side.astype(int)], minlength=DECILES**2) for side in (up, down)]
    used = np.flatnonzero(wanted[0] + wanted[1])
    pools = [np.flatnonzero(group == number) for number in used]
    for number, pool in zip(used, pools, strict=True):
        if pool.size <= wanted[0][number] + wanted[1][number]:
            return f"no random signature can be drawn: the named one holds all {pool.size} genes of its kind"
    smallest = min(pool.size for pool in pools)
    if own.size == 1:
        others = random.permutation(pools[0][pools[0] != own[0]])[:n_draws, None]
        sides = (others, others[:, :0]) if up.size else (others[:, :0], others)
        return Draws(*sides, smallest, 0.0, others.shape[0] == pools[0].size - 1)

    parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for number, pool in zip(used, pools, strict=True):
        n_up, n_down = wanted[0][number], wanted[1][number]
        picked = _subsets(pool.size, n_up + n_down, n_draws, random)
        if n_up and n_down:
            picked = random.permuted(picked, axis=1)
        parts[0].append(pool[picked[:, :n_up]])
        parts[1].append(pool[picked[:, n_up:]])
    drawn_up, drawn_down = (np.sort(np.hstack(part), axis=1) for part in parts)
    n_own = sum(np.isin(side, own).sum() for side in (drawn_up, drawn_down))
    return Draws(drawn_up, drawn_down, smallest, float(n_own / (n_draws * own.size)), False)


def merge_thin(available: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Merge cells that offer too few genes with their neighbours.

    The thinnest group of cells joins the nearest other one (distance between centres, on the grid of
    deciles) until every group that is drawn from offers enough or all are one.

    Args:
        available: Genes in each of the 100 cells.
        wanted: Genes to take from each.

    Returns:
        Group of each cell, named after its lowest cell.
    """
    fewest = FEWEST_FOR_ONE_GENE if wanted.sum() == 1 else FEWEST_CANDIDATES
    group = np.arange(DECILES**2)
    grid = np.column_stack(np.divmod(group, DECILES)).astype(float)
    while True:
        offered, asked, size = (
            np.bincount(group, weights=values, minlength=DECILES**2)
            for values in (available, wanted, np.ones(DECILES**2))
        )
        share = offered / np.maximum(fewest, CANDIDATES_PER_GENE * asked)
        share[asked == 0] = np.inf
        thin = int(share.argmin())
        others = np.flatnonzero(offered > 0)
        others = others[others != thin]
        if share[thin] >= 1 or not others.size:
            return group
        centre = np.array([np.bincount(group, weights=axis, minlength=DECILES**2) for axis in grid.T])
        centre /= np.maximum(size, 1)
        distance = np.square(centre[:, others] - centre[:, [thin]]).sum(axis=0)
        nearest = int(others[distance.argmin()])
        group[(group == thin) | (group == nearest)] = min(thin, nearest)


def set_matrix(members: np.ndarray, n_genes: int) -> sparse.csr_array:
    """Random sets as a 0/1 matrix, sets x genes.

    Args:
        members: Positions, shape (n_sets, k), rising in each row.
        n_genes: Number of genes.
    """
    n_sets, k = members.shape
    return sparse.csr_array(
        (np.ones(members.size), members.ravel(), np.arange(n_sets + 1) * k), shape=(n_sets, n_genes)
    )


def positions(genes: np.ndarray, chosen: Sequence[str]) -> np.ndarray:
    """Where ``chosen`` stand among ``genes``; those that are not there are left out."""
    index = {gene: position for position, gene in enumerate(genes)}
    return np.array(sorted({index[gene] for gene in chosen if gene in index}), dtype=int)


def _subsets(n: int, k: int, rows: int, random: np.random.Generator) -> np.ndarray:
    """Uniform k-subsets of range(n), shape (rows, k), by Floyd's algorithm.

    Bentley and Floyd (1987, Commun ACM 30:754).
    """
    picked = np.empty((rows, k), dtype=np.int64)
    for column, last in enumerate(range(n - k, n)):
        proposed = (random.random(rows) * (last + 1)).astype(np.int64)
        taken = (picked[:, :column] == proposed[:, None]).any(axis=1)
        picked[:, column] = np.where(taken, last, proposed)
    return picked
