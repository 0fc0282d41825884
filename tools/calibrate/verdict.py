"""How often each word of the verdict is said, and how often it is false: simulated studies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from calibrate.verdict_patients import draw_patients
from calibrate.verdict_scenarios import (
    COHORTS,
    EVENTS,
    MARKED,
    PATIENT_COHORTS,
    PATIENT_EVENTS,
    SCENARIOS,
    Scenario,
)
from calibrate.verdict_summary import draw
from calibrate.verdict_words import words
from irf7bone.base.vocabulary import VERDICTS
from irf7bone.tables.calibration import VERDICT_CALIBRATION

SMALLEST = (0.7, 0.8)
# studies a cell, at summary level
STUDIES = 1000


def summary_rows(scenario: Scenario, many: int, seed: int) -> list[dict[str, Any]]:
    """Shares of the words in every cell of one scenario, drawn at summary level."""
    rows = []
    for k in COHORTS:
        for events in EVENTS:
            random = np.random.default_rng([seed, SCENARIOS.index(scenario), k, events[0]])
            studies = draw(scenario, k, events, many, random)
            for smallest in SMALLEST:
                about = {"scenario": scenario.name, "level": "summary", "k": k}
                about |= {"events_low": events[0], "events_high": events[1], "smallest_hr": smallest}
                rows += shares(words(studies, smallest), many, about)
    return rows


def shares(counted: dict[str, int], many: int, about: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a word, said or not, with its Monte Carlo error."""
    rows = []
    for word in VERDICTS:
        share = counted.get(word, 0) / many
        error = float(np.sqrt(max(share * (1 - share), 1 / many) / many))
        rows.append({**about, "verdict": word, "share": share, "se": error, "n_studies": many})
    return rows


def patient_rows(scenario: Scenario, many: int, seed: int) -> list[dict[str, Any]]:
    """Shares of the words in one scenario, drawn and fitted patient by patient.

    A study of five cohorts is one of two and of three as well, by its first ones.
    """
    random = np.random.default_rng([seed, SCENARIOS.index(scenario), 99])
    whole = draw_patients(scenario, max(PATIENT_COHORTS), PATIENT_EVENTS, many, random)
    rows = []
    for k in PATIENT_COHORTS:
        for smallest in SMALLEST:
            about = {"scenario": scenario.name, "level": "patient", "k": k, "smallest_hr": smallest}
            about |= {"events_low": PATIENT_EVENTS[0], "events_high": PATIENT_EVENTS[1]}
            rows += shares(words(whole.first(k), smallest), many, about)
    return rows


def summary_table(many: int, seed: int) -> pd.DataFrame:
    """Every scenario at summary level."""
    return VERDICT_CALIBRATION.cast(
        pd.DataFrame([row for scenario in SCENARIOS for row in summary_rows(scenario, many, seed)])
    )


def patient_table(many: int, seed: int) -> pd.DataFrame:
    """The marked scenarios at patient level."""
    marked = [scenario for scenario in SCENARIOS if scenario.name in MARKED]
    return VERDICT_CALIBRATION.cast(
        pd.DataFrame([row for scenario in marked for row in patient_rows(scenario, many, seed)])
    )
