"""How often a true null is rejected at 5 %: every model and kind of endpoint, in cohorts of several sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibrate.cohorts import (
    DRIVERS,
    Outcome,
    Patients,
    Regime,
    as_cohort,
    idle_scores,
    sample_cohort,
)
from calibrate.tally import Tally
from irf7bone.outcome.curves import tertiles
from irf7bone.outcome.estimator import fit_many, uses_firth
from irf7bone.outcome.models import MODELS, Design, Unavailable
from irf7bone.outcome.periods import CHANGE, hazard_ratios_by_period
from irf7bone.statistics.cause_difference import fit_difference
from irf7bone.statistics.cox import Z_95, Fits
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_subdistribution
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER
from irf7bone.statistics.gray import gray_test, logrank_test
from irf7bone.statistics.logistic import fit_odds
from irf7bone.statistics.schoenfeld import proportional_hazards_p
from irf7bone.statistics.splines import NoSpline, fit_spline
from irf7bone.tables.outcome_checks import SPLIT_MONTHS

ALPHA = 0.05
MIN_EVENTS = 5
# scores of each cohort: they are independent given the patients, so that a cohort is that many trials
SCORES = 5
# site contrasts and checks cost most: they are made in every cohort of the smallest study and every second
# other one, under models beyond these two in a quarter of those
DEEPER = ("unadjusted", "proliferation")
EVERY, SECOND, OTHERS = 82, 0.5, 0.25


def one_cohort(regime: Regime, random: np.random.Generator) -> Tally:
    """All tests of one cohort without any effect of its scores."""
    tally = Tally()
    people, outcome, _ = sample_cohort(regime, tuple(DRIVERS), random)
    often, drawn = 1.0 if regime.n == EVERY else SECOND, random.random()
    deeper = MODELS if drawn < OTHERS * often else DEEPER if drawn < often else ()
    for model in MODELS:
        scores = idle_scores(model, people, SCORES, random)
        _regressions(tally, regime, model, people, outcome, scores, deeper=model in deeper)
    _groups(tally, regime, outcome, idle_scores("unadjusted", people, SCORES, random))
    _er_difference(tally, regime, people, outcome, idle_scores("proliferation", people, SCORES, random))
    return tally


def _p(fits: Fits) -> tuple[np.ndarray, np.ndarray]:
    """Which fits reject, and which there are."""
    ok = (fits.status == "ok") & np.isfinite(fits.p)
    return np.where(ok, fits.p, 1.0) < ALPHA, ok


def _regressions(
    tally: Tally,
    regime: Regime,
    model: str,
    people: Patients,
    outcome: Outcome,
    scores: np.ndarray,
    *,
    deeper: bool,
) -> None:
    time, cause = outcome.time, outcome.cause
    design = MODELS[model].design(as_cohort(people, outcome, cause == 1, model))
    if isinstance(design, Unavailable):
        return
    about = {"quantity": "type_i_error", "model": model, **size(regime)}
    endpoint = "cause_specific" if regime.other else "plain"
    fits = fit_many(design, scores)
    rejected, ok = _p(fits)
    name = "firth" if uses_firth(design) else "cox"
    tally.add(rejected, ok, method=name, endpoint=endpoint, **about)
    if name == "cox":
        ph = proportional_hazards_p(design.problem, scores, fits)
        tally.add(ph < ALPHA, np.isfinite(ph), method="proportional_hazards", endpoint=endpoint, **about)
    if not regime.other:
        return
    problem = FineGrayProblem(time, cause, design.covariates, design.strata, design.names)
    name, fits = fit_subdistribution(problem, scores)
    tally.add(*_p(fits), method=name, endpoint="subdistribution", **about)
    if deeper:
        _sites(tally, about, design, outcome, scores[0])
        _checks(tally, about, design, scores[0])


def _sites(tally: Tally, about: dict[str, Any], design: Design, outcome: Outcome, score: np.ndarray) -> None:
    time, cause = outcome.time, outcome.cause
    if (cause == 2).sum() < MIN_EVENTS:
        return
    name, fits = fit_difference(time, cause, score, design.covariates, design.strata)
    tally.add(*_p(fits), method=f"site_ratio_{name}", endpoint="sites", **about)
    relapsed = cause > 0
    # the model of the relapsed has their own events for strata and covariates
    columns = design.with_strata[relapsed]
    columns = columns[:, np.ptp(columns, axis=0) > 0]
    found = fit_odds((cause[relapsed] == 1).astype(float), score[relapsed], columns)
    ok = found["status"] == "ok"
    estimator = found.get("estimator", "firth_logistic")
    tally.add(ok and found["p"] < ALPHA, ok, method=estimator, endpoint="sites", **about)


def _checks(tally: Tally, about: dict[str, Any], design: Design, score: np.ndarray) -> None:
    found = hazard_ratios_by_period(
        design,
        score,
        months=SPLIT_MONTHS,
        min_events=MIN_EVENTS,
        events_per_parameter=EVENTS_PER_PARAMETER,
    )[CHANGE]
    if found["status"] == "ok":
        method = f"five_year_change_{found['estimator']}"
        tally.add(found["p"] < ALPHA, method=method, endpoint="cause_specific", **about)
    line = fit_many(design, score[None])
    if line.status[0] != "ok":
        return
    spline = fit_spline(design.problem, design.covariates, design.strata, score, line, EVENTS_PER_PARAMETER)
    if not isinstance(spline, NoSpline):
        method = f"linearity_{spline.estimator}"
        tally.add(spline.p < ALPHA, method=method, endpoint="cause_specific", **about)


def _groups(tally: Tally, regime: Regime, outcome: Outcome, scores: np.ndarray) -> None:
    """Tests of the tertiles."""
    time, cause = outcome.time, outcome.cause
    about = {"model": "none", **size(regime)}
    test, name = (gray_test, "gray") if regime.other else (logrank_test, "logrank")
    for score in scores:
        found = test(time, cause if regime.other else cause == 1, tertiles(score))
        ok = found.reason is None
        endpoint = "subdistribution" if regime.other else "plain"
        tally.add(
            ok and found.p < ALPHA, ok, quantity="type_i_error", method=name, endpoint=endpoint, **about
        )


def _er_difference(
    tally: Tally, regime: Regime, people: Patients, outcome: Outcome, scores: np.ndarray
) -> None:
    """The test of interaction: estimates of both strata, their difference against a normal."""
    positive = people.clinical["er"]
    event = outcome.cause == 1
    if min(event[positive].sum(), event[~positive].sum()) < MIN_EVENTS:
        return
    parts = []
    for own in (positive, ~positive):
        there = Outcome(outcome.time[own], outcome.cause[own])
        design = MODELS["proliferation"].design(
            as_cohort(people.inside(own), there, event[own], "proliferation")
        )
        fits = fit_many(design, scores[:, own])
        parts.append(fits)
        name = "er_stratum_firth" if uses_firth(design) else "er_stratum_cox"
        rejected, ok = _p(fits)
        about = {"quantity": "type_i_error", "model": "proliferation", **size(regime)}
        tally.add(rejected, ok, method=name, endpoint="cause_specific", **about)
    ok = (parts[0].status == "ok") & (parts[1].status == "ok")
    with np.errstate(invalid="ignore"):
        z = np.abs(parts[0].log_hr - parts[1].log_hr) / np.hypot(parts[0].se, parts[1].se)
    tally.add(z > Z_95, ok, method="er_interaction", endpoint="cause_specific", **about)


def size(regime: Regime) -> dict[str, Any]:
    """Columns that say how large the cohorts were."""
    return {
        "regime": regime.label,
        "n": regime.n,
        "n_events": regime.bone,
        "n_competing": regime.other,
    }
