"""The association of every measured gene with every endpoint of one cohort: exploration, not a test of the
claim.

Samples, models, estimator and reasons are those of :class:`irf7bone.outcome.fit_plan.FitPlan`; a gene's
z-score within the cohort takes the place of a signature's score.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import ESTIMATE, fit_many
from irf7bone.outcome.fit_plan import FitPlan, Planned
from irf7bone.tables.every_gene import EVERY_GENE, GENE_MODELS, OF_POOLS
from irf7bone.tables.study_tables import join

CONSTANT = "the gene has the same value in all samples"


def gene_plan(plan: FitPlan, expression: pd.DataFrame, not_measured: Mapping[str, str]) -> FitPlan:
    """The plan of a cohort with its genes in place of its signatures.

    Args:
        plan: That of the cohort's scores; of these the proliferation score stays, which models adjust for.
        expression: Samples x genes, log2, finite; samples are the plan's.
        not_measured: Genes whose row is another gene's, with the evidence.
    """
    values = expression.to_numpy(dtype=float).T
    centred = values - values.mean(axis=1, keepdims=True)
    sd = centred.std(axis=1, ddof=1, keepdims=True)
    constant = sd[:, 0] <= 1e-10 * np.maximum(1.0, np.abs(values).max(axis=1))
    z = centred / np.where(constant[:, None], 1.0, sd)
    genes = list(map(str, expression.columns))
    unfit = dict.fromkeys(np.array(genes, dtype=object)[constant], ("not_available", CONSTANT))
    unfit |= {gene: ("not_measured", said) for gene, said in not_measured.items()}
    z[[gene in unfit for gene in genes]] = np.nan
    return plan.of_genes(genes, z, unfit)


def associate_genes(plan: FitPlan) -> pd.DataFrame:
    """Fit every gene under each model of :data:`GENE_MODELS`, for every endpoint that the cohort has.

    One unit is one standard deviation of the gene's expression within the whole cohort.

    Args:
        plan: Result of :func:`gene_plan`.

    Returns:
        Columns of :data:`irf7bone.tables.every_gene.EVERY_GENE` but q, rank and interferon: a row for each
        gene, endpoint and model.
    """
    parts = []
    for endpoint in plan.config.endpoints:
        if plan.follow_up(endpoint) is None:
            continue
        for model in GENE_MODELS:
            for part in plan.fits(endpoint, model):
                rows = _rows(part, plan).assign(cohort=plan.cohort, endpoint=endpoint, model=model)
                rows = rows.assign(**dict.fromkeys(OF_POOLS, np.nan))
                parts.append(EVERY_GENE.cast(rows))
    return join(EVERY_GENE, parts)


def _rows(part: Planned, plan: FitPlan) -> pd.DataFrame:
    """Rows of genes that share samples and model."""
    table = pd.DataFrame({"gene": [plan.table.keys[row][0] for row in part.rows]})
    if part.reason is not None:
        return table.assign(k=0, **{k: v for k, v in part.without().items() if k in EVERY_GENE.names})
    fits = fit_many(part.due, plan.table.values[part.rows][:, part.samples])
    ok = fits.status == "ok"
    return table.assign(
        k=ok.astype(int),
        **part.counts,
        estimator=pd.Series(part.estimator, index=table.index).where(ok, None),
        **{name: getattr(fits, name) for name in ESTIMATE},
        status=fits.status,
        reason=fits.reason,
    )
