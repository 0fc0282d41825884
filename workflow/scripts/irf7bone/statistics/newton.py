"""Newton's method for many small concave problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from irf7bone.statistics.likelihood import Evaluation, invert

CONVERGED, SEPARATED, SINGULAR, UNFINISHED = 1, 2, 3, 4
_RUNNING = 0
_MAX_ITERATIONS = 100
_MAX_HALVINGS = 25
# squared length of the Newton step in standard errors; twice the log-likelihood still to be gained
_DECREMENT = 1e-16
# a conditional information below this share of its value at the start: a parameter of its own is not there
_COLLINEAR = 1e-8
# monotone likelihood: a variance has grown since the start as with no finite estimate, or the coefficient
# (per standard deviation) and its variance have both gone far; the second pair is for iterations that stick
_GROWN, _GROWN_AT_END = 1e10, 1e6
_FAR, _FAR_STUCK = (50.0, 1e4), (20.0, 1e3)
_DAMPING = 0.2, 1.0

Objective = Callable[[np.ndarray, np.ndarray], Evaluation]


@dataclass(frozen=True)
class Optimum:
    """Where the iterations ended: coefficients (q, B), the objective there, a state (B,), the start.

    ``inflation`` (q, B) is the growth of each coefficient's variance between start and end.
    """

    beta: np.ndarray
    end: Evaluation
    state: np.ndarray
    start: Evaluation
    inflation: np.ndarray


def maximise(objective: Objective, start: np.ndarray, *, first_free: int = 0, exact: bool = True) -> Optimum:
    """Maximise every column's objective from ``start`` by Newton's method with step-halving.

    A column has converged when its Newton decrement (gradient' information^-1 gradient) is below 1e-16: the
    coefficients are then within 1e-8 standard errors and the log-likelihood within 1e-16 of the optimum.
    Columns that are done are not evaluated again.

    Args:
        objective: Takes coefficients (q, A) and the A columns that they belong to.
        start: Shape (q, B).
        first_free: Coefficients before this one stay where they start.
        exact: The information is the curvature of the objective. With Firth's penalty it is not: steps are
            then damped by what the last one overshot, and the likelihood is not watched for rising for ever.
    """
    beta = start.copy()
    at_start = objective(beta, np.arange(beta.shape[1]))
    now = _copy(at_start)
    state = np.where(at_start.definite, _RUNNING, SINGULAR)
    if not first_free:
        state[at_start.definite & (_conditional_share(at_start) < _COLLINEAR).any(axis=0)] = SINGULAR
    reference = _diagonal(at_start.inverse)
    damping = np.ones(beta.shape[1])

    for _ in range(_MAX_ITERATIONS):
        active = np.flatnonzero(state == _RUNNING)
        if exact and active.size:
            growth = _diagonal(now.inverse[..., active]) / reference[:, active]
            state[active[_monotone(beta[:, active], growth, _GROWN, _FAR)]] = SEPARATED
            active = np.flatnonzero(state == _RUNNING)
        if not active.size:
            break
        gradient = now.gradient[first_free:, active]
        inverse = now.inverse[..., active]
        if first_free:
            inverse, _, _ = invert(now.information[first_free:, first_free:, active])
        step = np.zeros((beta.shape[0], active.size))
        step[first_free:] = np.einsum("jkb,kb->jb", inverse, gradient)
        done = (gradient * step[first_free:]).sum(axis=0) < _DECREMENT
        step *= damping[active]
        beta[:, active[done]] += step[:, done]
        state[active[done]] = CONVERGED
        before, moving = beta[first_free:, active], ~done
        failed = _advance(objective, beta, now, active[moving], step[:, moving])
        state[failed] = UNFINISHED
        if not exact:
            moved = beta[first_free:, active] - before
            slope = (moved * gradient).sum(axis=0)
            bent = slope - (moved * now.gradient[first_free:, active]).sum(axis=0)
            # where the slope along the step would have been zero: the penalty's curvature is not in the step
            ideal = np.divide(slope, bent, out=np.ones_like(slope), where=moving & (bent > 0))
            damping[active] = np.clip(damping[active] * ideal, *_DAMPING)

    state[state == _RUNNING] = UNFINISHED
    inflation = np.ones_like(reference)
    np.divide(_diagonal(now.inverse), reference, out=inflation, where=state != SINGULAR)
    if exact:
        for ended, far in ((CONVERGED, _FAR), (UNFINISHED, _FAR_STUCK)):
            state[(state == ended) & _monotone(beta, inflation, _GROWN_AT_END, far)] = SEPARATED
    return Optimum(beta, now, state, at_start, inflation)


def _monotone(beta: np.ndarray, growth: np.ndarray, grown: float, far: tuple[float, float]) -> np.ndarray:
    return ((growth > grown) | ((np.abs(beta) > far[0]) & (growth > far[1]))).any(axis=0)


def _advance(
    objective: Objective, beta: np.ndarray, now: Evaluation, columns: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Step in ``columns``, halving where the objective falls; returns the columns that could not move."""
    trying = np.arange(columns.size)
    for _ in range(_MAX_HALVINGS):
        if not trying.size:
            break
        trial = beta[:, columns[trying]] + step[:, trying]
        there = objective(trial, columns[trying])
        before = now.value[columns[trying]]
        with np.errstate(invalid="ignore"):
            rises = there.definite & (there.value >= before - 1e-11 * (1 + np.abs(before)))
        accepted = columns[trying[rises]]
        beta[:, accepted] = trial[:, rises]
        for field in fields(Evaluation):
            getattr(now, field.name)[..., accepted] = getattr(there, field.name)[..., rises]
        trying = trying[~rises]
        step[:, trying] /= 2
    return columns[trying]


def _copy(evaluation: Evaluation) -> Evaluation:
    return Evaluation(*(getattr(evaluation, field.name).copy() for field in fields(Evaluation)))


def _diagonal(matrices: np.ndarray) -> np.ndarray:
    return np.einsum("kkb->kb", matrices).copy()


def _conditional_share(at: Evaluation) -> np.ndarray:
    """Information on each coefficient given the others, as a share of that without the others (q, B)."""
    share = np.zeros((at.inverse.shape[0], at.inverse.shape[-1]))
    bottom = _diagonal(at.inverse) * _diagonal(at.information)
    np.divide(1, bottom, out=share, where=at.definite & (bottom > 0))
    return share
