"""The verdict, rule by rule, at the boundaries, turned round, and on the numbers of the default run."""

from __future__ import annotations

import dataclasses
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from irf7bone.base.errors import InputError
from irf7bone.pool.pool import pool_associations
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import VERDICT
from irf7bone.verdict.judge import (
    average_effect,
    combined_null_p,
    events_needed,
    headline,
    judge,
    rules_table,
    simulated_check,
)
from irf7bone.verdict.rules import RULES, decide
from irf7bone.verdict.sentences import Evidence, Pooled, hr_words

ROLES = {"gse3143": "validation", "gse4335": "validation", "gse1992": "discovery", "made": "simulated"}
NOWHERE = Pooled(0, math.nan, math.nan, math.nan, "real cohorts without an estimate: 2 too_few_events (a, b)")


def config(
    endpoint: str = "death",
    model: str = "unadjusted",
    models: tuple[str, ...] = ("unadjusted", "proliferation"),
):
    """A study's settings."""
    return SimpleNamespace(
        signatures=SimpleNamespace(select=("IFN",)),
        methods=("zscore",),
        endpoints=("bone", "relapse", "death"),
        models=models,
        primary=SimpleNamespace(signature="IFN", method="zscore", endpoint=endpoint, model=model),
        verdict=SimpleNamespace(smallest_hr=0.70, power=0.8),
    )


def evidence(**changes) -> Evidence:
    """An effect that passes every rule: five cohorts, HR 0.7, which holds when adjusted."""
    passed = Evidence(
        endpoint="bone",
        is_primary=True,
        found=Pooled(5, -0.36, -0.52, -0.20, None),
        average=Pooled(5, -0.36, -0.50, -0.22, None),
        agreement_p=0.4,
        adjusted=Pooled(5, -0.33, -0.50, -0.16, None),
        itself_adjusted=False,
        n=900,
        n_events=150,
        events_needed=62,
        p=0.003,
        q=math.nan,
        null_p=0.01,
        pi=(-0.6, -0.1),
        loo=(-0.4, -0.3),
        recorded=True,
        recorded_in_simulated=True,
        smallest_hr=0.7,
        power=0.8,
    )
    return dataclasses.replace(passed, **changes)


def turned(e: Evidence) -> Evidence:
    """The same evidence with every log hazard ratio negated."""

    def turn(pooled: Pooled) -> Pooled:
        return Pooled(pooled.k, -pooled.log_hr, -pooled.high, -pooled.low, pooled.reason)

    return dataclasses.replace(
        e,
        found=turn(e.found),
        average=turn(e.average),
        adjusted=turn(e.adjusted),
        pi=(-e.pi[1], -e.pi[0]),
        loo=(-e.loo[1], -e.loo[0]),
    )


UNSURE = Pooled(5, -0.1, -0.3, 0.1, None)
WIDE = Pooled(3, 0.0, -1.5, 1.5, None)
ENDS = math.log(0.7), -math.log(0.7)
CASES = {
    "R1": {"found": NOWHERE, "adjusted": NOWHERE, "n": 0, "n_events": 0, "p": math.nan},
    "R2": {"found": UNSURE, "n_events": 61},
    "R3": {"found": WIDE, "average": Pooled(3, -0.45, -0.69, -0.21, None)},
    "R4": {"found": UNSURE, "average": Pooled(5, -0.1, -0.25, 0.05, None), "n_events": 62},
    "R5": {"is_primary": False, "q": 0.0501},
    "R6": {"is_primary": False, "q": 0.0501, "found": Pooled(9, -0.15, -0.25, -0.05, None)},
    "R7": {"found": Pooled(1, -0.36, -0.52, -0.20, None)},
    "R8": {"adjusted": Pooled(1, -0.33, -0.50, -0.16, None)},
    "R9": {"adjusted": UNSURE},
    "R10": {"adjusted": Pooled(2, -0.36, -1.6, 0.9, None)},
    "R11": {"null_p": 0.0501},
    "R12": {},
}
VERDICT_OF = {
    "R1": "too little data",
    "R2": "too little data",
    "R3": "too little data",
    "R4": "no evidence",
    "R5": "too little data",
    "R6": "no evidence",
    "R7": "too little data",
    "R8": "too little data",
    "R9": "not specific",
    "R10": "too little data",
    "R11": "not specific",
    "R12": "supported",
    "R13": "contradicted",
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule_and_its_mirror(name):
    case = evidence(**CASES[name])
    rule, said = decide(case)
    assert (rule.name, rule.verdict) == (name, VERDICT_OF[name])
    mirrored, said_mirrored = decide(turned(case))
    assert mirrored.name == ("R13" if name == "R12" else name)
    assert mirrored.verdict == VERDICT_OF[mirrored.name]
    for text in (said, said_mirrored):
        assert text.endswith(".") and "nan" not in text and "None" not in text and "  " not in text


def test_the_table_lists_the_rules_in_order():
    table = rules_table()
    assert list(table["rule"]) == [rule.name for rule in RULES] == list(VERDICT_OF)
    assert list(table["verdict"]) == list(VERDICT_OF.values())
    assert table["when"].is_unique


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        # an interval that touches 1 includes it
        ({"found": Pooled(5, -0.2, -0.4, 0.0, None), "average": UNSURE}, "R4"),
        ({"found": Pooled(5, -0.2, -0.4, -1e-9, None)}, "R12"),
        # few events do not silence an interval that excludes 1
        ({"n_events": 20}, "R12"),
        ({"found": UNSURE, "n_events": 20}, "R2"),
        # events enough, but what these cohorts show together holds 0.70, 1 and 1 / 0.70
        ({"found": WIDE, "average": Pooled(3, 0.1, *ENDS, None)}, "R2"),
        ({"found": WIDE, "average": Pooled(3, 0.1, ENDS[0] + 1e-9, ENDS[1], None)}, "R4"),
        ({"found": WIDE, "average": Pooled(3, 0.1, ENDS[0], ENDS[1] - 1e-9, None)}, "R4"),
        # cohorts that visibly disagree have no average to go by
        ({"found": WIDE, "average": Pooled(3, 0.0, -0.1, 0.1, None), "agreement_p": 0.0999}, "R2"),
        ({"found": WIDE, "average": Pooled(3, 0.0, -0.1, 0.1, None), "agreement_p": 0.1}, "R4"),
        ({"found": WIDE, "average": Pooled(1, 0.0, -0.1, 0.1, None), "agreement_p": math.nan}, "R4"),
        # what these cohorts show together is not "no evidence" because they are few
        ({"found": WIDE, "average": Pooled(2, 0.46, 0.21, 0.70, None)}, "R3"),
        ({"found": WIDE, "average": Pooled(2, -0.2, ENDS[0], -0.04, None)}, "R3"),
        ({"found": WIDE, "average": Pooled(2, -0.2, ENDS[0] + 1e-9, -0.04, None)}, "R4"),
        ({"found": WIDE, "average": Pooled(2, -0.2, -0.7, -0.04, None), "n_events": 20}, "R2"),
        ({"found": UNSURE, "agreement_p": 0.01}, "R4"),
        # few events never turn a result that excludes 1 into "no evidence"
        ({"is_primary": False, "q": 0.3, "found": Pooled(1, -0.9, -1.6, -0.2, None), "n_events": 14}, "R5"),
        ({"is_primary": False, "q": 0.3, "found": Pooled(5, -0.2, ENDS[0], -0.1, None)}, "R5"),
        ({"is_primary": False, "q": 0.3, "found": Pooled(5, -0.2, -0.3, -0.1, None), "n_events": 61}, "R5"),
        ({"is_primary": False, "q": 0.3, "found": Pooled(5, -0.2, -0.3, -0.1, None)}, "R6"),
        # q counts for other endpoints only; at 0.05 it passes
        ({"is_primary": False, "q": 0.05}, "R12"),
        ({"is_primary": True, "q": math.nan}, "R12"),
        ({"is_primary": False, "q": math.nan}, "R5"),
        # one cohort: never support, but no evidence can be said
        ({"found": Pooled(1, -0.1, -0.3, 0.1, None)}, "R4"),
        ({"found": Pooled(2, -0.36, -0.52, -0.20, None)}, "R12"),
        # adjustment
        ({"adjusted": Pooled(5, -0.17, -0.4, 0.06, None)}, "R9"),
        ({"adjusted": Pooled(5, -0.18, -0.4, 0.04, None)}, "R10"),
        ({"adjusted": Pooled(5, 0.3, 0.1, 0.5, None)}, "R9"),
        ({"adjusted": NOWHERE}, "R8"),
        ({"adjusted": Pooled(2, -0.33, -0.50, -0.16, None)}, "R12"),
        # the null
        ({"null_p": 0.05}, "R12"),
        ({"null_p": math.nan}, "R12"),
        # the first rule that fits decides
        ({"found": NOWHERE, "adjusted": NOWHERE, "n_events": 500}, "R1"),
        ({"is_primary": False, "q": 0.9, "adjusted": NOWHERE, "null_p": 0.9}, "R5"),
        ({"adjusted": UNSURE, "null_p": 0.9}, "R9"),
    ],
)
def test_boundaries_and_order(changes, name):
    assert decide(evidence(**changes))[0].name == name


def pooled_results(k: st.SearchStrategy[int]) -> st.SearchStrategy[Pooled]:
    """Any pooled result, with or without an estimate."""
    some = st.builds(
        lambda k, mid, half: Pooled(k, mid, mid - half, mid + half, None),
        k,
        st.floats(-3, 3),
        st.floats(1e-6, 8),
    )
    return st.one_of(st.just(NOWHERE), some)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    pooled_results(st.integers(1, 9)),
    pooled_results(st.integers(1, 9)),
    st.booleans(),
    st.integers(0, 200),
    st.floats(0, 1),
    st.one_of(st.just(math.nan), st.floats(0, 1)),
    st.sampled_from(["bone", "death"]),
)
def test_turning_the_direction_only_swaps_support_and_contradiction(
    found, adjusted, is_primary, n_events, q, null_p, endpoint
):
    case = evidence(
        found=found,
        adjusted=adjusted,
        is_primary=is_primary,
        n_events=n_events,
        q=q,
        null_p=null_p,
        endpoint=endpoint,
    )
    swap = {"supported": "contradicted", "contradicted": "supported"}
    rule, said = decide(case)
    mirrored, _ = decide(turned(case))
    assert mirrored.verdict == swap.get(rule.verdict, rule.verdict)
    if rule.verdict == "supported":
        assert found.high < 0 and adjusted.high < 0 and min(found.k, adjusted.k) >= 2
    assert ("says nothing of bone metastasis" in said) == (endpoint == "death" and found.k > 0)


def test_what_the_sentences_say():
    said = {name: decide(evidence(**case))[1] for name, case in CASES.items()}
    assert (
        "No result for bone metastasis can be pooled: real cohorts without an estimate: 2 too_few"
        in said["R1"]
    )
    assert (
        "61 events" in said["R2"]
        and "takes 62 events to see a hazard ratio of 0.70 with 80 % power" in said["R2"]
    )
    assert "0.90 (95 % interval 0.74 to 1.11)" in said["R4"]
    assert "excludes a hazard ratio of 0.70 or lower" in said["R4"]
    touching = decide(evidence(found=Pooled(5, -0.1, math.log(0.7), 0.1, None), average=UNSURE))[1]
    assert "does not exclude a hazard ratio of 0.70" in touching
    assert "q = 0.0501" in said["R5"]
    assert "In 1 real cohort with" in said["R7"] and "until a second shows the same" in said["R7"]
    assert (
        "in 1 real cohort." in said["R8"] and "cannot be told from an effect of proliferation" in said["R8"]
    )
    assert "an effect is seen in these cohorts" in said["R3"] and "No effect is shown" not in said["R3"]
    small = decide(evidence(found=WIDE, average=Pooled(2, -0.2, -0.3, -0.04, None)))[1]
    assert "An effect is seen in these cohorts, smaller than" in small and "No effect is shown" not in small
    assert "0.70 is not excluded either" in said["R5"] and "0.70, the smallest" in said["R6"]
    assert "100 % of the log hazard ratio is left" in said["R10"]
    assert "28 % of the log hazard ratio is left" in said["R9"]
    assert "p = 0.0501 against them" in said["R11"]
    assert "wholly below 1: the higher the score, the lower the hazard" in said["R12"]
    assert (
        "expected between 0.55 and 0.90 (95 % prediction interval)." in said["R12"]
        and "further from 1 than random signatures of the same size: p = 0.010." in said["R12"]
    )
    above = decide(turned(evidence()))[1]
    assert "wholly above 1: the higher the score, the higher the hazard" in above
    unqualified = decide(evidence(null_p=math.nan, pi=(-0.9, 0.1)))[1]
    assert "It was not compared with random signatures." in unqualified
    assert "0.41 and 1.11, which includes 1" in unqualified
    two = {"found": Pooled(2, 0.0, -1.5, 1.5, None)}
    wide = decide(evidence(**two, average=Pooled(2, 0.0, *ENDS, None)))[1]
    assert "includes 1, but 0.70 and 1.43 as well" in wide
    assert "With two cohorts" in wide and "can hardly exclude anything" in wide
    close = decide(evidence(**two, average=Pooled(2, 0.0, -0.2, 0.2, None)))[1]
    assert (
        "Averaged over these 2 cohorts, which do not visibly disagree (p = 0.40), it is 1.00 (95 % interval "
        "0.82 to 1.22), which excludes a hazard ratio of 0.70 or lower" in close
    )
    assert "how far others would differ they cannot tell." in close
    half = decide(evidence(**two, average=Pooled(2, -0.2, -0.4, 0.0, None)))[1]
    assert "which does not exclude a hazard ratio of 0.70" in half
    apart = decide(evidence(**two, average=Pooled(2, 0.0, -0.2, 0.2, None), agreement_p=0.01))[1]
    assert "The cohorts disagree (p = 0.010 that they have one effect)" in apart
    open_below = decide(evidence(found=Pooled(3, -0.1, -0.5, 0.3, None), average=UNSURE))[1]
    assert "does not exclude a hazard ratio of 0.70" in open_below
    assert "no evidence of an effect is not evidence" in open_below
    narrow = decide(evidence(found=Pooled(2, -0.4, -0.5, -0.3, None)))[1]
    assert "and yet excludes 1" in narrow and "hardly" not in narrow
    torn = decide(evidence(found=Pooled(5, 0.0, -0.5, 0.5, None), average=UNSURE, loo=(-0.3, 0.4)))[1]
    assert "The cohorts disagree" in torn and "The cohorts disagree" not in wide
    alone = decide(evidence(found=NOWHERE, adjusted=NOWHERE, recorded=False))[1]
    assert alone == "No real cohort in this run records bone metastasis; the simulated one does not count."
    turning = decide(evidence(adjusted=Pooled(5, 0.1, -0.1, 0.3, None)))[1]
    assert "the direction turns" in turning
    assert "The model itself adjusts" in decide(evidence(itself_adjusted=True))[1]


def test_hazard_ratios_never_round_onto_one():
    assert [hr_words(value) for value in (0.0, -0.36, 0.004, -0.004)] == ["1.00", "0.70", "1.0040", "0.9960"]
    assert [hr_words(value) for value in (-2e-6, 3e-7)] == ["1 - 2e-06", "1 + 3e-07"]


def test_events_needed_by_hand_and_by_simulation():
    assert events_needed(0.70, 0.8) == 62  # (1.960 + 0.842)^2 / 0.3567^2 = 61.7
    assert events_needed(1 / 0.70, 0.8) == 62
    assert events_needed(0.5, 0.9) == 22  # (1.960 + 1.282)^2 / 0.6931^2 = 21.9
    # 300 patients followed until the 62nd event: the power of the log-rank score test is the one asked for.
    random = np.random.default_rng(1)
    x = random.normal(size=(2000, 300))
    time = random.exponential(1 / np.exp(math.log(0.70) * x))
    x = np.take_along_axis(x, time.argsort(axis=1), axis=1)[:, ::-1]
    count = np.arange(1, 301)  # at risk, last patient first
    mean = x.cumsum(axis=1) / count
    variance = (x**2).cumsum(axis=1) / count - mean**2
    z = (x - mean)[:, -62:].sum(axis=1) / np.sqrt(variance[:, -62:].sum(axis=1))
    assert 0.77 < (np.abs(z) > norm.ppf(0.975)).mean() < 0.83


def test_combined_null_p_holds_under_dependence():
    assert math.isnan(combined_null_p(np.array([math.nan])))
    assert combined_null_p(np.array([0.03, math.nan])) == 0.03
    assert combined_null_p(np.array([0.4, 0.01])) == 0.02
    assert combined_null_p(np.array([0.5, 0.02, 0.01])) == pytest.approx(0.03)
    assert combined_null_p(np.array([0.9, 0.8, 0.7, 0.6])) == 1
    random = np.random.default_rng(3)
    for shared, size in itertools.product((0.0, 0.6, 1.0), (2, 3, 5)):
        z = shared**0.5 * random.normal(size=(4000, 1)) + (1 - shared) ** 0.5 * random.normal(
            size=(4000, size)
        )
        p = 2 * norm.sf(np.abs(z))
        assert np.mean([combined_null_p(row) <= 0.05 for row in p]) < 0.065


def table(estimates: dict, *, study: SimpleNamespace | None = None, **more) -> pd.DataFrame:
    """Associations of IFN by zscore: ``(cohort, endpoint, model) -> (n, n_events, log_hr, se)``."""
    study = study or config()
    cohorts = dict.fromkeys(cohort for cohort, _, _ in estimates)
    rows = []
    for cohort, endpoint, model in itertools.product(cohorts, study.endpoints, study.models):
        row = {"cohort": cohort, "signature": "IFN", "method": "zscore", "endpoint": endpoint, "model": model}
        if (cohort, endpoint, model) in estimates:
            n, n_events, log_hr, se = estimates[cohort, endpoint, model]
            half = norm.ppf(0.975) * se
            row |= {"n": n, "n_events": n_events, "log_hr": log_hr, "se": se, "status": "ok", **more}
            row |= {"ci_low": log_hr - half, "ci_high": log_hr + half, "p": 2 * norm.sf(abs(log_hr / se))}
        else:
            row |= {"status": "not_available", "reason": f"the cohort has no endpoint {endpoint}"}
        rows.append(row)
    made = ASSOCIATIONS.cast(pd.DataFrame(rows, columns=ASSOCIATIONS.names))
    ASSOCIATIONS.check(made, "made by the test")
    return made


def judged(
    associations: pd.DataFrame, study: SimpleNamespace, pooled_null: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Pooled, judged, and checked against the contract."""
    pooled = pool_associations(associations, ROLES, config=study)
    verdicts = judge(pooled, associations, ROLES, study, pooled_null)
    VERDICT.check(verdicts, "verdict")
    return verdicts.set_index("endpoint", drop=False)


# The three cohorts of the default run: interferon mean per SD, unadjusted and adjusted for proliferation.
DEFAULT = {
    ("gse3143", "death", "unadjusted"): (158, 50, math.log(1.0442793), 0.1494),
    ("gse3143", "death", "proliferation"): (158, 50, math.log(0.9014085), 0.1671),
    ("gse4335", "death", "unadjusted"): (115, 38, math.log(0.9699377), 0.1768),
    ("gse4335", "death", "proliferation"): (115, 38, math.log(0.8977572), 0.1793),
    ("gse1992", "relapse", "unadjusted"): (124, 35, math.log(0.9971336), 0.1725),
    ("gse1992", "relapse", "proliferation"): (124, 35, math.log(0.9270054), 0.1704),
}
SIMULATED = {
    ("made", "bone", "unadjusted"): (300, 90, -0.30, 0.11),
    ("made", "bone", "proliferation"): (300, 90, -0.44, 0.12),
    ("made", "death", "unadjusted"): (300, 90, -3.0, 0.01),
    ("made", "death", "proliferation"): (300, 90, -3.0, 0.01),
}


def test_the_default_run_finds_no_evidence():
    verdicts = judged(table(DEFAULT | SIMULATED), config())
    death, relapse, bone = (verdicts.loc[name] for name in ("death", "relapse", "bone"))
    assert (death["verdict"], death["rule"], death["is_primary"]) == ("no evidence", "R4", True)
    assert (death["k"], death["n"], death["n_events"], death["events_needed"]) == (2, 273, 88, 62)
    assert 0.97 < death["hr"] < 1.05 and death["hr_low"] < 0.3 and death["hr_high"] > 3.5
    assert 0.89 < death["adjusted_hr"] < 0.91
    assert "With two cohorts" in death["rule_text"]
    assert death["average_low"] > 0.79 and death["average_high"] < 1.27
    assert "(95 % interval 0.81 to 1.27), which excludes a hazard ratio of 0.70" in death["rule_text"]
    assert death["rule_text"].endswith("This is about death and says nothing of bone metastasis.")
    assert (relapse["verdict"], relapse["rule"], relapse["k"]) == ("too little data", "R2", 1)
    assert (bone["verdict"], bone["rule"], bone["k"]) == ("too little data", "R1", 0)
    assert bone["rule_text"] == (
        "No real cohort in this run records bone metastasis; the simulated one does not count."
    )
    assert headline(verdicts) == "Death: no evidence. Bone metastasis: too little data."


def test_a_simulated_cohort_changes_no_number():
    without, with_it = judged(table(DEFAULT), config()), judged(table(DEFAULT | SIMULATED), config())
    said = ["rule_text"]
    pd.testing.assert_frame_equal(without.drop(columns=said), with_it.drop(columns=said))
    assert without.loc["bone", "rule_text"] == "No real cohort in this run records bone metastasis."
    assert without.loc["death", "rule_text"] == with_it.loc["death", "rule_text"]


STRONG = {
    (cohort, "death", model): (400, 120, log_hr, 0.09)
    for cohort, log_hr in (("gse3143", -0.36), ("gse4335", -0.40), ("gse1992", -0.38))
    for model in ("unadjusted", "proliferation")
}


def test_a_strong_effect_in_three_cohorts_and_its_mirror():
    verdicts = judged(table(STRONG), config())
    assert verdicts.loc["death", "verdict"] == "supported"
    assert verdicts.loc["death", "hr_high"] < 1
    mirror = {key: (n, events, -log_hr, se) for key, (n, events, log_hr, se) in STRONG.items()}
    turned_round = judged(table(mirror), config())
    assert turned_round.loc["death", "verdict"] == "contradicted"
    assert turned_round.loc["death", "hr"] == pytest.approx(1 / verdicts.loc["death", "hr"])


def test_another_endpoint_answers_to_q():
    verdicts = judged(table(STRONG), config(endpoint="bone"))
    assert verdicts.loc["death", "q"] <= 0.05
    assert (verdicts.loc["death", "is_primary"], verdicts.loc["death", "verdict"]) == (False, "supported")
    assert headline(verdicts) == "Bone metastasis: too little data."


@pytest.mark.parametrize(("percentile", "rule"), [(0.0005, "R12"), (0.9995, "R11")])
def test_an_effect_that_random_signatures_exceed_is_not_specific(percentile, rule):
    found = judged(table(STRONG, null_p=0.001, null_percentile=percentile), config()).loc["death"]
    assert found["rule"] == rule


@pytest.mark.parametrize(("percentile", "rule"), [(0.001, "R12"), (0.999, "R11")])
def test_the_pooled_null_goes_before_that_of_the_cohorts(percentile, rule):
    associations = table(STRONG, null_p=0.9)
    null = pd.DataFrame(
        {
            "signature": ["IFN"], "method": "zscore", "endpoint": "death", "model": "unadjusted",
            "status": "ok", "log_hr": [-0.4], "null_percentile": [percentile], "null_p": [0.002],
        }
    )  # fmt: skip
    found = judged(associations, config(), pooled_null=null).loc["death"]
    assert (found["rule"], found["null_p"]) == (rule, 0.002 if rule == "R12" else 1.0)


def test_null_p_of_the_cohorts_decides_when_it_is_there():
    good, bad = (judged(table(STRONG, null_p=p), config()).loc["death"] for p in (0.001, 0.2))
    assert (good["verdict"], bad["verdict"], bad["rule"]) == ("supported", "not specific", "R11")
    assert (good["null_p"], bad["null_p"]) == (pytest.approx(0.0015), pytest.approx(0.3))
    # a cohort that is extreme on the other side counts against
    split = table(STRONG, null_p=0.001)
    split.loc[split["cohort"] == "gse1992", ["log_hr", "ci_low", "ci_high"]] = [0.1, -0.1, 0.3]
    assert judged(split, config()).loc["death", "null_p"] == pytest.approx(0.0015)
    split.loc[split["cohort"] == "gse4335", ["log_hr", "ci_low", "ci_high"]] = [0.1, -0.1, 0.3]
    assert judged(split, config()).loc["death", "null_p"] == 1


def test_without_an_adjusted_model_nothing_is_supported():
    study = config(models=("unadjusted",))
    unadjusted = {key: value for key, value in STRONG.items() if key[2] == "unadjusted"}
    death = judged(table(unadjusted, study=study), study).loc["death"]
    assert (death["verdict"], death["rule"], death["adjusted_k"]) == ("too little data", "R8", 0)
    assert "this run does not fit the adjusted model" in death["rule_text"]
    study = config(model="proliferation")
    death = judged(table(STRONG, study=study), study).loc["death"]
    assert death["verdict"] == "supported" and death["hr"] == death["adjusted_hr"]


def test_an_interval_beyond_the_largest_float_is_infinite_not_a_warning():
    wide = {
        (cohort, "death", model): (20, 6, log_hr, 40.0)
        for cohort, log_hr in (("gse3143", -60.0), ("gse4335", 60.0))
        for model in ("unadjusted", "proliferation")
    }
    death = judged(table(wide), config()).loc["death"]
    assert (death["hr_low"], death["hr_high"]) == (pytest.approx(0, abs=1e-100), math.inf)
    assert "< 0.001 to > 1000" in death["rule_text"]


def test_the_verdict_survives_its_file(tmp_path):
    verdicts = judged(table(DEFAULT | SIMULATED), config())
    VERDICT.write(verdicts, tmp_path / "verdict.tsv")
    again = VERDICT.read(tmp_path / "verdict.tsv")
    pd.testing.assert_frame_equal(again, verdicts.reset_index(drop=True), rtol=1e-12)
    assert "Bone metastasis was not among" in headline(again[again["endpoint"] != "bone"])


def test_a_pooled_table_of_another_config_is_refused():
    associations = table(DEFAULT)
    pooled = pool_associations(associations, ROLES, config=config())
    with pytest.raises(InputError, match=r"IFN / zscore / bone / clinical"):
        judge(pooled, associations, ROLES, config(model="clinical"))


def test_the_planted_effect_is_looked_for_in_the_adjusted_model():
    rows = simulated_check(
        table(DEFAULT | SIMULATED), {"made": {"bone": -0.5, "death": -0.5, "relapse": 0.0}}, config=config()
    ).set_index("endpoint")
    bone = rows.loc["bone"]
    assert (bone["model"], bone["planted_log_hr"], bone["log_hr"]) == ("proliferation", -0.5, -0.44)
    assert bone["inside"] is True or bone["inside"] == np.True_
    assert rows.loc["death", "inside"] == np.False_
    assert rows.loc["relapse", "status"] == "not_available" and pd.isna(rows.loc["relapse", "inside"])
    study = config(models=("unadjusted",))
    unadjusted = {key: value for key, value in SIMULATED.items() if key[2] == "unadjusted"}
    absent = simulated_check(table(unadjusted, study=study), {"made": {"bone": -0.5}}, config=study).iloc[0]
    assert (absent["status"], absent["reason"]) == (
        "not_available",
        "this run does not fit the adjusted model",
    )
    assert pd.isna(absent["inside"])


def test_the_average_by_hand():
    fits = pd.DataFrame({"log_hr": [0.0, 0.6], "se": [0.1, 0.2]})
    average, p = average_effect(fits)
    # weights 100 and 25: mean 0.12, standard error 1 / sqrt(125); Q = 100 0.12^2 + 25 0.48^2 = 7.2 on 1
    assert average.log_hr == pytest.approx(0.12, rel=1e-12)
    assert average.high - average.low == pytest.approx(2 * 1.959963984540054 / math.sqrt(125), rel=1e-12)
    assert p == pytest.approx(2 * norm.sf(math.sqrt(7.2)), rel=1e-9)


def test_the_average_of_one_cohort_and_of_none():
    one, p = average_effect(pd.DataFrame({"log_hr": [0.3], "se": [0.1]}))
    assert (one.k, one.log_hr) == (1, pytest.approx(0.3)) and math.isnan(p)
    none, p = average_effect(pd.DataFrame({"log_hr": [], "se": []}))
    assert none.k == 0 and math.isnan(none.log_hr) and math.isnan(p)
