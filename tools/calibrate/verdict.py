"""How often each word of the verdict is said, and how often it is false: simulated studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from calibrate.verdict_limits import NEAR, comes_near
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
from irf7bone.base.vocabulary import VERDICTS
from irf7bone.tables.calibration import VERDICT_CALIBRATION
from irf7bone.tables.verdict import SITE_WORDS

SMALLEST = (0.7, 0.8)
# of the null cohorts that the other parts simulate: studies a cell at summary level, and at patient level
SUMMARY_SHARE, PATIENT_SHARE = 0.5, 0.1
# what comes near a limit, and what both levels have, is drawn again with so many times as many studies
AGAIN = 5


def summary_part(cohorts: int, seed: int) -> list[dict[str, Any]]:
    """Every scenario at summary level, half as many studies a cell as ``cohorts``."""
    many = max(1, int(SUMMARY_SHARE * cohorts))
    return [row for scenario in SCENARIOS for row in summary_rows(scenario, many, seed)]


def patient_part(cohorts: int, seed: int) -> list[dict[str, Any]]:
    """The marked scenarios at patient level, a tenth as many studies as ``cohorts``."""
    many = max(1, int(PATIENT_SHARE * cohorts))
    marked = [scenario for scenario in SCENARIOS if scenario.name in MARKED]
    return [row for scenario in marked for row in patient_rows(scenario, many, seed)]


def site_part(cohorts: int, seed: int) -> list[dict[str, Any]]:
    """Bone against other first sites, at summary level."""
    return site_rows(max(1, int(SUMMARY_SHARE * cohorts)), seed)


# name -> from the null cohorts that the other parts simulate and the seed to rows
VERDICT_PARTS: dict[str, Callable[[int, int], list[dict[str, Any]]]] = {
    "verdict_summary": summary_part,
    "verdict_patients": patient_part,
    "verdict_sites": site_part,
}


def part_of(table: pd.DataFrame) -> pd.Series:
    """Which part each row of the table is of."""
    sites = table["scenario"].str.startswith("sites: ")
    named = table["level"].map({"summary": "verdict_summary", "patient": "verdict_patients"})
    return named.where(~sites, "verdict_sites")


def replace_part(table: pd.DataFrame, name: str, cohorts: int, seed: int) -> pd.DataFrame:
    """Simulate one part anew and keep the rows of the others.

    Args:
        table: :data:`irf7bone.tables.calibration.VERDICT_CALIBRATION`; may be empty.
        name: Key of :data:`VERDICT_PARTS`.
        cohorts: Null cohorts of each size that the other parts of the calibration simulate.
        seed: Seed.
    """
    own = VERDICT_CALIBRATION.cast(pd.DataFrame(VERDICT_PARTS[name](cohorts, seed)))
    parts = {one: table[part_of(table) == one] for one in VERDICT_PARTS}
    return pd.concat([one for one in {**parts, name: own}.values() if len(one)], ignore_index=True)


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
                rows += shares(counted, about, words_of=SITE_WORDS)
    return rows


def summary_rows(scenario: Scenario, many: int, seed: int) -> list[dict[str, Any]]:
    """Shares of the words in every cell of one scenario, drawn at summary level.

    A cell that comes near a limit of :mod:`calibrate.verdict_limits` is drawn again with :data:`AGAIN`
    times as many studies, which replace the first; where they exceed it, as many more are drawn, and both
    are counted together, so that neither is chosen by what it says. A cell that the patient level has too
    is drawn with as many from the start.
    """
    rows = []
    for k in COHORTS:
        for events in EVENTS:
            about = {"scenario": scenario.name, "level": "summary", "k": k}
            about |= {"events_low": events[0], "events_high": events[1]}
            for smallest, counted in _often_enough(scenario, k, events, many, seed).items():
                rows += shares(counted, {**about, "smallest_hr": smallest})
    return rows


def _often_enough(
    scenario: Scenario, k: int, events: tuple[int, int], many: int, seed: int
) -> dict[float, Counter[str]]:
    def near(found: dict[float, Counter[str]], margin: float) -> bool:
        return any(comes_near(scenario, size, events, k, said, margin) for size, said in found.items())

    if not _has_patients(scenario, k, events):
        found = _cell(scenario, k, events, many, seed)
        if not near(found, NEAR):
            return found
    found = _cell(scenario, k, events, AGAIN * many, seed + 1)
    if not near(found, 0.0):
        return found
    more = _cell(scenario, k, events, AGAIN * many, seed + 2)
    return {size: said + more[size] for size, said in found.items()}


def _has_patients(scenario: Scenario, k: int, events: tuple[int, int]) -> bool:
    return scenario.name in MARKED and k in PATIENT_COHORTS and events == PATIENT_EVENTS


def _cell(
    scenario: Scenario, k: int, events: tuple[int, int], many: int, seed: int
) -> dict[float, Counter[str]]:
    random = np.random.default_rng([seed, SCENARIOS.index(scenario), k, events[0]])
    drawn = draw(scenario, k, events, many, random)
    return {smallest: words(drawn, smallest) for smallest in SMALLEST}


def shares(
    counted: Counter[str], about: dict[str, Any], words_of: tuple[str, ...] = VERDICTS
) -> list[dict[str, Any]]:
    """One row for each word that was said, with its Monte Carlo error."""
    many = counted.total()
    rows = []
    for word in words_of:
        if counted[word]:
            share = counted[word] / many
            error = float(np.sqrt(max(share * (1 - share), 1 / many) / many))
            rows.append({**about, "verdict": word, "share": share, "se": round(error, 4), "n_studies": many})
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
            rows += shares(words(whole.first(k), smallest), about)
    return rows
