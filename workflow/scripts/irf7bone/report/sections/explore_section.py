"""Any combination of signature, method, endpoint and model: numbers from which the script draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    STATUS_WORDS,
    SURVIVAL_WORDS,
    signature_name,
)
from irf7bone.pool.quoted import as_quoted
from irf7bone.report.html.risk_times import risk_times
from irf7bone.report.html.section import Section, chosen, of_patients, one_row
from irf7bone.report.html.small_forest import small_forest
from irf7bone.report.sections.first_forest import cohorts_alone

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

KEY = ("signature", "method", "endpoint", "model")
FITTED = (
    "n",
    "n_events",
    "log_hr",
    "se",
    "ci_low",
    "ci_high",
    "p",
    "null_percentile",
    "null_p",
    "status",
    "reason",
)
POOLED = (  # intervals as they are quoted
    *("k", "n", "n_events", "log_hr", "ci_low", "ci_high", "p", "q", "tau2", "i2", "pi_low", "pi_high"),
    *("status", "reason"),
)
GROUPS = ("low", "middle", "high")


def explore_section(inputs: ReportInputs) -> Section:
    """The section, with the primary analysis for readers without scripts."""
    primary = vars(inputs.config.primary)
    forest = small_forest(
        chosen(inputs.associations, **primary),
        one_row(inputs.pooled, **primary),
        inputs.simulated,
        cohorts_alone(inputs),
    )
    return Section(
        "explore",
        "Any combination",
        "Any combination of signature, method, endpoint and model",
        template="explore.html.j2",
        data={"forest": forest, "numbers": explore_numbers(inputs)},
        on_paper=False,
    )


def explore_numbers(inputs: ReportInputs) -> dict[str, Any]:
    """What the script draws from: rows by column, words as positions in lists, curves by their steps."""
    config, alone = inputs.config, cohorts_alone(inputs)
    # what simulated samples derive is scored in no patient: it would be an empty choice
    select = [name for name in config.signatures.select if not of_simulated(name)]
    words: dict[str, Sequence[str]] = {
        "signature": select,
        "method": config.methods,
        "endpoint": config.endpoints,
        "model": config.models,
        "cohort": list(inputs.cards),
        "status": list(STATUS_WORDS),
    }
    return {
        "words": {name: list(values) for name, values in words.items()},
        "said": {
            "signature": [signature_name(name) for name in select],
            "endpoint": [ENDPOINT_WORDS[name] for name in config.endpoints],
            "survival": [SURVIVAL_WORDS[name] for name in config.endpoints],
            "model": [MODEL_WORDS[name] for name in config.models],
            "status": list(STATUS_WORDS.values()),
        },
        "primary": dict(vars(config.primary)),
        "simulated": [name in inputs.simulated for name in inputs.cards],
        "alone": [name in alone for name in inputs.cards],
        "fits": _by_column(of_patients(inputs.associations), ("cohort", *KEY, *FITTED), words),
        "pooled": _by_column(as_quoted(of_patients(inputs.pooled)), (*KEY, *POOLED), words),
        "curve_method": config.primary.method,
        "curves": step_curves(chosen(of_patients(inputs.curves), method=config.primary.method)),
    }


def _by_column(
    frame: pd.DataFrame, columns: Sequence[str], words: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in columns:
        values = frame[name]
        if name in words:
            place = {word: i for i, word in enumerate(words[name])}
            found[name] = [place[value] for value in values]
        elif name == "reason":
            said = list(dict.fromkeys(values.dropna()))
            place = {word: i for i, word in enumerate(said)}
            found[name] = {"said": said, "at": [None if pd.isna(value) else place[value] for value in values]}
        elif pd.api.types.is_integer_dtype(values):
            found[name] = [None if pd.isna(value) else int(value) for value in values]
        else:
            found[name] = [_digits(value, 8) for value in values.to_numpy("float64", na_value=np.nan)]
    return found


def _digits(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{digits}g}")


def step_curves(curves: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Curves by ``cohort/signature/endpoint``: of each tertile its steps, and how many were at risk when.

    Args:
        curves: Rows of :data:`irf7bone.tables.outcome.CURVES`, of one method.

    Returns:
        ``kind``; ``ticks`` (months); and ``groups`` with ``t``, ``e``, ``l``, ``h`` (months, estimate and its
        interval, where the estimate changes, and the last time), ``risk`` at the ticks, ``events``.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, rows in curves.groupby(["cohort", "signature", "endpoint"], sort=False):
        ticks = risk_times(float(rows["time_months"].max()))
        parts = dict(tuple(rows.groupby("group", sort=False)))
        groups = {group: _steps(parts[group], ticks) for group in GROUPS if group in parts}
        found["/".join(key)] = {
            "kind": rows["kind"].iloc[0],
            "ticks": ticks,
            "groups": groups,
        }
    return found


def _steps(rows: pd.DataFrame, ticks: Sequence[int]) -> dict[str, Any]:
    rows = rows.sort_values("time_months")
    time, estimate = rows["time_months"].to_numpy("float64"), rows["estimate"].to_numpy("float64")
    keep = np.r_[True, estimate[1:] != estimate[:-1]]
    keep[-1] = True
    low, high = (rows[name].to_numpy("float64", na_value=np.nan) for name in ("ci_low", "ci_high"))
    at_risk = rows["n_at_risk"].to_numpy("int64")
    # at risk at a time: those of the first row from then on, which counts just before its own time
    after = np.searchsorted(time, ticks, side="left")
    return {
        "t": [_digits(value, 5) for value in time[keep]],
        "e": [_digits(value, 4) for value in estimate[keep]],
        "l": [_digits(value, 3) for value in low[keep]],
        "h": [_digits(value, 3) for value in high[keep]],
        "risk": [int(at_risk[i]) if i < len(at_risk) else 0 for i in after],
        "n": int(at_risk[0]),
        "events": int(rows["n_events"].max()),
    }
