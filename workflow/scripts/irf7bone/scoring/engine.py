"""One prepared expression matrix that all scoring methods share, read in blocks of samples.

Most scores are linear once genes are ranked or standardised, so that all gene sets cost one sparse
product. A block holds all genes of a few samples: nothing the size of the whole matrix is made beyond
the input itself, except the ranks, which are kept while they are small. A large cohort's values stay in their
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.errors import Problems
from irf7bone.base.stored_matrix import Matrix, StoredMatrix, row_blocks
from irf7bone.scoring.functions import score_function
from irf7bone.scoring.registry import METHODS

if TYPE_CHECKING:
    import h5py

SAMPLES_PER_BLOCK = 32
RANK_CACHE_BYTES = 2**30
# A standard deviation below this is rounding: the rule of R GSVA for a constant gene.
CONSTANT_SD = 1e-10


def average_ranks(expression: np.ndarray) -> np.ndarray:
    """Rank genes within each sample; tied genes share the mean of their ranks.

    Sharing makes the ranks independent of the order of the genes, which breaking ties by position
    (gseapy, R GSVA) does not.

    Args:
        expression: Samples x genes, finite.

    Returns:
        Samples x genes, float32 (exact, being whole or half numbers); 1 = lowest, n_genes = highest.
    """
    n_genes = expression.shape[1]
    ranks = np.empty(expression.shape, dtype=np.float32)
    untied = np.arange(1, n_genes + 1, dtype=np.float32)
    for values, ranked in zip(expression, ranks, strict=True):
        order = np.argsort(values)
        ordered = values[order]
        first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        if first.size == n_genes:
            ranked[order] = untied
        else:
            after = np.append(first[1:], n_genes)
            ranked[order] = np.repeat((first + 1 + after) / 2, after - first)
    return ranks


class Prepared:
    """Expression of one cohort, checked, with what the methods share.

    Genes are held in the order of their names whatever their order in the input, so that every score,
    and every rule that has to choose between equal genes, is the same for any order of the input.

    Args:
        expression: Samples x genes, log2, finite, unique names. float32 and float64 are used as they
            are, without a copy, or read in blocks from their file; sums are made in float64.
        threads: How many parts of a method's work may be done at a time; scores do not depend on it.

    Attributes:
        samples: Sample ids, in input order.
        genes: Gene symbols, sorted.
        mean: Mean of each gene over the samples.
        sd: Standard deviation of each gene (n - 1 in the denominator); 0 for a constant gene.
        varying: True for the genes that are not constant.
        kept: What a method has made from the cohort alone and wants for its next sets.

    Raises:
        InputError: for values that are missing, infinite or not numbers, and repeated names.
    """

    def __init__(self, expression: Matrix, threads: int = 1):
        problems = Problems()
        for axis, names in (("samples", expression.index), ("genes", expression.columns)):
            if len(names) == 0 or not names.is_unique:
                problems.add(
                    f"expression, {axis}",
                    expected="one or more, each name once",
                    found=f"{len(names)} names, {len(names) - names.nunique()} of them repeated",
                    remedy="give each name once: take the mean of a gene's rows, and one sample of each name",
                    offenders=names[names.duplicated()].unique().tolist(),
                )
        text = [] if isinstance(expression, StoredMatrix) else _not_numbers(expression)
        if text:
            problems.add(
                "expression, values",
                expected="numbers",
                found=f"{len(text)} genes whose values are not numbers",
                remedy="read the expression table as numbers",
                offenders=text,
            )
        problems.raise_if_any()

        self._values = _numbers(expression)
        names = expression.columns.to_numpy(dtype=object)
        self._order = np.argsort(names.astype(str), kind="stable")
        self.samples = expression.index.to_numpy(dtype=object)
        self.genes = names[self._order]
        self._check_finite()
        self.mean, self.sd = self._moments()
        self.varying = self.sd > 0
        self.kept: dict[str, np.ndarray] = {}
        self._ranks: tuple[np.ndarray, np.ndarray] | None = None
        self._threads = threads

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self._values.shape[0]

    @property
    def n_genes(self) -> int:
        """Number of genes, constant ones included."""
        return self._values.shape[1]

    def blocks(self) -> Iterator[slice]:
        """Samples, a block at a time."""
        for start in range(0, self.n_samples, SAMPLES_PER_BLOCK):
            yield slice(start, min(start + SAMPLES_PER_BLOCK, self.n_samples))

    def in_parts(self, work: Callable[[slice], None], n: int, at_once: int) -> None:
        """Do what is independent from one of n things to the next, some of them at a time.

        Args:
            work: Does it for a range of them, none of its parts where another does its own.
            n: Number of things.
            at_once: How many of them a part has.
        """
        parts = [slice(start, min(start + at_once, n)) for start in range(0, n, at_once)]
        if self._threads == 1:
            for part in parts:
                work(part)
            return
        with ThreadPoolExecutor(self._threads) as threads:
            list(threads.map(work, parts))  # taken out, so that what one raises is raised here

    def rank_blocks(self, genes: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Ranks of some genes within each sample (genes x block of samples, float64), a block at a time.

        Args:
            genes: Positions in :attr:`genes`; ranks are those among all genes.
        """
        kept = self._kept_ranks(genes)
        if kept is None:
            for rows, values in self.sample_blocks():
                yield rows, np.ascontiguousarray(average_ranks(values)[:, genes].T, dtype=np.float64)
            return
        ranks, columns = kept
        for rows in self.blocks():
            block = np.ascontiguousarray(ranks[rows][:, columns].T, dtype=np.float64)
            block /= 2
            yield rows, block

    def _kept_ranks(self, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Twice the ranks (samples x some genes) and the columns of the genes asked for; None if too large.

        Kept are those of all genes, or in a large cohort those of the genes that were asked for last. A
        rank is a whole or half number, so that twice a rank is a whole one: half the memory of float32.
        """
        whole = np.dtype(np.uint16 if 2 * self.n_genes < 2**16 else np.uint32)
        most = RANK_CACHE_BYTES // (whole.itemsize * self.n_samples)
        wanted = np.arange(self.n_genes) if self.n_genes <= most else genes
        if wanted.size > most:
            return None
        if self._ranks is None or not np.array_equal(self._ranks[0], wanted):
            ranks = np.empty((self.n_samples, wanted.size), dtype=whole)
            for rows, values in self.sample_blocks():
                ranks[rows] = 2 * average_ranks(values)[:, wanted]
            self._ranks = wanted, ranks
        return self._ranks[1], genes if wanted.size == self.n_genes else np.arange(genes.size)

    def z_blocks(self, genes: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Within-cohort z-scores of some genes (genes x block of samples, float64), a block at a time.

        Args:
            genes: Positions in :attr:`genes`, none of them constant.
        """
        columns = self._order[genes]
        mean, sd = self.mean[genes, None], self.sd[genes, None]
        for rows in self.blocks():
            block = np.ascontiguousarray(self._values[rows][:, columns].T, dtype=np.float64)
            block -= mean
            block /= sd
            yield rows, block

    def values(self, genes: np.ndarray) -> np.ndarray:
        """Expression of some genes in all samples (genes x samples, float64): the size of the input."""
        columns = self._order[genes]
        if isinstance(self._values, np.ndarray):
            return np.ascontiguousarray(self._values[:, columns].T, dtype=np.float64)
        out = np.empty((len(columns), self.n_samples))
        for part, block in row_blocks(self._values):
            out[:, part] = block[:, columns].T
        return out

    def sample_blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Expression of all genes (block of samples x genes, as it is), a block at a time."""
        for rows in self.blocks():
            yield rows, self._values[rows][:, self._order]

    def set_matrix(self, gene_sets: Sequence[Sequence[str]]) -> sparse.csr_array:
        """Membership of gene sets: a 0/1 matrix, sets x genes; symbols the cohort lacks are left out."""
        position = {gene: index for index, gene in enumerate(self.genes)}
        members = [
            sorted({position[gene] for gene in gene_set if gene in position}) for gene_set in gene_sets
        ]
        starts = np.cumsum([0, *map(len, members)])
        indices = np.concatenate([np.asarray(m, dtype=np.int64) for m in members] or [np.empty(0, np.int64)])
        return sparse.csr_array((np.ones(indices.size), indices, starts), shape=(len(members), self.n_genes))

    def _check_finite(self) -> None:
        finite_genes = np.ones(self.n_genes, dtype=bool)
        finite_samples = np.ones(self.n_samples, dtype=bool)
        for rows in self.blocks():
            finite = np.isfinite(self._values[rows])
            finite_genes &= finite.all(axis=0)
            finite_samples[rows] = finite.all(axis=1)
        if finite_genes.all():
            return
        problems = Problems()
        problems.add(
            "expression, values",
            expected="a finite number for every gene in every sample",
            found=f"missing or infinite values in {int((~finite_genes).sum())} genes "
            f"and {int((~finite_samples).sum())} samples",
            remedy="drop or impute these genes when the cohort is harmonised",
            offenders=sorted(self.genes[~finite_genes[self._order]]),
        )
        problems.raise_if_any()

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each gene in two passes, in the order of :attr:`genes`."""
        total = np.zeros(self.n_genes)
        for rows in self.blocks():
            total += self._values[rows].sum(axis=0, dtype=np.float64)
        mean = total / self.n_samples
        squares = np.zeros(self.n_genes)
        for rows in self.blocks():
            squares += np.square(self._values[rows] - mean).sum(axis=0)
        sd = np.sqrt(squares / max(self.n_samples - 1, 1))
        sd[sd < CONSTANT_SD] = 0.0
        return mean[self._order], sd[self._order]


def _not_numbers(expression: pd.DataFrame) -> list[str]:
    """Genes whose values are not numbers."""
    dtypes = expression.dtypes
    # each kind once: asking it of 12,000 columns takes as long as all z-scores
    other = {dtype for dtype in dtypes.unique() if not pd.api.types.is_numeric_dtype(dtype)}
    return dtypes.index[dtypes.isin(other)].tolist() if other else []


def _numbers(expression: Matrix) -> np.ndarray | h5py.Dataset:
    """Values, samples x genes, float32 or float64."""
    if isinstance(expression, StoredMatrix):
        return expression.values
    values = expression.to_numpy()
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)


def set_sizes(sets: sparse.csr_array) -> np.ndarray:
    """Number of genes in each set, shape (n_sets, 1)."""
    return np.diff(sets.indptr).astype(np.float64)[:, None]


def used_genes(sets: sparse.csr_array) -> tuple[np.ndarray, sparse.csr_array]:
    """Positions of the genes that any set has, rising, and the sets over these genes alone."""
    used = np.zeros(sets.shape[1], dtype=bool)
    used[sets.indices] = True
    genes = np.flatnonzero(used)
    position = np.cumsum(used) - 1
    members = sparse.csr_array(
        (sets.data, position[sets.indices], sets.indptr), shape=(sets.shape[0], genes.size)
    )
    return genes, members


def score_sets(prepared: Prepared, sets: sparse.csr_array, method: str) -> np.ndarray:
    """Score many gene sets in every sample: the entry for signatures and random sets alike.

    Args:
        prepared: The cohort.
        sets: Sets x genes, in the order of ``prepared.genes``; an entry is membership, its value is
            not used.
        method: Name in :data:`irf7bone.scoring.registry.METHODS`.

    Returns:
        Raw scores, float64, n_sets x n_samples. NaN in the rows of sets for which the method is not
        defined: no gene left, or (rank methods and GSVA) no gene outside.

    Raises:
        ValueError: if ``sets`` is not over the genes of the cohort.
    """
    if sets.shape[1] != prepared.n_genes:
        raise ValueError(f"sets are over {sets.shape[1]} genes, the cohort has {prepared.n_genes}")
    chosen = METHODS[method]
    members = sparse.csr_array(sets, dtype=np.float64, copy=True)
    members.sum_duplicates()
    members.data = np.ones(members.indices.size)
    if chosen.relative_to_cohort:
        members.data[~prepared.varying[members.indices]] = 0.0
        members.eliminate_zeros()
    return score_function(method)(prepared, members)
