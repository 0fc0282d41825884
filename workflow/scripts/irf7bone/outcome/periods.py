"""The hazard ratio before and after a point in time, and its change.

Follow-up is cut into episodes: every sample has an early one, and those still followed beyond the point a
late one. The two kinds never meet in a risk set, so they can stand as strata of one model in which the
covariates keep their effects and each period has a log hazard ratio of its own (R: ``survSplit``, then
``coxph`` with score x period).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from irf7bone.outcome.models import Design
from irf7bone.outcome.reasons import Code, because
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth

EARLY, LATE, CHANGE = "early", "late", "change"


class Episodes:
    """Follow-up of one model's samples, cut at ``months``; an event at that time belongs to the first part.

    Args:
        design: Model and samples.
        score: Shape (n,).
        months: Where to cut.
    """

    def __init__(self, design: Design, score: np.ndarray, months: float):
        time, event = design.problem.time, design.problem.event
        beyond = time > months
        self.row = np.concatenate([np.arange(time.size), np.flatnonzero(beyond)])
        self.late = np.arange(self.row.size) >= time.size
        self.time = np.where(self.late, time[self.row], np.minimum(time[self.row], months))
        self.event = np.where(self.late | ~beyond[self.row], event[self.row], 0.0)
        self.score = score[self.row]
        self.covariates, self.names = design.covariates[self.row], design.names
        codes = 0 if design.strata is None else np.unique(design.strata, return_inverse=True)[1][self.row]
        self.strata = self.late + 2 * codes

    def counts(self, period: str) -> dict[str, int]:
        """Samples at risk at the start of a period and its events."""
        chosen = self.late if period == LATE else ~self.late
        return {"n": int(chosen.sum()), "n_events": int(self.event[chosen].sum())}

    def problem(self, columns: list[np.ndarray], names: list[str], rows: np.ndarray) -> CoxProblem:
        """A model of the episodes ``rows`` with ``columns`` before the covariates."""
        covariates = np.column_stack([*columns, self.covariates])[rows]
        return CoxProblem(
            self.time[rows], self.event[rows], covariates, self.strata[rows], (*names, *self.names)
        )


def hazard_ratios_by_period(
    design: Design, score: np.ndarray, *, months: float, min_events: int, events_per_parameter: int
) -> dict[str, dict[str, Any]]:
    """Log hazard ratio of one score up to and after ``months``, and the later less the earlier.

    Firth's likelihood is used where the events of either period, or all of them, are too few for the
    parameters. A period with fewer than ``min_events`` has no estimate, and then the other stands alone.

    Args:
        design: Model and samples.
        score: Shape (n,).
        months: Where to cut; events at that time count as before.
        min_events: Fewest events of a period.
        events_per_parameter: How many events each parameter needs for maximum likelihood.

    Returns:
        For ``early``, ``late`` and ``change`` the columns n, n_events, estimate, ci_low, ci_high, p,
        estimator, status, reason.
    """
    episodes = Episodes(design, score, months)
    seen = {period: episodes.counts(period) for period in (EARLY, LATE)}
    missing = {period: _why_not(period, seen[period], months, min_events) for period in (EARLY, LATE)}
    own = {
        EARLY: np.where(episodes.late, 0.0, episodes.score),
        LATE: np.where(episodes.late, episodes.score, 0.0),
    }
    everyone = np.ones(episodes.row.size, dtype=bool)
    whole = {"n": design.problem.n, "n_events": design.problem.n_events}
    both = not any(missing.values())

    def fit(column: np.ndarray, problem: CoxProblem, fewest: int) -> dict[str, Any]:
        firth = fewest < events_per_parameter or problem.n_events < events_per_parameter * problem.q
        fits = (fit_firth if firth else fit_cox)(problem, column)
        if fits.status[0] != "ok":
            return because(Code.NOT_FITTED, status=fits.status[0], said=fits.reason[0]).columns
        return {
            "estimate": fits.log_hr[0],
            "ci_low": fits.ci_low[0],
            "ci_high": fits.ci_high[0],
            "p": fits.p[0],
            "estimator": "firth" if firth else "cox",
            "status": "ok",
        }

    fewest = min(counts["n_events"] for counts in seen.values())
    found: dict[str, dict[str, Any]] = {}
    for period, other in ((EARLY, LATE), (LATE, EARLY)):
        if missing[period]:
            found[period] = missing[period]
        elif both:
            problem = episodes.problem([own[other]], [f"the score of the {other} period"], everyone)
            found[period] = fit(own[period], problem, fewest)
        else:
            rows = episodes.late == (period == LATE)
            problem = episodes.problem([], [], rows)
            found[period] = fit(own[period][rows], problem, seen[period]["n_events"])
        found[period] = {**seen[period], **found[period]}
    if both:
        problem = episodes.problem([episodes.score], ["the score of both periods"], everyone)
        found[CHANGE] = {**whole, **fit(own[LATE], problem, fewest)}
    else:
        found[CHANGE] = {**whole, **(missing[EARLY] or missing[LATE])}
    return found


def _why_not(period: str, counts: dict[str, int], months: float, min_events: int) -> dict[str, str]:
    """Status and reason where a period cannot have an estimate; empty where it can."""
    if not counts["n"]:
        return because(Code.NOBODY_FOLLOWED, months=months).columns
    if counts["n_events"] < min_events:
        when = "after" if period == LATE else "up to"
        fields = {"n_events": counts["n_events"], "months": months, "needed": min_events}
        return because(Code.TOO_FEW_IN_PERIOD, when=when, **fields).columns
    return {}
