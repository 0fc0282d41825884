"""Does the fitted hazard ratio say what it seems to? Before and after five years, linearity, influence.

Every fit that :func:`irf7bone.outcome.associate.associate` reports for the primary method is checked in
three ways. Each row of the table is one number with its interval or its test:

* ``hr_to_60_months``, ``hr_after_60_months``: the hazard ratio of each period, from one model in which the
  covariates keep their effects (R: ``survSplit`` at 60 months, then ``coxph`` with score x period), and
  ``hr_change_at_60_months``, the later log hazard ratio less the earlier;
* ``linearity``: likelihood ratio of a restricted cubic spline against the line;
* ``left_out_lowest``, ``left_out_highest``: the smallest and largest log hazard ratio when one sample is left
  out, and ``left_out_change``, the largest change in either direction. These are refits, not dfbetas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.associate import fit_many, uses_firth
from irf7bone.outcome.models import MODELS, Cohort, Design, Unavailable
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.outcome.periods import CHANGE, EARLY, LATE, hazard_ratios_by_period
from irf7bone.statistics.cox import Z_95, CoxProblem, Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth
from irf7bone.statistics.leave_one_patient_out import leave_one_out
from irf7bone.statistics.splines import NoSpline, Spline, fit_spline
from irf7bone.tables.outcome_checks import (
    _KEY,
    AFTER_SPLIT,
    CHECK_CURVES,
    CHECKS,
    CHECKS_MADE,
    ENDED,
    HIGHEST,
    LARGEST_CHANGE,
    LOWEST,
    QUANTITIES,
    SPLIT_CHANGE,
    SPLIT_MONTHS,
    TO_SPLIT,
)

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

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
        return "firth" if uses_firth(self.design) else "cox"


@dataclass(frozen=True)
class NotFitted:
    """Why there is nothing to check."""

    status: str
    reason: str | None


def checks(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Check the fit of every signature (by the primary method) x endpoint x model of one cohort.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, as :func:`irf7bone.outcome.associate.associate` takes them.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For endpoints, models, primary method, proliferation signature and ``min_events``.

    Returns:
        Table of :data:`CHECKS`, a row for every combination and check.
    """
    table = score_matrix(scores, obs.index, cohort)
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        data = follow_up(obs, endpoint)
        for model in config.models:
            for row, (signature, method) in enumerate(table.keys):
                if method != config.primary.method:
                    continue
                labels = (cohort, signature, method, endpoint, model)
                labelled = dict(zip((column.name for column in _KEY), labels, strict=True))
                fitted = _fit(table, row, obs, data, endpoint, model, config)
                for check, found in _check(fitted, config.min_events).items():
                    rows.append({**labelled, "check": check, "quantity": QUANTITIES[check], **found})
    return CHECKS.cast(pd.DataFrame(rows, columns=CHECKS.names))


def check_curves(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """What the figure of the checks shows of the primary signature and model, for every endpoint.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For the endpoints, the primary signature, method and model.

    Returns:
        Table of :data:`CHECK_CURVES`; no rows for an endpoint without a fit, no spline where none could be
        fitted.
    """
    table = score_matrix(scores, obs.index, cohort)
    primary = config.primary
    row = table.row(primary.signature, primary.method)
    parts = [CHECK_CURVES.empty()]
    for endpoint in config.endpoints if row is not None else ():
        fitted = _fit(table, row, obs, follow_up(obs, endpoint), endpoint, primary.model, config)
        if isinstance(fitted, Fitted):
            labels = (cohort, primary.signature, primary.method, endpoint, primary.model)
            labelled = dict(zip((column.name for column in _KEY), labels, strict=True))
            parts += [part.assign(**labelled) for part in _curves(fitted)]
    return CHECK_CURVES.cast(pd.concat([part for part in parts if len(part)] or parts, ignore_index=True))


def _fit(
    table: ScoreMatrix,
    row: int,
    obs: pd.DataFrame,
    data: FollowUp | None,
    endpoint: str,
    model: str,
    config: Config,
) -> Fitted | NotFitted:
    """The fit that the table of associations reports for one score."""
    if data is None:
        return NotFitted("not_available", f"the cohort has no endpoint {endpoint}")
    if table.status[row] != "ok":
        return NotFitted(table.status[row], table.reason[row])
    if MODELS[model].uses_proliferation and table.keys[row][0] == config.proliferation_signature:
        return NotFitted("not_available", "the proliferation signature is not adjusted for itself")
    used = data.known & np.isfinite(table.values[row])
    adjusting = table.row(config.proliferation_signature, config.primary.method)
    proliferation, missing = None, f"{config.proliferation_signature} was not scored"
    if adjusting is not None and table.status[adjusting] == "ok":
        proliferation = table.values[adjusting][used]
    design = MODELS[model].design(
        Cohort(obs[used], data.time[used], data.event[used], proliferation, missing, data.entry_of(used))
    )
    if isinstance(design, Unavailable):
        return NotFitted("not_available", design.reason)
    n_events = design.problem.n_events
    if n_events < config.min_events:
        return NotFitted("too_few_events", f"{n_events} events, {config.min_events} needed")
    if np.unique(design.problem.time).size == 1:
        return NotFitted("not_available", "all follow-up times are the same")
    score = table.values[row][used][design.kept]
    fits = fit_many(design, score[None])
    if fits.status[0] != "ok":
        return NotFitted(str(fits.status[0]), fits.reason[0])
    samples = obs.index[used][design.kept].to_numpy(dtype=object)
    return Fitted(design, samples, data.cause[used][design.kept], score, fits)


def _check(fitted: Fitted | NotFitted, min_events: int) -> dict[str, dict[str, Any]]:
    """All checks of one fit, by name."""
    if isinstance(fitted, NotFitted):
        return {check: _without(fitted.status, fitted.reason) for check in CHECKS_MADE}
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
    log_hr = _without_each(fitted)
    lost = np.flatnonzero(np.isnan(log_hr))
    if lost.size:
        return dict.fromkeys(_LEFT_OUT, _refit_failed(fitted, lost[0], _without_one(fitted, lost[0])))
    found = {}
    for check, index in ((LOWEST, int(log_hr.argmin())), (HIGHEST, int(log_hr.argmax()))):
        fits = _without_one(fitted, index)
        if fits.status[0] != "ok":  # an estimate, but no end of its profile
            return dict.fromkeys(_LEFT_OUT, _refit_failed(fitted, index, fits))
        ends = {"ci_low": fits.ci_low[0], "ci_high": fits.ci_high[0], "p": fits.p[0]}
        found[check] = {**_remaining(fitted, index), "estimate": fits.log_hr[0], **ends}
    change = log_hr - fitted.fits.log_hr[0]
    index = int(np.abs(change).argmax())
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


def _without_each(fitted: Fitted) -> np.ndarray:
    """Log hazard ratio without each sample, shape (n,); NaN where there is none."""
    design = fitted.design
    log_hr = leave_one_out(
        design.problem,
        design.strata,
        fitted.score,
        fitted.fits.coefficients[0],
        penalised=uses_firth(design),
    )
    # iterations that start at the full fit may fail where those from zero do not
    for index in np.flatnonzero(np.isnan(log_hr)):
        log_hr[index] = _without_one(fitted, index).log_hr[0]
    return log_hr


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
    yield pd.DataFrame(
        {
            "part": "left_out",
            "position": range(score.size),
            "score_z": score[order],
            "estimate": (_without_each(fitted) - fitted.fits.log_hr[0])[order],
            "sample": fitted.samples[order],
            "ended": np.array(ENDED, dtype=object)[fitted.cause[order]],
        }
    )
