"""Which genes differ between two groups: limma's moderated t, for counts with voom's weights."""

from __future__ import annotations

from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from irf7bone.experiments.counts import effective_library_sizes, enough_counts
from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.linear import Fit, fit_last
from irf7bone.experiments.shrink import shrink

LEVEL = 0.95
CONSTANT_SD = 1e-6  # X is float32
LOWESS_SPAN = 0.5  # of the mean-variance trend, as published
LARGEST_DF = 1e6  # stands for infinity


@dataclass(frozen=True)
class Differential:
    """What the genes of one contrast gave.

    Attributes:
        genes: One row a gene that was tested, index = symbol: ``mean_log2``, ``log2_fc``, ``se``, ``ci_low``,
            ``ci_high``, ``log2_fc_shrunken``, ``t``, ``p``, ``q``.
        fit: The linear fit, rows as ``genes``.
        df_total: Degrees of freedom of the moderated t.
        df_prior: Degrees of freedom that the prior variance is worth.
        engine: ``limma`` or ``limma-voom``.
        n_filtered: Genes not tested.
    """

    genes: pd.DataFrame
    fit: Fit
    df_total: np.ndarray
    df_prior: float
    engine: str
    n_filtered: int


def differential(adata: ad.AnnData, design: ContrastDesign) -> Differential:
    """Test every gene of one contrast.

    Arrays: limma's linear model on log2 values (Smyth 2004, Stat Appl Genet Mol Biol 3:3). Counts: genes
    with too few are left out, library sizes are made effective by TMM, and voom weights each value by its
    precision (Law 2014, Genome Biol 15:R29). Variances are moderated by pylimma's ``e_bayes``.

    Args:
        adata: Samples x genes; see :func:`irf7bone.experiments.analyse.analyse_experiment`.
        design: The contrast's model.
    """
    import pylimma

    used = adata[list(design.samples)]
    weights = None
    if adata.uns["scale"] == "counts":
        counts = np.asarray(used.layers["counts"], dtype=np.float64).T
        keep = enough_counts(counts, design.is_case)
        counts = counts[keep]
        voomed = pylimma.voom(
            counts,
            design=design.matrix,
            lib_size=effective_library_sizes(counts),
            adaptive_span=False,
            span=LOWESS_SPAN,
        )
        values, weights, engine = np.asarray(voomed["E"]), np.asarray(voomed["weights"]), "limma-voom"
    else:
        values = np.asarray(used.X, dtype=np.float64).T
        keep = values.std(axis=1) > CONSTANT_SD
        values, engine = values[keep], "limma"
    fit = fit_last(values, design.matrix, weights)
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
    df_total = np.broadcast_to(moderated["df_total"], se.shape).astype(np.float64)
    p = np.asarray(moderated["p_value"])[:, 0]
    reach = student.ppf((1 + LEVEL) / 2, df_total) * se
    genes = pd.DataFrame(
        {
            "mean_log2": values.mean(axis=1),
            "log2_fc": fit.effect,
            "se": se,
            "ci_low": fit.effect - reach,
            "ci_high": fit.effect + reach,
            "log2_fc_shrunken": shrink(fit.effect, se, p),
            "t": np.asarray(moderated["t"])[:, 0],
            "p": p,
            "q": false_discovery_control(p, method="bh"),
        },
        index=adata.var_names[keep],
    )
    prior = float(np.min([np.max(moderated["df_prior"]), LARGEST_DF]))
    return Differential(genes, fit, df_total, prior, engine, int((~keep).sum()))
