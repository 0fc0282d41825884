"""Parts of the page beside tables and figures: quoted numbers, the small forest, numbers for the script."""

from __future__ import annotations

from dataclasses import replace

import pytest
from madeup import study as made
from madeup.report import make_inputs

from irf7bone.report.html.section import chosen, one_row
from irf7bone.report.html.small_forest import random_effects_weights, small_forest
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sections.explore_section import explore_numbers, risk_times, step_curves
from irf7bone.report.sections.remark_section import remark_table
from irf7bone.report.sections.verdict_section import simulated_note
from irf7bone.report.sentences.quote import as_html, plain, quote


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> ReportInputs:
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


def test_a_quoted_number_is_escaped_and_plain_in_attributes():
    row = {"cohort": '<b>"x"', "endpoint": "bone", "n_events": 7}
    said = f"a & {quote('7', 'cohorts', row, 'n_events')} events"
    assert plain(said) == "a & 7 events"
    assert str(as_html(said)) == (
        'a &amp; <data value="7" data-table="cohorts" data-row="&lt;b&gt;&#34;x&#34;/bone" '
        'data-column="n_events">7</data> events'
    )
    assert as_html(7) == 7 and as_html("a & b") == "a & b"


def test_weights_of_the_forest_follow_the_random_effects():
    weights = random_effects_weights({"a": 0.1, "b": 0.2}, 0.0)
    assert weights == pytest.approx({"a": 0.8, "b": 0.2})
    even = random_effects_weights({"a": 0.1, "b": 0.2}, 1e6)
    assert even == pytest.approx({"a": 0.5, "b": 0.5}, abs=1e-6)


def test_the_small_forest_keeps_patients_and_simulated_apart(inputs):
    named = {**vars(inputs.config.primary)}
    forest = small_forest(
        chosen(inputs.associations, **named), one_row(inputs.pooled, **named), inputs.simulated
    )
    assert [row.kind for row in forest.rows] == ["cohort", "cohort", "pooled", "prediction", "simulated"]
    assert [row.label for row in forest.rows[:2]] == ["alpha", "beta"] and forest.rows[-1].weight == "\u2013"
    shares = [int(row.weight.removesuffix(" %")) for row in forest.rows[:2]]
    assert sum(shares) == 100 and shares[1] > shares[0]
    assert all(row.low < row.middle < row.high for row in forest.rows)
    assert dict(forest.ticks)["1"] == 50.0
    nothing = small_forest(inputs.associations.iloc[:0], None, inputs.simulated)
    assert nothing.rows == [] and "no pooled value" in nothing.heterogeneity


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow(inputs):
    named = {**vars(inputs.config.primary)}
    rows = chosen(inputs.associations, **named).assign(ci_high=9.0)
    forest = small_forest(rows, None, inputs.simulated)
    assert all(row.beyond_high and not row.beyond_low and row.high == 96.0 for row in forest.rows)


def test_curves_for_the_script_are_those_of_the_table(inputs):
    curves = inputs.curves[inputs.curves["cohort"] == "alpha"]
    found = step_curves(curves)
    assert set(found) == {f"alpha/{name}/relapse" for name in (made.PRIMARY, "IRF7", made.PROLIFERATION)}
    curve = found[f"alpha/{made.PRIMARY}/relapse"]
    low = curves[(curves["signature"] == made.PRIMARY) & (curves["group"] == "low")]
    steps = curve["groups"]["low"]
    for tick, at_risk in zip(curve["ticks"], steps["risk"], strict=True):
        assert at_risk == low.loc[low["time_months"] >= tick, "n_at_risk"].max()
    for time, value in zip(steps["t"], steps["e"], strict=True):
        nearest = (low["time_months"] - time).abs().idxmin()
        assert value == pytest.approx(low.loc[nearest, "estimate"], abs=1e-4)
    assert steps["n"] == low["n_at_risk"].max() and steps["events"] == low["n_events"].max()


def test_signatures_of_simulated_samples_are_no_choice_among_patients(inputs):
    renamed = {
        name: getattr(inputs, name).assign(
            signature=getattr(inputs, name)["signature"].replace(made.SIGNATURES[-1], "SIMULATED_X")
        )
        for name in ("associations", "pooled", "curves")
    }
    config = inputs.config
    select = (*made.SIGNATURES[:-1], "SIMULATED_X")
    config = config._replace(signatures=replace(config.signatures, select=select))
    numbers = explore_numbers(replace(inputs, config=config, **renamed))
    assert numbers["words"]["signature"] == list(made.SIGNATURES[:-1])
    asked = inputs.pooled["signature"] != made.SIGNATURES[-1]
    assert len(numbers["pooled"]["signature"]) == asked.sum() > 0
    assert not any("SIMULATED_X" in key for key in numbers["curves"])
    answer = remark_table(replace(inputs, config=config))["answer"]
    assert any(f"{len(select) - 1} signatures by" in said for said in answer)


@pytest.mark.parametrize(
    ("longest", "times"),
    [(150, [0, 36, 72, 108, 144]), (23, [0, 6, 12, 18]), (60, [0, 12, 24, 36, 48, 60]), (900, [0, 900])],
)
def test_times_at_risk_are_round(longest, times):
    assert risk_times(longest) == times


def test_a_study_of_simulated_cohorts_only_says_so_first():
    assert simulated_note(["a", "b"], {"a", "b"}).startswith("Every cohort of this run is simulated")
    assert simulated_note(["a", "b"], {"b"}).startswith("1 of 2 cohorts is simulated (b)")
    assert simulated_note(["a"], set()) == ""
