"""Cohorts whose patients were chosen by an endpoint: models beside the Cox model that allow for the sampling.

Two questions. *Had the event by the horizon*: a logistic model, whose odds ratio does not depend on how many
of those with and without the event were taken (Prentice and Pyke 1979, Biometrika 66:403), if those without
it were free at the horizon and nothing more was asked of them. *The population's hazard*: a Cox model
weighted by one over the sampling fractions (Binder 1992), where these are known. Both see follow-up to the
horizon, to which the choice of patients refers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.fit_plan import Planned, plan, plan_nothing, too_few
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.outcome.sites import fit_odds
from irf7bone.statistics.weighted_cox import fit_weighted_cox
from irf7bone.tables.outcome import SAMPLED

if TYPE_CHECKING:
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.settings import Analysis

QUESTIONS = ("by_horizon", "population")
UNKNOWN = "the card states no sampling fractions, so that patients cannot be weighted back to a population"


def sampled(card: CohortCard, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Analysis) -> pd.DataFrame:
    """Both questions for every score of the primary method and every model; no rows where nobody was chosen.

    Args:
        card: The cohort's card, for ``sampled_by_outcome``.
        obs: Samples with outcome and clinical columns.
        scores: :data:`irf7bone.tables.cohort.SCORES`.
        config: For the models, the primary method, the proliferation signature and ``min_events``.

    Returns:
        :data:`SAMPLED`.
    """
    rule = card.sampled_by_outcome
    if rule is None or rule["endpoint"] not in config.endpoints:
        return SAMPLED.empty()
    table = score_matrix(scores, obs.index, card.id)
    horizon = float(rule["horizon_months"])
    data = follow_up(obs, rule["endpoint"])
    rows = []
    for part in _parts(table, obs, data, horizon, config):
        for question in QUESTIONS:
            found = _answers(question, part, table, data, horizon, rule.get("fractions"), config)
            for k, result in zip(part.rows, found, strict=True):
                signature, method = table.keys[k]
                labels = {"cohort": card.id, "signature": signature, "method": method, "model": part.model}
                labels |= {"endpoint": rule["endpoint"], "horizon_months": horizon, "question": question}
                labels["scale"] = "log_odds_ratio" if question == "by_horizon" else "log_hr"
                rows.append({**dict.fromkeys(SAMPLED.names), **labels, **result})
    return SAMPLED.cast(pd.DataFrame(rows, columns=SAMPLED.names))


def _parts(
    table: ScoreMatrix, obs: pd.DataFrame, data: FollowUp | None, horizon: float, config: Analysis
) -> list[Planned]:
    if data is None:
        return list(plan_nothing(table, "no sample has the endpoint by which patients were chosen", config))
    happened = (data.event == 1) & (data.time <= horizon)
    known = data.known & (happened | (data.time >= horizon))
    return list(plan(table, obs, np.minimum(data.time, horizon), happened.astype(float), known, config))


def _answers(
    question: str,
    part: Planned,
    table: ScoreMatrix,
    data: FollowUp | None,
    horizon: float,
    fractions: dict[str, float] | None,
    config: Analysis,
) -> list[dict[str, Any]]:
    """Results of the scores of one part, in their order."""
    if part.design is None or data is None:
        return [part.without()] * len(part.rows)
    if question == "population" and fractions is None:
        return [{**part.seen, "status": "not_available", "reason": UNKNOWN}] * len(part.rows)
    time = np.minimum(data.time[part.samples], horizon)
    happened = ((data.event == 1) & (data.time <= horizon))[part.samples].astype(float)
    free = int((happened == 0).sum())
    seen = {
        **part.seen,
        "n_events": int(happened.sum()),
        "covariates": part.design.label.replace("strata(er)", "er"),
    }
    if free < config.min_events:
        reason = too_few(free, happened.size, config.min_events, "samples free at the horizon")
        return [{**seen, "status": "too_few_events", "reason": reason}] * len(part.rows)
    covariates = part.design.with_strata
    scores = table.values[np.ix_(part.rows, part.samples)]
    if question == "by_horizon" or fractions is None:
        return [seen | fit_odds(happened, score, covariates) for score in scores]
    weights = np.where(happened == 1, 1 / fractions["event"], 1 / fractions["free"])
    return [seen | _weighted(time, happened, score, covariates, weights) for score in scores]


def _weighted(
    time: np.ndarray, event: np.ndarray, score: np.ndarray, covariates: np.ndarray, weights: np.ndarray
) -> dict[str, Any]:
    fit = fit_weighted_cox(time, event, np.column_stack([score, covariates]), weights)
    if not fit.converged:
        reason = "the weighted model has no finite estimate: too few events, or collinear covariates"
        return {"status": "not_available", "reason": reason}
    low, high = fit.interval
    found = {"estimate": fit.beta[0], "se": fit.se[0], "ci_low": low[0], "ci_high": high[0], "p": fit.p[0]}
    return {**found, "estimator": "weighted_cox", "status": "ok"}
