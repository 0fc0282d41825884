"""Figures of many cohorts have a bounded number of rows, and pooled values are over all."""

from __future__ import annotations

import pandas as pd
import pytest

from irf7bone.figures.forest import HEAD_MM, ROW_MM, plot_forest
from irf7bone.figures.forest_tables import forest_table
from irf7bone.figures.largest_cohorts import MOST_COHORTS, MOST_DRAWN, WITH_COHORTS, LargestCohorts
from irf7bone.tables.study_tables import StudyTables


def associations(k: int) -> pd.DataFrame:
    """One result in k cohorts; the later ones have more events."""
    names = [f"c{number:03d}" for number in range(k)]
    shared = {"signature": "IRF7", "method": "zscore", "endpoint": "bone", "model": "unadjusted"}
    numbers = {"log_hr": -0.2, "ci_low": -0.5, "ci_high": 0.1, "se": 0.15, "status": "ok", "reason": None}
    return pd.DataFrame({"cohort": names, "n": 100, "n_events": range(10, 10 + k)}).assign(
        **shared, **numbers
    )


@pytest.mark.parametrize("k", [5, 50, 200])
def test_a_forest_is_no_taller_than_for_forty_cohorts(k):
    table = associations(k)
    roles = dict.fromkeys(table["cohort"], "validation")
    largest = LargestCohorts.of(table, roles)
    pooled = table.head(1).assign(k=k, pi_low=-0.6, pi_high=0.2, n_events=1000)
    rows = forest_table(
        largest.rows(table), pooled, roles, endpoint="bone", method="zscore", models=["unadjusted"],
        signatures=["IRF7"],
    )  # fmt: skip
    cohorts = rows.loc[rows["kind"] == "cohort", "label"].tolist()
    assert cohorts == table["cohort"].tolist()[-MOST_COHORTS:]
    assert rows.loc[rows["kind"] == "pooled", "k"].item() == k
    figure = plot_forest(rows, ["unadjusted"], title="x" + largest.words, nothing="")
    assert figure.get_figheight() * 25.4 < HEAD_MM + ROW_MM * (MOST_COHORTS + 3) + 20
    said = "" if k == 5 else f"; 40 of {k} cohorts, those with most events"
    assert largest.words == said


def test_patients_come_before_simulated_ones():
    table = associations(60)
    roles = {name: "simulated" if name >= "c030" else "validation" for name in table["cohort"]}
    shown = LargestCohorts.of(table, roles).shown
    assert set(table["cohort"][:30]) <= shown
    assert set(table["cohort"][50:]) <= shown and len(shown) == 40


def test_every_table_with_a_row_a_cohort_is_cut():
    table = associations(50)
    results = StudyTables({name: table[["cohort"]] for name in (*WITH_COHORTS, "funnel")})
    largest = LargestCohorts.of(table, dict.fromkeys(table["cohort"], "validation"))
    cut = largest.tables(results)
    assert {len(cut.by_name[name]) for name in WITH_COHORTS} == {40} and len(cut.funnel) == 50


@pytest.mark.parametrize(("k", "shown"), [(20, 20), (50, 20), (200, 20)])
def test_the_report_has_the_figures_of_no_more_than_twenty_cohorts(k, shown):
    table = associations(k)
    roles = dict.fromkeys(table["cohort"], "validation")
    drawn = LargestCohorts.of(table, roles, MOST_DRAWN).shown
    assert drawn == set(table["cohort"].tolist()[-shown:])
