"""Quality of each sample of a cohort: level, spread, agreement with the others, and a PCA.

Nothing is dropped here. A sample that breaks a rule is flagged with the rule, shown in the report, and stays
in the analysis unless its card names the rule under ``quality: drop`` or excludes it with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

from irf7bone.base.stored_matrix import some_columns
from irf7bone.harmonise.sample_rules import broken_rules, float_blocks, measure

if TYPE_CHECKING:
    import h5py

PCA_GENES = 2000
GENES_AT_ONCE = 500


def sample_quality(adata: ad.AnnData, cohort: str) -> pd.DataFrame:
    """Describe every sample of a harmonised cohort.

    The components are those of scanpy's PCA on the 2,000 most variable genes, centred; the sign of
    each is fixed so that its loading of largest size is positive.

    A sample is flagged where more than a fifth of its genes hold one and the same value that is not its
    lowest: so many equal measurements do not occur, they were filled in for missing ones. Of the others
    one is flagged where its median Spearman correlation with the others lies more than five robust
    standard deviations (1.4826 x MAD) below the median of those not filled in, or its interquartile range
    as far from theirs in either direction.

    Args:
        adata: Samples x genes, log2, in memory or in its file; ``batch`` of ``obs`` is carried over where
            there is one.
        cohort: Cohort id, for the first column.

    Returns:
        One row a sample, the columns of :data:`irf7bone.tables.cohort.QC`.
    """
    values = adata.X
    measures = measure(values)
    scores, shares = _components(adata, values)
    reasons = ["; ".join(filter(None, said)) for said in zip(*broken_rules(measures).values(), strict=True)]
    batch = adata.obs["batch"].astype("object").to_numpy() if "batch" in adata.obs else None
    return pd.DataFrame(
        {
            "cohort": cohort,
            "sample": adata.obs_names.astype(str),
            "batch": batch,
            "median_log2": np.concatenate([np.median(block, axis=1) for _, block in float_blocks(values)]),
            "iqr_log2": measures.spread,
            "pc1": scores[:, 0],
            "pc2": scores[:, 1],
            "pc1_variance": shares[0],
            "pc2_variance": shares[1],
            "correlation": measures.correlation,
            "filled": measures.filled,
            "outlier": [bool(reason) for reason in reasons],
            "reason": [reason or None for reason in reasons],
        }
    )


def _components(adata: ad.AnnData, values: np.ndarray | h5py.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Scores (samples x 2) and variance shares (2) of the first two principal components."""
    starts = range(0, values.shape[1], GENES_AT_ONCE)
    spread = [values[:, k : k + GENES_AT_ONCE].astype(np.float64).var(axis=0) for k in starts]
    keep = np.sort(np.argsort(-np.concatenate(spread), kind="stable")[:PCA_GENES])
    chosen = ad.AnnData(some_columns(values, keep).astype(np.float64), obs=adata.obs[[]])
    # of more samples than genes the genes' covariance has the same components, for a fraction of the work
    sc.pp.pca(chosen, n_comps=2, svd_solver="full" if values.shape[0] <= PCA_GENES else "covariance_eigh")
    loadings = chosen.varm["PCs"]
    signs = np.sign(loadings[np.abs(loadings).argmax(axis=0), [0, 1]])
    return chosen.obsm["X_pca"] * signs, np.asarray(chosen.uns["pca"]["variance_ratio"])
