"""The mean of matched random scores: what any gene set of this size and expression says of a tumour.

Random signatures go with each other, because most of them follow the same few axes of expression. Their
standardised scores' mean is their first component but for a factor, and a model that holds it asks what a
named signature says beyond it. Unlike a percentile among random signatures, which samples genes and not
patients (Goeman and Buehlmann 2007, Bioinformatics 23:980), that is a test of patients with its nominal
size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.random_signatures.fits import standard_scores
from irf7bone.random_signatures.sampling import cells, generator, positions, sample_sets, set_matrix
from irf7bone.scoring.engine import Prepared

if TYPE_CHECKING:
    from irf7bone.base.stored_matrix import Matrix
    from irf7bone.scoring.score_table import ScorableSignature

# the mean of so many differs from that of ten thousand by less than a hundredth of its spread
MOST = 1000


def random_axes(
    cohort: str,
    expression: Matrix,
    signatures: Sequence[str],
    library: Mapping[str, ScorableSignature],
    *,
    method: str,
    n_draws: int,
    seed: int,
) -> pd.DataFrame:
    """The mean matched random score of each signature, standardised within the cohort.

    Args:
        cohort: Cohort id.
        expression: Samples x genes, log2, current symbols.
        signatures: Names, of the library.
        library: Signatures by name.
        method: Scoring method.
        n_draws: Random signatures for each named one; no more than :data:`MOST` are used.
        seed: With the names of cohort and signature it decides the draws.

    Returns:
        Samples x signatures; a signature of which none can be drawn has no column.
    """
    prepared = Prepared(expression)
    candidates = np.flatnonzero(prepared.varying)
    cell = cells(prepared.mean[candidates], prepared.sd[candidates])
    found = {}
    for signature in signatures:
        named = library[signature]
        up, down = (positions(prepared.genes[candidates], side) for side in (named.up, named.down))
        if not up.size + down.size:
            continue  # nothing of it is measured here
        drawn = sample_sets(cell, up, down, min(n_draws, MOST), generator(seed, cohort, signature))
        if isinstance(drawn, str):
            continue
        sets = [set_matrix(candidates[side], prepared.n_genes) for side in (drawn.up, drawn.down)]
        z, _ = standard_scores(prepared, sets, method)
        mean = z.mean(axis=0)
        found[signature] = (mean - mean.mean()) / mean.std(ddof=1)
    return pd.DataFrame(found, index=expression.index)
