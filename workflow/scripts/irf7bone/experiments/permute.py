"""Permutation p values: every relabelling within strata where they can be counted, else a random part."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from irf7bone.base.experiment_vocabulary import CANNOT_DECIDE
from irf7bone.base.vocabulary import ALPHA
from irf7bone.experiments.design import ContrastDesign
from irf7bone.statistics.random_intercept import (
    block_root,
    consensus_correlation,
    within_block_correlations,
)

MAX_EXACT = 20_000
MONTE_CARLO_DRAWS = 9_999
# a relabelling that differs from the observed one by rounding alone is as extreme
AS_EXTREME = 1 - 1e-9


@dataclass(frozen=True)
class Permuted:
    """p of each row, how many relabellings it rests on, and whether these are all there are."""

    p: np.ndarray
    n_relabellings: int
    exact: bool


def n_relabellings(strata: np.ndarray, is_case: np.ndarray) -> int:
    """Ways to choose as many cases in each stratum as there are; 2^n for n pairs."""
    return math.prod(
        math.comb(int((strata == s).sum()), int(is_case[strata == s].sum())) for s in np.unique(strata)
    )


def smallest_p(design: ContrastDesign) -> float | None:
    """The floor of the two-sided p: that of the most extreme labelling.

    The mirror image of a labelling is as extreme, and is one of the relabellings where every stratum has
    as many cases as references.

    Returns:
        None where labels are not exchangeable.
    """
    if not design.exchangeable:
        return None
    strata, is_case = _labelled(design)
    total = n_relabellings(strata, is_case)
    if total > MAX_EXACT:
        return 1 / (1 + MONTE_CARLO_DRAWS)
    sizes = [is_case[strata == s] for s in np.unique(strata)]
    mirrored = all(2 * is_case.sum() == len(is_case) for is_case in sizes)
    return min(1.0, (2 if mirrored else 1) / total)


def floor_code(min_p: float | None) -> str | None:
    """:data:`CANNOT_DECIDE` where the floor of p is above 0.05, else None."""
    return CANNOT_DECIDE if min_p is not None and min_p > ALPHA else None


def permutation_p(values: np.ndarray, design: ContrastDesign, seed: int) -> Permuted | None:
    """Two-sided p of the group coefficient's \\|t\\| under relabelling within strata.

    Within pairs a relabelling is a flip of signs; without pairs labels move freely, or within batches where
    batch is in the model. All relabellings are counted up to 20,000; beyond, 9,999 are drawn and
    p = (1 + as extreme) / (1 + draws), never 0 (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39).
    Correlated samples of one animal and group keep one label, and t is that of one correlation for all rows,
    estimated without the groups, so that every relabelling is held to the same.

    Args:
        values: Rows x samples of the design, finite.
        design: The contrast's model.
        seed: Of the random relabellings.

    Returns:
        None where labels are not exchangeable (batch differs within pairs, or some animals only are in
        both groups).
    """
    if not design.exchangeable:
        return None
    strata, is_case = _labelled(design)
    total = n_relabellings(strata, is_case)
    exact = total <= MAX_EXACT
    others, observed_labels = design.matrix[:, :-1], design.is_case[None, :].astype(float)
    if exact:
        labels = np.array(list(_all_labels(strata, is_case)), dtype=float)
    else:
        labels = _random_labels(strata, is_case, np.random.default_rng(seed))
    if design.blocks is not None:
        shared = consensus_correlation(within_block_correlations(values, others, design.blocks))
        root = block_root(design.blocks, shared)
        values, others, observed_labels = values @ root, root @ others, observed_labels @ root
        labels = labels[:, design.clusters] @ root
    nuisance = np.linalg.qr(others)[0]
    residuals = _residual(values, nuisance)
    observed = _squared_correlation(residuals, observed_labels, nuisance)[:, 0]
    reached = _squared_correlation(residuals, labels, nuisance) >= observed[:, None] * AS_EXTREME
    count = reached.sum(axis=1)
    p = count / total if exact else (1 + count) / (1 + MONTE_CARLO_DRAWS)
    return Permuted(p, total if exact else MONTE_CARLO_DRAWS, exact)


def _labelled(design: ContrastDesign) -> tuple[np.ndarray, np.ndarray]:
    """Stratum and label of each sample, or of each animal and group whose samples are correlated."""
    first = np.unique(design.clusters, return_index=True)[1]
    return design.strata[first], design.is_case[first]


def _residual(rows: np.ndarray, nuisance: np.ndarray) -> np.ndarray:
    return rows - (rows @ nuisance) @ nuisance.T


def _squared_correlation(residuals: np.ndarray, labels: np.ndarray, nuisance: np.ndarray) -> np.ndarray:
    """Squared partial correlation, rows x relabellings: t grows with it."""
    labels = _residual(labels, nuisance)
    norms = np.outer((residuals**2).sum(axis=1), (labels**2).sum(axis=1))
    return (residuals @ labels.T) ** 2 / norms


def _all_labels(strata: np.ndarray, is_case: np.ndarray) -> Iterator[np.ndarray]:
    choices = []
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        choices.append(list(itertools.combinations(members, int(is_case[members].sum()))))
    for chosen in itertools.product(*choices):
        labels = np.zeros(len(strata), dtype=bool)
        labels[list(itertools.chain.from_iterable(chosen))] = True
        yield labels


def _random_labels(strata: np.ndarray, is_case: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    labels = np.tile(is_case.astype(float), (MONTE_CARLO_DRAWS, 1))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        labels[:, members] = rng.permuted(labels[:, members], axis=1)
    return labels
