"""Simulated cohorts: relapse to bone and elsewhere compete, and clinical covariates drive both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from irf7bone.outcome.models import Cohort

# log hazard ratios of bone and of other sites, for one unit of each driver
DRIVERS = {
    "proliferation": (0.5, 0.4),
    "er": (-0.4, -0.2),
    "node": (0.4, 0.4),
    "grade": (0.2, 0.2),
}
# the drivers that each model holds: with those alone its hazard ratio of the score is the planted one
DRIVERS_OF = {
    "unadjusted": (),
    "proliferation": ("proliferation",),
    "clinical": ("er", "node", "grade"),
    "full": tuple(DRIVERS),
}
# how a score of no effect goes with what the model holds
LEANING = {
    "unadjusted": (0.0, 0.0),
    "proliferation": (0.6, 0.0),
    "clinical": (0.0, 0.8),
    "full": (0.4, 0.6),
}
SHORTEST_MONTHS, LONGEST_MONTHS = 24.0, 180.0
_TUNING = 40_000


@dataclass(frozen=True)
class Regime:
    """Size of a cohort: patients, bone relapses (exact to 2 %), relapses elsewhere (on average)."""

    n: int
    bone: int
    other: int

    @property
    def label(self) -> str:
        """In words."""
        return f"{self.n} patients, {self.bone} events{'' if self.other else ', none competing'}"


# 82 patients with 14 events is the smallest study of the IRF7 signature; 286 with 69 and 38 is GSE2034
REGIMES = (
    Regime(60, 6, 6),
    Regime(82, 14, 12),
    Regime(150, 30, 25),
    Regime(286, 69, 38),
    Regime(500, 150, 100),
)
ALONE = (Regime(82, 14, 0), Regime(286, 69, 0))


@dataclass(frozen=True)
class Patients:
    """What is known of a cohort before its outcome: clinical columns by name, and the drivers, centred."""

    clinical: dict[str, np.ndarray]
    drivers: dict[str, np.ndarray]

    @property
    def n(self) -> int:
        """How many."""
        return self.clinical["age"].size

    def inside(self, kept: np.ndarray) -> Patients:
        """Some of them, shape (n,) of bool."""
        return Patients(
            *({name: values[kept] for name, values in part.items()} for part in (self.clinical, self.drivers))
        )

    @property
    def obs(self) -> pd.DataFrame:
        """The clinical columns as the workflow has them."""
        words = np.array(["negative", "positive"])
        categories = {name: pd.Categorical(words[self.clinical[name].astype(int)]) for name in ("er", "node")}
        return pd.DataFrame({**self.clinical, **categories})


@dataclass(frozen=True)
class Outcome:
    """Months, 0 censored, 1 bone, 2 elsewhere; shapes (n,)."""

    time: np.ndarray
    cause: np.ndarray


def patients(n: int, random: np.random.Generator) -> Patients:
    """ER (70 % positive), node, grade, size, age, and a proliferation score that is lower with ER."""
    er, node = random.random(n) < 0.7, random.random(n) < 0.4
    grade = 1.0 + random.binomial(2, 0.5, n)
    proliferation = (random.normal(size=n) - 0.8 * (er - 0.7)) / np.sqrt(1 + 0.64 * 0.21)
    size, age = random.gamma(4, 0.6, n), random.normal(55, 11, n)
    clinical = {"er": er, "node": node, "grade": grade, "size_cm": size, "age": age}
    drivers = {"proliferation": proliferation, "er": er - 0.7, "node": node - 0.4, "grade": grade - 2}
    return Patients(clinical, drivers)


def sample_outcome(
    people: Patients,
    rates: tuple[float, float],
    drivers: tuple[str, ...],
    random: np.random.Generator,
    score: np.ndarray | None = None,
    log_hr: float = 0.0,
    censored: bool = True,
) -> Outcome:
    """Competing exponential clocks, follow-up of 2 to 15 years, whole months.

    Args:
        people: The patients.
        rates: Monthly hazards of bone and of other sites for an average patient.
        drivers: Which covariates act.
        random: Source of random numbers.
        score: Shape (n,).
        log_hr: Its effect on bone.
        censored: False follows everyone to the first relapse.
    """
    n = people.n
    pull = np.zeros((2, n))
    for name in drivers:
        pull += np.array(DRIVERS[name])[:, None] * people.drivers[name]
    if score is not None:
        pull[0] += log_hr * score
    clocks = np.full((2, n), np.inf)
    for clock, rate, own in zip(clocks, rates, pull, strict=True):
        if rate > 0:
            clock[:] = random.exponential(1 / (rate * np.exp(own)))
    end = random.uniform(SHORTEST_MONTHS, LONGEST_MONTHS, n) if censored else np.inf
    first = clocks.min(axis=0)
    cause = np.where(first > end, 0, 1 + clocks.argmin(axis=0))
    return Outcome(np.ceil(np.minimum(first, end)), cause)


@cache
def rates(regime: Regime, drivers: tuple[str, ...], log_hr: float) -> tuple[float, float]:
    """Hazards that give the regime's numbers on average."""
    random = np.random.default_rng(7)
    people = patients(_TUNING, random)
    score = random.normal(size=_TUNING)
    found = np.array([regime.bone, regime.other]) / regime.n / 90
    for _ in range(12):
        made = sample_outcome(people, tuple(found), drivers, np.random.default_rng(11), score, log_hr)
        shares = np.array([(made.cause == k).mean() for k in (1, 2)])
        wanted = np.array([regime.bone, regime.other]) / regime.n
        found = np.where(wanted > 0, found * wanted / np.maximum(shares, 1e-9), 0.0)
    return float(found[0]), float(found[1])


def sample_cohort(
    regime: Regime,
    drivers: tuple[str, ...],
    random: np.random.Generator,
    log_hr: float = 0.0,
) -> tuple[Patients, Outcome, np.ndarray]:
    """Patients, outcome and a score with ``log_hr``, drawn until the bone relapses are the regime's."""
    hazards = rates(regime, drivers, log_hr)
    slack = int(0.02 * regime.bone)
    while True:
        people = patients(regime.n, random)
        score = random.normal(size=regime.n)
        made = sample_outcome(people, hazards, drivers, random, score, log_hr)
        if abs(int((made.cause == 1).sum()) - regime.bone) <= slack:
            return people, made, score


def idle_scores(model: str, people: Patients, many: int, random: np.random.Generator) -> np.ndarray:
    """Scores without effect given what ``model`` holds, though not independent of it; shape (many, n)."""
    by_proliferation, by_er = LEANING[model]
    lean = by_proliferation * people.drivers["proliferation"] + by_er * people.drivers["er"]
    scores = lean + random.normal(size=(many, people.n))
    scores -= scores.mean(axis=1, keepdims=True)
    return scores / scores.std(axis=1, ddof=1, keepdims=True)


def as_cohort(people: Patients, outcome: Outcome, event: np.ndarray, model: str) -> Cohort:
    """What the registry of models takes; the clinical columns only where the model asks for them."""
    obs = people.obs if model in ("clinical", "full") else pd.DataFrame(index=range(people.n))
    return Cohort(obs, outcome.time, event.astype(float), people.drivers["proliferation"], None)
