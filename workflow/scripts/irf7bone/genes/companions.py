"""Do the genes that go with a gene elsewhere go with it here, and if not, what does?

A row can bear a gene's name and hold something else: a probe that binds nothing, another gene's row, a
shifted column. What it should follow is known from published gene sets that hold the gene, its *companions*;
what it follows instead is seen in the cohort itself. No outcome is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from irf7bone.base.vocabulary import (
    CLOSER,
    COHERENT,
    COMPANION,
    FEWEST_COMPANIONS,
    FEWEST_WORKS,
    LOW_SHARE,
    NEAREST,
    OTHER_IDENTITY,
    UNRELATED,
)

Array = NDArray[np.float64]
Places = NDArray[np.int64]

UPPER_99 = 2.3263478740408408  # one-sided normal quantile
FEWEST_SAMPLES = 40  # with fewer, even a row without any partner has ten that correlate by 0.6
MOST_COMPANIONS_NEAR = 2  # companions among a row's nearest that another gene's row has by chance
PERMUTATIONS, SEED, CHANCE = 500, 1, 0.99
GENES_PER_BLOCK = 2000


class CitedSet(Protocol):
    """What a gene set must offer: its genes by direction, and the work that published it."""

    @property
    def up(self) -> tuple[str, ...]:
        """Genes that go up."""

    @property
    def down(self) -> tuple[str, ...]:
        """Genes that go down."""

    @property
    def citation(self) -> str:
        """The work; a set without one says nothing of companions."""


class MeasuredGenes(Protocol):
    """What a cohort must offer: a row for each gene, in the order of ``genes``."""

    @property
    def genes(self) -> NDArray[np.object_]:
        """Symbols, sorted."""

    @property
    def mean(self) -> Array:
        """Mean of each gene."""

    @property
    def sd(self) -> Array:
        """Standard deviation of each gene; 0 where it is constant."""

    @property
    def varying(self) -> NDArray[np.bool_]:
        """Whether a gene is not constant."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""

    def values(self, genes: Places) -> Array:
        """Expression of some genes, genes x samples."""


@dataclass(frozen=True)
class Companions:
    """How one gene goes with its companions.

    Args:
        core: Those of them that go together here, positions in the cohort's genes.
        mean: Their mean z-score, up to a factor; one value a sample. Companions that go the other way in the
            literature are turned.
        cohesion: Mean correlation of their pairs.
        correlation: Of the gene with ``mean``.
        upper: One-sided upper 99 % limit of ``correlation``.
        known: All companions that the cohort measures, in the core or not.
        beside: Every gene that any work puts beside this one.
    """

    core: Places
    mean: Array
    cohesion: float
    correlation: float
    upper: float
    known: Places
    beside: Places


@dataclass(frozen=True)
class Nearest:
    """What a row goes with most closely, whatever its name says.

    Args:
        genes: The :data:`~irf7bone.base.vocabulary.NEAREST` genes with the largest correlations, in that
            order.
        correlation: Mean of these.
        by_chance: The same for a row without any partner: 99th of 100 permuted copies of the row.
        companions: How many of them are companions of the gene.
        with_companions: Correlation of their mean with that of the core.
        spread: Share of the cohort's genes whose standard deviation is at or below the row's.
    """

    genes: tuple[str, ...]
    correlation: float
    by_chance: float
    companions: int
    with_companions: float
    spread: float

    @property
    def another_module(self) -> bool:
        """Whether the row belongs to genes that have nothing to do with its companions."""
        return (
            self.correlation >= max(OTHER_IDENTITY, self.by_chance)
            and self.companions <= MOST_COMPANIONS_NEAR
            and self.with_companions < UNRELATED
        )

    @property
    def noise(self) -> bool:
        """Whether the row has no partner at all and varies no more than the quietest genes."""
        return self.correlation < self.by_chance and self.spread <= LOW_SHARE


class Company:
    """The published gene sets in one cohort: asked for the companions of one gene after another.

    Args:
        prepared: The cohort.
        library: Gene sets by name.
    """

    def __init__(self, prepared: MeasuredGenes, library: Mapping[str, CitedSet]):
        """Place every set's genes; see the class."""
        self.prepared = prepared
        self.position = {gene: index for index, gene in enumerate(prepared.genes) if prepared.varying[index]}
        cited = [one for one in library.values() if one.citation]
        signed = [{gene: 1 for gene in one.up} | {gene: -1 for gene in one.down} for one in cited]
        measured = sorted({gene for genes in signed for gene in genes if gene in self.position})
        self._column = {gene: index for index, gene in enumerate(measured)}
        self._places = np.array([self.position[gene] for gene in measured], dtype=np.int64)
        self._members = np.zeros((len(signed), len(measured)), dtype=np.int8)
        for row, genes in zip(self._members, signed, strict=True):
            for gene, sign in genes.items():
                if gene in self._column:
                    row[self._column[gene]] = sign
        self._work = np.array([one.citation for one in cited], dtype=object)

    def of(self, gene: str) -> Companions | None:
        """The companions of a gene here; None where there are none that could be asked.

        A companion stands beside the gene in sets of ``FEWEST_WORKS`` works or more
        (:mod:`irf7bone.base.vocabulary`). The core are those that correlate with the mean of the other
        companions by ``COMPANION`` or more; it can be asked where it has ``FEWEST_COMPANIONS`` genes whose
        pairs correlate by ``COHERENT`` on average. The gene itself takes no part in choosing.
        """
        if gene not in self._column or self.prepared.n_samples < FEWEST_SAMPLES:
            return None
        known, signs, beside = self._beside(self._column[gene])
        if known.size < FEWEST_COMPANIONS:
            return None
        rows = self._rows(known) * signs[:, None]
        product = rows @ rows.T
        core = np.flatnonzero(_with_the_rest(product) >= COMPANION)
        k = core.size
        if k < FEWEST_COMPANIONS:
            return None
        cohesion = float((product[np.ix_(core, core)].sum() - k) / (k * (k - 1)))
        if cohesion < COHERENT:
            return None
        mean = rows[core].sum(axis=0)
        r = _correlation(self._row(gene), mean)
        return Companions(known[core], mean, cohesion, r, self._upper(r), known, beside)

    def closer(self, companions: Sequence[Companions]) -> Array:
        """Share of the genes that no work puts beside a gene that go with its companions as it does.

        Args:
            companions: Of some genes, from :meth:`of`.

        Returns:
            One share for each, 0 to 1.
        """
        if not companions:
            return np.empty(0)
        means = np.vstack([one.mean / np.linalg.norm(one.mean) for one in companions])
        limits = np.array([one.correlation for one in companions])
        among = np.zeros(len(companions))
        of_all = np.zeros(len(companions))
        for genes, rows in self._blocks():
            reached = rows @ means.T >= limits
            stranger = np.array([~np.isin(genes, one.beside) for one in companions]).T
            among += (reached & stranger).sum(axis=0)
            of_all += stranger.sum(axis=0)
        return among / of_all

    def nearest(self, gene: str, companions: Companions) -> Nearest:
        """What a row goes with, over all genes of the cohort.

        Args:
            gene: A gene that varies.
            companions: Of it, from :meth:`of`.
        """
        own, row = self.position[gene], self._row(gene)
        permuted = np.random.default_rng(SEED).permuted(np.tile(row, (PERMUTATIONS, 1)), axis=1)
        places, values = [], []
        best = np.full((PERMUTATIONS, NEAREST), -1.0)
        for genes, rows in self._blocks():
            rows = rows[genes != own]
            places.append(genes[genes != own])
            values.append(rows @ row)
            best = np.concatenate([best, permuted @ rows.T], axis=1)
            best = np.partition(best, -NEAREST, axis=1)[:, -NEAREST:]
        every, with_row = np.concatenate(places), np.concatenate(values)
        order = np.argsort(-with_row, kind="stable")[:NEAREST]
        near = every[order]
        return Nearest(
            genes=tuple(str(self.prepared.genes[index]) for index in near),
            correlation=float(with_row[order].mean()),
            by_chance=float(np.quantile(best.mean(axis=1), CHANCE)),
            companions=int(np.isin(near, companions.known).sum()),
            with_companions=_correlation(self._rows(near).sum(axis=0), companions.mean),
            spread=float(np.mean(self.prepared.sd[every] <= self.prepared.sd[own])),
        )

    def _beside(self, column: int) -> tuple[Places, Array, Places]:
        """Genes that enough works put beside a gene, whether on its side or on the other, and all of them."""
        holding = self._members[:, column] != 0
        sides = self._members[holding] * self._members[holding, column][:, None]
        works = self._work[holding]
        same, other = np.zeros((2, sides.shape[1]), dtype=np.int64)
        for work in set(works):
            of_work = sides[works == work]
            same += (of_work > 0).any(axis=0)
            other += (of_work < 0).any(axis=0)
        enough = np.maximum(same, other) >= FEWEST_WORKS
        enough[column] = False
        signs = np.where(same[enough] >= other[enough], 1.0, -1.0)
        return self._places[enough], signs, self._places[same + other > 0]

    def _row(self, gene: str) -> Array:
        return self._rows(np.array([self.position[gene]]))[0]

    def _rows(self, genes: Places) -> Array:
        """Rows centred and of length 1, so that a product of two is their correlation; genes x samples."""
        values = self.prepared.values(genes) - self.prepared.mean[genes, None]
        return values / np.linalg.norm(values, axis=1, keepdims=True)

    def _blocks(self) -> Iterator[tuple[Places, Array]]:
        """All varying genes and their rows, some at a time."""
        every = np.flatnonzero(self.prepared.varying)
        for start in range(0, every.size, GENES_PER_BLOCK):
            genes = every[start : start + GENES_PER_BLOCK]
            yield genes, self._rows(genes)

    def _upper(self, r: float) -> float:
        """One-sided upper 99 % limit of a correlation, by Fisher's z."""
        return float(np.tanh(np.arctanh(min(r, 1 - 1e-12)) + UPPER_99 / np.sqrt(self.prepared.n_samples - 3)))


def follows(closer: float) -> bool:
    """Whether a gene goes with its companions more closely than nearly all other genes of the cohort do."""
    return closer <= CLOSER


def _with_the_rest(product: Array) -> Array:
    """Correlation of each row with the sum of the other rows, from the correlations of all pairs."""
    with_all = product.sum(axis=1)
    rest = product.sum() - 2 * with_all + 1.0
    return (with_all - 1.0) / np.sqrt(np.maximum(rest, 1e-12))


def _correlation(first: Array, second: Array) -> float:
    length = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.clip(first @ second / length, -1, 1)) if length > 0 else 0.0
