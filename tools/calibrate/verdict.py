"""How often each word of the verdict is said, and how often it is false: simulated studies."""

from __future__ import annotations

from collections import Counter
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
from calibrate.verdict_sites import SITE_COHORTS, TRUTHS, site_scenario, site_words
from calibrate.verdict_summary import draw
from calibrate.verdict_words import words
from irf7bone.base.vocabulary import CONTRADICTED, SUPPORTED, VERDICTS
from irf7bone.tables.calibration import VERDICT_CALIBRATION
from irf7bone.tables.verdict import SITE_WORDS

SMALLEST = (0.7, 0.8)
# of the null cohorts that the other parts simulate: studies a cell at summary level, and at patient level
SUMMARY_SHARE, PATIENT_SHARE = 0.5, 0.1
# a cell with more false words for an effect than this comes near its limit of 5 %, and is drawn again with
# five times as many studies
NEAR, AGAIN = 0.04, 5


def studies(cohorts: int, seed: int) -> pd.DataFrame:
    """Every scenario at summary level and the marked ones at patient level.

    Args:
        cohorts: Null cohorts of each size that the other parts simulate; half as many studies a cell here,
            and a tenth as many patient by patient.
        seed: Seed.

    Returns:
        :data:`irf7bone.tables.calibration.VERDICT_CALIBRATION`.
    """
    rows: list[dict[str, Any]] = []
    for scenario in SCENARIOS:
        rows += summary_rows(scenario, max(1, int(SUMMARY_SHARE * cohorts)), seed)
    for scenario in SCENARIOS:
        if scenario.name in MARKED:
            rows += patient_rows(scenario, max(1, int(PATIENT_SHARE * cohorts)), seed)
    rows += site_rows(max(1, int(SUMMARY_SHARE * cohorts)), seed)
    return VERDICT_CALIBRATION.cast(pd.DataFrame(rows))


def site_rows(many: int, seed: int) -> list[dict[str, Any]]:
    """Shares of the words on bone against other first sites, drawn at summary level."""
    rows = []
    for number, truth in enumerate(TRUTHS):
        for k in SITE_COHORTS:
            for events in EVENTS:
                random = np.random.default_rng([seed, number, k, events[0]])
                counted = site_words(truth, k, events, SMALLEST[0], many, random)
                about = {"scenario": site_scenario(*truth), "level": "summary", "k": k}
                about |= {"events_low": events[0], "events_high": events[1], "smallest_hr": SMALLEST[0]}
                rows += shares(counted, many, about, words_of=SITE_WORDS)
    return rows


def summary_rows(scenario: Scenario, many: int, seed: int) -> list[dict[str, Any]]:
    """Shares of the words in every cell of one scenario, drawn at summary level."""
    rows = []
    for k in COHORTS:
        for events in EVENTS:
            about = {"scenario": scenario.name, "level": "summary", "k": k}
            about |= {"events_low": events[0], "events_high": events[1]}
            found, made = _cell(scenario, k, events, many, seed), many
            if scenario.no_effect and max(map(_false_effects, found.values())) > NEAR * many:
                found, made = _cell(scenario, k, events, AGAIN * many, seed + 1), AGAIN * many
            for smallest, counted in found.items():
                rows += shares(counted, made, {**about, "smallest_hr": smallest})
    return rows


def _cell(
    scenario: Scenario, k: int, events: tuple[int, int], many: int, seed: int
) -> dict[float, Counter[str]]:
    random = np.random.default_rng([seed, SCENARIOS.index(scenario), k, events[0]])
    drawn = draw(scenario, k, events, many, random)
    return {smallest: words(drawn, smallest) for smallest in SMALLEST}


def _false_effects(counted: Counter[str]) -> int:
    return counted[SUPPORTED] + counted[CONTRADICTED]


def shares(
    counted: dict[str, int], many: int, about: dict[str, Any], words_of: tuple[str, ...] = VERDICTS
) -> list[dict[str, Any]]:
    """One row a word, said or not, with its Monte Carlo error."""
    rows = []
    for word in words_of:
        share = counted.get(word, 0) / many
        error = round(float(np.sqrt(max(share * (1 - share), 1 / many) / many)), 5)
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
