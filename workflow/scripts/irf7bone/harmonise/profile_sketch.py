"""Which pairs of many cohorts can share a patient at all, from a sketch of every sample.

Comparing every sample with every other one in full takes a time that grows with the square of the cohorts:
11 minutes for 200 of them, 4 hours for 1,000. A sketch is the sample's profile over a random thousand of the
genes that most cohorts have, without the patterns that many samples of all cohorts share. One tumour measured
twice correlates there as it does in full, but for sampling; pairs of cohorts in which no two samples do are
told apart by it, and the others are compared in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from zlib import crc32

import numpy as np
from scipy.linalg import eigh

from irf7bone.harmonise.profile_match import LEAST_SAMPLES, MOST_PATTERNS, SHARED_BY, Profiles, unit_profiles

SKETCH_GENES = 1000
MEASURED_BY = 0.8  # of the cohorts: fewer would leave holes in the sketches
LEAST_SHARE = 0.5  # of the sketched genes that a cohort must have to be told by them
# what is found in full correlates by 0.35 and more; a thousand genes know a correlation to about 0.03
LEAST_ALIKE = 0.25
SAMPLES_AT_ONCE = 4096


class Sketches:
    """The sketches of all cohorts.

    Args:
        genes: Cohort id -> symbols that vary in it.
        load: Reads one cohort's profiles; called once for each.
    """

    def __init__(self, genes: Mapping[str, Iterable[str]], load: Callable[[str], Profiles]):
        self.cohorts = list(genes)
        self.genes = sketch_genes(genes)
        found = [_sketch(load(cohort), self.genes) for cohort in self.cohorts]
        #: cohorts that have too few of the genes, or samples, to be told by a sketch
        self.untold = {name for name, part in zip(self.cohorts, found, strict=True) if part is None}
        kept = [part for part in found if part is not None]
        self._told = [name for name in self.cohorts if name not in self.untold]
        self._starts = np.cumsum([0, *(len(part) for part in kept)])
        self._all = np.vstack(kept) if kept else np.empty((0, len(self.genes)), dtype=np.float32)
        take_out_shared_patterns(self._all)

    def largest(self) -> Iterator[tuple[str, str, float]]:
        """The largest correlation of two samples, for each pair of cohorts that sketches tell of."""
        for place, name in enumerate(self._told[:-1]):
            own = self._all[self._starts[place] : self._starts[place + 1]]
            later = self._starts[place + 1]
            alike = (own @ self._all[later:].T).max(axis=0)
            largest = np.maximum.reduceat(alike, self._starts[place + 1 : -1] - later)
            for other, value in zip(self._told[place + 1 :], largest, strict=True):
                yield name, other, float(value)


def sketch_genes(genes: Mapping[str, Iterable[str]]) -> list[str]:
    """A random thousand of the genes that most cohorts have, the same for the same cohorts."""
    counted = Counter(gene for of_cohort in genes.values() for gene in of_cohort)
    common = [gene for gene, number in counted.items() if number >= MEASURED_BY * len(genes)]
    return sorted(common, key=lambda gene: (crc32(gene.encode()), gene))[:SKETCH_GENES]


def _sketch(profiles: Profiles, genes: Sequence[str]) -> np.ndarray | None:
    places = profiles.genes.get_indexer(genes)
    measured = places >= 0
    few = len(profiles.samples) < LEAST_SAMPLES or measured.sum() < LEAST_SHARE * SKETCH_GENES
    if few:
        return None
    values = np.zeros((len(profiles.samples), len(genes)), dtype=np.float32)
    values[:, measured] = unit_profiles(profiles.z[:, places[measured]])
    return values


def take_out_shared_patterns(values: np.ndarray) -> None:
    """Project away, in place, the directions that many samples share; what is left has length 1.

    Shared is what has the weight of more samples than one tumour measured twice has, and more than chance
    gives the heaviest direction of so many unrelated samples (Marchenko and Pastur's upper edge).

    Args:
        values: Samples x genes.
    """
    n, n_genes = values.shape
    most = min(n // 10, MOST_PATTERNS, n_genes // 10)
    if not most:
        return
    products = (values.T @ values).astype(np.float64)
    weights, directions = eigh(products, subset_by_index=[n_genes - most, n_genes - 1])
    chance = (1 + np.sqrt(n / n_genes)) ** 2
    patterns = directions[:, weights > max(SHARED_BY, chance)].astype(values.dtype)
    for start in range(0, len(values), SAMPLES_AT_ONCE):
        part = values[start : start + SAMPLES_AT_ONCE]
        part -= (part @ patterns) @ patterns.T
        part[:] = unit_profiles(part)
