"""Does the fitted hazard ratio say what it seems to? Before and after five years, linearity, influence.

Every fit that :func:`irf7bone.outcome.associate.associate` reports for the primary method is checked in
three ways. Each row of the table is one number with its interval or its test:

* ``hr_to_60_months``, ``hr_after_60_months``: the hazard ratio of each period, from one model in which the
  covariates keep their effects (R: ``survSplit`` at 60 months, then ``coxph`` with score x period), and
  ``hr_change_at_60_months``, the later log hazard ratio less the earlier;
* ``linearity``: likelihood ratio of a restricted cubic spline against the line;
* ``left_out_lowest``, ``left_out_highest``: the smallest and largest log hazard ratio when one sample is left
  out, and ``left_out_change``, the largest change in either direction. These are refits, not dfbetas, which
  only the figure of a large cohort has of samples that move little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import estimator_of, fit_many, row_of, uses_firth
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.models import Design
from irf7bone.outcome.periods import CHANGE, EARLY, LATE, hazard_ratios_by_period
from irf7bone.statistics.cox import Z_95, CoxProblem, Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth
from irf7bone.statistics.leave_one_patient_out import leave_one_patient_out
from irf7bone.statistics.splines import NoSpline, Spline, fit_spline
from irf7bone.tables.outcome_checks import (
    AFTER_SPLIT,
    CHECK_CURVES,
    CHECKED,
    CHECKS,
    CHECKS_MADE,
    DFBETA,
    ENDED,
    HIGHEST,
    LARGEST_CHANGE,
    LEFT_OUT,
    LOWEST,
    QUANTITIES,
    SPLIT_CHANGE,
    SPLIT_MONTHS,
    TO_SPLIT,
)

_LEFT_OUT = (LOWEST, HIGHEST, LARGEST_CHANGE)
_GRID_POINTS = 61


@dataclass(frozen=True)
class Fitted:
    """One fitted model and what it was fitted to.

    Args:
        design: Model and samples.
        samples: Ids of the samples of the fit, shape (n,).
        cause: 0 censored, 1 event, 2 competing event, shape (n,).
        score: Shape (n,).
        fits: One row, status ok.
    """

    design: Design
    samples: np.ndarray
    cause: np.ndarray
    score: np.ndarray
    fits: Fits

    @property
    def counts(self) -> dict[str, int]:
        """Samples and events."""
        return {"n": self.design.problem.n, "n_events": self.design.problem.n_events}

    @property
    def estimator(self) -> str:
        """Which likelihood the fit maximises."""
        return estimator_of(self.design)


@dataclass(frozen=True)
class NotFitted:
    """Columns of a row that has no fit to check: counts where known, status and reason."""

    columns: dict[str, Any]


def checks(plan: FitPlan) -> pd.DataFrame:
    """Check the fit of every signature (by the primary method) x endpoint x model of one cohort.

    Args:
        plan: What is fitted, or why not.

    Returns:
        Table of :data:`CHECKS`, a row for every combination and check.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        for model in plan.config.models:
            for row in plan.primary_rows:
                labelled = _labels(plan, row, endpoint, model)
                fitted = _fit(plan, row, endpoint, model)
                for check, found in _check(fitted, plan.config.min_events).items():
                    rows.append({**labelled, "check": check, "quantity": QUANTITIES[check], **found})
    return CHECKS.cast(pd.DataFrame(rows, columns=CHECKS.names))


def check_curves(plan: FitPlan) -> pd.DataFrame:
    """What the figure of the checks shows of the primary signature and model, for every endpoint.

    Args:
        plan: What is fitted, or why not.

    Returns:
        Table of :data:`CHECK_CURVES`; no rows for an endpoint without a fit, no spline where none could be
        fitted.
    """
    primary = plan.config.primary
    row = plan.table.row(primary.signature, primary.method)
    parts = [CHECK_CURVES.empty()]
    for endpoint in plan.config.endpoints:
        if row is None:
            break
        fitted = _fit(plan, row, endpoint, primary.model)
        if isinstance(fitted, Fitted):
            labelled = _labels(plan, row, endpoint, primary.model)
            parts += [part.assign(**labelled) for part in _curves(fitted)]
    return CHECK_CURVES.cast(pd.concat([part for part in parts if len(part)] or parts, ignore_index=True))


def _labels(plan: FitPlan, row: int, endpoint: str, model: str) -> dict[str, str]:
    labels = (plan.cohort, *plan.table.keys[row], endpoint, model)
    return dict(zip((column.name for column in CHECKED), labels, strict=True))


def _fit(plan: FitPlan, row: int, endpoint: str, model: str) -> Fitted | NotFitted:
    """The fit that the table of associations reports for one score."""
    part = plan.fit_of(row, endpoint, model)
    data = plan.follow_up(endpoint)
    if part.reason or data is None:
        return NotFitted(part.without())
    score = plan.table.values[row][part.samples]
    fits = fit_many(part.due, score[None])
    if fits.status[0] != "ok":
        return NotFitted({**part.counts, **row_of(fits, 0, part.estimator)})
    samples = plan.obs.index[part.samples].to_numpy(dtype=object)
    return Fitted(part.due, samples, data.cause[part.samples], score, fits)


def _check(fitted: Fitted | NotFitted, min_events: int) -> dict[str, dict[str, Any]]:
    """All checks of one fit, by name."""
    if isinstance(fitted, NotFitted):
        return dict.fromkeys(CHECKS_MADE, fitted.columns)
    return {**_periods(fitted, min_events), "linearity": _linearity(fitted), **_left_out(fitted)}


def _periods(fitted: Fitted, min_events: int) -> dict[str, dict[str, Any]]:
    found = hazard_ratios_by_period(
        fitted.design,
        fitted.score,
        months=SPLIT_MONTHS,
        min_events=min_events,
        events_per_parameter=EVENTS_PER_PARAMETER,
    )
    return {TO_SPLIT: found[EARLY], AFTER_SPLIT: found[LATE], SPLIT_CHANGE: found[CHANGE]}


def _spline(fitted: Fitted) -> Spline | NoSpline:
    design = fitted.design
    return fit_spline(
        design.problem, design.covariates, design.strata, fitted.score, fitted.fits, EVENTS_PER_PARAMETER
    )


def _linearity(fitted: Fitted) -> dict[str, Any]:
    found = _spline(fitted)
    if isinstance(found, NoSpline):
        return {**fitted.counts, **_without(found.status, found.reason)}
    test = {"estimate": found.chi2, "df": found.df, "p": found.p, "estimator": found.estimator}
    return {**fitted.counts, **test, "status": "ok"}


def _left_out(fitted: Fitted) -> dict[str, dict[str, Any]]:
    """The refits that move the estimate most, each made once more by the ordinary fit for its interval."""
    log_hr, refitted = _without_each(fitted)
    lost = np.flatnonzero(np.isnan(log_hr))
    if lost.size:
        return dict.fromkeys(_LEFT_OUT, _refit_failed(fitted, lost[0], _without_one(fitted, lost[0])))
    found, each = {}, np.flatnonzero(refitted)
    for check, index in ((LOWEST, each[log_hr[each].argmin()]), (HIGHEST, each[log_hr[each].argmax()])):
        fits = _without_one(fitted, index)
        if fits.status[0] != "ok":  # an estimate, but no end of its profile
            return dict.fromkeys(_LEFT_OUT, _refit_failed(fitted, index, fits))
        ends = {"ci_low": fits.ci_low[0], "ci_high": fits.ci_high[0], "p": fits.p[0]}
        found[check] = {**_remaining(fitted, index), "estimate": fits.log_hr[0], **ends}
    change = log_hr - fitted.fits.log_hr[0]
    index = each[np.abs(change[each]).argmax()]
    found[LARGEST_CHANGE] = {**_remaining(fitted, index), "estimate": change[index]}
    return {check: {**row, "estimator": fitted.estimator, "status": "ok"} for check, row in found.items()}


def _refit_failed(fitted: Fitted, index: int, fits: Fits) -> dict[str, Any]:
    """Why nothing is said of influence: the refit without one sample gives no result."""
    why = f"without {fitted.samples[index]}: {fits.reason[0]}"
    return {**fitted.counts, **_without(str(fits.status[0]), why)}


def _remaining(fitted: Fitted, index: int) -> dict[str, Any]:
    """Counts without one sample, and which it is."""
    n, n_events = fitted.counts.values()
    gone = int(fitted.cause[index] == 1)
    return {"n": n - 1, "n_events": n_events - gone, "sample": str(fitted.samples[index])}


def _without_each(fitted: Fitted) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratio without each sample, NaN where there is none, and whether it is a refit's; (n,)."""
    design = fitted.design
    log_hr, refitted = leave_one_patient_out(
        design.problem,
        design.strata,
        fitted.score,
        fitted.fits.coefficients[0],
        penalised=uses_firth(design),
    )
    # iterations that start at the full fit may fail where those from zero do not
    for index in np.flatnonzero(np.isnan(log_hr)):
        log_hr[index] = _without_one(fitted, int(index)).log_hr[0]
    return log_hr, refitted


def _without_one(fitted: Fitted, index: int) -> Fits:
    """The fit of the same model, by the same likelihood, to all samples but one."""
    design, kept = fitted.design, np.arange(fitted.score.size) != index
    strata = None if design.strata is None else design.strata[kept]
    problem = CoxProblem(
        design.problem.time[kept],
        design.problem.event[kept],
        design.covariates[kept],
        strata,
        design.names,
        None if design.entry is None else design.entry[kept],
    )
    return (fit_firth if uses_firth(design) else fit_cox)(problem, fitted.score[None, kept])


def _without(status: str, reason: str | None) -> dict[str, Any]:
    return {"status": status, "reason": reason}


def _curves(fitted: Fitted) -> Iterator[pd.DataFrame]:
    """Line and spline against the median score, and the change of the estimate without each sample."""
    score, reference = fitted.score, float(np.median(fitted.score))
    grid = np.linspace(score.min(), score.max(), _GRID_POINTS)
    line = fitted.fits.coefficients[0, 0] * (grid - reference)
    # for Firth's fit as well the band is Wald's: a profile of every point would say little more
    drawn = {"line": (line, fitted.fits.se[0] * np.abs(grid - reference))}
    spline = _spline(fitted)
    if isinstance(spline, Spline):
        drawn["spline"] = spline.relative(grid, reference)
    for part, (estimate, se) in drawn.items():
        ends = {"ci_low": estimate - Z_95 * se, "ci_high": estimate + Z_95 * se}
        yield pd.DataFrame(
            {"part": part, "position": range(grid.size), "score_z": grid, "estimate": estimate, **ends}
        )
    order = np.argsort(score, kind="stable")
    log_hr, refitted = _without_each(fitted)
    yield pd.DataFrame(
        {
            "part": np.where(refitted, LEFT_OUT, DFBETA).astype(object)[order],
            "position": range(score.size),
            "score_z": score[order],
            "estimate": (log_hr - fitted.fits.log_hr[0])[order],
            "sample": fitted.samples[order],
            "ended": np.array(ENDED, dtype=object)[fitted.cause[order]],
        }
    )
