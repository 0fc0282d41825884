"""Composition: the centred log-ratio of cells of each compartment, compared with limma.

After Aitchison (J R Stat Soc B 1982;44:139): shares of one whole are compared as log-ratios to their
geometric mean, so that a compartment that grows does not make all others seem to shrink. A compartment
without a cell counts as half a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.linear import fit_last
from irf7bone.statistics.false_discovery import benjamini_hochberg

HALF_A_CELL = 0.5


def centred_log_ratios(counts: pd.DataFrame) -> pd.DataFrame:
    """Log2 of each count over the geometric mean of the sample's; samples x compartments."""
    logs = np.log2(counts.to_numpy(dtype=np.float64).clip(min=HALF_A_CELL))
    return pd.DataFrame(logs - logs.mean(axis=1, keepdims=True), index=counts.index, columns=counts.columns)


def compare_abundance(ratios: pd.DataFrame, design: ContrastDesign) -> pd.DataFrame:
    """Moderated t of every compartment (Smyth 2004), as in genes.

    Args:
        ratios: Samples x compartments, from :func:`centred_log_ratios`.
        design: The model; its samples are rows of ``ratios``.

    Returns:
        Index compartments: ``difference``, ``se``, ``ci_low``, ``ci_high``, ``p``, ``q``.
    """
    import pylimma

    values = ratios.loc[list(design.samples)].to_numpy().T
    fit = fit_last(values, design.matrix)
    moderated = pylimma.e_bayes(
        {
            "coefficients": fit.effect[:, None],
            "stdev_unscaled": fit.scale[:, None],
            "sigma": fit.sigma,
            "df_residual": np.full(len(fit.sigma), float(fit.df_residual)),
            "Amean": values.mean(axis=1),
        }
    )
    se = fit.scale * np.sqrt(np.asarray(moderated["s2_post"]))
    df = np.broadcast_to(moderated["df_total"], se.shape).astype(np.float64)
    p = np.asarray(moderated["p_value"])[:, 0]
    reach = stdtrit(df, 0.975) * se
    return pd.DataFrame(
        {
            "difference": fit.effect,
            "se": se,
            "ci_low": fit.effect - reach,
            "ci_high": fit.effect + reach,
            "p": p,
            "q": benjamini_hochberg(p),
        },
        index=ratios.columns,
    )


def non_malignant_ratios(
    counts: pd.DataFrame, malignant: str, groups: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Centred log-ratios among non-malignant cells, of single compartments or of several taken together.

    Args:
        counts: Samples x compartments.
        malignant: The compartment that is left out.
        groups: Name -> compartments that are added up before the ratio is taken; those not there count as
            none.
    """
    others = counts.drop(columns=malignant, errors="ignore")
    found = {}
    for name, members in groups.items():
        rest = others.drop(columns=[member for member in members if member in others])
        joined = others.reindex(columns=list(members), fill_value=0).sum(axis=1)
        found[name] = centred_log_ratios(rest.assign(**{name: joined}))[name]
    return pd.DataFrame(found)
