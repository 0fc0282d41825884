"""GSVA (Haenzelmann et al., BMC Bioinformatics 2013;14:7) through gseapy: Gaussian kernel, max-diff."""

from __future__ import annotations

import warnings

import gseapy
import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.scoring.engine import Prepared, set_sizes


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Largest positive plus largest negative deviation of the random walk over kernel-smoothed ranks.

    gseapy's values are those of R GSVA 1.46 (``kcdf="Gaussian"``, ``mx.diff=TRUE``, ``tau=1``), with
    its tabulated normal distribution. Genes go in by number, since gseapy changes the case of symbols and
    reads digits as row numbers; genes and samples go in by the order of their names, since it breaks
    ties by position and adds up in that order. It copies the whole matrix several times over: this
    method, unlike the others, needs memory in proportion to the cohort.

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes, without constant genes.

    Returns:
        n_sets x n_samples; NaN for a set with no gene or with all the varying ones.
    """
    scores = np.full((sets.shape[0], prepared.n_samples), np.nan)
    genes = np.flatnonzero(prepared.varying)
    size = set_sizes(sets)[:, 0]
    defined = np.flatnonzero((size > 0) & (size < genes.size))
    if defined.size == 0:
        return scores
    order = np.argsort(prepared.samples.astype(str), kind="stable")
    expression = pd.DataFrame(
        prepared.values(genes)[:, order],
        index=[f"G{gene}" for gene in genes],
        columns=[f"C{column}" for column in range(order.size)],
    )
    gene_sets = {
        f"S{row}": [f"G{gene}" for gene in sets.indices[sets.indptr[row] : sets.indptr[row + 1]]]
        for row in defined
    }
    with warnings.catch_warnings():
        # Announced by pandas 3.1 about a call inside gseapy 1.3; it changes no value.
        warnings.filterwarnings("ignore", message="The inplace keyword", category=DeprecationWarning)
        result = gseapy.gsva(
            data=expression,
            gene_sets=gene_sets,
            kcdf="Gaussian",
            weight=1.0,
            mx_diff=True,
            abs_rnk=False,
            min_size=1,
            max_size=genes.size,
            outdir=None,
            threads=1,
        ).res2d
    rows = result["Term"].str[1:].astype(int).to_numpy()
    columns = order[result["Name"].str[1:].astype(int).to_numpy()]
    scores[rows, columns] = result["ES"].to_numpy(dtype=np.float64)
    return scores
