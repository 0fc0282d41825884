"""Strengths and weaknesses that the cohorts decide: each sentence from its table, and none guessed."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from madeup import study as made

from irf7bone.base.vocabulary import SUPPORTED, TOO_LITTLE
from irf7bone.report.sentences.captions import forest_caption
from irf7bone.report.sentences.methods import by_esr1
from irf7bone.report.sentences.quote import plain
from irf7bone.report.sentences.strengths import answerable, directions, er_answer, straight_line

WEIGHTS = {"recorded": 0.56, "arrays": 0.44}
OF = {"signature": made.PRIMARY, "method": "zscore", "endpoint": "death", "model": "proliferation"}


def chances(decided: float) -> pd.DataFrame:
    words = {SUPPORTED: decided, TOO_LITTLE: 1 - decided}
    rows = [
        {"endpoint": made.config().primary.endpoint, "true_hr": true_hr, "verdict": word, "share": share}
        for true_hr in (1.0, made.config().verdict.smallest_hr)
        for word, share in (words if true_hr != 1 else {SUPPORTED: 0.0, TOO_LITTLE: 1.0}).items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("decided", "word"), [(0.02, "Hardly"), (0.6, "Not reliably"), (0.8, "Yes")])
def test_power_is_said_with_the_difference_between_cohorts_that_it_assumes(decided, word):
    pooled = {**OF, "status": "ok", "tau2": 0.066}
    said = plain(answerable(chances(decided), pooled, made.config()))
    looked_for = made.config().verdict.smallest_hr
    assert said == (
        f"{word}: were the hazard ratio {looked_for:.2f}, {100 * decided:.0f} % of studies with these "
        f"cohorts would be decided, and {100 * (1 - decided):.0f} % end with {TOO_LITTLE}. Simulated "
        "with a standard deviation of 0.1 between cohorts; estimated here: 0.26 (tau² 0.066), and the more "
        "cohorts differ the fewer studies are decided."
    )
    like = plain(answerable(chances(decided), {**pooled, "tau2": 0.0}, made.config()))
    assert like.endswith("estimated here: 0.00 (tau² 0.000).")
    assert answerable(chances(decided), None, made.config()).endswith("0.1 between cohorts.")
    assert answerable(chances(decided).iloc[:0], None, made.config()).startswith("No: no cohort")


def test_er_by_status_and_by_esr1_are_told_apart():
    assert er_answer(dict.fromkeys(WEIGHTS, "status"), WEIGHTS) == (
        "By its recorded status in every cohort: recorded and arrays."
    )
    said = er_answer({"recorded": "status", "arrays": "expression"}, WEIGHTS)
    assert said == (
        "By its recorded status in recorded (56 % of the weight); by ESR1 expression in place of ER status "
        "in arrays (44 % of the weight). ESR1 expression stands for ER where fewer than 80 % of the patients "
        "have a status, or fewer than 5 one of the two."
    )
    alone = er_answer({"arrays": "expression"}, {"arrays": 1.0})
    assert alone.startswith("By ESR1 expression in place of ER status in arrays (100 % of the weight).")
    assert "80 %" not in er_answer({"recorded": "status", "arrays": "none"}, WEIGHTS)
    assert er_answer({}, {}).startswith("No cohort has every model")


def fits() -> pd.DataFrame:
    rows = [("recorded", 1.05, "proliferation,er_status"), ("arrays", 0.68, "proliferation,esr1")]
    return pd.DataFrame(
        [{**OF, "cohort": name, "log_hr": math.log(hr), "covariates": held} for name, hr, held in rows]
    )


def checks(**p: float) -> pd.DataFrame:
    shared = {**OF, "check": "linearity", "status": "ok"}
    return pd.DataFrame([{**shared, "cohort": name, "p": value} for name, value in p.items()])


def test_a_bent_effect_is_named_with_its_hazard_ratio_and_weight():
    said = plain(straight_line(checks(recorded=0.0001, arrays=0.54), fits(), WEIGHTS))
    assert said == (
        "No in recorded (spline against line, p < 0.001): its HR of 1.05 per SD (56 % of the weight) does "
        "not describe the effect well. Nothing against it in arrays (p = 0.54)."
    )
    both = plain(straight_line(checks(recorded=0.2, arrays=0.54), fits(), WEIGHTS))
    assert both == "Nothing against it in recorded (p = 0.20) and arrays (p = 0.54)."
    # a cohort outside the pool bends nothing
    assert straight_line(checks(elsewhere=0.001), fits(), WEIGHTS).startswith("That cannot be tested")


def test_cohorts_that_point_opposite_ways_are_named():
    assert [plain(said) for said in directions(fits())] == [
        "They point opposite ways: HR 0.68 in arrays and 1.05 in recorded."
    ]
    assert directions(fits().assign(log_hr=-0.2)) == [] and directions(fits().iloc[:0]) == []


def test_forests_and_methods_name_the_cohorts_whose_er_is_esr1():
    table = fits().assign(kind="cohort", block="real", status="ok")
    assert by_esr1(fits(), table) == by_esr1(fits()) == ["arrays"]
    assert by_esr1(fits(), table.assign(model="unadjusted")) == []
    caption = forest_caption("death", table, "zscore", [], ["arrays"])
    assert "adjusted for proliferation (ER by ESR1 expression in arrays). Squares" in caption
    assert "ESR1" not in forest_caption("death", table, "zscore", [])
