"""Studies at summary level: estimates of every model drawn together, no patient and no fit of the product.

A cohort of d events has, near the truth, a score vector U ~ N(d S b, d S) for its covariates' sample
covariance S and effects b. A model of some covariates M estimates S_MM^-1 U_M / d with variance S_MM^-1 /
d: so one draw of U gives the estimates of all models with the dependence that the same patients bring.
Calibration for measurement error is the matrix form of Fuller (1987), not the product's covariates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from calibrate.verdict_scenarios import EVENT_SHARE, PROLIFERATION_WITH_ER, Scenario

DECLARED = (0.7, 0.9)  # reliability of proliferation and of ER that the analysis assumes
# score, true proliferation, ER, axis of random scores; then proliferation as measured
S, TRUE, E, M, P = range(5)
MODELS = {
    "unadjusted": ((S,), ()),
    "proliferation": ((S, P), (1.0,)),
    "claim": ((S, P, E), (1.0, 1.0)),
    "calibrated": ((S, P, E), DECLARED),
    "random": ((S, P, M), (1.0, 1.0)),
    "random_calibrated": ((S, P, M), (DECLARED[0], 1.0)),
}
LEAST_EIGENVALUE = 0.05


@dataclass(frozen=True)
class Studies:
    """Simulated studies of k cohorts.

    Args:
        log_hr: By model, shape (m, k); NaN where a cohort lacks a model.
        se: Likewise.
        control: Log hazard ratio of proliferation and its error, each of shape (m, k).
        late_less_early: Difference of the score's log hazard ratios and its error, each of shape (m, k).
        pooled: Cohorts that are pooled, shape (k,).
        asked: Whether a card leaves open why nearly all patients have the event.
        attenuation: Variance of each cohort's attenuation by the model after the adjustment, shape (m, k);
            empty where it is the difference of the models' variances.
    """

    log_hr: dict[str, np.ndarray]
    se: dict[str, np.ndarray]
    control: tuple[np.ndarray, np.ndarray]
    late_less_early: tuple[np.ndarray, np.ndarray]
    pooled: np.ndarray
    asked: bool
    attenuation: dict[str, np.ndarray] = field(default_factory=dict)

    def first(self, k: int) -> Studies:
        """The same studies with their first k cohorts."""
        return Studies(
            {name: values[:, :k] for name, values in self.log_hr.items()},
            {name: values[:, :k] for name, values in self.se.items()},
            tuple(part[:, :k] for part in self.control),
            tuple(part[:, :k] for part in self.late_less_early),
            self.pooled[:k],
            self.asked,
            {name: values[:, :k] for name, values in self.attenuation.items()},
        )


def draw(
    scenario: Scenario, k: int, events: tuple[int, int], many: int, random: np.random.Generator
) -> Studies:
    """Draw studies.

    Args:
        scenario: What is true.
        k: Cohorts a study.
        events: Fewest and most events a cohort.
        many: Studies.
        random: Source of random numbers.
    """
    d = random.integers(events[0], events[1] + 1, (many, k)).astype(float)
    covariance = _sampled(population(scenario), d / EVENT_SHARE, random)
    effects = true_effects(scenario, k, many, random)
    halves = [_half(covariance, d / 2, one, random) for one in effects]
    u = (halves[0] + halves[1]) / 2  # per event
    log_hr, se = {}, {}
    for name, (columns, reliability) in MODELS.items():
        log_hr[name], se[name] = _estimates(covariance, u, d, columns, reliability)
    control = _estimates(covariance, u, d, (P,), ())
    early, late = (_estimates(covariance, half, d / 2, *MODELS["proliferation"]) for half in halves)
    change = late[0] - early[0], np.hypot(late[1], early[1])
    lacking = np.any([np.isnan(one) for one in log_hr.values()], axis=0)
    for one in (*log_hr.values(), *se.values(), *control, *change):
        one[lacking] = np.nan
        if scenario.twice and k > 1:
            one[:, 1] = one[:, 0]
    chosen = chosen_by_outcome(scenario, k)
    asked = bool(chosen.any()) and not (scenario.flagged or scenario.denied)
    return Studies(log_hr, se, control, change, ~chosen if scenario.flagged else np.ones(k, bool), asked)


def chosen_by_outcome(scenario: Scenario, k: int) -> np.ndarray:
    """Every second cohort, the first among them."""
    return (np.arange(k) % 2 == 0) & (not math.isnan(scenario.selected))


def population(scenario: Scenario) -> np.ndarray:
    """Covariance of score, true proliferation, ER, axis and proliferation as measured, shape (5, 5)."""
    r = np.eye(5)
    by_proliferation = scenario.with_proliferation * PROLIFERATION_WITH_ER
    with_er = by_proliferation if math.isnan(scenario.with_er) else scenario.with_er
    pairs = {
        (S, TRUE): scenario.with_proliferation,
        (S, E): with_er,
        (S, M): scenario.with_axis,
        # what two covariates share by way of the score, and ER and proliferation more than that
        (TRUE, E): PROLIFERATION_WITH_ER,
        (TRUE, M): scenario.with_proliferation * scenario.with_axis,
        (E, M): with_er * scenario.with_axis,
    }
    for (a, b), value in pairs.items():
        r[a, b] = r[b, a] = value
    loading = math.sqrt(scenario.reliability)
    r[P, :4] = r[:4, P] = loading * r[TRUE, :4]
    r[P, P] = 1.0 + 1e-9  # where it is the true one, a factorisation still exists
    return r


def _sampled(population: np.ndarray, n: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Sample covariances, shape (m, k, 5, 5), of ``n`` patients each: Bartlett's (1933) Wishart."""
    size = len(population)
    lower = np.zeros((*n.shape, size, size))
    for i in range(size):
        lower[..., i, i] = np.sqrt(random.chisquare(n - i))
        for j in range(i):
            lower[..., i, j] = random.normal(size=n.shape)
    root = np.linalg.cholesky(population) @ lower
    covariance = root @ np.swapaxes(root, -1, -2) / n[..., None, None]
    sd = np.sqrt(np.einsum("...ii->...i", covariance))
    scaled = covariance / sd[..., :, None] / sd[..., None, :]
    return scaled


def true_effects(
    scenario: Scenario, k: int, many: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Effects of the five in the early and the late half of the events, each of shape (m, k, 5)."""
    b = np.zeros((many, k, 5))
    b[..., S] = scenario.log_hr + scenario.tau * random.normal(size=(many, k))
    b[..., TRUE], b[..., E], b[..., M] = scenario.proliferation, scenario.er, scenario.axis
    if not math.isnan(scenario.deviant):
        b[:, 0, S] += scenario.deviant - scenario.log_hr
    b[:, chosen_by_outcome(scenario, k), S] += 0.0 if math.isnan(scenario.selected) else scenario.selected
    if scenario.scrambled:
        b[:] = 0.0
    late = b.copy()
    if not math.isnan(scenario.late):
        late[..., S] += scenario.late - scenario.log_hr
    return b, late


def _half(covariance: np.ndarray, d: np.ndarray, b: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """U / d of the measured covariates of ``d`` events, shape (m, k, 5)."""
    expected = np.einsum("...ij,...j->...i", covariance, b)
    ridge = covariance + 1e-9 * np.eye(5)
    noise = np.einsum("...ij,...j->...i", np.linalg.cholesky(ridge), random.normal(size=b.shape))
    return expected + noise / np.sqrt(d)[..., None]


def _estimates(
    covariance: np.ndarray,
    u: np.ndarray,
    d: np.ndarray,
    columns: tuple[int, ...],
    reliability: tuple[float, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratio of the first of ``columns`` and its error; NaN where calibration is not possible."""
    chosen = list(columns)
    measured = covariance[..., chosen, :][..., chosen]
    true = measured - np.diag([0.0, *(1 - np.array(reliability))])
    first = np.zeros((*d.shape, len(chosen), 1))
    first[..., 0, 0] = 1.0
    row = np.linalg.solve(true, first)[..., 0]
    log_hr = (row * u[..., chosen]).sum(axis=-1)
    se = np.sqrt(np.einsum("...i,...ij,...j->...", row, measured, row) / d)
    if min(reliability, default=1.0) < 1:
        lost = np.linalg.eigvalsh(true)[..., 0] <= LEAST_EIGENVALUE
        log_hr[lost] = se[lost] = np.nan
    return log_hr, se
