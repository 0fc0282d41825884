"""Which samples of two cohorts have one tumour's profile, by limits that the two cohorts set themselves.

Different tumours resemble each other for what many share: subtype, proliferation, stroma. So the patterns
that many samples of both cohorts share are taken out first (principal components of profiles of equal
length), and what is left, which belongs to the tumour, is correlated. How alike two different tumours can be
is then read from the best matches themselves: each sample's second best partner, which a tumour measured
twice leaves as it was, has the distribution of the second largest of many values (Gumbel 1958, Statistics of
Extremes), and that tells how large the largest may be, and its lead, in all but a stated share of
comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.linalg import eigh

from irf7bone.base.stored_matrix import Matrix, StoredMatrix

# of pairs of cohorts that share no patient, those in which chance makes a pair, as the limits are set
FALSE_POSITIVE_RATE = 0.01
# what is left of two measurements of one tumour correlates by more than this; less is a lead among strangers
LEAST_CORRELATION = 0.35
# beyond it, no difference in the clinical data makes two tumours of one profile
SURE_CORRELATION = 0.8
# where a pair would have to correlate by more than this to stand out, profiles cannot tell
TELLING_CORRELATION = 0.9
# and where by no more than this, one tumour measured twice would have stood out
CONTRADICTING_CORRELATION = 0.6
LEAST_SAMPLES = 10  # fewer have no distribution of matches
LEAST_GENES = 10
GENES_OF_LARGE = 2000
CLIPPED_AT = 3.0  # standard deviations of a gene: a single value must not make a profile
MOST_CLIPPED = 0.2  # of the genes; 0.16 is the most in 809 tumours of six cohorts
# a pattern with the weight of more samples than this is shared: one tumour measured twice has two
SHARED_BY = 4.0
MOST_PATTERNS = 50
# x = (value - location) / scale of a Gumbel law at which its second largest value has these probabilities
_MIDDLE, _HIGH = -0.5176, 0.6315  # 0.5 and 0.9: exp(-u) (1 + u) = probability, x = -log(u)
IDENTICAL_WITHIN = 0.002  # log2: values that differ by how they were rounded
IDENTICAL_SHARE = 0.5  # of the genes: the others may come from another probe
_COMMON_VALUE = 0.05  # genes in which more pairs of samples than this agree tell nothing
_GENES_ASKED = 200


@dataclass(frozen=True)
class Profiles:
    """One cohort's profiles.

    Args:
        samples: Sample ids.
        genes: Symbols of the genes that vary.
        log2: Their values, samples x genes.
        z: The same in standard deviations of the gene within the cohort, clipped.
    """

    samples: np.ndarray
    genes: pd.Index
    log2: np.ndarray
    z: np.ndarray


# sample -> the others of its patient, by their places
Twins = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class PairSaid:
    """What profiles say of two samples.

    Args:
        correlation: Of what is left of the profiles; a sample with itself has -1.
        lead: Fisher z of the pair less that of the best other partner of either sample.
        identical: Whether they have the same values.
        stranger: Whether they are no more alike than any two tumours.
    """

    correlation: float
    lead: float
    identical: bool
    stranger: bool


@dataclass(frozen=True)
class ProfilesTell:
    """What the profiles of two cohorts, or of one, can tell.

    Args:
        needed: The lead that stands out in these two cohorts.
        typical: The correlation that a sample with common second best partners needs for such a lead.
        n_genes: Genes that both measured.
        effective_genes: Independent genes that would spread the correlations of different tumours as much.
    """

    needed: float
    typical: float
    n_genes: int
    effective_genes: float

    @property
    def tells(self) -> bool:
        """Whether one tumour measured twice could be told by its profile."""
        return self.typical <= TELLING_CORRELATION

    @property
    def contradicts(self) -> bool:
        """Whether one tumour measured twice would have been told by its profile."""
        return self.typical <= CONTRADICTING_CORRELATION


@dataclass(frozen=True)
class ProfileMatches(ProfilesTell):
    """All samples of one cohort against all of another, or of itself.

    Args:
        correlation: Of what is left of the profiles, shape (n, m); a sample with itself has -1.
        lead: Fisher z of a pair less that of the best other partner of either sample, shape (n, m).
        found: Pairs with one tumour's profile, shape (n, m).
        identical: Pairs with the same values, shape (n, m).
        stranger: Pairs no more alike than any two tumours, shape (n, m).
    """

    correlation: np.ndarray
    lead: np.ndarray
    found: np.ndarray
    identical: np.ndarray
    stranger: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """Pairs with one tumour's profile, shape (k, 2)."""
        return np.argwhere(self.found)

    @property
    def largest(self) -> float:
        """The largest correlation of any pair."""
        return float(self.correlation.max())

    def of(self, i: int, j: int) -> PairSaid:
        """What the profiles say of two samples."""
        lead, identical = float(self.lead[i, j]), bool(self.identical[i, j])
        return PairSaid(float(self.correlation[i, j]), lead, identical, bool(self.stranger[i, j]))


def read_profiles(expression: Matrix) -> Profiles:
    """Profiles of one cohort; of a large one over a random two thousand of its genes, the same at every run.

    Args:
        expression: Samples x genes, log2; index = sample id, columns = symbol.
    """
    if isinstance(expression, StoredMatrix):
        ordered = sorted(expression.columns, key=lambda gene: (crc32(gene.encode()), gene))
        expression = expression[ordered[:GENES_OF_LARGE]]
    values = expression.to_numpy(dtype=np.float32)
    centred = values - values.mean(axis=0, dtype=np.float64)
    sd = centred.std(axis=0, ddof=1)
    varies = sd > 0
    z = np.clip(centred[:, varies] / sd[varies], -CLIPPED_AT, CLIPPED_AT).astype(np.float32)
    return Profiles(expression.index.astype(str).to_numpy(), expression.columns[varies], values[:, varies], z)


def shared_places(a: Profiles, b: Profiles) -> tuple[np.ndarray, np.ndarray] | None:
    """Where the genes of both stand in each; None where genes or samples are too few to find anything."""
    shared = a.genes.intersection(b.genes, sort=False)
    if len(shared) < LEAST_GENES or min(len(a.samples), len(b.samples)) < 2:
        return None
    return a.genes.get_indexer(shared), b.genes.get_indexer(shared)


def match_profiles(
    a: Profiles, b: Profiles, twins: tuple[Twins, Twins] | None = None
) -> ProfileMatches | None:
    """Compare every sample of one cohort with every one of another.

    Args:
        a: One cohort.
        b: The other, or the same.
        twins: Sample -> the others of its patient, in either cohort; None compares a cohort with itself.

    Returns:
        What was found, or None where genes or samples are too few for anything to be found.
    """
    within = twins is None
    places = shared_places(a, b)
    if places is None:
        return None
    identical = _identical(a.log2[:, places[0]], b.log2[:, places[1]], within=within)
    left, right = _own(a.z[:, places[0]], b.z[:, places[1]], within=within)
    correlation = np.clip((left @ right.T).astype(np.float64), -1, 1)
    if within:
        np.fill_diagonal(correlation, -1)
    z = fisher_z(correlation)
    location, scale, spread = _strangers(z, within=within)
    limit = scale * np.log((z.shape[0] / 2 if within else min(z.shape)) / FALSE_POSITIVE_RATE)
    if min(z.shape) < LEAST_SAMPLES:
        limit = np.inf
    alike = z >= max(location, np.arctanh(LEAST_CORRELATION))
    beyond = alike & is_sound(a.z)[:, None] & is_sound(b.z)[None, :]
    lead = _lead(z, beyond, twins or (_rows_of(beyond), _rows_of(beyond)))
    found = (beyond & (lead >= limit)) | identical
    return ProfileMatches(
        limit,
        float(np.tanh(location + limit)),
        len(places[0]),
        1 / spread**2 + 3,
        correlation,
        lead,
        found,
        identical,
        z < 3 * spread,
    )


def _own(a: np.ndarray, b: np.ndarray, *, within: bool) -> tuple[np.ndarray, np.ndarray]:
    """Profiles of length 1 without the patterns that many samples share (spherical principal components)."""
    profiles = unit_profiles(a) if within else np.vstack([unit_profiles(a), unit_profiles(b)])
    n = len(profiles)
    most = min(n // 10, MOST_PATTERNS)
    if most:
        products = (profiles @ profiles.T).astype(np.float64)
        weights, vectors = eigh(products, subset_by_index=[n - most, n - 1])
        shared = weights > SHARED_BY
        patterns = ((vectors[:, shared] / np.sqrt(weights[shared])).T @ profiles).astype(profiles.dtype)
        profiles = unit_profiles(profiles - (profiles @ patterns.T) @ patterns)
    return (profiles, profiles) if within else (profiles[: len(a)], profiles[len(a) :])


def is_sound(z: np.ndarray) -> np.ndarray:
    """Samples whose profile is not mostly extreme: two of those resemble each other for what went wrong."""
    return (np.abs(z) >= CLIPPED_AT).mean(axis=1) <= MOST_CLIPPED


def unit_profiles(values: np.ndarray) -> np.ndarray:
    """Profiles centred and of length 1, samples x genes; one without any difference stays 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(length > 0, length, 1)


def _strangers(z: np.ndarray, *, within: bool) -> tuple[float, float, float]:
    """Location and scale of the best match of different tumours, and the spread of all, as Fisher z.

    From the second best of every sample; the scale is no less than that of as many normal values.
    """
    spread = robust_spread(z[np.triu_indices(len(z), 1)] if within else z.ravel())
    location, scale = -np.inf, 0.0
    for values in (z,) if within else (z, z.T):
        if values.shape[1] < 2:
            continue
        second = np.partition(values, -2, axis=1)[:, -2]
        found = best_of_strangers(second, values.shape[1], spread)
        location, scale = max(location, found[0]), max(scale, found[1])
    return location, scale, spread


def fisher_z(correlation: np.ndarray | float) -> np.ndarray:
    """Fisher's z, finite for identical profiles."""
    return np.arctanh(np.clip(correlation, -0.999999, 0.999999))


def robust_spread(z: np.ndarray) -> float:
    """Standard deviation of most of the values, by their median absolute deviation."""
    return max(1.4826 * float(np.median(np.abs(z - np.median(z)))), 1e-6)


def best_of_strangers(second: np.ndarray, n_partners: int, spread: float) -> tuple[float, float]:
    """Location and scale of the best match of different tumours, from the second best of every sample.

    Args:
        second: Fisher z of each sample's second best partner.
        n_partners: Of how many.
        spread: Of all pairs.
    """
    middle, high = np.quantile(second, [0.5, 0.9])
    own = max((high - middle) / (_HIGH - _MIDDLE), spread / np.sqrt(2 * np.log(max(n_partners, 3))))
    return float(middle - _MIDDLE * own), float(own)


def _rows_of(found: np.ndarray) -> dict[int, list[int]]:
    return {int(i): np.flatnonzero(found[i]).tolist() for i in np.flatnonzero(found.any(axis=1))}


def _lead(z: np.ndarray, beyond: np.ndarray, twins: tuple[Twins, Twins]) -> np.ndarray:
    """How far each pair leads the best rival of either sample, as Fisher z.

    A patient measured three times has two best partners, so a rival that is the partner's own twin is none:
    three that resemble each other are one tumour, one that resembles two different ones is not.
    """
    lead = z - np.maximum(_best_other(z), _best_other(z.T).T)
    for i, j in np.argwhere(beyond):
        rivals = np.delete(z[i], [j, *twins[1].get(j, ())]), np.delete(z[:, j], [i, *twins[0].get(i, ())])
        lead[i, j] = z[i, j] - max(others.max(initial=-np.inf) for others in rivals)
    return lead


def _best_other(z: np.ndarray) -> np.ndarray:
    """For each cell the largest value of its row outside it; one column has no other and gives -inf."""
    if z.shape[1] == 1:
        return np.full_like(z, -np.inf)
    two = np.partition(z, -2, axis=1)[:, -2:]
    return np.where(z == two[:, [1]], two[:, [0]], two[:, [1]])


def telling_genes(a: np.ndarray, b: np.ndarray, *, within: bool) -> list[int]:
    """Genes that few pairs of samples share a value of: those that can tell copies."""
    return [gene for gene, _ in _agreeing(a, b, within=within)]


def _identical(a: np.ndarray, b: np.ndarray, *, within: bool) -> np.ndarray:
    """Pairs that have the same value, but for rounding, in at least half of the genes that can tell."""
    agree = np.zeros((len(a), len(b)), dtype=np.int32)
    telling = []
    for gene, same in _agreeing(a, b, within=within):
        telling.append(gene)
        agree += same
    candidates = agree >= max(IDENTICAL_SHARE * len(telling), LEAST_GENES)
    for i, j in np.argwhere(candidates):
        candidates[i, j] = are_identical(a[i, telling], b[j, telling])
    return candidates


def _agreeing(a: np.ndarray, b: np.ndarray, *, within: bool) -> Iterator[tuple[int, np.ndarray]]:
    """Some genes that can tell, each with the pairs of samples that have the same value of it."""
    asked = np.unique(np.linspace(0, a.shape[1] - 1, _GENES_ASKED).astype(int))
    for gene in asked:
        same = np.abs(a[:, gene, None] - b[None, :, gene]) <= IDENTICAL_WITHIN
        if within:
            np.fill_diagonal(same, False)
        # a copied cohort makes every sample agree once, which is no common value
        chance = (same.sum() - min(same.shape)) / same.size
        if chance <= _COMMON_VALUE:
            yield int(gene), same


def are_identical(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two samples agree beyond their commonest value, which may have been filled in for both."""
    same = np.abs(a - b) <= IDENTICAL_WITHIN
    filled = np.unique(a[same].round(2), return_counts=True)[1].max(initial=0)
    return bool(same.sum() - filled >= max(IDENTICAL_SHARE * (len(a) - filled), LEAST_GENES))
