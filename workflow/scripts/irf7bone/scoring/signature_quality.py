"""Signature quality in one cohort: is a signature measured there, and do its genes say one thing?

What is looked at follows sigQC (Dhawan et al. 2019, Nat Protoc 14:1377): presence, expression and
variance of the members, their correlation, and whether different summaries of them agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from irf7bone.base.vocabulary import LOW_SHARE
from irf7bone.scoring.engine import Prepared
from irf7bone.statistics.ranks import mid_ranks
from irf7bone.tables.cohort import SIGNATURE_QUALITY

if TYPE_CHECKING:
    from irf7bone.base.stored_matrix import Matrix
    from irf7bone.genes.signatures import Signature

Array = NDArray[np.float64]

IRF7 = "IRF7"
LOG_RATIO = "log_ratio"
FEWEST_SAMPLES = 10
GENES_PER_BLOCK, VALUES_PER_BLOCK = 2000, 20_000_000


def signature_quality(
    cohort: str,
    expression: Matrix,
    library: Mapping[str, Signature],
    coverage: pd.DataFrame,
    *,
    scale: str,
) -> pd.DataFrame:
    """Describe each signature in one cohort.

    ``status`` is that of the whole row: a signature that was not scored, or of a single gene, or in a
    cohort of under ten samples, has no numbers but its coverage. IRF7's correlation is missing, with status
    ok, where IRF7 is not measured or does not vary. Genes are put on one scale (within-cohort z) before mean,
    median and components, as the primary score does; down genes are reversed.

    Args:
        cohort: Cohort id.
        expression: Samples x genes, log2, current symbols, finite.
        library: Signatures by name.
        coverage: :data:`irf7bone.tables.cohort.COVERAGE` of the cohort: names the signatures.
        scale: Scale of the values as the cohort's card states it.

    Returns:
        :data:`SIGNATURE_QUALITY`, one row for each row of ``coverage``.

    Raises:
        InputError: For missing or infinite values, repeated names.
    """
    prepared = Prepared(expression)
    position = {gene: index for index, gene in enumerate(prepared.genes)}
    level = _percentiles(prepared.mean)
    spread = _percentiles(prepared.sd)
    background = background_correlation(prepared)
    rows = []
    for covered in coverage.to_dict("records"):
        name = covered["signature"]
        row = {key: covered[key] for key in ("signature", "n_genes", "n_genes_used", "coverage")}
        reason = _unfit(covered, prepared.n_samples)
        if reason is not None:
            status = "not_available" if covered["status"] == "ok" else covered["status"]
            rows.append({**row, "cohort": cohort, "status": status, "reason": reason})
            continue
        signature = library[name]
        measured = np.array([position[gene] for gene in dict.fromkeys(signature.genes) if gene in position])
        varying = measured[prepared.varying[measured]]
        down = {position[gene] for gene in signature.down if gene in position}
        signs = np.where([gene in down for gene in varying], -1.0, 1.0)
        z = _z(prepared, varying) * signs[:, None]
        row |= {
            "cohort": cohort,
            "median_decile": np.nan
            if scale == LOG_RATIO
            else float(np.median(np.ceil(10 * level[measured]))),
            "share_low_expressed": np.nan
            if scale == LOG_RATIO
            else float(np.mean(level[measured] <= LOW_SHARE)),
            "share_low_variance": float(np.mean(spread[measured] <= LOW_SHARE)),
            "background_correlation": background,
            **coherence(z),
            "irf7_correlation": _irf7(prepared, position.get(IRF7), varying, z),
            "status": "ok",
            "reason": None,
        }
        rows.append(row)
    return SIGNATURE_QUALITY.cast(pd.DataFrame(rows, columns=SIGNATURE_QUALITY.names))


def coherence(z: Array) -> dict[str, float]:
    """How much the members of a signature go together, and whether its summaries agree.

    Args:
        z: Within-cohort z-scores, members (two or more) x samples, none constant.

    Returns:
        The columns mean_correlation, pc1_share, mean_median, mean_pc1, median_pc1. The first component has
        the sign that makes the sum of its loadings positive. A correlation with a summary that does not
        vary (two genes that mirror each other) is 0.
    """
    k, n = z.shape
    ranks = _standardised(mid_ranks(z))
    gram = z @ z.T if k <= n else z.T @ z
    values, vectors = np.linalg.eigh(gram)
    loadings = vectors[:, -1] if k <= n else z @ vectors[:, -1]
    first = (loadings if loadings.sum() >= 0 else -loadings) @ z
    summaries = np.vstack([z.mean(axis=0), np.median(z, axis=0), first])
    # rounded, so that two samples which differ by rounding alone are tied whatever the order of the genes
    mean, median, component = _standardised(mid_ranks(np.round(summaries, 10)))
    return {
        # sum over all pairs from the norm of the sum: the diagonal is k
        "mean_correlation": float((np.sum(ranks.sum(axis=0) ** 2) - k) / (k * (k - 1))),
        "pc1_share": float(values[-1] / values.sum()),
        "mean_median": _within(mean @ median),
        "mean_pc1": _within(mean @ component),
        "median_pc1": _within(median @ component),
    }


def background_correlation(prepared: Prepared) -> float:
    """Mean Spearman correlation over all pairs of varying genes; 0 where there are fewer than two.

    The sum over pairs is the squared length of the sum of the standardised ranks less the number of genes,
    so that no genes x genes matrix is made.
    """
    genes = np.flatnonzero(prepared.varying)
    if genes.size < 2 or prepared.n_samples < 2:
        return 0.0
    total = np.zeros(prepared.n_samples)
    at_once = min(GENES_PER_BLOCK, max(1, VALUES_PER_BLOCK // prepared.n_samples))
    for start in range(0, genes.size, at_once):
        values = prepared.values(genes[start : start + at_once])
        total += _standardised(mid_ranks(values)).sum(axis=0)
    return _within(float(total @ total - genes.size) / (genes.size * (genes.size - 1)))


def _unfit(covered: Mapping[str, Any], n_samples: int) -> str | None:
    """Why a signature has no numbers here."""
    if covered["status"] != "ok":
        return str(covered["reason"])
    if covered["n_genes_used"] < 2:
        return "one gene: there is nothing that it could agree with"
    if n_samples < FEWEST_SAMPLES:
        return f"{n_samples} samples, {FEWEST_SAMPLES} needed"
    return None


def _percentiles(values: Array) -> Array:
    """Mid-rank share of the genes at or below each gene, in (0, 1)."""
    return (mid_ranks(values) - 0.5) / values.size


def _z(prepared: Prepared, genes: NDArray[np.int64]) -> Array:
    return (prepared.values(genes) - prepared.mean[genes, None]) / prepared.sd[genes, None]


def _irf7(prepared: Prepared, irf7: int | None, members: NDArray[np.int64], z: Array) -> float:
    """Correlation of IRF7 with the mean z of the other members; NaN where IRF7 says nothing."""
    if irf7 is None or not prepared.varying[irf7]:
        return np.nan
    others = z[members != irf7].mean(axis=0)
    pair = np.vstack([prepared.values(np.array([irf7]))[0], np.round(others, 10)])
    first, second = _standardised(mid_ranks(pair))
    return _within(first @ second)


def _standardised(values: Array) -> Array:
    """Rows centred and of length 1, so that a product of two is their correlation; constant rows are 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)


def _within(correlation: float) -> float:
    """A correlation without the rounding that carries it past 1."""
    return float(np.clip(correlation, -1.0, 1.0))
