"""Missing ER status, imputed many times from what is known of the patient, the outcome included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

IMPUTATIONS = 20
# cycles between two imputations: only one variable has gaps, so that each draw is already a new one
_CYCLES = 2
# donors of a value: few enough for small cohorts
_DONORS = 5


def impute_er(
    time: np.ndarray,
    event: np.ndarray,
    known: Mapping[str, np.ndarray],
    er: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    seed: int = 0,
) -> list[np.ndarray]:
    """Draw ER status where it is missing, by predictive mean matching (statsmodels' MICE).

    The imputation model holds the event and the Nelson-Aalen cumulative hazard at the patient's time, as an
    imputation that ignores the outcome pulls its effect towards none (White and Royston 2009, Stat Med
    28:1982).

    Args:
        time: Months, shape (n,).
        event: 1 or 0, shape (n,).
        known: Complete covariates, name -> shape (n,).
        er: 1, 0 or NaN, shape (n,).
        entry: Months from which each is at risk, shape (n,); None where all are from the start.
        seed: Of the random numbers.

    Returns:
        :data:`IMPUTATIONS` completed columns, each of shape (n,).
    """
    # here, as few cohorts have gaps
    from statsmodels.imputation.mice import MICEData

    table = pd.DataFrame(
        {"er": er, "event": event, "cumulative_hazard": nelson_aalen(time, event, entry), **known}
    )
    data = MICEData(table, k_pmm=_DONORS, rng=np.random.default_rng(seed))
    # only ER has gaps: the regression on what is observed is the same in every cycle, and setting it up by
    # formula takes nine tenths of the time
    data.get_fitting_data, data.get_split_data = cache(data.get_fitting_data), cache(data.get_split_data)
    drawn = []
    for _ in range(IMPUTATIONS):
        data.update_all(_CYCLES)
        drawn.append(data.data["er"].to_numpy(dtype=float).copy())
    return drawn


def nelson_aalen(time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None) -> np.ndarray:
    """Cumulative hazard of the whole cohort at each patient's time, shape (n,).

    Args:
        time: Shape (n,).
        event: 1 or 0, shape (n,).
        entry: Shape (n,), or None.
    """
    times = np.unique(time[event == 1])
    at_risk = (time >= times[:, None]) & (True if entry is None else entry < times[:, None])
    died = ((time == times[:, None]) & (event == 1)).sum(axis=1)
    hazard = np.concatenate([[0.0], np.cumsum(died / at_risk.sum(axis=1))])
    return hazard[np.searchsorted(times, time, side="right")]
