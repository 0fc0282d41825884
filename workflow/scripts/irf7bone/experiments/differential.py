"""Which genes differ between two groups: limma's moderated t, on log2 values or with voom's weights."""

from __future__ import annotations

from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
from scipy.special import polygamma, stdtrit

from irf7bone.base.errors import InputError, Problem
from irf7bone.experiments.counts import effective_library_sizes, enough_counts
from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.expressed import COUNTS, expressed
from irf7bone.experiments.linear import Fit, fit_last
from irf7bone.experiments.shrink import shrink
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.random_intercept import (
    block_root,
    consensus_correlation,
    within_block_correlations,
)

LEVEL = 0.95
LOWESS_SPAN = 0.5  # of the mean-variance trend, as published
LARGEST_DF = 1e6  # stands for infinity
TREND_EXPLAINS = 0.1  # of the spread of true variances: from there on they are moderated towards a trend
FEWEST_GENES = 2


@dataclass(frozen=True)
class Differential:
    """What the genes of one contrast gave.

    Attributes:
        genes: One row a gene that was tested, index = symbol: ``mean_log2``, ``log2_fc``, ``se``, ``ci_low``,
            ``ci_high``, ``log2_fc_shrunken``, ``t``, ``p``, ``q``.
        fit: The linear fit, rows as ``genes``.
        df_total: Degrees of freedom of the moderated t.
        df_prior: Degrees of freedom that the prior variance is worth.
        engine: ``limma``, ``limma-trend`` or ``limma-voom``.
        n_filtered: Genes not tested.
        rule: By which genes were kept: ``counts`` (edgeR's ``filterByExpr``), or a rule of
            :mod:`irf7bone.experiments.expressed`.
        trend_explains: Share of the spread of true variances that the mean level explains; NaN for counts.
        correlation: The one correlation of samples of an animal or culture; NaN where they are independent.
    """

    genes: pd.DataFrame
    fit: Fit
    df_total: np.ndarray
    df_prior: float
    engine: str
    n_filtered: int
    rule: str
    trend_explains: float
    correlation: float


@dataclass(frozen=True)
class Moderated:
    """Moderated statistics of one coefficient, one value a gene; see :func:`moderate`."""

    t: np.ndarray
    p: np.ndarray
    se: np.ndarray
    df_total: np.ndarray
    df_prior: float


def moderate(fit: Fit, mean: np.ndarray, *, trend: bool) -> Moderated:
    """Moderate the variances of a fit, by pylimma's ``e_bayes`` (Smyth 2004).

    Args:
        fit: The fit.
        mean: Mean level of each gene, log2.
        trend: Moderate towards a smooth function of ``mean`` (limma-trend: Law 2014, Genome Biol 15:R29)
            instead of one value.
    """
    import pylimma

    found = pylimma.e_bayes(
        {
            "coefficients": fit.effect[:, None],
            "stdev_unscaled": fit.scale[:, None],
            "sigma": fit.sigma,
            "df_residual": np.full(len(fit.sigma), float(fit.df_residual)),
            "Amean": mean,
        },
        trend=trend,
    )
    se = fit.scale * np.sqrt(np.asarray(found["s2_post"]))
    return Moderated(
        t=np.asarray(found["t"])[:, 0],
        p=np.asarray(found["p_value"])[:, 0],
        se=se,
        df_total=np.broadcast_to(found["df_total"], se.shape).astype(np.float64),
        df_prior=float(np.min([np.max(found["df_prior"]), LARGEST_DF])),
    )


def share_by_trend(plain: Moderated, trended: Moderated) -> float:
    """Share of the spread of the genes' true log variances that goes with their level, from 0 to 1.

    The spread about the prior is trigamma of half its degrees of freedom (Smyth 2004, section 6.2): with a
    trend it is what the level leaves.
    """
    left, whole = (float(polygamma(1, one.df_prior / 2)) for one in (trended, plain))
    return max(0.0, 1 - left / whole) if plain.df_prior < LARGEST_DF else 0.0


def differential(adata: ad.AnnData, design: ContrastDesign) -> Differential:
    """Test every gene of one contrast that is expressed in it.

    Log2 values: limma's linear model (Smyth 2004, Stat Appl Genet Mol Biol 3:3) of the genes that
    :func:`irf7bone.experiments.expressed.expressed` keeps, with a trend of the variance where the level
    explains a tenth or more of its spread; log ratios have no level. Counts: genes with too few are left
    out, library sizes are made effective by TMM, and voom weights each value by its precision (Law 2014,
    Genome Biol 15:R29). Where samples of one animal or culture are correlated, by generalised least squares
    with the genes' consensus correlation (limma's ``duplicateCorrelation``); for counts voom and the
    correlation are estimated twice in turn, as in limma's guide.

    Args:
        adata: Samples x genes; see :func:`irf7bone.experiments.analyse.analyse_experiment`.
        design: The contrast's model.

    Raises:
        InputError: fewer than two genes are expressed.
    """
    used = adata[list(design.samples)]
    scale = adata.uns["scale"]
    counted = scale == "counts"
    if counted:
        raw = np.asarray(used.layers["counts"], dtype=np.float64).T
        keep, rule = enough_counts(raw, design.groups), COUNTS
    else:
        raw = np.asarray(used.X, dtype=np.float64).T
        found = expressed(raw, scale, design.smallest_group)
        keep, rule = found.keep, found.rule
    _check_enough(keep, rule, design)
    values, weights, shared = _levels(raw[keep], design, counted=counted)
    root = None if design.blocks is None else block_root(design.blocks, shared)
    fit, mean = fit_last(values, design.matrix, weights, root), values.mean(axis=1)
    moderated, engine, share = moderate(fit, mean, trend=False), "limma-voom" if counted else "limma", np.nan
    if not counted and scale != "log_ratio":
        trended = moderate(fit, mean, trend=True)
        share = share_by_trend(moderated, trended)
        if share >= TREND_EXPLAINS:
            moderated, engine = trended, "limma-trend"
    reach = stdtrit(moderated.df_total, (1 + LEVEL) / 2) * moderated.se
    genes = pd.DataFrame(
        {
            "mean_log2": mean,
            "log2_fc": fit.effect,
            "se": moderated.se,
            "ci_low": fit.effect - reach,
            "ci_high": fit.effect + reach,
            "log2_fc_shrunken": shrink(fit.effect, moderated.se, moderated.p),
            "t": moderated.t,
            "p": moderated.p,
            "q": benjamini_hochberg(moderated.p),
        },
        index=adata.var_names[keep],
    )
    return Differential(
        genes, fit, moderated.df_total, moderated.df_prior, engine, int((~keep).sum()), rule, share, shared
    )


def _levels(
    raw: np.ndarray, design: ContrastDesign, *, counted: bool
) -> tuple[np.ndarray, np.ndarray | None, float]:
    """Log2 levels, their weights, and the correlation within blocks (NaN without blocks)."""
    values, weights = _voom(raw, design) if counted else (raw, None)
    if design.blocks is None:
        return values, weights, np.nan
    blocks = design.blocks
    shared = consensus_correlation(within_block_correlations(values, design.matrix, blocks, weights))
    if counted:
        values, weights = _voom(raw, design, shared)
        shared = consensus_correlation(within_block_correlations(values, design.matrix, blocks, weights))
    return values, weights, shared


def _voom(
    counts: np.ndarray, design: ContrastDesign, correlation: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Log2 counts per million and their weights, genes x samples."""
    import pylimma

    voomed = pylimma.voom(
        counts,
        design=design.matrix,
        lib_size=effective_library_sizes(counts),
        block=None if correlation is None else design.blocks,
        correlation=correlation,
        adaptive_span=False,
        span=LOWESS_SPAN,
    )
    return np.asarray(voomed["E"]), np.asarray(voomed["weights"])


def _check_enough(keep: np.ndarray, rule: str, design: ContrastDesign) -> None:
    if keep.sum() < FEWEST_GENES:
        raise InputError(
            Problem(
                f"contrast {design.contrast.id}, expression",
                f"{FEWEST_GENES} or more genes that are expressed",
                f"{int(keep.sum())} of {len(keep)} by the rule `{rule}`",
                "look at the values and the scale that the card states",
            )
        )
