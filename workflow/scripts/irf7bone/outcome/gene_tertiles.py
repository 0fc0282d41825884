"""Which third of a gene's expression each patient is in: all that its curves are made of, in little room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.outcome_data import FollowUp
from irf7bone.tables.every_gene import GENE_FOLLOW_UP, GENE_TERTILES, TERTILES
from irf7bone.tables.study_tables import join

NOT_HERE = "not on the platform"


def gene_tertiles(
    plan: FitPlan, asked: Sequence[str], nobodys: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tertiles of some genes, and the follow-up of the patients in whose order they stand.

    Tertiles are those of :func:`irf7bone.outcome.curves.tertiles`, over the samples that have the endpoint.

    Args:
        plan: Result of :func:`irf7bone.outcome.every_gene.gene_plan`.
        asked: Genes, each once.
        nobodys: Those of them that are no gene's name, each with why.

    Returns:
        :data:`irf7bone.tables.every_gene.GENE_TERTILES`, a row for each gene and recorded endpoint, and
        :data:`irf7bone.tables.every_gene.GENE_FOLLOW_UP`.
    """
    place = {gene: row for row, (gene, _) in enumerate(plan.table.keys)}
    rows: list[dict[str, Any]] = []
    patients: list[pd.DataFrame] = []
    for endpoint in plan.config.endpoints:
        data = plan.follow_up(endpoint)
        if data is None:
            continue
        known = np.flatnonzero(data.known)
        order = known[np.argsort(data.time[known], kind="stable")]
        shared = {"cohort": plan.cohort, "endpoint": endpoint}
        patients.append(_patients(plan, data, order).assign(**shared))
        refused = {gene: plan.refusal(place[gene], endpoint) for gene in asked if gene in place}
        fit = [gene for gene, reason in refused.items() if reason is None]
        values = plan.table.values[[place[gene] for gene in fit]][:, order]
        letters = dict(zip(fit, _letters(values), strict=True))
        events = int((data.cause[order] == 1).sum())
        for gene in asked:
            found: dict[str, Any] = {"status": "not_available", "reason": nobodys.get(gene, NOT_HERE)}
            reason = refused.get(gene)
            if reason is not None:
                found = {"status": reason.status, "reason": str(reason)}
            elif gene in letters:
                found = {"status": "ok", "tertiles": letters[gene]}
            rows.append({**shared, "gene": gene, "n": order.size, "n_events": events, **found})
    table = GENE_TERTILES.cast(pd.DataFrame(rows, columns=GENE_TERTILES.names))
    return table, join(GENE_FOLLOW_UP, patients)


def _patients(plan: FitPlan, data: FollowUp, order: np.ndarray) -> pd.DataFrame:
    entry = data.entry_of(order)
    return pd.DataFrame(
        {
            "place": np.arange(1, order.size + 1),
            "sample": plan.obs.index[order].astype(str),
            "entry_months": np.nan if entry is None else entry,
            "time_months": data.time[order],
            "cause": data.cause[order].astype(int),
        }
    )


def _letters(values: np.ndarray) -> list[str]:
    """L, M or H for each sample, a text a row; a value equal to a quantile belongs to the lower group.

    Args:
        values: Genes x samples, finite.
    """
    if not values.size:
        return []
    lower, upper = np.quantile(values, [1 / 3, 2 / 3], axis=1)
    codes = (values > lower[:, None]).astype(int) + (values > upper[:, None])
    found = np.array(list(TERTILES), dtype="S1")[codes]
    return [row.tobytes().decode("ascii") for row in found]
