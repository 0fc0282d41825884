"""Every word, line and code of the decision is reached; a mirror swaps the words that have sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from irf7bone.base.vocabulary import VERDICTS
from irf7bone.verdict import rules
from irf7bone.verdict.evidence import (
    CLAIM,
    CLAIMED,
    MODELS,
    RANDOM,
    RANDOM_CALIBRATED,
    UNADJUSTED,
    Evidence,
    Reading,
    side,
)
from irf7bone.verdict.rules import CODES, RULES, STOPS, STOPS_NO_EFFECT, decide, is_gone

EFFECT = Reading(-0.36, -1, 0.5, 1.0)
SMALL_EFFECT = Reading(-0.15, -1, 0.01, 1.0)
NOTHING = Reading(0.0, 0, 0.001, 0.999)
UNKNOWN = Reading(-0.05, 0, 0.2, 0.9)


def evidence(default: Reading = EFFECT, *, k: int = 5, **changed) -> Evidence:
    """Every model as ``default``, but for models named and fields named."""
    models = {name: changed.pop(name, default) for name in MODELS}
    models = {name: reading for name, reading in models.items() if reading is not None}
    given = {"sized": models, "hartung_knapp_side": models[CLAIM].side, "least_left_out": 0.95, **changed}
    return Evidence(primary=given.pop("primary", True), recorded=True, k=k, models=models, **given)


def premise(*codes: str) -> dict[str, frozenset[str]]:
    return {"premises": frozenset(codes)}


CASES = {
    "cohorts_failed": evidence(**premise("cohorts_failed")),
    "no_data": Evidence(primary=True, recorded=False, k=0),
    "premise": evidence(**premise("overlap_suspected")),
    "one_cohort": evidence(k=1),
    "one_cohort_open": evidence(k=1, random=UNKNOWN),
    "smaller": evidence(SMALL_EFFECT),
    "no_effect_premise": evidence(NOTHING, **premise("control_failed")),
    "no_effect": evidence(NOTHING),
    "supported": evidence(),
    "contradicted": evidence(Reading(0.36, 1, 0.0, 0.5)),
    "not_specific_random": evidence(random=NOTHING, random_calibrated=NOTHING, z_random=-3.0),
    "not_specific_proliferation": evidence(
        UNKNOWN, unadjusted=EFFECT, proliferation=Reading(-0.05, 0, 0.04, 1.0), z_proliferation=-3.0
    ),
    "open": evidence(UNKNOWN),
}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, _, word in RULES])
def test_every_line_is_reached(name, word):
    found = decide(CASES[name])
    assert (found.rule, found.word) == (name, word)


def test_every_word_is_reached():
    assert {decide(case).word for case in CASES.values()} == set(VERDICTS)


WITH_CODE = {
    **{code: evidence(**premise(code)) for code in sorted(STOPS)},
    **{code: evidence(NOTHING, **premise(code)) for code in sorted(STOPS_NO_EFFECT)},
    **{
        code: evidence(remarks=frozenset({code}))
        for code in ("sampled_by_outcome", "contradicted_ids", "differs_by_site", "not_every_cohort")
    },
    "pi_includes_1": evidence(predicted=(-0.8, 0.1)),
    "one_cohort_carries_it": evidence(least_left_out=0.85),
    "unadjusted_differs": evidence(unadjusted=UNKNOWN),
    "prior_decides": evidence(UNKNOWN, narrow=evidence()),
    "interval_disagrees": evidence(hartung_knapp_side=0),
    "confounding_fragile": evidence(vanishing=0.65),
    "specificity_open": evidence(random=UNKNOWN),
    "null_not_drawn": evidence(random=None, random_calibrated=None),
}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_reached_and_without_its_cause_absent(code):
    found = decide(WITH_CODE[code])
    assert code in found.hard + found.soft
    quiet = decide(evidence())
    assert quiet.hard == quiet.soft == ()


def test_one_cohort_says_nothing_of_a_further_one():
    of_two, of_one = (decide(evidence(k=k, predicted=(-0.8, 0.1))) for k in (2, 1))
    assert "pi_includes_1" in of_two.soft and of_one.rule == "one_cohort" and of_one.soft == ()


@pytest.mark.parametrize("code", sorted(STOPS))
def test_a_failed_premise_withholds_whatever_would_be_said(code):
    for name, case in CASES.items():
        found = decide(replace(case, premises=frozenset({code})))
        # what is not there may have been in a cohort that failed
        withheld = name != "no_data" or code == rules.COHORTS_FAILED
        assert (found.word == rules.WITHHELD) == withheld
        assert found.hard == ((code,) if withheld else ())


@pytest.mark.parametrize("code", sorted(STOPS_NO_EFFECT))
def test_control_and_time_stop_no_effect_only(code):
    for found_before in CASES.values():
        case = replace(found_before, premises=frozenset())
        found = decide(replace(case, premises=frozenset({code})))
        if decide(case).rule == "no_effect":
            assert (found.rule, found.hard) == ("no_effect_premise", (code,))
        else:
            assert (found.rule, found.hard) == (decide(case).rule, ())
    assert code in decide(evidence(**premise(code))).soft
    assert code in decide(evidence(SMALL_EFFECT, **premise(code))).soft


@pytest.mark.parametrize("model", [*CLAIMED, RANDOM])
def test_one_model_that_does_not_agree_is_enough(model):
    assert decide(evidence(**{model: UNKNOWN})).word == rules.TOO_LITTLE
    assert decide(evidence(NOTHING, **{model: UNKNOWN})).word == rules.TOO_LITTLE
    assert decide(evidence(**{model: Reading(0.36, 1, 0.0, 0.5)})).word == rules.TOO_LITTLE


@pytest.mark.parametrize("model", [UNADJUSTED, RANDOM_CALIBRATED])
def test_the_other_models_do_not_stop_an_effect(model):
    assert decide(evidence(**{model: UNKNOWN})).word == rules.SUPPORTED


def mirrored_reading(reading: Reading) -> Reading:
    return Reading(-reading.log_hr, -reading.side, 1 - reading.below_inverse, 1 - reading.below_size)


def mirrored(case: Evidence) -> Evidence:
    models, sized = (
        {name: mirrored_reading(reading) for name, reading in group.items()}
        for group in (case.models, case.sized)
    )
    return replace(
        case,
        models=models,
        sized=sized,
        z_random=-case.z_random,
        z_proliferation=-case.z_proliferation,
        predicted=(-case.predicted[1], -case.predicted[0]),
        hartung_knapp_side=-case.hartung_knapp_side,
        narrow=None if case.narrow is None else mirrored(case.narrow),
    )


@pytest.mark.parametrize("name", sorted([*CASES, *WITH_CODE]))
def test_mirror(name):
    case = (CASES | WITH_CODE)[name]
    there, back = decide(case), decide(mirrored(case))
    swap = {"supported": "contradicted", "contradicted": "supported"}
    assert back.rule == swap.get(there.rule, there.rule)
    assert (back.hard, back.soft) == (there.hard, there.soft)


def test_size_is_told_without_the_cohorts_that_were_sampled_by_outcome():
    assert decide(evidence(NOTHING, sized={})).word == rules.TOO_LITTLE
    wide = dict.fromkeys(MODELS, UNKNOWN)
    assert decide(evidence(SMALL_EFFECT, sized=wide)).word == rules.SUPPORTED


def test_a_null_that_was_not_drawn_leaves_it_open():
    found = decide(evidence(random=None, random_calibrated=None))
    assert found.word == rules.TOO_LITTLE
    assert {"null_not_drawn", "specificity_open"} <= set(found.soft)
    nothing = decide(evidence(NOTHING, random=None, random_calibrated=None))
    assert nothing.word == rules.TOO_LITTLE


@pytest.mark.parametrize(
    "name", ["supported", "one_cohort", "not_specific_random", "not_specific_proliferation"]
)
def test_what_was_not_named_before_needs_its_q(name):
    assert decide(replace(CASES[name], primary=False, q=0.04)).rule == name
    for q in (0.06, float("nan")):
        assert decide(replace(CASES[name], primary=False, q=q)).word == rules.TOO_LITTLE


def test_no_effect_needs_no_q():
    assert decide(replace(CASES["no_effect"], primary=False)).word == rules.NO_EFFECT


@pytest.mark.parametrize(
    ("after", "z", "gone"),
    [
        (Reading(-0.1, 0, 0.01, 1.0), -2.5, True),
        (Reading(-0.1, 0, 0.01, 1.0), -1.9, False),  # attenuated by chance
        (Reading(-0.1, 0, 0.01, 1.0), 2.5, False),  # the other way
        (Reading(-0.1, 0, 0.01, 1.0), float("nan"), False),
        (Reading(-0.2, 0, 0.01, 1.0), -2.5, False),  # more than half is left
        (Reading(-0.1, 0, 0.06, 1.0), -2.5, False),  # it may still be of the size
    ],
)
def test_gone_takes_three_things(after, z, gone):
    assert is_gone(EFFECT, after, z) == gone
    assert is_gone(mirrored_reading(EFFECT), mirrored_reading(after), -z) == gone


def test_gone_by_random_scores_must_survive_a_noisy_proliferation_score():
    case = CASES["not_specific_random"]
    kept = {**case.models, RANDOM_CALIBRATED: EFFECT}
    assert decide(replace(case, models=kept, sized=kept)).word == rules.TOO_LITTLE


def test_nothing_shown_is_not_nothing_there():
    """A result that is not significant, however often, never gives a word of its own."""
    for k in (2, 3, 12, 100):
        assert decide(evidence(UNKNOWN, k=k)).word == rules.TOO_LITTLE


@pytest.mark.parametrize(("below_1", "expected"), [(0.98, -1), (0.97, 0), (0.03, 0), (0.02, 1)])
def test_side(below_1, expected):
    assert side(below_1) == expected
