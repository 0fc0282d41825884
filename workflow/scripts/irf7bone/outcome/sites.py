"""Is it bone, or relapse as such: the effect of a score on bone against that on other sites, three ways.

* Side by side: cause-specific log hazard ratios of bone, brain, lung, liver, and of any other site.
* Their difference, bone minus other, with its test, on data stacked by cause (Lunn and McNeil 1995).
* Among the relapsed: the odds that the relapse was to bone (logistic regression).

"Other" is the competing event of bone: relapsed, but not to bone.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import fit_many, row_of
from irf7bone.outcome.fit_plan import FitPlan, Planned
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix
from irf7bone.outcome.reasons import Code, because, too_few_events
from irf7bone.statistics.cause_difference import fit_difference
from irf7bone.statistics.logistic import fit_odds
from irf7bone.tables.outcome import (
    AMONG_RELAPSED,
    CONTRASTS,
    DIFFERENCE,
    OTHER,
    SITES,
    SITES_OF_RELAPSE,
)

_SCALES = {DIFFERENCE: "log_hr_difference", AMONG_RELAPSED: "log_odds_ratio"}


def sites(plan: FitPlan) -> pd.DataFrame:
    """Contrast bone with the other sites, for every score by the primary method.

    Sites are read from the cohort, whichever endpoints the config names.

    Args:
        plan: What is fitted, or why not.

    Returns:
        Table of :data:`SITES`, one row for every signature x model x contrast.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    for contrast in CONTRASTS:
        data = plan.follow_up(_site(contrast))
        for part in (part for model in plan.config.models for part in _planned(contrast, model, data, plan)):
            results = _results(contrast, part, plan.table, data, plan.config.min_events)
            for k, result in zip(part.rows, results, strict=True):
                signature, method = plan.table.keys[k]
                labels = {"cohort": plan.cohort, "signature": signature, "method": method}
                labels |= {"model": part.model, "contrast": contrast}
                labels |= {"scale": _SCALES.get(contrast, "log_hr")}
                found.append((k, {**dict.fromkeys(SITES.names), **labels, **result}))
    rows = [row for _, row in sorted(found, key=itemgetter(0))]
    return SITES.cast(pd.DataFrame(rows, columns=SITES.names))


Results = list[dict[str, Any]]


def _site(contrast: str) -> str:
    """Whose follow-up a contrast reads."""
    return contrast if contrast in SITES_OF_RELAPSE else "bone"


def _planned(contrast: str, model: str, data: FollowUp | None, plan: FitPlan) -> list[Planned]:
    """The scores of one model for one contrast."""
    if data is None or contrast in SITES_OF_RELAPSE:
        return plan.fits(_site(contrast), model)
    if not data.competing[data.known].any():
        return [plan.nothing(model, because(Code.NO_OTHER_SITE))]
    if contrast == DIFFERENCE:
        return plan.fits("bone", model)
    event = np.where(data.known, data.cause == (2 if contrast == OTHER else 1), np.nan)
    if contrast == AMONG_RELAPSED:
        event[data.cause == 0] = np.nan
    return plan.fits_of(FollowUp(data.time, event, data.competing, data.entry), model, plan.primary_rows)


def _results(
    contrast: str, part: Planned, table: ScoreMatrix, data: FollowUp | None, min_events: int
) -> Results:
    if part.reason or data is None:
        return [part.without()] * len(part.rows)
    design, cause, time = part.due, data.cause[part.samples], data.time[part.samples]
    n_other = int((cause == (1 if contrast == OTHER else 2)).sum())
    seen = {**part.seen, "n_other": n_other}
    scores = table.values[np.ix_(np.asarray(part.rows, dtype=int), part.samples)]
    if contrast in (*SITES_OF_RELAPSE, OTHER):
        fits = fit_many(design, scores)
        return [seen | _renamed(row_of(fits, k, part.estimator)) for k in range(len(part.rows))]
    if n_other < min_events:
        reason = too_few_events(n_other, cause.size, min_events, "relapses at other sites")
        return [{**seen, **reason.columns}] * len(part.rows)
    if contrast == AMONG_RELAPSED:
        bone = (cause == 1).astype(float)
        # a logistic model has no baseline to stratify: what would be strata are covariates
        seen["covariates"] = design.label_without_strata
        return [seen | fit_odds(bone, score, design.with_strata) for score in scores]
    results = []
    for score in scores:
        estimator, fits = fit_difference(time, cause, score, design.covariates, design.strata, design.entry)
        results.append(seen | _renamed(row_of(fits, 0, estimator)))
    return results


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {"estimate" if name == "log_hr" else name: value for name, value in row.items()}
