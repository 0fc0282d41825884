"""The published error rates of the verdict: within their limits, and simulated as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.__main__ import TABLES
from calibrate.verdict import patient_rows, shares, summary_rows
from calibrate.verdict_scenarios import (
    BEYOND_ITS_PREMISE,
    COHORTS,
    EVENTS,
    MARKED,
    NO_EFFECT,
    SCENARIOS,
    Scenario,
)
from calibrate.verdict_summary import draw
from calibrate.verdict_words import words

from irf7bone.base.vocabulary import (
    CONTRADICTED,
    NOT_SPECIFIC,
    SUPPORTED,
    TOO_LITTLE,
    VERDICTS,
    WITHHELD,
)
from irf7bone.base.vocabulary import NO_EFFECT as NOTHING
from irf7bone.tables.calibration import VERDICT_CALIBRATION, VERDICT_FILE
from irf7bone.tables.verdict import ANY_SITE, BONE_SPECIFIC

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    table = VERDICT_CALIBRATION.read(TABLES / VERDICT_FILE)
    table = table[~table["scenario"].str.startswith("sites: ")]
    key = ["scenario", "level", "k", "events_low", "smallest_hr", "n_studies"]
    return table.pivot_table(index=key, columns="verdict", values="share").reset_index()


def beyond(share: pd.Series, studies: pd.Series, limit: float) -> pd.Series:
    """By how many Monte Carlo errors a share is above a limit."""
    return (share - limit) / np.sqrt(limit * (1 - limit) / studies)


def test_every_cell_is_there_and_its_shares_add_to_one(cells):
    summary = cells[cells["level"] == "summary"]
    assert len(summary) == len(SCENARIOS) * len(COHORTS) * len(EVENTS) * 2
    assert (summary["n_studies"] >= 1000).all()
    assert set(cells.loc[cells["level"] == "patient", "scenario"]) <= set(MARKED)
    np.testing.assert_allclose(cells[list(VERDICTS)].sum(axis=1), 1, atol=1e-6)


def test_false_effects_stay_under_five_per_cent(cells):
    excused = {*BEYOND_ITS_PREMISE, *(one.name for one in NO_EFFECT if one.denied)}
    names = [one.name for one in NO_EFFECT if one.name not in excused]
    own = cells[cells["scenario"].isin(names)]
    false = own[SUPPORTED] + own[CONTRADICTED]
    assert beyond(false, own["n_studies"], 0.05).max() < 2


def test_false_no_effect_and_not_specific_are_rare_at_hr_7(cells):
    names = [one.name for one in SCENARIOS if np.isclose(one.log_hr, np.log(0.7)) and not one.scrambled]
    own = cells[cells["scenario"].isin(names) & ~cells["scenario"].isin(BEYOND_ITS_PREMISE)]
    assert beyond(own[NOTHING], own["n_studies"], 0.025).max() < 2
    assert beyond(own[NOT_SPECIFIC], own["n_studies"], 0.05).max() < 2


def test_scrambled_labels_and_effects_that_change_are_withheld_not_none(cells):
    for name in ("HR 0.7, labels scrambled", "HR 0.5, early, 2 late"):
        own = cells[(cells["scenario"] == name) & (cells["level"] == "summary")]
        assert own[NOTHING].max() < 0.025
        assert own[WITHHELD].max() > 0.95


@pytest.mark.parametrize(
    ("name", "events", "expected"),
    [
        ("HR 0.6", 15, {2: 14, 3: 66, 5: 98, 8: 100}),
        ("HR 0.7", 10, {2: 2, 3: 11, 5: 38, 8: 69, 12: 93}),
        ("HR 0.7", 15, {3: 22, 5: 76, 8: 98, 12: 100}),
        ("HR 0.7", 60, {3: 59, 5: 99, 8: 100, 12: 100}),
        ("HR 0.7, tau 0.2", 15, {3: 20, 5: 54, 8: 83, 12: 97}),
    ],
)
def test_power_is_that_of_the_specification(cells, name, events, expected):
    """Not more than three points below, but for two standard errors of the difference."""
    own = cells[(cells["scenario"] == name) & (cells["events_low"] == events) & (cells["level"] == "summary")]
    own = own[own["smallest_hr"] == 0.7].set_index("k")
    for k, percent in expected.items():
        share = percent / 100
        error = np.sqrt(2 * max(share * (1 - share), 0.001) / 1000)
        assert own.loc[k, SUPPORTED] > share - 0.03 - 2 * error, (k, own.loc[k, SUPPORTED])


def test_patients_and_summaries_agree(cells):
    """Same scenario, same cohorts: the difference within three of its errors in every cell of a word."""
    # an effect that turns at a time leaves its patients' scores uneven: its average is not that of two halves
    turning = [one.name for one in SCENARIOS if not np.isnan(one.late)]
    patient = cells[(cells["level"] == "patient") & ~cells["scenario"].isin(turning)]
    patient = patient.set_index(["scenario", "k", "smallest_hr"])
    summary = cells[(cells["level"] == "summary") & (cells["events_low"] == 15)]
    summary = summary.set_index(["scenario", "k", "smallest_hr"])
    if patient.empty:
        pytest.skip("no studies were simulated at patient level")
    same = summary.loc[patient.index]
    for word in (SUPPORTED, CONTRADICTED, NOTHING, NOT_SPECIFIC):
        pooled = np.clip((patient[word] + same[word]) / 2, 0.01, 0.99)
        error = np.sqrt(pooled * (1 - pooled) * (1 / patient["n_studies"] + 1 / same["n_studies"]))
        z = ((patient[word] - same[word]) / error).abs()
        assert (z < 2).mean() > 0.9 and z.max() < 4, (word, z.idxmax(), z.max())


def test_bone_is_not_told_from_other_sites_where_they_are_alike():
    table = VERDICT_CALIBRATION.read(TABLES / VERDICT_FILE)
    sites = table[table["scenario"].str.startswith("sites: ")].set_index(["scenario", "verdict"]).sort_index()
    assert len(sites)
    alike = ("sites: bone HR 1, other sites HR 1", "sites: bone HR 0.7, other sites HR 0.7")
    for name in (*alike, "sites: bone HR 1, other sites HR 0.7"):
        share, studies = (sites.loc[(name, BONE_SPECIFIC), column] for column in ("share", "n_studies"))
        assert beyond(share, studies, 0.05).max() < 2
    differ = sites.loc[("sites: bone HR 0.7, other sites HR 1", ANY_SITE)]
    assert beyond(differ["share"], differ["n_studies"], 0.05).max() < 2


def test_a_seed_repeats_and_words_are_counted():
    scenario = BY_NAME["HR 0.6"]
    one, again = (draw(scenario, 3, (15, 60), 50, np.random.default_rng(3)) for _ in range(2))
    assert words(one, 0.7) == words(again, 0.7)
    assert sum(words(one, 0.7).values()) == 50
    rows = shares({SUPPORTED: 10, TOO_LITTLE: 40}, 50, {"k": 3})
    assert {row["verdict"]: row["share"] for row in rows}[SUPPORTED] == 0.2
    assert len(rows) == len(VERDICTS)


def test_drawn_estimates_have_their_errors():
    """Given all that acts, the score's estimate is unbiased and its error the one it says."""
    studies = draw(BY_NAME["HR 0.7"], 5, (60, 150), 4000, np.random.default_rng(4))
    for name in ("claim", "random"):
        z = (studies.log_hr[name] - np.log(0.7)) / studies.se[name]
        assert z.mean() == pytest.approx(0, abs=0.03)
        assert z.std() == pytest.approx(1, abs=0.03)


def test_a_noisy_covariate_leaves_an_effect_and_calibration_takes_it_away():
    noisy = Scenario("noisy", with_proliferation=-0.5, reliability=0.7, er=0.0)
    studies = draw(noisy, 5, (60, 150), 3000, np.random.default_rng(5))
    naive, calibrated = (studies.log_hr[name].mean() for name in ("random", "random_calibrated"))
    assert naive < -0.03
    assert abs(calibrated) < 0.01


def test_small_runs_of_both_levels_are_sound():
    scenario = BY_NAME["HR 0.6"]
    for rows in (summary_rows(scenario, 4, 1), patient_rows(scenario, 2, 1)):
        table = VERDICT_CALIBRATION.cast(pd.DataFrame(rows))
        VERDICT_CALIBRATION.check(table, "small")
