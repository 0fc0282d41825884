"""Comparing profiles where samples are so many that no matrix of all pairs is made.

As :mod:`irf7bone.harmonise.profile_match`, but for two things: of every sample the few partners that are most
alike are kept, among which a pair that is one tumour's must be; and the patterns that many samples share are
found from the covariance of the genes, as for sketches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irf7bone.harmonise.profile_match import (
    FALSE_POSITIVE_RATE,
    LEAST_CORRELATION,
    LEAST_SAMPLES,
    PairSaid,
    Profiles,
    ProfilesTell,
    Twins,
    are_identical,
    best_of_strangers,
    fisher_z,
    is_sound,
    robust_spread,
    shared_places,
    telling_genes,
    unit_profiles,
)
from irf7bone.harmonise.profile_sketch import take_out_shared_patterns

PARTNERS = 5  # of each sample: of a tumour measured more than six times some would be lost
SAMPLES_AT_ONCE = 1000
SAMPLES_ASKED = 500  # for the spread of all correlations


@dataclass(frozen=True)
class LargeMatches(ProfilesTell):
    """All samples of one cohort against all of another, or of itself; what is asked of a pair is then made.

    Args:
        pairs: Pairs with one tumour's profile, shape (k, 2).
        largest: The largest correlation of any pair.
        said: What the profiles say of a pair.
    """

    pairs: np.ndarray
    largest: float
    said: _Said

    def of(self, i: int, j: int) -> PairSaid:
        """What the profiles say of two samples."""
        return self.said.of(i, j)


class _Partners:
    """The most alike partners of every sample of one side.

    Args:
        n: Samples.
    """

    def __init__(self, n: int) -> None:
        self.value = np.full((n, PARTNERS), -1.0, dtype=np.float32)
        self.place = np.full((n, PARTNERS), -1, dtype=np.int64)

    def add(self, rows: slice, correlation: np.ndarray, first: int) -> None:
        """Samples ``rows`` against partners from ``first`` on, shape (rows, partners)."""
        kept = min(PARTNERS, correlation.shape[1])
        best = np.argpartition(correlation, -kept, axis=1)[:, -kept:]
        value = np.hstack([self.value[rows], np.take_along_axis(correlation, best, axis=1)])
        place = np.hstack([self.place[rows], best + first])
        order = np.argsort(-value, axis=1, kind="stable")[:, :PARTNERS]
        self.value[rows] = np.take_along_axis(value, order, axis=1)
        self.place[rows] = np.take_along_axis(place, order, axis=1)

    def best_rival(self, sample: int, partner: int, twins: set[int]) -> float:
        """Correlation of the best partner but one and that one's twins."""
        free = [
            value
            for value, place in zip(self.value[sample], self.place[sample], strict=True)
            if place >= 0 and place != partner and place not in twins
        ]
        return float(free[0]) if free else -1.0


def match_many(a: Profiles, b: Profiles, twins: tuple[Twins, Twins] | None = None) -> LargeMatches | None:
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
    left, right = _own(a.z[:, places[0]], None if within else b.z[:, places[1]])
    sides = _partners(left, right, within=within)
    spread = _spread(left, right, within=within)
    best = [best_of_strangers(fisher_z(side.value[:, 1]), m, spread) for side, m in _seconds(sides)]
    location, scale = (max(values) for values in zip(*best, strict=True))
    n, m = len(left), len(right)
    limit = scale * np.log((n / 2 if within else min(n, m)) / FALSE_POSITIVE_RATE)
    if min(n, m) < LEAST_SAMPLES:
        limit = np.inf
    least = max(float(np.tanh(location)), LEAST_CORRELATION)
    sound = is_sound(a.z), is_sound(b.z)
    row, rank = np.nonzero((sides[0].value >= least) & (sides[0].place >= 0))
    column = sides[0].place[row, rank]
    alike = np.column_stack([row, column])[sound[0][row] & sound[1][column]]
    log2 = a.log2[:, places[0]], b.log2[:, places[1]]
    said = _Said((left, right), log2, sides, twins or _beyond(alike), 3 * spread, within)
    close = np.column_stack([row, column])
    found = [pair for pair in map(tuple, alike) if said.lead(*pair) >= limit]
    found += [pair for pair in map(tuple, close) if said.identical(*pair)]
    return LargeMatches(
        needed=limit,
        typical=float(np.tanh(location + limit)),
        n_genes=len(places[0]),
        effective_genes=1 / spread**2 + 3,
        pairs=np.array(sorted(set(found)), dtype=np.int64).reshape(-1, 2),
        largest=float(sides[0].value.max()),
        said=said,
    )


class _Said:
    """What profiles say of any two samples."""

    def __init__(
        self,
        profiles: tuple[np.ndarray, np.ndarray],
        log2: tuple[np.ndarray, np.ndarray],
        sides: tuple[_Partners, _Partners],
        twins: tuple[Twins, Twins],
        stranger: float,
        within: bool,
    ) -> None:
        self._profiles, self._log2, self._sides, self._twins = profiles, log2, sides, twins
        self._stranger, self._within = stranger, within
        some = [values[:: max(1, len(values) // SAMPLES_ASKED)] for values in log2]
        self._telling = telling_genes(some[0], some[1], within=within)

    def of(self, i: int, j: int) -> PairSaid:
        correlation = self.correlation(i, j)
        stranger = bool(fisher_z(correlation) < self._stranger)
        return PairSaid(correlation, self.lead(i, j), self.identical(i, j), stranger)

    def correlation(self, i: int, j: int) -> float:
        if self._within and i == j:
            return -1.0
        return float(np.clip(self._profiles[0][i] @ self._profiles[1][j], -1, 1))

    def lead(self, i: int, j: int) -> float:
        twins = {*self._twins[1].get(j, ())}, {*self._twins[0].get(i, ())}
        rivals = self._sides[0].best_rival(i, j, twins[0]), self._sides[1].best_rival(j, i, twins[1])
        return float(fisher_z(self.correlation(i, j)) - fisher_z(max(rivals)))

    def identical(self, i: int, j: int) -> bool:
        if self._within and i == j:
            return False
        return are_identical(self._log2[0][i, self._telling], self._log2[1][j, self._telling])


def _own(a: np.ndarray, b: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Profiles of length 1 without the patterns that many samples share."""
    profiles = unit_profiles(a if b is None else np.vstack([unit_profiles(a), unit_profiles(b)]))
    take_out_shared_patterns(profiles)
    return (profiles, profiles) if b is None else (profiles[: len(a)], profiles[len(a) :])


def _partners(left: np.ndarray, right: np.ndarray, *, within: bool) -> tuple[_Partners, _Partners]:
    rows = _Partners(len(left))
    columns = rows if within else _Partners(len(right))
    for start in range(0, len(left), SAMPLES_AT_ONCE):
        part = slice(start, min(start + SAMPLES_AT_ONCE, len(left)))
        correlation = left[part] @ right.T
        if within:
            correlation[np.arange(len(correlation)), np.arange(part.start, part.stop)] = -1
        rows.add(part, correlation, 0)
        if not within:
            columns.add(slice(None), correlation.T, start)
    return rows, columns


def _spread(left: np.ndarray, right: np.ndarray, *, within: bool) -> float:
    """Of the Fisher z of all pairs, from those of some samples."""
    asked = np.unique(np.linspace(0, len(left) - 1, SAMPLES_ASKED).astype(int))
    pairs = left[asked] @ right.T
    if within:
        pairs = pairs[np.arange(len(right))[None, :] != asked[:, None]]
    return robust_spread(fisher_z(pairs).ravel())


def _seconds(sides: tuple[_Partners, _Partners]) -> list[tuple[_Partners, int]]:
    """Sides whose second best partners tell how alike strangers are, each with the number of partners."""
    rows, columns = sides
    n, m = len(rows.value), len(columns.value)
    return [(rows, m)] if rows is columns else [(rows, m), (columns, n)]


def _beyond(alike: np.ndarray) -> tuple[Twins, Twins]:
    """Pairs within a cohort as twins of each other."""
    twins: dict[int, list[int]] = {}
    for i, j in alike.tolist():
        twins.setdefault(i, []).append(j)
    return twins, twins
