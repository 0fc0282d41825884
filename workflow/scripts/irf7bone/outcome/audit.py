"""Where samples are lost between the file and the model: one chain for each cohort, endpoint and model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.outcome.models import CLINICAL, MODELS, Cohort, Unavailable
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.tables.outcome_checks import AUDIT, IN_FILE, IN_MODEL, LOST

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def audit_cohort(
    adata: ad.AnnData,
    flow: pd.DataFrame,
    scores: pd.DataFrame,
    associations: pd.DataFrame,
    *,
    cohort: str,
    config: Config,
) -> pd.DataFrame:
    """Follow the samples of one cohort into every model of every endpoint.

    Args:
        adata: The harmonised cohort.
        flow: Its :data:`irf7bone.tables.cohort.FLOW`.
        scores: Its :data:`irf7bone.tables.cohort.SCORES`.
        associations: Its :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        cohort: Its id.
        config: For endpoints, models and the primary signature and method.

    Returns:
        Table of :data:`AUDIT`. The last row of each chain has the n of the association, or 0 where
        nothing was fitted, with the association's reason in the row before it.

    Raises:
        ValueError: The chain does not end at the association's n, which is a defect of this module.
    """
    table = score_matrix(scores, adata.obs_names, cohort)
    primary = config.primary
    fits = associations[
        (associations["signature"] == primary.signature) & (associations["method"] == primary.method)
    ].set_index(["endpoint", "model"])
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        for model in config.models:
            fit = fits.loc[(endpoint, model)]
            chain = list(_chain(adata, flow, table, endpoint, model, fit, config))
            for step, row in enumerate(chain):
                rows.append({"cohort": cohort, "endpoint": endpoint, "model": model, "step": step, **row})
            if fit["status"] == "ok" and chain[-1]["n_left"] != fit["n"]:
                raise ValueError(
                    f"{cohort}, {endpoint}, {model}: {chain[-1]['n_left']} samples by the audit, "
                    f"{fit['n']} in the model"
                )
    return AUDIT.cast(pd.DataFrame(rows, columns=AUDIT.names))


def _chain(
    adata: ad.AnnData,
    flow: pd.DataFrame,
    table: ScoreMatrix,
    endpoint: str,
    model: str,
    fit: pd.Series,
    config: Config,
) -> Iterator[dict[str, Any]]:
    ordered = flow.sort_values("step", kind="stable")
    first = ordered.iloc[0]
    left = int(first["n_left"] + first["n_dropped"])
    yield _row(IN_FILE, None, 0, left)
    for _, step in ordered[ordered["n_dropped"] > 0].iterrows():
        left -= int(step["n_dropped"])
        yield _row(LOST, f"{step['stage']}: {step['reason']}", int(step["n_dropped"]), left)
    data = follow_up(adata.obs, endpoint)
    events = None
    for reason, lost, kept in _later_losses(adata, data, table, endpoint, model, config):
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
    adata: ad.AnnData,
    data: FollowUp | None,
    table: ScoreMatrix,
    endpoint: str,
    model: str,
    config: Config,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Reason, samples lost to it and samples left, from the cohort file to the model; shapes (n,)."""
    kept = np.ones(adata.n_obs, dtype=bool)
    if data is None:
        yield f"the cohort has no endpoint {endpoint}", kept, ~kept
        return
    stated = json.loads(adata.uns["provenance"])["endpoints"].get(endpoint, {})
    half = adata.obs_names.isin(stated.get("incomplete", []))
    for reason, lost in (
        ("time or status is missing", ~data.known & half),
        ("neither time nor status", ~data.known & ~half),
    ):
        kept = kept & ~lost
        yield reason, lost, kept
    primary = config.primary
    position = table.row(primary.signature, primary.method)
    lost = kept & ~np.isfinite(table.values[position])
    kept = kept & ~lost
    yield f"no score: {table.reason[position] or 'the method gives none for the sample'}", lost, kept
    if not kept.any():
        return
    adjusts = table.row(config.proliferation_signature, primary.method)
    scored = adjusts is not None and table.status[adjusts] == "ok"
    proliferation = table.values[adjusts][kept] if scored else None
    known = Cohort(adata.obs[kept], data.time[kept], data.event[kept], proliferation, "it was not scored")
    design = MODELS[model].design(known)
    if isinstance(design, Unavailable):
        yield f"model {model} not available: {design.reason}", kept, np.zeros_like(kept)
        return
    lost = np.zeros_like(kept)
    lost[np.flatnonzero(kept)[~design.kept]] = True
    without = known.obs[~design.kept]
    used = set(re.split(r"[,=()]", design.label))
    counts = {name: int(without[name].isna().sum()) for name in CLINICAL if name in used}
    named = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    yield f"missing covariate ({named})" if named else "missing covariate", lost, kept & ~lost
