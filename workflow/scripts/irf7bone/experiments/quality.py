"""Quality of an experiment's samples: level, components, distances, and who stands apart."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist, squareform

from irf7bone.harmonise.sample_rules import Measures, broken_rules, measure
from irf7bone.tables.experiment_samples import DISTANCES, QUALITY

VARIABLE_GENES = 2000
FEWEST_FOR_OUTLIERS = 6


def experiment_quality(experiment: str, adata: ad.AnnData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe every sample; nothing is dropped.

    Components and distances rest on the 2,000 most variable genes, components centred by gene, each with the
    sign that makes its largest loading positive. A sample is flagged by the rules of cohorts
    (:mod:`irf7bone.harmonise.sample_rules`), from six samples on.

    Args:
        experiment: Experiment id.
        adata: Samples x genes.

    Returns:
        :data:`QUALITY` and :data:`DISTANCES`.
    """
    values = np.asarray(adata.X, dtype=np.float64)
    names = adata.obs_names.astype(str)
    keep = np.sort(np.argsort(-values.var(axis=0), kind="stable")[:VARIABLE_GENES])
    variable = values[:, keep]
    components, shares = _components(variable)
    distances = pdist(variable) / np.sqrt(len(keep))
    leaf = np.empty(len(names), dtype=int)
    leaf[leaves_list(linkage(distances, "average"))] = np.arange(1, len(names) + 1)
    measures = measure(values)
    reasons = _reasons(measures)
    obs = adata.obs.reindex(columns=["group", "pair", "batch"]).astype("object").reset_index(drop=True)
    table = obs.assign(
        experiment=experiment,
        sample=names,
        median_log2=np.median(values, axis=1),
        iqr_log2=measures.spread,
        pc1=components[:, 0],
        pc2=components[:, 1],
        pc1_variance=shares[0],
        pc2_variance=shares[1],
        correlation=measures.correlation,
        leaf=leaf,
        outlier=[bool(reason) for reason in reasons],
        reason=[reason or None for reason in reasons],
    )
    if adata.uns["scale"] == "counts":
        counts = np.asarray(adata.layers["counts"])
        table = table.assign(library_size=counts.sum(axis=1), genes_detected=(counts > 0).sum(axis=1))
    square = squareform(distances)
    pairs = pd.DataFrame(
        {
            "experiment": experiment,
            "sample": np.repeat(names, len(names)),
            "other": np.tile(names, len(names)),
            "distance": square.ravel(),
        }
    )
    return QUALITY.cast(table.reindex(columns=QUALITY.names)), DISTANCES.cast(pairs)


def _components(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (samples x 2) and variance shares (2) of the first two principal components."""
    left, singular, loadings = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    signs = np.sign(loadings[[0, 1], np.abs(loadings[:2]).argmax(axis=1)])
    return left[:, :2] * singular[:2] * signs, singular[:2] ** 2 / np.sum(singular**2)


def _reasons(measures: Measures) -> list[str]:
    if len(measures.spread) < FEWEST_FOR_OUTLIERS:
        return [""] * len(measures.spread)
    return ["; ".join(filter(None, said)) for said in zip(*broken_rules(measures).values(), strict=True)]
