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

from irf7bone.outcome.fit_plan import FitPlan, Planned
from irf7bone.outcome.outcome_data import FollowUp
from irf7bone.outcome.reasons import too_few_events
from irf7bone.statistics.logistic import fit_odds
from irf7bone.statistics.weighted_cox import fit_weighted_cox
from irf7bone.tables.outcome import SAMPLED

if TYPE_CHECKING:
    from irf7bone.study.cohort_card import CohortCard

QUESTIONS = ("by_horizon", "population")
UNKNOWN = "the card states no sampling fractions, so that patients cannot be weighted back to a population"


def sampled(card: CohortCard, plan: FitPlan) -> pd.DataFrame:
    """Both questions for every score of the primary method and every model; no rows where nobody was chosen.

    Args:
        card: The cohort's card, for ``sampled_by_outcome``.
        plan: What is fitted in the cohort.

    Returns:
        :data:`SAMPLED`.
    """
    rule = card.sampled_by_outcome
    if rule is None or rule["endpoint"] not in plan.config.endpoints:
        return SAMPLED.empty()
    horizon = float(rule["horizon_months"])
    data = plan.follow_up(rule["endpoint"])
    seen = None if data is None else _to_horizon(data, horizon)
    rows = []
    for model in plan.config.models:
        parts = (
            plan.fits(rule["endpoint"], model)
            if seen is None
            else plan.fits_of(seen, model, plan.primary_rows)
        )
        for part in parts:
            for question in QUESTIONS:
                found = _answers(question, part, plan, seen, rule.get("fractions"))
                for k, result in zip(part.rows, found, strict=True):
                    signature, method = plan.table.keys[k]
                    labels = {"cohort": card.id, "signature": signature, "method": method, "model": model}
                    labels |= {"endpoint": rule["endpoint"], "question": question}
                    labels["scale"] = "log_odds_ratio" if question == "by_horizon" else "log_hr"
                    known = {"horizon_months": horizon, **labels, **result}
                    rows.append({**dict.fromkeys(SAMPLED.names), **known})
    return SAMPLED.cast(pd.DataFrame(rows, columns=SAMPLED.names))


def _to_horizon(data: FollowUp, horizon: float) -> FollowUp:
    """Follow-up cut at the horizon, unknown where the state there is."""
    happened = (data.event == 1) & (data.time <= horizon)
    known = data.known & (happened | (data.time >= horizon))
    event = np.where(known, happened.astype(float), np.nan)
    return FollowUp(np.minimum(data.time, horizon), event, data.competing & (data.time <= horizon))


def _answers(
    question: str,
    part: Planned,
    plan: FitPlan,
    data: FollowUp | None,
    fractions: dict[str, float] | None,
) -> list[dict[str, Any]]:
    """Results of the scores of one part, in their order."""
    if part.reason or data is None:
        return [part.without()] * len(part.rows)
    if question == "population" and fractions is None:
        return [{**part.seen, "status": "not_available", "reason": UNKNOWN}] * len(part.rows)
    time, happened = data.time[part.samples], data.event[part.samples]
    # neither model has a baseline to stratify: what would be strata are covariates
    seen = {**part.seen, "covariates": part.due.label_without_strata}
    free = int((happened == 0).sum())
    if free < plan.config.min_events:
        reason = too_few_events(free, happened.size, plan.config.min_events, "samples free at the horizon")
        return [{**seen, **reason.columns}] * len(part.rows)
    covariates = part.due.with_strata
    scores = plan.table.values[part.rows][:, part.samples]
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
