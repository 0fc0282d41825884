"""The first screen: the first line without bone, the curve that stands there, and what is folded away."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from madeup import study as made
from madeup.report import make_inputs

from irf7bone.pool.real_cohorts import label_in_forest, roles_in_pools
from irf7bone.report.html.cell_markup import LONG, Cell, Field, say_text, view
from irf7bone.report.html.section import Finding, Section, chosen
from irf7bone.report.html.small_forest import random_effects_weights
from irf7bone.report.sections.explore_section import explore_numbers
from irf7bone.report.sections.first_forest import (
    cohorts_alone,
    first_forest,
    heaviest_cohort,
    pooled_weights,
)
from irf7bone.report.sections.first_screen import (
    curve_choices,
    no_bone,
    reservations,
    status_lines,
)
from irf7bone.report.sentences.quote import plain
from irf7bone.verdict.rules import CODES


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


def test_bone_in_simulated_patients_only_is_no_bone(inputs):
    assert (inputs.cohorts["endpoint"] == "bone").any()
    assert no_bone(inputs) == "No cohort of patients in this study records bone metastasis."
    patients = inputs.cohorts.assign(
        cohort=inputs.cohorts["cohort"].where(inputs.cohorts["endpoint"] != "bone", "alpha")
    )
    assert no_bone(replace(inputs, cohorts=patients)) == ""


def test_cohorts_that_failed_are_named(inputs):
    assert "Failed" not in dict(status_lines(inputs))
    failed = inputs.provenance | {"failed": {"lost": "score_cohort: no"}}
    assert dict(status_lines(replace(inputs, provenance=failed)))["Failed"] == (
        "1 of 5 cohorts, not in these results: lost (score_cohort: no)"
    )


def test_codes_that_withhold_stand_before_reservations():
    row = {"hard": "overlap_suspected", "soft": "pi_includes_1,prior_decides"}
    assert reservations(row) == [
        ("withheld", CODES["overlap_suspected"]),
        ("reservation", CODES["pi_includes_1"]),
        ("reservation", CODES["prior_decides"]),
    ]
    assert reservations({"hard": None, "soft": None}) == []
    assert reservations({"hard": None, "soft": "not_every_cohort"}, lacking=["b", "c"]) == [
        ("reservation", "without b and c, where a model that the verdict needs has no estimate")
    ]


def test_a_reservation_names_its_cohorts_and_their_weight():
    row = {"hard": None, "soft": "sampled_by_outcome", "cohorts": "alpha,beta"}
    assert reservations(row, {"beta", "elsewhere"}, {"alpha": 0.56, "beta": 0.44}) == [
        (
            "reservation",
            "patients of beta (44 % of the weight) were chosen by this outcome: a valid test, no hazard "
            "ratio of a population",
        )
    ]


def test_weights_are_those_of_the_forest_and_of_patients_alone(inputs):
    weights = pooled_weights(inputs)
    assert set(weights) == set(inputs.verdict.loc[inputs.verdict["is_primary"], "cohorts"].iloc[0].split(","))
    assert sum(weights.values()) == pytest.approx(1) and "made" not in weights


def test_the_curve_says_its_test_and_where_the_tertiles_stand_otherwise(inputs):
    primary = inputs.config.primary
    own = {"signature": primary.signature, "method": primary.method, "endpoint": primary.endpoint}
    first, other = (choice.key.split("/")[0] for choice in curve_choices(inputs)[:2])
    summary = inputs.results.curve_summary.copy()
    rows = summary[list(own)].eq(pd.Series(own)).all(axis=1)
    for cohort, heights in ((first, (0.85, 0.74, 0.68)), (other, (0.46, 0.65, 0.58))):
        for group, height in zip(("low", "middle", "high"), heights, strict=True):
            place = rows & (summary["cohort"] == cohort) & (summary["group"] == group)
            assert place.sum() == 1
            summary.loc[place, ["at_60_months", "status"]] = [height, "ok"]

    def said(table) -> str:
        changed = replace(inputs, results=inputs.results.with_tables(curve_summary=table))
        return plain(curve_choices(changed)[0].said)

    assert said(summary).startswith("Log-rank test, p ")
    assert said(summary).endswith(
        f"At 5 years: low 85 %, middle 74 %, high 68 %. In {other} the order differs: low 46 %, middle 65 %, "
        "high 58 %."
    )
    cards = inputs.cohorts.copy()
    cards.loc[(cards["cohort"] == other) & (cards["endpoint"] == primary.endpoint), "sampled_by_outcome"] = (
        "those with it"
    )
    changed = replace(inputs, cohorts=cards, results=inputs.results.with_tables(curve_summary=summary))
    here, there = (
        plain(choice.said)
        for name in (first, other)
        for choice in curve_choices(changed)
        if choice.key == "/".join((name, primary.signature, primary.endpoint))
    )
    assert here.endswith(f"In {other} the order differs: middle, then high, then low.")
    assert (
        "high 58 %. Patients were chosen by this outcome: these are not the levels of a population." in there
    )
    # the same order, no order, and one that is not to be seen in the numbers: 65 %, 65 %, 65 %
    for otherwise in ({0.46: 0.9}, {0.46: 0.65, 0.58: 0.65}, {0.46: 0.648, 0.58: 0.651}):
        same = summary.assign(at_60_months=summary["at_60_months"].replace(otherwise))
        assert said(same).endswith("At 5 years: low 85 %, middle 74 %, high 68 %.")


def test_the_first_curve_is_of_the_heaviest_cohort_not_sampled_by_outcome(inputs):
    primary = vars(inputs.config.primary)
    fits = inputs.associations
    for name, value in primary.items():
        fits = fits[fits[name] == value]
    fits = fits[(fits["status"] == "ok") & (fits["cohort"] != "made")]
    heaviest = fits.loc[fits["se"].idxmin(), "cohort"]  # whatever tau2, the smallest error weighs most
    assert heaviest_cohort(inputs) == heaviest
    weights = random_effects_weights(dict(zip(fits["cohort"], fits["se"], strict=True)), 0.1)
    assert max(weights, key=weights.get) == heaviest
    first = curve_choices(inputs)[0]
    assert first.key.startswith(f"{heaviest}/") and first.key.endswith(f"/{primary['endpoint']}")
    chosen = inputs.cohorts.assign(sampled_by_outcome=None)
    rows = (chosen["cohort"] == heaviest) & (chosen["endpoint"] == primary["endpoint"])
    chosen.loc[rows, "sampled_by_outcome"] = "those with it"
    other = heaviest_cohort(replace(inputs, cohorts=chosen))
    assert other not in (heaviest, "made")


def test_every_choice_has_curves_and_simulated_ones_stand_last_of_their_kind(inputs):
    choices = curve_choices(inputs)
    assert len({choice.key for choice in choices}) == len(choices)
    made_up = [choice.simulated for choice in choices]
    assert made_up == sorted(made_up)
    incidence = next(
        choice for choice in choices if choice.key.startswith("made/") and choice.key.endswith("/bone")
    )
    assert incidence.label == "made: cumulative incidence of bone metastasis"


def test_a_section_is_parted_into_patients_and_simulated_data():
    columns = (Field("Cohort", "id", say_text("cohort")),)
    frames = [pd.DataFrame({"cohort": names}) for names in (["a", "made"], ["made"])]
    tables = [view(f"t{i}", "One. Two.", frame, columns, {"made"}) for i, frame in enumerate(frames)]
    section = Section("x", "x", "x", (Finding("a"), Finding("b", True)), (), tables)
    assert [finding.text for finding in section.patients.findings] == ["a"]
    assert [table.id for table in section.patients.tables] == ["t0"]
    assert section.simulated.counts == "1 finding, 1 table"
    assert Section("x", "x", "x", (Finding("a"),)).simulated.counts == ""


def test_a_table_is_named_by_its_first_sentence_and_paged_when_long():
    columns = (
        Field("Status", "s", lambda row: Cell("ok"), kept=True),
        Field("Cohort", "id", say_text("cohort")),
    )
    frame = pd.DataFrame({"cohort": [str(i) for i in range(LONG + 1)]})
    table = view("t", "Cohorts (GSE1. and others). All of them.", frame, columns, ())
    assert (table.heading, table.remark) == ("Cohorts (GSE1. and others)", "All of them.")
    assert table.is_long and table.is_searched and len(table.opening) == LONG
    assert [column.is_kept for column in table.columns] == [True, False]
    short = view("t", "One sentence.", frame.head(LONG), columns, ())
    assert (short.heading, short.remark, short.is_long) == ("One sentence", "", False)


@pytest.fixture(scope="module")
def one_not_judged(inputs):
    """The primary model is that of the verdict, which rests on alpha alone: beta has no calibrated model."""
    primary = inputs.config.primary
    models = inputs.results.claim_models.copy()
    lacking = (models["cohort"] == "beta") & (models["model"] == "calibrated")
    lacking &= (models["signature"] == primary.signature) & (models["endpoint"] == primary.endpoint)
    models.loc[lacking, ["status", "reason"]] = ["not_available", "confounding not separable"]
    judged = inputs.results.verdict_models.copy()
    of_claim = (judged["model"] == "claim") & (judged["endpoint"] == primary.endpoint)
    of_claim &= judged["signature"] == primary.signature
    assert lacking.sum() == 1 and of_claim.sum() == 1
    judged.loc[of_claim, ["k", "n", "log_hr", "ci_low", "ci_high"]] = [1, 99, -0.1, -0.4, 0.2]
    verdict = inputs.verdict.copy()
    verdict.loc[verdict["is_primary"], "cohorts"] = "alpha"
    renamed = {"unadjusted": "proliferation_er"}
    return replace(
        inputs,
        config=inputs.config._replace(primary=replace(primary, model="proliferation_er")),
        associations=inputs.associations.assign(model=inputs.associations["model"].replace(renamed)),
        pooled=inputs.pooled.assign(model=inputs.pooled["model"].replace(renamed)),
        verdict=verdict,
        results=inputs.results.with_tables(claim_models=models, verdict_models=judged),
    )


def test_a_cohort_that_is_not_judged_is_named_and_has_no_weight(inputs, one_not_judged):
    assert "Not judged" not in dict(status_lines(inputs))
    said = plain(dict(status_lines(one_not_judged))["Not judged"])
    fits = chosen(one_not_judged.associations, **vars(one_not_judged.config.primary), cohort="beta")
    events = fits["n_events"].iloc[0]
    assert said.startswith(
        f"beta ({events} events; no estimate of its model calibrated: confounding not separable). "
    )
    assert pooled_weights(one_not_judged) == {"alpha": 1.0}
    forest = first_forest(one_not_judged)
    lines = {row.label: row for row in forest.rows}
    assert lines["beta"].weight == "\u2013" and lines["alpha"].weight == "100 %"
    assert plain(lines["One cohort, not pooled"].said).startswith("0.90 (0.67 to 1.22)")
    assert "Pooled" not in lines and "heterogeneity cannot be told" in forest.heterogeneity


def test_an_endpoint_that_nobody_can_be_judged_by_is_not_one_without_patients(inputs):
    verdict = inputs.verdict.assign(k=0)
    said = dict(status_lines(replace(inputs, verdict=verdict)))["Answerable"]
    assert "no cohort with every model: relapse" in said and "no patient data: bone metastasis" in said


def test_a_cohort_that_is_shown_alone_has_no_weight_anywhere(inputs):
    alone = replace(
        inputs,
        cohorts=inputs.cohorts.assign(
            role=inputs.cohorts["role"].where(inputs.cohorts["cohort"] != "beta", "discovery")
        ),
    )
    assert cohorts_alone(alone) == ["beta"] and "beta" not in pooled_weights(alone)
    assert heaviest_cohort(alone) != "beta"
    numbers = explore_numbers(alone)
    assert dict(zip(numbers["words"]["cohort"], numbers["alone"], strict=True))["beta"]
    assert sum(numbers["alone"]) == 1
    roles = roles_in_pools(alone.cohorts)
    assert label_in_forest("beta", roles) == "beta, not pooled" and label_in_forest("alpha", roles) == "alpha"
