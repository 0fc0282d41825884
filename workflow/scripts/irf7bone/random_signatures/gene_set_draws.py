"""Random gene sets that match a named one, for Python programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from irf7bone.random_signatures.sampling import cells, generator, positions, sample_sets
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.scores_of_samples import expression_frame


def random_gene_sets(
    expression: Any,
    gene_set: Sequence[str],
    n_draws: int,
    *,
    seed: int = 0,
    genes: Sequence[str] | None = None,
) -> np.ndarray:
    """Draw random gene sets that match a named one gene by gene on expression level and variance.

    Genes fall into 10 x 10 cells, by decile of their mean and of their standard deviation; a random set takes
    from each cell as many as the named one has there. The named one is itself among the sets that could be
    drawn, which makes its rank among them an exact p value.

    Args:
        expression: Samples x genes, log2, finite: a DataFrame, an AnnData, or an array with ``genes``.
        gene_set: The named genes; those that are not measured or do not vary are left out.
        n_draws: How many, one or more.
        seed: Equal seeds, names and data give equal sets.
        genes: Names of the columns of an array.

    Returns:
        Names of genes, shape (n_draws, genes of the set that vary). For a single gene each other gene of its
        kind once, and no more.

    Raises:
        ValueError: No gene of the set varies, or it holds all genes of its kind; it is no list of genes; or
            ``n_draws`` is no whole number of 1 or more.

    Examples:
        >>> import numpy as np
        >>> from irf7bone.random_signatures import random_gene_sets
        >>> values = np.random.default_rng(1).normal(size=(20, 400)) + np.arange(400) / 40
        >>> names = [f"G{i}" for i in range(400)]
        >>> drawn = random_gene_sets(values, ["G10", "G200", "G390"], 1000, genes=names)
        >>> drawn.shape
        (1000, 3)
    """
    if isinstance(gene_set, str | Mapping):
        raise ValueError("gene_set must be a list of genes; draw for each side of a signed set by itself")
    if not isinstance(n_draws, int | np.integer) or n_draws < 1:
        raise ValueError(f"n_draws must be a whole number of 1 or more, not {n_draws!r}")
    prepared = Prepared(expression_frame(expression, genes))
    candidates = np.flatnonzero(prepared.varying)
    names = prepared.genes[candidates]
    own = positions(names, gene_set)
    if not own.size:
        raise ValueError("no gene of the set is measured and varies")
    cell = cells(prepared.mean[candidates], prepared.sd[candidates])
    drawn = sample_sets(cell, own, own[:0], n_draws, generator(seed, *sorted(gene_set)))
    if isinstance(drawn, str):
        raise ValueError(drawn)
    return names[drawn.up].astype(str)
