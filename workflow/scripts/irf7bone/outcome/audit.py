"""Where samples are lost between the file and the model: one chain for each cohort, endpoint and model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.models import CLINICAL
from irf7bone.tables.outcome_checks import AUDIT, IN_FILE, IN_MODEL, LOST

if TYPE_CHECKING:
    import anndata as ad


def audit_cohort(
    plan: FitPlan, adata: ad.AnnData, flow: pd.DataFrame, associations: pd.DataFrame
) -> pd.DataFrame:
    """Follow the samples of one cohort into every model of every endpoint.

    Args:
        plan: What is fitted in the cohort, or why not.
        adata: The harmonised cohort, whose samples are the plan's.
        flow: Its :data:`irf7bone.tables.cohort.FLOW`.
        associations: Its :data:`irf7bone.tables.outcome.ASSOCIATIONS`.

    Returns:
        Table of :data:`AUDIT`. The last row of each chain has the n of the association, or 0 where
        nothing was fitted, with the association's reason in the row before it.

    Raises:
        ValueError: The chain does not end at the association's n, which is a defect of this module.
    """
    primary = plan.config.primary
    fits = associations[
        (associations["signature"] == primary.signature) & (associations["method"] == primary.method)
    ].set_index(["endpoint", "model"])
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        for model in plan.config.models:
            fit = fits.loc[(endpoint, model)]
            chain = list(_chain(plan, adata, flow, endpoint, model, fit))
            for step, row in enumerate(chain):
                labels = {"cohort": plan.cohort, "endpoint": endpoint, "model": model}
                rows.append({**labels, "step": step, **row})
            if fit["status"] == "ok" and chain[-1]["n_left"] != fit["n"]:
                raise ValueError(
                    f"{plan.cohort}, {endpoint}, {model}: {chain[-1]['n_left']} samples by the audit, "
                    f"{fit['n']} in the model"
                )
    return AUDIT.cast(pd.DataFrame(rows, columns=AUDIT.names))


def _chain(
    plan: FitPlan, adata: ad.AnnData, flow: pd.DataFrame, endpoint: str, model: str, fit: pd.Series
) -> Iterator[dict[str, Any]]:
    ordered = flow.sort_values("step", kind="stable")
    first = ordered.iloc[0]
    left = int(first["n_left"] + first["n_dropped"])
    yield _row(IN_FILE, None, 0, left)
    for _, step in ordered[ordered["n_dropped"] > 0].iterrows():
        left -= int(step["n_dropped"])
        yield _row(LOST, f"{step['stage']}: {step['reason']}", int(step["n_dropped"]), left)
    data = plan.follow_up(endpoint)
    events = None
    for reason, lost, kept in _later_losses(plan, adata, endpoint, model):
        if lost.any():
            events = None if data is None else int(np.nansum(data.event[kept]))
            yield _row(LOST, reason, int(lost.sum()), int(kept.sum()), events)
        left = int(kept.sum())
    if data is not None and events is None:
        events = int(np.nansum(data.event))
    if left and fit["status"] != "ok":
        yield _row(LOST, f"nothing fitted: {fit['reason']}", left, 0, 0)
        left, events = 0, 0
    yield _row(IN_MODEL, None, 0, left, events)


def _row(
    what: str, reason: str | None, n_lost: int, n_left: int, events: int | None = None
) -> dict[str, Any]:
    return {"what": what, "reason": reason, "n_lost": n_lost, "n_left": n_left, "n_events_left": events}


def _later_losses(
    plan: FitPlan, adata: ad.AnnData, endpoint: str, model: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Reason, samples lost to it and samples left, from the cohort file to the model; shapes (n,)."""
    kept = np.ones(adata.n_obs, dtype=bool)
    data, primary = plan.follow_up(endpoint), plan.config.primary
    position = plan.table.row(primary.signature, primary.method)
    assert position is not None  # the primary score is always planned, and has a row where it failed
    if data is None:
        yield str(plan.refusal(position, endpoint)), kept, ~kept
        return
    stated = json.loads(adata.uns["provenance"])["endpoints"].get(endpoint, {})
    half = adata.obs_names.isin(stated.get("incomplete", []))
    for reason, lost in (
        ("time or status is missing", ~data.known & half),
        ("neither time nor status", ~data.known & ~half),
    ):
        kept = kept & ~lost
        yield reason, lost, kept
    lost = kept & ~np.isfinite(plan.table.values[position])
    kept = kept & ~lost
    yield f"no score: {plan.table.reason[position] or 'the method gives none for the sample'}", lost, kept
    if not kept.any():
        return
    part = plan.fit_of(position, endpoint, model)
    if part.design is None:
        yield f"model {model} not available: {part.reason}", kept, np.zeros_like(kept)
        return
    in_model = np.zeros_like(kept)
    in_model[part.samples] = True
    lost = kept & ~in_model
    without = plan.obs[lost]
    counts = {name: int(without[name].isna().sum()) for name in CLINICAL if name in part.design.fields}
    named = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    yield f"missing covariate ({named})" if named else "missing covariate", lost, in_model
