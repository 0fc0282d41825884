"""Which likelihood the events of a model allow, and fits by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from irf7bone.outcome.reasons import Code, because
from irf7bone.statistics.cox import Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth

if TYPE_CHECKING:
    from irf7bone.outcome.models import Design

ESTIMATE = ("log_hr", "se", "ci_low", "ci_high", "p")


def uses_firth(design: Design) -> bool:
    """Whether a model has too few events for maximum likelihood."""
    return design.problem.n_events < EVENTS_PER_PARAMETER * design.problem.q


def estimator_of(design: Design) -> str:
    """Name of the estimator in tables: cox, or firth with few events."""
    return "firth" if uses_firth(design) else "cox"


def fit_many(design: Design, scores: np.ndarray, *, intervals: bool = True) -> Fits:
    """Fit many scores under one model with the estimator that its events allow.

    Args:
        design: Model and samples.
        scores: Shape (m, n kept).
        intervals: False for a null of random signatures, which needs ``log_hr`` only.
    """
    if uses_firth(design):
        return fit_firth(design.problem, scores, intervals=intervals)
    return fit_cox(design.problem, scores)


def row_of(fits: Fits, k: int, estimator: str) -> dict[str, Any]:
    """Estimate, estimator, status and reason of one fit, as columns of a table."""
    if fits.status[k] != "ok":
        return because(Code.NOT_FITTED, status=fits.status[k], said=fits.reason[k]).columns
    return {name: getattr(fits, name)[k] for name in ESTIMATE} | {"estimator": estimator, "status": "ok"}
