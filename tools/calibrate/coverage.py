"""How often 95 % intervals hold a planted effect, and how often it is found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from calibrate.cohorts import (
    DRIVERS,
    DRIVERS_OF,
    LONGEST_MONTHS,
    SHORTEST_MONTHS,
    Outcome,
    Regime,
    as_cohort,
    idle_scores,
    patients,
    rates,
    sample_cohort,
    sample_outcome,
)
from calibrate.tally import Tally
from calibrate.type_one import ALPHA, MIN_EVENTS, SCORES, size
from irf7bone.outcome.discrimination import FOLLOWED_BEYOND, LAST_MONTHS, reliable_horizon
from irf7bone.outcome.estimator import fit_many, uses_firth
from irf7bone.outcome.models import MODELS, Unavailable
from irf7bone.statistics.concordance import Concordance, harrell_c
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_subdistribution
from irf7bone.statistics.ipcw import auc, uno_c
from irf7bone.tables.outcome_checks import SPLIT_MONTHS

PLANTED = (0.9, 0.8, 0.7, 0.5)
# the effect at which every model and every measure of discrimination is looked at
MAIN = 0.7
# Fine and Gray's simulation: months of the exponential clock of those who will have the event
_CLOCK = 40.0
_POPULATION, _POPULATIONS = 4000, 10
_HORIZONS = np.arange(36.0, LAST_MONTHS + 1, 6.0)


def one_cohort(regime: Regime, random: np.random.Generator) -> Tally:
    """One cohort for each planted effect, alone in the model; subdistribution hazards as well."""
    tally = Tally()
    for ratio in PLANTED:
        _hazard_ratio(tally, regime, "unadjusted", float(np.log(ratio)), random)
    for model in ("unadjusted", "proliferation"):
        _subdistribution(tally, regime, model, float(np.log(MAIN)), random)
    return tally


def one_adjusted(regime: Regime, random: np.random.Generator) -> Tally:
    """One cohort for each model that holds more than the score, at the main effect."""
    tally = Tally()
    for model in MODELS:
        if model != "unadjusted":
            _hazard_ratio(tally, regime, model, float(np.log(MAIN)), random)
    return tally


def _hazard_ratio(
    tally: Tally, regime: Regime, model: str, log_hr: float, random: np.random.Generator
) -> None:
    people, outcome, score = sample_cohort(regime, DRIVERS_OF[model], random, log_hr)
    design = MODELS[model].design(as_cohort(people, outcome, outcome.cause == 1, model))
    if isinstance(design, Unavailable):
        return
    fits = fit_many(design, score[None])
    about = {"method": "firth" if uses_firth(design) else "cox", "model": model, "planted": log_hr}
    about |= {"endpoint": "cause_specific", **size(regime)}
    ok = fits.status == "ok"
    with np.errstate(invalid="ignore"):
        tally.add((fits.ci_low <= log_hr) & (log_hr <= fits.ci_high), ok, quantity="coverage", **about)
        tally.add(fits.p < ALPHA, ok, quantity="power", **about)


def one_discrimination(regime: Regime, random: np.random.Generator) -> Tally:
    """Intervals of C and AUC of scores without effect, and of one with the main effect."""
    tally = Tally()
    people, outcome, _ = sample_cohort(regime, tuple(DRIVERS), random)
    half = dict.fromkeys(("harrell_c", "uno_c", f"auc_{SPLIT_MONTHS}"), 0.5)
    _covered(tally, regime, outcome, idle_scores("unadjusted", people, SCORES, random), 0.0, half)
    log_hr = float(np.log(MAIN))
    _, outcome, score = sample_cohort(regime, (), random, log_hr)
    truth = true_discrimination(regime, log_hr)
    expected = {
        "harrell_c": truth["harrell_c"],
        "uno_c": float(np.interp(reliable_horizon(outcome.time), _HORIZONS, truth["uno_c"])),
        f"auc_{SPLIT_MONTHS}": truth["auc"],
    }
    _covered(tally, regime, outcome, score[None], log_hr, expected)
    return tally


def _covered(
    tally: Tally,
    regime: Regime,
    outcome: Outcome,
    scores: np.ndarray,
    log_hr: float,
    expected: Mapping[str, float],
) -> None:
    for name, found in discrimination(outcome.time, outcome.cause, scores).items():
        covered = (found.low <= expected[name]) & (expected[name] <= found.high)
        known = np.isfinite(found.low)
        tally.add(covered, known, quantity="coverage", method=name, planted=log_hr, **size(regime))


def discrimination(time: np.ndarray, cause: np.ndarray, scores: np.ndarray) -> dict[str, Concordance]:
    """Harrell's C, Uno's C and the five-year AUC, where the workflow would give them."""
    found = {
        "harrell_c": harrell_c(time, (cause == 1).astype(float), scores),
        "uno_c": uno_c(time, cause, scores, reliable_horizon(time)),
    }
    events = ((cause == 1) & (time <= SPLIT_MONTHS)).sum()
    if events >= MIN_EVENTS and (time > SPLIT_MONTHS).sum() >= FOLLOWED_BEYOND:
        found[f"auc_{SPLIT_MONTHS}"] = auc(time, cause, scores, SPLIT_MONTHS)
    return found


@cache
def true_discrimination(regime: Regime, log_hr: float) -> dict[str, np.ndarray]:
    """What the measures tend to: Harrell's C under the regime's censoring, the others without any."""
    random = np.random.default_rng(5)
    hazards = rates(regime, (), log_hr)
    parts = []
    for _ in range(_POPULATIONS):
        people = patients(_POPULATION, random)
        score = random.normal(size=_POPULATION)
        seen, whole = (
            sample_outcome(people, hazards, (), random, score, log_hr, censored=censored)
            for censored in (True, False)
        )
        c = harrell_c(seen.time, seen.cause == 1, score).c[0]
        of_all = [uno_c(whole.time, whole.cause, score, end).c[0] for end in _HORIZONS]
        parts.append([c, auc(whole.time, whole.cause, score, SPLIT_MONTHS).c[0], *of_all])
    found = np.mean(parts, axis=0)
    return {"harrell_c": found[0], "auc": found[1], "uno_c": found[2:]}


def sample_subdistribution(
    n: int, shares: tuple[float, float], pull: np.ndarray, random: np.random.Generator
) -> Outcome:
    """Outcome with proportional subdistribution hazards (Fine and Gray 1999, section 5).

    P(bone by t) = 1 - (1 - p (1 - exp(-t / clock)))^exp(pull).

    Args:
        n: Patients.
        shares: p, and the monthly hazard of those who will relapse elsewhere.
        pull: Log subdistribution hazard ratio of each patient, shape (n,).
        random: Source of random numbers.
    """
    p, elsewhere = shares
    ever = 1 - (1 - p) ** np.exp(pull)
    bone = random.random(n) < ever
    u = random.random(n) * ever
    inner = 1 - (1 - (1 - u) ** np.exp(-pull)) / p
    with np.errstate(divide="ignore", invalid="ignore"):
        clock = np.where(bone, -_CLOCK * np.log(inner), random.exponential(1, n) / elsewhere)
    end = random.uniform(SHORTEST_MONTHS, LONGEST_MONTHS, n)
    cause = np.where(clock > end, 0, np.where(bone, 1, 2))
    return Outcome(np.ceil(np.minimum(clock, end)), cause)


@cache
def subdistribution_shares(regime: Regime, spread: float, log_hr: float) -> tuple[float, float]:
    """Share and hazard that give the regime's numbers on average."""
    random = np.random.default_rng(3)
    n = 40_000
    pull = log_hr * random.normal(size=n) + spread * random.normal(size=n)
    wanted = np.array([regime.bone, regime.other]) / regime.n
    found = np.array([wanted[0], 0.002])
    for _ in range(15):
        made = sample_subdistribution(n, tuple(found), pull, np.random.default_rng(9))
        found = found * wanted / np.array([(made.cause == k).mean() for k in (1, 2)])
    return float(found[0]), float(found[1])


def _subdistribution(
    tally: Tally, regime: Regime, model: str, log_hr: float, random: np.random.Generator
) -> None:
    spread = 0.5 if model == "proliferation" else 0.0
    shares = subdistribution_shares(regime, spread, log_hr)
    while True:
        people = patients(regime.n, random)
        score = random.normal(size=regime.n)
        pull = log_hr * score + spread * people.drivers["proliferation"]
        outcome = sample_subdistribution(regime.n, shares, pull, random)
        if abs((outcome.cause == 1).sum() - regime.bone) <= int(0.02 * regime.bone):
            break
    design = MODELS[model].design(as_cohort(people, outcome, outcome.cause == 1, model))
    problem = FineGrayProblem(outcome.time, outcome.cause, design.covariates, None, design.names)
    name, fits = fit_subdistribution(problem, score[None])
    ok = fits.status == "ok"
    about = {"method": name, "model": model, "endpoint": "subdistribution", "planted": log_hr}
    with np.errstate(invalid="ignore"):
        covered = (fits.ci_low <= log_hr) & (log_hr <= fits.ci_high)
        tally.add(covered, ok, quantity="coverage", **about, **size(regime))
        tally.add(fits.p < ALPHA, ok, quantity="power", **about, **size(regime))
