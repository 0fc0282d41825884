"""1,000 Cox fits with one covariate on 300 patients, against statsmodels, lifelines and R."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from bench.data import N_SAMPLES, follow_up
from bench.measure import Case, Timed, timed
from bench.r import in_r
from irf7bone.statistics.cox import CoxProblem, fit_cox

TASK = "1,000 Cox fits with a covariate"
N_SCORES, PART = 1000, 100  # python's peers fit a part


def scores() -> np.ndarray:
    """Standard scores, scores x patients."""
    z = np.random.default_rng(5).normal(size=(N_SCORES, N_SAMPLES))
    return (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, ddof=1, keepdims=True)


def ours() -> Timed:
    """Log hazard ratio and standard error, shape (1,000, 2)."""
    (months, event, covariate), z = follow_up(), scores()

    def fit() -> np.ndarray:
        found = fit_cox(CoxProblem(months, event, covariate[:, None]), z)
        return np.column_stack([found.log_hr, found.se])

    return Timed(*timed(fit))


def _by_statsmodels(months: np.ndarray, event: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
    from statsmodels.duration.hazard_regression import PHReg

    fit = PHReg(months, columns, status=event, ties="efron").fit()
    return fit.params[0], fit.bse[0]


def _by_lifelines(months: np.ndarray, event: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
    from lifelines import CoxPHFitter

    table = pd.DataFrame({"months": months, "event": event, "score": columns[:, 0], "other": columns[:, 1]})
    summary = CoxPHFitter().fit(table, "months", "event").summary
    return summary.loc["score", "coef"], summary.loc["score", "se(coef)"]


def one_by_one(fit: Callable[..., tuple[float, float]]) -> Timed:
    """A part, scaled."""
    (months, event, covariate), z = follow_up(), scores()
    values = np.full((N_SCORES, 2), np.nan)
    fit(months, event, np.column_stack([z[0], covariate]))  # what the first one imports is not counted
    start = time.process_time()
    for k in range(PART):
        values[k] = fit(months, event, np.column_stack([z[k], covariate]))
    seconds = (time.process_time() - start) * N_SCORES / PART
    return Timed([seconds], values, f"scaled from {PART} fits")


def by_r() -> Timed:
    """R's coxph, all fits."""
    months, event, covariate = follow_up()
    script = """
library(survival)
d <- read("patients.tsv")
z <- read("scores.tsv")
outcome <- Surv(d[, "months"], d[, "event"])
other <- d[, "other"]
one <- function(k) { fit <- coxph(outcome ~ z[k, ] + other); c(coef(fit)[1], sqrt(vcov(fit)[1, 1])) }
task <- function() t(sapply(seq_len(nrow(z)), one))
"""
    patients = pd.DataFrame({"months": months, "event": event, "other": covariate})
    return in_r(
        ["survival"], script, {"patients.tsv": patients, "scores.tsv": pd.DataFrame(scores())}, (N_SCORES, 2)
    )


CASES = [
    Case(TASK, "irf7bone", "", ours),
    Case(TASK, "statsmodels", "statsmodels", partial(one_by_one, _by_statsmodels)),
    Case(TASK, "lifelines", "lifelines", partial(one_by_one, _by_lifelines)),
    Case(TASK, "R survival", "", by_r),
]
