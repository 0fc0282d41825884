"""Gene sets in the form in which the loops over cells need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GeneSets:
    """Which sets each gene belongs to, in csr form.

    Attributes:
        names: Names of the sets.
        starts: Where the sets of each gene begin, shape (genes + 1,).
        sets: Set of each membership.
        sizes: Genes of each set, measured or not.
        missing: Those not measured.
    """

    names: tuple[str, ...]
    starts: np.ndarray
    sets: np.ndarray
    sizes: np.ndarray
    missing: np.ndarray

    @classmethod
    def build(cls, sets: Mapping[str, Sequence[str]], genes: Iterable[str]) -> GeneSets:
        """Look the genes of each set up among those measured; a gene counts once in a set."""
        place = {gene: position for position, gene in enumerate(genes)}
        pairs, sizes, missing = [], [], []
        for number, members in enumerate(map(dict.fromkeys, sets.values())):
            found = [place[gene] for gene in members if gene in place]
            pairs += [(gene, number) for gene in found]
            sizes.append(len(members))
            missing.append(len(members) - len(found))
        pairs.sort()
        counts = (
            np.bincount([gene for gene, _ in pairs], minlength=len(place)) if pairs else np.zeros(len(place))
        )
        return cls(
            names=tuple(sets),
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            sets=np.array([number for _, number in pairs], dtype=np.int64),
            sizes=np.array(sizes, dtype=np.int64),
            missing=np.array(missing, dtype=np.int64),
        )
