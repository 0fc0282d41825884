"""Pooled, prediction and heterogeneity intervals over cohorts that differ, and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from calibrate.cohorts import Regime, as_cohort, sample_cohort
from calibrate.tally import Tally
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.models import MODELS
from irf7bone.statistics.partial_correlation import partial_correlation
from irf7bone.statistics.q_profile import q_profile
from irf7bone.statistics.random_effects import pool_many

COHORTS = (2, 3, 5, 10)
TAU2 = (0.0, 0.02, 0.1)
# events of the cohorts of a meta-analysis, taken in turn: from the smallest study to a large one
EVENTS = (14, 69, 30, 107, 45, 20, 150, 60, 35, 90)
TRUE = float(np.log(0.8))
SMALL = Regime(82, 14, 12)
CORRELATIONS = (0.0, 0.5)
SAMPLES = (40, 82, 286)
HELD = {0: "none", 1: "proliferation", 2: "proliferation,leukocytes"}


def normal_studies(many: int, random: np.random.Generator) -> Tally:
    """Estimates as the model has them: normal, of known error, around effects that differ by tau2."""
    tally = Tally()
    for k in COHORTS:
        se = np.tile(1 / np.sqrt(np.array(EVENTS[:k])), (many, 1))
        for tau2 in TAU2:
            effect = TRUE + np.sqrt(tau2) * random.normal(size=(many, k))
            y = effect + se * random.normal(size=(many, k))
            _pooled(tally, y, se, k, tau2, TRUE + np.sqrt(tau2) * random.normal(size=many), random)
    return tally


def _pooled(
    tally: Tally,
    y: np.ndarray,
    se: np.ndarray,
    k: int,
    tau2: float,
    further: np.ndarray,
    random: np.random.Generator,
) -> None:
    fit = pool_many(y, se)
    regime = {"regime": f"{k} cohorts, tau2 {tau2:g}", "planted": TRUE}
    tally.add(
        (fit.ci_low <= TRUE) & (fit.ci_high >= TRUE),
        quantity="coverage",
        method="pooled_interval",
        **regime,
    )
    null = pool_many(y - TRUE, se)
    tally.add(null.p < 0.05, quantity="type_i_error", method="pooled_p", **{**regime, "planted": 0.0})
    tally.add(fit.p < 0.05, quantity="power", method="pooled_p", **regime)
    if k >= 3:
        tally.add(
            (fit.pi_low <= further) & (fit.pi_high >= further),
            quantity="coverage",
            method="prediction_interval",
            **regime,
        )
    low, high = q_profile(y, se)
    known = np.isfinite(low)
    with np.errstate(invalid="ignore"):
        inside = (low <= tau2) & (high >= tau2)
    tally.add(inside, known, quantity="coverage", method="tau2_interval", **regime)


def small_cohorts(many: int, random: np.random.Generator) -> Tally:
    """Meta-analyses of small cohorts alone, each fitted: 82 patients, 14 events, no effect."""
    tally = Tally()
    for k in (3, 5, 10):
        y, se = np.empty((2, many, k))
        for row in range(many):
            for column in range(k):
                people, outcome, score = sample_cohort(SMALL, (), random)
                design = MODELS["unadjusted"].design(
                    as_cohort(people, outcome, outcome.cause == 1, "unadjusted")
                )
                fits = fit_many(design, score[None], intervals=False)
                y[row, column], se[row, column] = fits.log_hr[0], fits.se[0]
        fit = pool_many(y, se)
        about: dict[str, Any] = {"regime": f"{k} cohorts of {SMALL.label}", "model": "unadjusted"}
        about |= {"n": SMALL.n, "n_events": SMALL.bone, "n_competing": SMALL.other}
        tally.add(fit.p < 0.05, quantity="type_i_error", method="pooled_p", **about)
    return tally


def correlations(many: int, random: np.random.Generator) -> Tally:
    """Fisher's interval of a partial correlation of normal scores."""
    tally = Tally()
    for n in SAMPLES:
        for r in CORRELATIONS:
            for q, adjustment in HELD.items():
                covered, rejected = np.zeros((2, many), dtype=bool)
                for row in range(many):
                    shared = random.normal(size=(q, n))
                    x = random.normal(size=n)
                    y = r * x + np.sqrt(1 - r**2) * random.normal(size=n)
                    pull = 0.5 * shared.sum(axis=0)
                    found = partial_correlation(x + pull, y + pull, list(shared))
                    covered[row] = found.ci_low <= r <= found.ci_high
                    rejected[row] = found.p < 0.05
                about = {"method": "immune_correlation", "model": adjustment, "planted": r}
                about |= {"regime": f"{n} patients", "n": n}
                tally.add(covered, quantity="coverage", **about)
                if r == 0:
                    tally.add(rejected, quantity="type_i_error", **about)
    return tally
