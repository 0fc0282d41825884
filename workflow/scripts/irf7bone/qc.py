"""Quality of each sample of a cohort: level, spread, agreement with the others, and a PCA.

Nothing is dropped here. A sample that fails a rule is flagged with the rule, shown in the report,
and stays in the analysis until its card excludes it with a reason.
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy.stats import iqr, rankdata

MAD_TO_SD = 1.4826
OUTLIER_SDS = 5.0
FILLED_SHARE = 0.2
PCA_GENES = 2000


def sample_quality(adata: ad.AnnData, cohort: str) -> pd.DataFrame:
    """Describe every sample of a harmonised cohort.

    The components are those of scanpy's PCA on the 2,000 most variable genes, centred; the sign of
    each is fixed so that its loading of largest size is positive.

    A sample is flagged where more than a fifth of its genes hold one and the same value that is not its
    lowest: so many equal measurements do not occur, they were filled in for missing ones. Of the others
    one is flagged where its median Spearman correlation with all samples lies more than five robust
    standard deviations (1.4826 x MAD) below the median of those not filled in, or its interquartile range
    as far from theirs in either direction.

    Args:
        adata: Samples x genes, log2.
        cohort: Cohort id, for the first column.

    Returns:
        One row a sample, the columns of :data:`irf7bone.contracts.QC`.
    """
    values = np.asarray(adata.X, dtype=np.float64)
    spread = iqr(values, axis=1)
    agreement = _median_correlation(values)
    scores, shares = _components(adata, values)
    filled = np.array([_filled_share(row) for row in values])
    reasons = [
        f"{share:.0%} of genes hold one value: filled in?" if share > FILLED_SHARE else "" for share in filled
    ]
    measured = filled <= FILLED_SHARE
    for what, quantity, two_sided in (
        ("correlation with the other samples", agreement, False),
        ("interquartile range", spread, True),
    ):
        flags = _flags(quantity, what, of=measured, two_sided=two_sided)
        reasons = ["; ".join(filter(None, pair)) for pair in zip(reasons, flags, strict=True)]
    return pd.DataFrame(
        {
            "cohort": cohort,
            "sample": adata.obs_names.astype(str),
            "median_log2": np.median(values, axis=1),
            "iqr_log2": spread,
            "pc1": scores[:, 0],
            "pc2": scores[:, 1],
            "pc1_variance": shares[0],
            "pc2_variance": shares[1],
            "correlation": agreement,
            "filled": filled,
            "outlier": [bool(reason) for reason in reasons],
            "reason": [reason or None for reason in reasons],
        }
    )


def _components(adata: ad.AnnData, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (samples x 2) and variance shares (2) of the first two principal components."""
    keep = np.sort(np.argsort(-values.var(axis=0), kind="stable")[:PCA_GENES])
    chosen = ad.AnnData(values[:, keep], obs=adata.obs[[]])
    sc.pp.pca(chosen, n_comps=2, svd_solver="full")
    loadings = chosen.varm["PCs"]
    signs = np.sign(loadings[np.abs(loadings).argmax(axis=0), [0, 1]])
    return chosen.obsm["X_pca"] * signs, np.asarray(chosen.uns["pca"]["variance_ratio"])


def _median_correlation(values: np.ndarray) -> np.ndarray:
    """Median Spearman correlation of each sample with all the others."""
    correlation = np.corrcoef(rankdata(values, axis=1))
    np.fill_diagonal(correlation, np.nan)
    return np.nanmedian(correlation, axis=1)


def _filled_share(sample: np.ndarray) -> float:
    """Share of genes at the commonest value of one sample; 0 where that value is its lowest."""
    _, counts = np.unique(sample, return_counts=True)
    commonest = counts.argmax()
    return float(counts[commonest] / sample.size) if commonest else 0.0


def _flags(values: np.ndarray, what: str, *, of: np.ndarray, two_sided: bool) -> list[str]:
    """A sentence for each sample among ``of`` beyond their robust limits, an empty text for the others."""
    nothing = [""] * len(values)
    if not of.any():
        return nothing
    centre = np.median(values[of])
    robust_sd = MAD_TO_SD * np.median(np.abs(values[of] - centre))
    if robust_sd == 0:
        return nothing
    distance = (values - centre) / robust_sd
    return [
        f"{what} {value:.2f} lies {abs(d):.1f} robust SD from the cohort's median {centre:.2f}"
        if judged and (d < -OUTLIER_SDS or (two_sided and d > OUTLIER_SDS))
        else ""
        for value, d, judged in zip(values, distance, of, strict=True)
    ]
