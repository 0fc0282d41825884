"""Intrinsic subtypes called from expression, by the nearest centroid, as PAM50's are.

Each gene is centred on its median over tumours, and a sample is of the subtype whose centroid its centred
profile has the highest Spearman correlation with (Parker 2009, J Clin Oncol 27:1160; genefu's
intrinsic.cluster.predict chooses in the same way). Centring asks for a mixture of tumours like that which
the centroids were made from: in cohorts of one receptor status it gave wrong calls for 28 to 56 % of the
tumours (Zhao 2015, Breast Cancer Res 17:29, doi 10.1186/s13058-015-0520-4). So the median is that of an
ER-balanced cohort, in which ER-positive and ER-negative tumours weigh the same, and where one of the two is
too few there is no call.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.base.vocabulary import (
    FEWEST_OF_ER,
    FEWEST_TUMOURS,
    LEAST_SHARE_OF_ER,
    LEAST_SHARE_OF_GENES,
)
from irf7bone.genes.centroids import Centroids
from irf7bone.scoring.engine import Prepared
from irf7bone.statistics.ranks import mid_ranks
from irf7bone.tables.cohort import SUBTYPES


def call_subtypes(
    cohort: str, expression: Matrix, er: pd.Series | None, centroids: Centroids
) -> pd.DataFrame:
    """Call the subtype of every sample of a cohort.

    Args:
        cohort: Its id.
        expression: Samples x genes, log2, current symbols.
        er: ``positive`` or ``negative`` of each sample, missing where it is not known; None where the cohort
            does not record it.
        centroids: The subtypes' profiles.

    Returns:
        :data:`SUBTYPES`, one row a sample: its subtype, or why there is none.
    """
    prepared = Prepared(expression)
    place = {gene: number for number, gene in enumerate(prepared.genes)}
    there = [k for k, gene in enumerate(centroids.genes) if gene in place and prepared.varying[place[gene]]]
    labels = {"cohort": cohort, "sample": prepared.samples.astype(str), "n_genes": len(there)}
    status = None if er is None else er.astype("object").to_numpy()
    refused = _refusal(len(there), len(centroids.genes), status, prepared.n_samples)
    if refused:
        return SUBTYPES.cast(pd.DataFrame({**dict.fromkeys(SUBTYPES.names), **labels, **refused}))
    assert status is not None
    values = prepared.values(np.array([place[centroids.genes[k]] for k in there]))
    centred = values - balanced_medians(values, status)[:, None]
    correlation = _rank_correlations(centred.T, centroids.values[there].T)
    order = np.argsort(-correlation, axis=1, kind="stable")
    rows = np.arange(len(correlation))
    best, second = correlation[rows, order[:, 0]], correlation[rows, order[:, 1]]
    names = np.array(centroids.subtypes, dtype=object)
    alike = best > 0  # a negative correlation says what a sample is not
    found = {
        "subtype": pd.Series(names[order[:, 0]]).where(alike, None),
        "correlation": best,
        "runner_up": names[order[:, 1]],
        "margin": best - second,
        "status": np.where(alike, "ok", "not_available"),
        "reason": pd.Series("no centroid correlates with the sample", range(len(best))).where(~alike, None),
    }
    return SUBTYPES.cast(pd.DataFrame({**labels, **found})[list(SUBTYPES.names)])


def _refusal(n_there: int, n_genes: int, er: np.ndarray | None, n_samples: int) -> dict[str, str] | None:
    """Status and reason where the subtypes of a cohort cannot be called."""
    if n_there < LEAST_SHARE_OF_GENES * n_genes:
        needed = f"{LEAST_SHARE_OF_GENES:.0%} needed"
        reason = f"{n_there} of the centroids' {n_genes} genes are measured, {needed}"
        return {"status": "low_coverage", "reason": reason}
    reason = ""
    if n_samples < FEWEST_TUMOURS:
        reason = f"{n_samples} samples, {FEWEST_TUMOURS} needed: the genes' medians are not known"
    elif er is None:
        reason = "no ER status is recorded: whether the tumours are mixed as the centroids' were is not known"
    else:
        positive, negative = int((er == "positive").sum()), int((er == "negative").sum())
        least = max(FEWEST_OF_ER, int(np.ceil(LEAST_SHARE_OF_ER * (positive + negative))))
        if min(positive, negative) < least:
            reason = (
                f"{positive} ER-positive and {negative} ER-negative tumours, {least} of each needed: genes "
                "centred on tumours of one kind give wrong subtypes"
            )
    return {"status": "not_available", "reason": reason} if reason else None


def balanced_medians(values: np.ndarray, er: np.ndarray) -> np.ndarray:
    """Median of each gene when ER-positive and ER-negative tumours weigh the same; others weigh nothing.

    Args:
        values: Genes x samples.
        er: ``positive``, ``negative`` or anything else for each sample; some of both.

    Returns:
        Shape (genes,). Where half of the weight lies below a value and half above the next, midway between.
    """
    groups = [er == "positive", er == "negative"]
    weight = sum(group / (2 * group.sum()) for group in groups)
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    below = np.cumsum(weight[order], axis=1)
    half = 0.5 - 1e-9
    low = ordered[np.arange(len(values)), (below >= half).argmax(axis=1)]
    high = ordered[np.arange(len(values)), (below > 0.5 + 1e-9).argmax(axis=1)]
    return (low + high) / 2


def _rank_correlations(samples: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Spearman's correlation of every sample with every centroid, both x genes."""
    ranks = [mid_ranks(rows) for rows in (samples, centroids)]
    centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
    unit = [rank / np.linalg.norm(rank, axis=1, keepdims=True) for rank in centred]
    return unit[0] @ unit[1].T
