"""Every single gene against outcome: cohort by cohort, pooled, and its place among all genes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix, StoredMatrix
from irf7bone.base.vocabulary import NOT_MEASURED, POOLED_ROW
from irf7bone.outcome.cohort_data import CohortData
from irf7bone.outcome.curves import curves
from irf7bone.outcome.estimator import ESTIMATE
from irf7bone.outcome.every_gene import associate_genes, gene_plan
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.real_cohorts import SIMULATED, VALIDATION
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.random_effects import pool_many
from irf7bone.tables.every_gene import EVERY_GENE, FAMILY, GENE_CURVES
from irf7bone.tables.study_tables import join

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


VALUES_AT_ONCE = 20_000_000  # of expression in float64, several times


def every_gene(
    load: Callable[[str], CohortData],
    identities: Mapping[str, pd.DataFrame],
    roles: Mapping[str, str],
    *,
    interferon: Collection[str],
    curves_of: Collection[str],
    config: Config,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Relate every measured gene to every endpoint of every cohort of patients, and pool.

    Args:
        load: Reads one cohort; one is in memory at a time.
        identities: :data:`irf7bone.tables.cohort.GENE_IDENTITY` of each cohort that is asked.
        roles: What each cohort is to a pool, of :func:`irf7bone.pool.real_cohorts.roles_in_pools`; simulated
            ones take no part.
        interferon: Genes of interferon signatures, to be marked.
        curves_of: Genes whose curves by tertile are drawn.
        config: The study's settings.

    Returns:
        :data:`irf7bone.tables.every_gene.EVERY_GENE`, and :data:`irf7bone.tables.every_gene.GENE_CURVES` of
        the genes of ``curves_of`` that are measured.
    """
    parts: list[pd.DataFrame] = []
    drawn: list[pd.DataFrame] = []
    for cohort in (name for name in identities if roles[name] != SIMULATED):
        data = load(cohort)
        plan = FitPlan(cohort, data.obs, data.scores, config=config)
        said = identities[cohort]
        refused = said[said["identity"] == NOT_MEASURED].set_index("gene")["reason"].to_dict()
        parts.append(_associated(plan, data.expression, refused))
        few = [gene for gene in curves_of if gene in data.expression]
        if few:
            drawn.append(curves(gene_plan(plan, data.expression[few], refused)))
    whole = join(EVERY_GENE, parts)
    pooled = pool_genes(whole[whole["cohort"].map(roles) == VALIDATION])
    found = ranked(join(EVERY_GENE, [whole, *pooled]))
    found["interferon"] = found["gene"].isin(list(interferon))
    return EVERY_GENE.cast(found), join(GENE_CURVES, drawn)


def _associated(plan: FitPlan, expression: Matrix, refused: Mapping[str, str]) -> pd.DataFrame:
    """Every gene of one cohort; of a large one some genes at a time."""
    if not isinstance(expression, StoredMatrix):
        return associate_genes(gene_plan(plan, expression, refused))
    at_once = max(1, VALUES_AT_ONCE // len(expression))
    parts = [
        associate_genes(gene_plan(plan, expression[expression.columns[start : start + at_once]], refused))
        for start in range(0, len(expression.columns), at_once)
    ]
    table = join(EVERY_GENE, parts)
    question = table.groupby(["endpoint", "model"], sort=False, observed=True).ngroup().to_numpy()
    return table.iloc[np.argsort(question, kind="stable")].reset_index(drop=True)


def pool_genes(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Genes with an estimate in two cohorts or more, pooled by random effects, one part an endpoint and
    model.

    The pool is that of the signatures (:func:`irf7bone.statistics.random_effects.pool_many`). A gene of one
    cohort is that cohort's row.

    Args:
        rows: Those of cohorts that are pooled, columns of :data:`irf7bone.tables.every_gene.EVERY_GENE`.
    """
    parts = []
    for (endpoint, model), own in rows[rows["status"] == "ok"].groupby(["endpoint", "model"], sort=False):
        several = own["gene"].map(own["gene"].value_counts()) > 1
        if not several.any():
            continue
        genes, at = np.unique(own.loc[several, "gene"].to_numpy(dtype=str), return_inverse=True)
        cohorts, of = np.unique(own.loc[several, "cohort"].to_numpy(dtype=str), return_inverse=True)
        values = {}
        for name in ("log_hr", "se", "n", "n_events"):
            values[name] = np.full((genes.size, cohorts.size), np.nan)
            values[name][at, of] = own.loc[several, name].to_numpy(dtype=float)
        fit = pool_many(values["log_hr"], values["se"])
        pooled = pd.DataFrame({"gene": genes.astype(object)}).assign(
            cohort=POOLED_ROW,
            endpoint=endpoint,
            model=model,
            k=fit.k,
            n=np.nansum(values["n"], axis=1),
            n_events=np.nansum(values["n_events"], axis=1),
            **{name: getattr(fit, name) for name in ESTIMATE},
            status="ok",
        )
        parts.append(EVERY_GENE.cast(pooled))
    return parts


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """The table with q, rank and n_ranked.

    q is Benjamini and Hochberg's (1995, J R Stat Soc B 57:289) over the genes with an estimate of one
    cohort, or
    of the pool, and one endpoint and model. The rank by p is among those of them with as many cohorts, since
    the interval of a pool widens with fewer; tied genes share the smallest.
    """
    q, rank, of = (np.full(len(table), np.nan) for _ in range(3))
    for rows in _groups(table, FAMILY):
        q[rows] = benjamini_hochberg(table["p"].to_numpy(dtype=float)[rows])
    for rows in _groups(table, [*FAMILY, "k"]):
        p = table["p"].to_numpy(dtype=float)[rows]
        rank[rows] = 1 + np.searchsorted(np.sort(p), p, side="left")
        of[rows] = rows.size
    return table.assign(q=q, rank=rank, n_ranked=of)


def _groups(table: pd.DataFrame, by: list[str]) -> Iterable[np.ndarray]:
    """Positions of the rows with an estimate, by group."""
    ok = np.flatnonzero((table["status"] == "ok").to_numpy())
    return (ok[rows] for rows in table.iloc[ok].groupby(by, sort=False).indices.values())
