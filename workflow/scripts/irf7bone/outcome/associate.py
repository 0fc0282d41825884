"""The association of every score with every endpoint under every model, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.models import MODELS, Cohort, Design, Model, Unavailable
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.statistics.concordance import harrell_c
from irf7bone.statistics.cox import Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth
from irf7bone.statistics.schoenfeld import proportional_hazards_p
from irf7bone.tables.outcome import ASSOCIATIONS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def associate(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Fit score x endpoint x model for one cohort.

    The effect is that of one unit of ``score_z``: one standard deviation within the whole cohort, also where
    fewer samples have the endpoint. Competing events count as censored at their time: the hazard is
    cause-specific. Harrell's C is that of the score alone, on the samples of the fit.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with ``<endpoint>_time_months``, ``<endpoint>_event`` and clinical
            columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For endpoints, models, the proliferation signature, the primary method and ``min_events``.

    Returns:
        Table of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, one row for every score x endpoint x model.
    """
    table = score_matrix(scores, obs.index, cohort)
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        data = follow_up(obs, endpoint)
        for model in config.models:
            results = _associate_one(table, obs, data, MODELS[model], endpoint, config)
            for (signature, method), result in zip(table.keys, results, strict=True):
                labels = {"cohort": cohort, "signature": signature, "method": method, "endpoint": endpoint}
                rows.append({**dict.fromkeys(ASSOCIATIONS.names), **labels, "model": model, **result})
    return ASSOCIATIONS.cast(pd.DataFrame(rows, columns=ASSOCIATIONS.names))


def uses_firth(design: Design) -> bool:
    """Whether a model has too few events for maximum likelihood."""
    return design.problem.n_events < EVENTS_PER_PARAMETER * design.problem.q


def fit_many(design: Design, scores: np.ndarray, *, intervals: bool = True) -> Fits:
    """Fit many scores under one model with the estimator that its events allow.

    Args:
        design: Model and samples.
        scores: Shape (m, n kept).
        intervals: False for a null of random signatures, which needs ``log_hr`` only.
    """
    if uses_firth(design):
        return fit_firth(design.problem, scores, intervals=intervals)
    return fit_cox(design.problem, scores)


def _associate_one(
    table: ScoreMatrix, obs: pd.DataFrame, data: FollowUp | None, model: Model, endpoint: str, config: Config
) -> list[dict[str, Any]]:
    """Results of all scores for one endpoint and model, in the order of ``table.keys``."""
    results: list[dict[str, Any]] = []
    for (signature, _), status, reason in zip(table.keys, table.status, table.reason, strict=True):
        own = model.uses_proliferation and signature == config.proliferation_signature
        if data is None:
            results.append(_without("not_available", f"the cohort has no endpoint {endpoint}"))
        elif status != "ok":
            results.append(_without(status, reason))
        elif own:
            results.append(
                _without("not_available", "the proliferation signature is not adjusted for itself")
            )
        else:
            results.append({})
    todo = [row for row, result in enumerate(results) if not result]
    if data is None or not todo:
        return results
    # scores of one cohort cover the same samples but for those that a method could not score
    have = np.isfinite(table.values) & data.known
    for pattern in np.unique(have[todo], axis=0):
        rows = [row for row in todo if (have[row] == pattern).all()]
        for row, result in zip(rows, _fit_rows(table, rows, obs, data, pattern, model, config), strict=True):
            results[row] = result
    return results


def _fit_rows(
    table: ScoreMatrix,
    rows: list[int],
    obs: pd.DataFrame,
    data: FollowUp,
    used: np.ndarray,
    model: Model,
    config: Config,
) -> list[dict[str, Any]]:
    """Results of the scores ``rows``, which all cover the samples ``used``."""
    cohort = Cohort(
        obs[used],
        data.time[used],
        data.event[used],
        *_proliferation(table, used, config),
        data.entry_of(used),
    )
    design = model.design(cohort)
    if isinstance(design, Unavailable):
        return [_without("not_available", design.reason)] * len(rows)
    time, event = cohort.time[design.kept], cohort.event[design.kept]
    seen = {"n": time.size, "n_events": int(event.sum()), "covariates": design.label}
    if event.sum() < config.min_events:
        reason = f"{int(event.sum())} events among {time.size} samples, {config.min_events} needed"
        return [{**_without("too_few_events", reason), **seen}] * len(rows)
    if np.unique(time).size == 1:
        return [{**_without("not_available", "all follow-up times are the same"), **seen}] * len(rows)

    scores = table.values[np.ix_(rows, used)][:, design.kept]
    fits = fit_many(design, scores)
    firth = uses_firth(design)
    ph_p = np.full(len(rows), np.nan) if firth else proportional_hazards_p(design.problem, scores, fits)
    # Harrell's pairs would compare patients with some who were not yet under observation
    agreement = None if design.entry is not None else harrell_c(time, event, scores)
    results = []
    for k in range(len(rows)):
        if fits.status[k] != "ok":
            results.append({**_without(fits.status[k], fits.reason[k]), **seen})
            continue
        estimate = {name: getattr(fits, name)[k] for name in ("log_hr", "se", "ci_low", "ci_high", "p")}
        c = dict.fromkeys(("c_index", "c_index_low", "c_index_high"))
        if agreement is not None:
            c = dict(zip(c, (agreement.c[k], agreement.low[k], agreement.high[k]), strict=True))
        estimator = {"estimator": "firth" if firth else "cox", "status": "ok"}
        results.append({**seen, **estimate, **c, "ph_p": ph_p[k], **estimator})
    return results


def _proliferation(
    table: ScoreMatrix, used: np.ndarray, config: Config
) -> tuple[np.ndarray | None, str | None]:
    row = table.row(config.proliferation_signature, config.primary.method)
    if row is None:
        return None, f"{config.proliferation_signature} was not scored by {config.primary.method}"
    if table.status[row] != "ok":
        return None, f"{config.proliferation_signature}: {table.reason[row]}"
    return table.values[row][used], None


def _without(status: str, reason: str | None) -> dict[str, Any]:
    return {"status": status, "reason": reason}
