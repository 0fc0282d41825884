"""Studies at patient level: score, covariates and outcome of made-up patients are drawn, then fitted."""

from __future__ import annotations

import math

import numpy as np

from calibrate.verdict_scenarios import EVENT_SHARE, Scenario
from calibrate.verdict_summary import MODELS, E, M, P, S, Studies, chosen_by_outcome, population, true_effects
from irf7bone.outcome.claim_designs import ClaimPatients
from irf7bone.outcome.claim_models import BEFORE, fit_models
from irf7bone.outcome.er_adjustment import ErAdjustment
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.models import Cohort, Design
from irf7bone.study.settings import Reliability

DECLARED = Reliability(0.7, 0.9)
MIN_EVENTS = 5
# hazard a month, and the time at which the effect changes in scenarios in which it does: that by which half
# of the events have happened
MONTHLY = 0.01
TURN = -math.log(1 - EVENT_SHARE / 2) / MONTHLY


def draw_patients(
    scenario: Scenario, k: int, events: tuple[int, int], many: int, random: np.random.Generator
) -> Studies:
    """Draw and fit studies of k cohorts, as :func:`calibrate.verdict_summary.draw` draws estimates.

    Args:
        scenario: What is true.
        k: Cohorts a study.
        events: Fewest and most events a cohort.
        many: Studies.
        random: Source of random numbers.
    """
    log_hr = {name: np.full((many, k), np.nan) for name in MODELS}
    se = {name: np.full((many, k), np.nan) for name in MODELS}
    attenuation = {name: np.full((many, k), np.nan) for name in BEFORE}
    control, change = np.full((2, many, k), np.nan), np.full((2, many, k), np.nan)
    early, late = true_effects(scenario, k, many, random)
    for study in range(many):
        for cohort in range(k):
            if scenario.twice and cohort == 1:
                for part in (*log_hr.values(), *se.values(), *attenuation.values(), *control, *change):
                    part[study, 1] = part[study, 0]
                continue
            wanted = int(random.integers(events[0], events[1] + 1))
            people = _patients(scenario, wanted, early[study, cohort], late[study, cohort], random)
            found = fit_models(people, DECLARED, MIN_EVENTS, intervals=False)
            if any(row["status"] != "ok" for row in found.values()):
                continue
            for name, row in found.items():
                log_hr[name][study, cohort], se[name][study, cohort] = row["log_hr"], row["se"]
            for name, before in BEFORE.items():
                known = found[name]["difference_variance"]
                by_errors = found[name]["se"] ** 2 - found[before]["se"] ** 2
                attenuation[name][study, cohort] = by_errors if known is None else known
            control[:, study, cohort] = _control(people)
            own = found["claim"]
            change[:, study, cohort] = own.get("change", np.nan), own.get("change_se", np.nan)
    chosen = chosen_by_outcome(scenario, k)
    asked = bool(chosen.any()) and not (scenario.flagged or scenario.denied)
    kept = ~chosen if scenario.flagged else np.ones(k, bool)
    return Studies(log_hr, se, tuple(control), tuple(change), kept, asked, attenuation)


def _patients(
    scenario: Scenario, wanted: int, early: np.ndarray, late: np.ndarray, random: np.random.Generator
) -> ClaimPatients:
    """One cohort of exactly ``wanted`` events: follow-up ends where these have happened."""
    n = math.ceil(wanted / EVENT_SHARE)
    values = random.multivariate_normal(np.zeros(5), population(scenario), size=n, method="cholesky")
    pull = values @ early, values @ late
    first = random.exponential(1 / (MONTHLY * np.exp(pull[0])))
    # beyond the turn the hazard is the late one's; exponential clocks have no memory
    beyond = TURN + random.exponential(1 / (MONTHLY * np.exp(pull[1])))
    clock = np.where(first > TURN, beyond, first)
    dropout = random.uniform(0.3, 4.0, n) * np.quantile(clock, EVENT_SHARE)
    seen = clock <= dropout
    # too many events are cut by an earlier end of the study, too few made up by following everybody
    if seen.sum() < wanted:
        seen, dropout = np.ones(n, bool), np.full(n, np.inf)
    end = np.sort(clock[seen])[wanted - 1]
    time = np.minimum(np.minimum(clock, dropout), end)
    event = (seen & (clock <= end)).astype(float)
    standard = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    er = ErAdjustment("expression", standard[:, E])
    return ClaimPatients(time, event, standard[:, S], standard[:, P], er, standard[:, M])


def _control(people: ClaimPatients) -> tuple[float, float]:
    cohort = Cohort(None, people.time, people.event, None, None)
    everyone = np.ones(people.n, dtype=bool)
    design = Design(cohort, everyone, np.empty((people.n, 0)), (), None)
    fits = fit_many(design, people.proliferation[None], intervals=False)
    return float(fits.log_hr[0]), float(fits.se[0])
