"""The patients and covariates of the six models that the verdict reads; see
:mod:`irf7bone.outcome.claim_models`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.outcome.er_adjustment import ErAdjustment
from irf7bone.outcome.models import Cohort, Design
from irf7bone.statistics.calibration_regression import Inseparable, calibrate

if TYPE_CHECKING:
    from irf7bone.study.settings import Reliability

_INSEPARABLE = (
    "confounding not separable: score and true covariates cannot be told apart (least eigenvalue {:.3f})"
)


@dataclass(frozen=True)
class ClaimPatients:
    """Patients who have an endpoint, a score and every covariate of every model.

    Args:
        time: Months, shape (n,).
        event: 1 or 0, shape (n,).
        score: Shape (n,).
        proliferation: Shape (n,).
        er: How ER is adjusted for; values of shape (n,).
        axis: Mean matched random score, shape (n,); None where none was drawn.
        entry: Months from which each is at risk, shape (n,); None where all are from the start.
    """

    time: np.ndarray
    event: np.ndarray
    score: np.ndarray
    proliferation: np.ndarray
    er: ErAdjustment
    axis: np.ndarray | None
    entry: np.ndarray | None = None

    @property
    def n(self) -> int:
        """How many."""
        return self.time.size

    def with_known_er(self) -> ClaimPatients:
        """Those whose ER is known, where it is a covariate."""
        if self.er.values is None or np.isfinite(self.er.values).all():
            return self
        known = np.isfinite(self.er.values)
        return ClaimPatients(
            self.time[known],
            self.event[known],
            self.score[known],
            self.proliferation[known],
            ErAdjustment(self.er.kind, self.er.values[known]),
            None if self.axis is None else self.axis[known],
            None if self.entry is None else self.entry[known],
        )


def claim_designs(patients: ClaimPatients, reliability: Reliability) -> dict[str, Design | str]:
    """The six models by name, or why there is none."""
    score = patients.score
    columns = {"proliferation": patients.proliferation}
    claim = dict(columns)
    trusted = [reliability.proliferation]
    if patients.er.values is not None:
        claim[patients.er.label] = patients.er.values
        trusted.append(reliability.er)
    found: dict[str, Design | str] = {
        "unadjusted": claim_design(patients, {}),
        "proliferation": claim_design(patients, columns),
        "claim": claim_design(patients, claim),
        "calibrated": _calibrated(patients, claim, trusted),
    }
    if patients.axis is None:
        reason = "no random signatures could be drawn"
        return found | dict.fromkeys(("random", "random_calibrated"), reason)
    with_axis = {**columns, "mean_random_score": patients.axis}
    found["random"] = claim_design(patients, with_axis)
    calibrated = calibrate(score, patients.proliferation[:, None], np.array(trusted[:1]))
    found["random_calibrated"] = (
        _INSEPARABLE.format(calibrated.eigenvalue)
        if isinstance(calibrated, Inseparable)
        else claim_design(patients, {**with_axis, "proliferation": calibrated[:, 0]}, ("proliferation",))
    )
    return found


def _calibrated(
    patients: ClaimPatients, columns: Mapping[str, np.ndarray], trusted: list[float]
) -> Design | str:
    values = np.column_stack(list(columns.values()))
    made = calibrate(patients.score, values, np.array(trusted))
    if isinstance(made, Inseparable):
        return _INSEPARABLE.format(made.eigenvalue)
    named = dict(zip(columns, made.T, strict=True))
    return claim_design(patients, named, tuple(columns))


def claim_design(
    patients: ClaimPatients, columns: Mapping[str, np.ndarray], calibrated: tuple[str, ...] = ()
) -> Design:
    """The covariates of one model.

    Args:
        patients: All are in the model.
        columns: Covariates by name, shape (n,) each.
        calibrated: Names of those that are calibrated for measurement error.
    """
    n = patients.n
    nothing = pd.DataFrame(index=range(n))
    everyone = Cohort(nothing, patients.time, patients.event, None, None, patients.entry)
    covariates = np.column_stack(list(columns.values())) if columns else np.empty((n, 0))
    names = tuple(f"calibrated {name}" if name in calibrated else name for name in columns)
    return Design(everyone, np.ones(n, dtype=bool), covariates, names, None)
