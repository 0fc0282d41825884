"""What becomes of a hazard ratio where patients were chosen by an outcome: by this one, or by another.

*By this endpoint*: those with metastasis within five years, and others free of it at five years, who may have
it later; or free for as long as they were followed, as all of van 't Veer 2002 are. *On another event*: those
who relapsed, wherever, as in GSE12276; the endpoint is bone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from calibrate.cohorts import LONGEST_MONTHS, SHORTEST_MONTHS, Outcome
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.models import MODELS, Cohort
from irf7bone.statistics.logistic import fit_odds
from irf7bone.statistics.weighted_cox import fit_weighted_cox

HORIZON = 60.0
CASES, CONTROLS = 34, 44
RELAPSED = 150
POPULATION = 600
PROLIFERATION = float(np.log(1.5))
LEANING = 0.4  # correlation of the score with proliferation
RATIOS = (1.0, 0.7)
# hazard ratios of the score for bone and for other sites
SITES = ((1.0, 1.0), (0.7, 1.0), (0.7, 0.7), (1.0, 0.6), (1.0, 1.5))
MONTHLY = 0.006
COLUMNS = (
    "sampling", "estimator", "model", "hr", "hr_other", "n", "n_events", "studies", "failed", "mean_hr",
    "truth_hr", "rejected", "rejected_error", "covered", "covered_error",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Patients with score, proliferation and outcome; shapes (n,)."""

    score: np.ndarray
    proliferation: np.ndarray
    outcome: Outcome

    def inside(self, kept: np.ndarray) -> Drawn:
        """Some of them, by position."""
        outcome = Outcome(self.outcome.time[kept], self.outcome.cause[kept])
        return Drawn(self.score[kept], self.proliferation[kept], outcome)


@dataclass(frozen=True)
class Estimate:
    """One fit: log hazard or odds ratio, its 95 % interval and p."""

    log_ratio: float
    low: float
    high: float
    p: float


def population(n: int, log_hr: float, log_hr_other: float | None, random: np.random.Generator) -> Drawn:
    """Patients of a population; relapse elsewhere competes where ``log_hr_other`` is not None."""
    proliferation = random.normal(size=n)
    score = LEANING * proliferation + np.sqrt(1 - LEANING**2) * random.normal(size=n)
    pull = PROLIFERATION * proliferation
    clocks = [random.exponential(1 / (MONTHLY * np.exp(pull + log_hr * score)))]
    if log_hr_other is not None:
        clocks.append(random.exponential(1 / (MONTHLY * np.exp(pull + log_hr_other * score))))
    end = random.uniform(SHORTEST_MONTHS, LONGEST_MONTHS, n)
    first = np.min(clocks, axis=0)
    cause = np.where(first > end, 0, 1 + np.argmin(clocks, axis=0))
    return Drawn(score, proliferation, Outcome(np.ceil(np.minimum(first, end)), cause))


def whole(log_hr: float, random: np.random.Generator) -> tuple[Drawn, np.ndarray]:
    """A cohort nobody chose, of the size of the sampled ones; weights are 1."""
    return population(CASES + CONTROLS, log_hr, None, random), np.ones(CASES + CONTROLS)


def by_this_endpoint(
    log_hr: float, random: np.random.Generator, *, free_throughout: bool = False
) -> tuple[Drawn, np.ndarray]:
    """Those with the event by the horizon, and those followed without it for longer; with their weights."""
    while True:
        people = population(POPULATION, log_hr, None, random)
        time, cause = people.outcome.time, people.outcome.cause
        cases = np.flatnonzero((cause == 1) & (time <= HORIZON))
        controls = np.flatnonzero((time > HORIZON) & ((cause == 0) | (not free_throughout)))
        if len(cases) >= CASES and len(controls) >= CONTROLS:
            break
    # some of those free at the horizon were not followed to it: the controls stand for them as well
    free = POPULATION * _free_at_horizon(people)
    kept = np.concatenate([random.choice(cases, CASES, False), random.choice(controls, CONTROLS, False)])
    weights = np.repeat([(POPULATION - free) / CASES, free / CONTROLS], [CASES, CONTROLS])
    return people.inside(kept), weights


def _free_at_horizon(people: Drawn) -> float:
    """Chance to be free at the horizon, by Kaplan and Meier."""
    time, event = people.outcome.time, people.outcome.cause == 1
    order = np.argsort(time, kind="stable")
    at_risk = np.arange(time.size, 0, -1)
    steps = np.where(event[order] & (time[order] <= HORIZON), 1 - 1 / at_risk, 1.0)
    return float(steps.prod())


def relapsed(log_hr: float, log_hr_other: float, random: np.random.Generator) -> Drawn:
    """Those who relapsed, at either kind of site."""
    people = population(6 * RELAPSED, log_hr, log_hr_other, random)
    return people.inside(random.choice(np.flatnonzero(people.outcome.cause > 0), RELAPSED, False))


def cox(people: Drawn, model: str) -> Estimate | None:
    """As the workflow fits it."""
    time, event = people.outcome.time, (people.outcome.cause == 1).astype(float)
    cohort = Cohort(pd.DataFrame(index=range(time.size)), time, event, people.proliferation, None)
    fits = fit_many(MODELS[model].design(cohort), people.score[None])
    if fits.status[0] != "ok":
        return None
    return Estimate(*(float(getattr(fits, name)[0]) for name in ("log_hr", "ci_low", "ci_high", "p")))


def logistic(people: Drawn, model: str) -> Estimate | None:
    """The event by the horizon, among those whose state at the horizon is known."""
    time, event = people.outcome.time, people.outcome.cause == 1
    known = (event & (time <= HORIZON)) | (time >= HORIZON)
    covariates = _covariates(people, model)[known]
    happened = (event & (time <= HORIZON))[known].astype(float)
    found = fit_odds(happened, people.score[known], covariates)
    if found["status"] != "ok":
        return None
    return Estimate(*(float(found[name]) for name in ("estimate", "ci_low", "ci_high", "p")))


def weighted(people: Drawn, model: str, weights: np.ndarray) -> Estimate | None:
    """The weighted Cox model, follow-up cut at the horizon to which the fractions refer."""
    time = np.minimum(people.outcome.time, HORIZON)
    event = (people.outcome.cause == 1) & (people.outcome.time <= HORIZON)
    fit = fit_weighted_cox(time, event, np.column_stack([people.score, _covariates(people, model)]), weights)
    if not fit.converged:
        return None
    low, high = fit.interval
    return Estimate(float(fit.beta[0]), float(low[0]), float(high[0]), float(fit.p[0]))


def _covariates(people: Drawn, model: str) -> np.ndarray:
    return people.proliferation[:, None] if model == "proliferation" else np.empty((people.score.size, 0))


@cache
def true_odds(log_hr: float) -> float:
    """Log odds ratio at the horizon given proliferation, in a population followed by everybody."""
    people = population(400_000, log_hr, None, np.random.default_rng(5))
    # follow-up does not depend on anything here, so those followed to the horizon are like the others
    found = logistic(people, "proliferation")
    assert found is not None
    return found.log_ratio


SAMPLINGS = {
    "nobody chosen": whole,
    "this endpoint": by_this_endpoint,
    "this endpoint, none later": partial(by_this_endpoint, free_throughout=True),
}


def simulate(many: int, seed: int) -> pd.DataFrame:
    """All rows: ``many`` studies each."""
    rows = []
    for number, ratio in enumerate(RATIOS):
        for place, (name, sample) in enumerate(SAMPLINGS.items()):
            randoms = [np.random.default_rng([seed, number, place, study]) for study in range(many)]
            studies = [sample(float(np.log(ratio)), random) for random in randoms]
            rows += _by_estimator(name, ratio, studies)
    for number, (ratio, other) in enumerate(SITES):
        randoms = [np.random.default_rng([seed, 9, number, study]) for study in range(many)]
        people = [relapsed(float(np.log(ratio)), float(np.log(other)), random) for random in randoms]
        found = [cox(one, "proliferation") for one in people]
        about = {"sampling": "another event", "estimator": "cox", "hr": ratio, "hr_other": other}
        rows.append({**about, **_size(people), **_summary(found, np.log(ratio))})
    return pd.DataFrame(rows, columns=COLUMNS).assign(model="proliferation")


def _by_estimator(
    name: str, ratio: float, studies: list[tuple[Drawn, np.ndarray]]
) -> Iterator[dict[str, object]]:
    truth = float(np.log(ratio))
    people = [one for one, _ in studies]
    about = {"sampling": name, "hr": ratio, "hr_other": np.nan, **_size(people)}
    yield {**about, "estimator": "cox", **_summary([cox(one, "proliferation") for one in people], truth)}
    found = [weighted(one, "proliferation", weights) for one, weights in studies]
    yield {**about, "estimator": "weighted cox", **_summary(found, truth)}
    found = [logistic(one, "proliferation") for one in people]
    yield {**about, "estimator": "logistic", **_summary(found, true_odds(truth) if truth else 0.0)}


def _size(people: list[Drawn]) -> dict[str, float]:
    events = float(np.mean([(one.outcome.cause == 1).sum() for one in people]))
    return {"n": people[0].score.size, "n_events": round(events, 1)}


def _summary(found: list[Estimate | None], truth: float) -> dict[str, float]:
    made = [one for one in found if one is not None]
    rejected = np.mean([one.p < 0.05 for one in made])
    covered = np.mean([one.low <= truth <= one.high for one in made])
    return {
        "studies": len(made),
        "failed": len(found) - len(made),
        "mean_hr": float(np.exp(np.mean([one.log_ratio for one in made]))),
        "truth_hr": float(np.exp(truth)),
        "rejected": float(rejected),
        "rejected_error": _error(rejected, len(made)),
        "covered": float(covered),
        "covered_error": _error(covered, len(made)),
    }


def _error(share: float, trials: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1 / trials) / trials))
