"""From tables to verdicts: which cohorts, which word, which codes; demonstrations; and what is planned."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from madeup import claim
from madeup import study as made
from numpy.testing import assert_allclose

from irf7bone.base.vocabulary import (
    CONTRADICTED,
    NO_DATA,
    NO_EFFECT,
    ONE_COHORT,
    SMALLER,
    SUPPORTED,
    TOO_LITTLE,
    WITHHELD,
)
from irf7bone.tables.claim import CLAIM_MODEL_NAMES
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import SITES
from irf7bone.tables.verdict import CHANCES, EXPLORATORY, FRAGILITY, SITE_CONTRAST, VERDICT, VERDICT_MODELS
from irf7bone.verdict.evidence import MODELS, Evidence, Reading, not_judged
from irf7bone.verdict.fragility import fragility
from irf7bone.verdict.judge import headline, judge, rules_table, simulated_check
from irf7bone.verdict.planning import chance_to_decide, cohorts_needed, events_needed
from irf7bone.verdict.rules import Decision
from irf7bone.verdict.sentences import NamedCohorts, hr_words, probability, say

NAMED = (made.PRIMARY, "relapse")


def config(**changes):
    chosen = {"endpoints": ("relapse", "death"), **changes}
    selected = made.config().signatures
    chosen.setdefault("signatures", type(selected)((made.PRIMARY, "IRF7", made.PROLIFERATION), (), 0.6))
    return made.config(**chosen)


def cohorts(names: list[str], **facts: dict) -> pd.DataFrame:
    """The cohorts' table; ``facts`` replaces columns of a cohort."""
    rows = [
        {
            **dict.fromkeys(COHORTS.names),
            "cohort": name,
            "title": name,
            "role": "validation",
            "samples_in_file": 120,
            "dropped": "none",
            "n": 120,
            "genes": 9000,
            "endpoint": endpoint,
            "sampled_by_outcome": None,
            **facts.get(name, {}),
        }
        for name in names
        for endpoint in ("relapse", "death")
    ]
    return COHORTS.cast(pd.DataFrame(rows))


def judged(
    log_hr: list[float],
    events: list[int],
    *,
    settings=None,
    facts: dict | None = None,
    duplicates: pd.DataFrame | None = None,
    control: float = 0.45,
    without: tuple[str, ...] = (),
    signature: str = made.PRIMARY,
    **changed,
):
    """Judge cohorts of these effects; ``without`` leaves out models, ``changed`` replaces columns."""
    settings = settings or config()
    names = [f"cohort{number}" for number in range(len(log_hr))]
    rows = []
    for name, effect, many in zip(names, log_hr, events, strict=True):
        for endpoint in settings.endpoints:
            for one in settings.signatures.select:
                for model in CLAIM_MODEL_NAMES:
                    about = (name, one, endpoint, model)
                    if (one, endpoint) != (signature, "relapse") or model in without:
                        rows.append(claim.absent_row(*about, "said in the test"))
                    else:
                        counts = {"n": 3 * many, "n_events": many}
                        rows.append(claim.claim_row(*about, effect, 1 / math.sqrt(many), **counts, **changed))
    controls = claim.claim_controls(names, list(settings.endpoints), control)
    table = cohorts(names, **(facts or {}))
    return claim.judge_tables(claim.claim_models(rows), controls, table, settings, duplicates=duplicates)


def primary(*arguments, **others) -> pd.Series:
    verdict = judged(*arguments, **others)[2].verdict
    VERDICT.check(verdict, "made-up verdict")
    return verdict[verdict["is_primary"]].iloc[0]


def codes(row: pd.Series) -> set[str]:
    return {code for kind in ("hard", "soft") if not pd.isna(row[kind]) for code in row[kind].split(",")}


STRONG = ([-0.45, -0.4, -0.5, -0.42, -0.38], [60] * 5)
NOTHING = ([0.02, -0.03, 0.0, 0.04, -0.01], [150] * 5)


def test_words_of_plain_studies():
    assert primary(*STRONG)["verdict"] == SUPPORTED
    assert primary([-effect for effect in STRONG[0]], STRONG[1])["verdict"] == CONTRADICTED
    assert primary(*NOTHING)["verdict"] == NO_EFFECT
    assert primary([-0.1, 0.2], [20, 20])["verdict"] == TOO_LITTLE
    assert primary([-0.9], [60])["verdict"] == ONE_COHORT
    assert primary([-0.1], [20])["verdict"] == TOO_LITTLE


def test_numbers_are_those_of_the_pool_and_the_words_say_them():
    row = primary(*STRONG)
    models = judged(*STRONG)[2].models
    own = models[(models["signature"] == made.PRIMARY) & (models["endpoint"] == "relapse")].set_index("model")
    assert row["hr"] == pytest.approx(math.exp(own.loc["claim", "bayes_log_hr"]))
    assert row["random_high"] == pytest.approx(math.exp(own.loc["random", "bayes_high"]))
    assert row["p"] == own.loc["claim", "p"]
    assert f"{row['hr']:.2f} (95 % interval {row['hr_low']:.2f} to {row['hr_high']:.2f})" in row["lead"]
    assert (row["k"], row["n"], row["n_events"]) == (5, 900, 300)


@pytest.mark.parametrize("study", [STRONG, NOTHING, ([-0.1, 0.2], [20, 20]), ([-0.9], [60])])
def test_sentences_are_whole(study):
    row = primary(*study)
    said = f"{row['lead']} {row['details']}"
    assert row["lead"].endswith(".") and row["details"].endswith(".")
    assert ("lies below 1 with probability 0." in said) == (row["k"] > 1)
    assert ("One cohort shows an effect" in said) == (row["verdict"] == ONE_COHORT)


def test_a_single_cohort_keeps_its_own_interval():
    row = primary([-0.9], [60])
    error = claim.WIDER["claim"] / math.sqrt(60)
    assert_allclose(
        [row["hr_low"], row["hr_high"]], np.exp([-0.9 - 1.959964 * error, -0.9 + 1.959964 * error])
    )


def with_failed(study, endpoints: tuple[str, ...], **others) -> pd.Series:
    """The primary row where a cohort with these endpoints failed."""
    tables, contrast, _ = judged(*study, **others)
    lost = replace(tables, failed={"lost": endpoints})
    verdict = judge(lost, contrast, config=config(), controls=[made.PROLIFERATION], studies=60).verdict
    VERDICT.check(verdict, "made-up verdict")
    return verdict[verdict["is_primary"]].iloc[0]


@pytest.mark.parametrize("without", [(), CLAIM_MODEL_NAMES], ids=["some", "no data"])
@pytest.mark.parametrize("study", [STRONG, NOTHING, ([-0.9], [60])])
def test_a_cohort_that_failed_withholds_what_its_endpoints_would_say(study, without):
    row = with_failed(study, ("relapse", "death"), without=without)
    assert (row["verdict"], row["rule"]) == (WITHHELD, "cohorts_failed")
    assert (
        "cohorts_failed" in row["hard"].split(",") and "Withheld because: jobs of a cohort" in row["details"]
    )
    assert row["lead"].endswith(".") and row["details"].endswith(".")
    elsewhere = with_failed(study, ("death",), without=without)
    assert "cohorts_failed" not in codes(elsewhere) and elsewhere["verdict"] != WITHHELD


def pairs(status: str, *names: tuple[str, str]) -> pd.DataFrame:
    rows = [(one, other, "GSM123456", "profile", status) for one, other in names]
    return pd.DataFrame(rows, columns=["cohort", "other_cohort", "sample", "evidence", "status"])


def test_the_same_cohort_three_times_is_withheld():
    copies = pairs("copy", ("cohort0", "cohort1"), ("cohort0", "cohort2"), ("cohort1", "cohort2"))
    row = primary([-0.6] * 3, [60] * 3, duplicates=copies)
    assert (row["verdict"], row["hard"]) == (WITHHELD, "overlap_suspected")
    assert primary([-0.6] * 3, [60] * 3)["verdict"] == SUPPORTED


def test_cohorts_that_share_patients_but_no_endpoint_stand():
    """Overlap counts within one pool: the copy has no estimate for this endpoint."""
    settings = config()
    copy = pairs("copy", ("cohort0", "elsewhere"))
    assert primary(*STRONG, settings=settings, duplicates=copy)["verdict"] == SUPPORTED


@pytest.mark.parametrize("k", [5, 10])
def test_a_small_effect_with_650_events_is_smaller(k):
    """The p of the average is below 1e-4: neither nothing, nor of the size looked for."""
    effects = np.log([0.85, 0.84, 0.86, 0.83, 0.87] * (k // 5)).tolist()
    assert primary(effects, [650 // k] * k)["verdict"] == SMALLER
    error = claim.WIDER["claim"] / math.sqrt(650)
    assert math.erfc(-np.mean(effects) / error / math.sqrt(2)) < 1e-4


def test_a_strong_effect_in_disagreeing_cohorts():
    row = primary(np.log([0.35, 0.6, 0.75, 0.45, 0.6]).tolist(), [60] * 5)
    assert row["verdict"] == SUPPORTED
    assert row["further_high"] > row["hr_high"]


def test_a_null_that_was_not_drawn_says_so():
    row = primary(*STRONG, without=("random", "random_calibrated"))
    assert row["verdict"] == TOO_LITTLE
    assert {"null_not_drawn", "specificity_open"} <= codes(row)
    assert row["k"] == 5 and pd.isna(row["random_hr"])


def test_a_cohort_that_lacks_one_model_leaves_every_pool():
    settings = config()
    tables, _, _ = judged(*STRONG, settings=settings)
    models = tables.models.copy()
    lost = (models["cohort"] == "cohort0") & (models["model"] == "calibrated") & (models["status"] == "ok")
    models.loc[lost, ["log_hr", "se", "ci_low", "ci_high", "p"]] = np.nan
    models.loc[lost, ["status", "reason"]] = ["not_available", "confounding not separable"]
    names = [f"cohort{number}" for number in range(5)]
    controls = claim.claim_controls(names, ["relapse", "death"])
    _, _, found = claim.judge_tables(models, controls, cohorts(names), settings)
    own = found.models[(found.models["signature"] == made.PRIMARY) & (found.models["endpoint"] == "relapse")]
    assert own["k"].tolist() == [4] * 6
    row = found.verdict[found.verdict["is_primary"]].iloc[0]
    assert row["cohorts"] == "cohort1,cohort2,cohort3,cohort4"
    assert "not_every_cohort" in row["soft"].split(",")
    whole = primary(*STRONG)
    assert pd.isna(whole["soft"]) or "not_every_cohort" not in whole["soft"]


def test_who_is_not_judged_is_named_with_the_first_model_that_lacks():
    models = claim.claim_models(
        [
            claim.claim_row(name, made.PRIMARY, "relapse", model, -0.3, 0.2)
            if model in there
            else claim.absent_row(name, made.PRIMARY, "relapse", model, "said in the test")
            for name, there in (("a", CLAIM_MODEL_NAMES), ("b", ("unadjusted",)), ("c", ()))
            for model in CLAIM_MODEL_NAMES
        ]
    )
    assert not_judged(models, ["a"]) == {"b": "proliferation"}


def test_cohorts_chosen_by_outcome_and_discovery_are_never_pooled():
    selected = {"cohort0": {"selected_on_outcome": "true"}, "cohort1": {"role": "discovery"}}
    row = primary(*STRONG, facts=selected)
    assert row["cohorts"] == "cohort2,cohort3,cohort4"
    alone = {f"cohort{number}": {"selected_on_outcome": "true"} for number in range(5)}
    assert primary(*STRONG, facts=alone)["verdict"] == NO_DATA


def test_nearly_all_events_ask_the_card():
    tables, _, _ = judged(*STRONG)
    models = tables.models.copy()
    models.loc[models["cohort"].eq("cohort0") & models["status"].eq("ok"), ["n", "n_events"]] = [61, 60]
    names = [f"cohort{number}" for number in range(5)]
    controls = claim.claim_controls(names, ["relapse", "death"])

    def word(stated):
        table = cohorts(names, cohort0={"selected_on_outcome": stated})
        found = claim.judge_tables(models, controls, table, config())[2].verdict
        return found[found["is_primary"]].iloc[0]

    assert (word(None)["verdict"], word(None)["hard"]) == (WITHHELD, "selected_on_outcome")
    assert word("false")["verdict"] == SUPPORTED
    assert word("true")["k"] == 4


def test_cohorts_without_er_withhold():
    row = primary(*STRONG, er="none")
    assert (row["verdict"], row["hard"]) == (WITHHELD, "unadjusted_er")
    assert primary(*STRONG, er="restricted")["verdict"] == SUPPORTED


def test_control_and_change_stop_no_effect():
    row = primary(*NOTHING, control=0.0)
    assert (row["verdict"], row["hard"]) == (WITHHELD, "control_failed")
    changing = primary(*NOTHING, change=-0.5, change_se=0.2)
    assert (changing["verdict"], changing["hard"]) == (WITHHELD, "non_proportional")
    assert "control_failed" in primary(*STRONG, control=0.0)["soft"]


def test_sampled_by_outcome_tests_but_tells_no_size():
    sampled = {name: {"sampled_by_outcome": "those with it, and others"} for name in ("cohort0", "cohort1")}
    row = primary(*STRONG, facts=sampled)
    assert row["verdict"] == SUPPORTED
    assert "sampled_by_outcome" in row["soft"]
    every = {f"cohort{number}": {"sampled_by_outcome": "those with it, and others"} for number in range(5)}
    assert primary(*NOTHING, facts=every)["verdict"] == TOO_LITTLE


def with_er(kinds: dict[str, str]) -> pd.Series:
    """The primary row where ER was adjusted for in these ways."""
    tables, contrast, _ = judged(*STRONG)
    models = tables.models.assign(er=tables.models["cohort"].map(lambda name: kinds.get(name, "status")))
    changed = replace(tables, models=models)
    found = judge(changed, contrast, config=config(), controls=[made.PROLIFERATION], studies=60).verdict
    return found[found["is_primary"]].iloc[0]


def test_the_sentence_says_where_er_is_not_its_status():
    assert "adjusted for proliferation and ER, is " in with_er({})["lead"]
    said = with_er({"cohort0": "expression", "cohort3": "expression", "cohort1": "restricted"})["lead"]
    assert (
        "adjusted for proliferation and ER (by ESR1 expression in place of ER status in cohort0 and cohort3; "
        "without ER as a covariate in cohort1, where all but fewer than five tumours have one ER status), is "
    ) in said
    assert (
        "(not for ER in cohort2, without a usable ER status or ESR1), is "
        in with_er({"cohort2": "none"})["lead"]
    )


def test_a_reservation_in_the_details_names_the_cohorts_chosen_by_outcome():
    sampled = {name: {"sampled_by_outcome": "those with it, and others"} for name in ("cohort1", "cohort4")}
    assert (
        "patients of cohort1 and cohort4 were chosen by this outcome"
        in primary(*STRONG, facts=sampled)["details"]
    )


def test_no_model_is_said_to_show_or_exclude_what_none_does():
    wide = ([-0.1, 0.2], [20, 20])
    said = primary(*wide)["details"]
    assert said.startswith(
        "No model shows an effect, and none excludes one of the size looked for (hazard ratio"
    )
    assert "random scores the hazard ratio is " in said and " it is " not in said
    # only the unadjusted model shows an effect, and one model excludes the size looked for
    models = {name: Reading(-0.2, -int(name == "unadjusted"), 0.2, 0.9) for name in MODELS}
    sized = {**models, "proliferation": Reading(0.0, 0, 0.01, 0.99)}
    evidence = Evidence(True, True, 2, models, sized)
    row, settings = primary(*wide), config().verdict
    _, some = say(row, evidence, Decision(TOO_LITTLE, "open"), settings, NamedCohorts())
    assert some.startswith(
        "An effect is not shown in every model, and one of the size looked for (hazard ratio"
    )
    assert "or higher) is not excluded in every model." in some


def test_other_signatures_are_exploratory_and_need_their_q():
    found = judged(*STRONG, signature="IRF7", p=0.001)[2].exploratory
    EXPLORATORY.check(found, "made-up exploratory")
    row = found[(found["signature"] == "IRF7") & (found["endpoint"] == "relapse")].iloc[0]
    # mKH p of the pool, the only one of its family
    assert row["q"] == pytest.approx(row["p"])
    assert row["verdict"] == (SUPPORTED if row["p"] <= 0.05 else TOO_LITTLE)
    assert "Exploratory" in row["details"]


def test_positive_controls_are_no_family():
    settings = config(proliferation_signature="IRF7")
    found = judged(*STRONG, signature="IRF7", settings=settings)[2].exploratory
    row = found[(found["signature"] == "IRF7") & (found["endpoint"] == "relapse")].iloc[0]
    assert math.isnan(row["q"])


def test_every_planned_result_has_a_row():
    tables, contrast, found = judged(*STRONG)
    settings = config()
    planned = len(settings.endpoints) * len(settings.signatures.select)
    assert len(found.verdict) + len(found.exploratory) == planned
    assert len(found.models) == planned * len(CLAIM_MODEL_NAMES)
    for table, contract in (
        (found.models, VERDICT_MODELS),
        (found.chances, CHANCES),
        (contrast, SITE_CONTRAST),
    ):
        contract.check(table, contract.name)
    weak_points = fragility(tables, config=settings)
    FRAGILITY.check(weak_points, "fragility")
    assert len(weak_points) == planned


def fragile(log_hr: list[float], events: list[int]) -> pd.Series:
    table = fragility(judged(log_hr, events)[0], config=config())
    return table.set_index(["endpoint", "signature"]).loc[("relapse", made.PRIMARY)]


def test_fragility_of_a_study():
    row = fragile(*STRONG)
    # r -0.2, b_p 0.4: the effect is far larger than what noise in proliferation could make
    assert row["vanishing_reliability"] < 0.25
    assert row["e_value"] > row["e_value_interval"] > 1
    assert row["least_left_out"] > 0.99
    assert 0.5 < fragile([-0.04] * 5, [150] * 5)["vanishing_reliability"] < 1


def test_a_cohort_whose_effect_carries_the_pool_is_named():
    assert fragile([-1.0, -0.1, -0.05], [150, 150, 150])["left_out"] == "cohort0"


def test_chances_of_this_run():
    chances = judged(*STRONG)[2].chances
    assert set(chances["true_hr"]) == {1.0, 0.7}
    sums = chances.groupby(["endpoint", "true_hr"])["share"].sum()
    assert_allclose(sums, 1)
    supported = chances[chances["verdict"] == SUPPORTED].set_index("true_hr")["share"]
    assert supported[1.0] < 0.1 < 0.5 < supported[0.7]


def test_headline():
    verdict = judged(*STRONG)[2].verdict
    said = headline(verdict)
    assert said == "Relapse: supported. Bone metastasis was not among the endpoints of this run."


def test_rules_table_is_in_order():
    table = rules_table()
    assert list(table["rule"][:2]) == ["cohorts_failed", "no_data"] and table["rule"].iloc[-1] == "open"
    assert list(table) == ["rule", "when", "verdict"]


def site_rows(log_bone: float, log_other: float, many: int) -> pd.DataFrame:
    rows = []
    for number in range(4):
        for contrast, estimate, spread in (
            ("bone", log_bone, 1.0),
            ("other", log_other, 1.0),
            ("bone_minus_other", log_bone - log_other, math.sqrt(2)),
        ):
            error = spread / math.sqrt(many)
            rows.append(
                {
                    **dict.fromkeys(SITES.names),
                    "cohort": f"cohort{number}",
                    "signature": made.PRIMARY,
                    "method": "zscore",
                    "model": "proliferation_er",
                    "contrast": contrast,
                    "scale": "log_hr_difference" if contrast == "bone_minus_other" else "log_hr",
                    "n": 300,
                    "n_events": many,
                    "n_other": many,
                    "estimate": estimate,
                    "se": error,
                    "ci_low": estimate - 1.96 * error,
                    "ci_high": estimate + 1.96 * error,
                    "p": 0.5,
                    "status": "ok",
                }
            )
    return SITES.cast(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("bone", "other", "many", "word"),
    [
        (-0.5, 0.0, 120, "bone-specific"),
        (0.5, 0.0, 120, "bone-specific"),
        (-0.4, -0.4, 400, "any site"),
        (0.4, 0.4, 400, "any site"),
        (0.0, -0.5, 120, "undecided"),
        (-0.2, -0.2, 20, "undecided"),
    ],
)
def test_bone_or_any_site(bone, other, many, word):
    settings = config(models=("unadjusted", "proliferation_er"))
    tables = judged(*STRONG, settings=settings)[0]
    found = claim.judge_tables(
        tables.models,
        tables.controls,
        cohorts([f"cohort{number}" for number in range(5)]),
        settings,
        sites=site_rows(bone, other, many),
    )[1].set_index("signature")
    row = found.loc[made.PRIMARY]
    assert row["word"] == word
    assert row["ratio"] == pytest.approx(math.exp(bone - other))
    assert (row["k"], row["n_events"], row["n_other"]) == (4, 4 * many, 4 * many)
    assert found.loc["IRF7", "word"] == "not defined"


def test_planted_effect_is_looked_for_adjusted_for_proliferation():
    fitted = pd.DataFrame(
        {
            "cohort": "made",
            "signature": made.PRIMARY,
            "method": "zscore",
            "endpoint": ["bone", "death"],
            "model": "proliferation",
            "log_hr": [-0.44, 0.2],
            "ci_low": [-0.8, 0.1],
            "ci_high": [-0.1, 0.3],
            "status": "ok",
            "reason": None,
        }
    )
    rows = simulated_check(
        fitted, {"made": {"bone": -0.5, "death": -0.5, "relapse": 0.0}}, config=config()
    ).set_index("endpoint")
    assert bool(rows.loc["bone", "inside"]) and not bool(rows.loc["death", "inside"])
    assert rows.loc["relapse", "status"] == "not_available" and pd.isna(rows.loc["relapse", "inside"])


def test_events_needed_by_hand():
    # (1.959964 + 0.841621)^2 / log(0.7)^2 = 61.7
    assert events_needed(0.7, 0.8) == 62
    assert events_needed(1 / 0.7, 0.8) == 62
    assert events_needed(0.5, 0.9) == 22


def test_cohorts_needed():
    assert chance_to_decide([], 0.7, 0.5) == 0
    few, many = chance_to_decide([40, 40], 0.7, 0.5), chance_to_decide([40] * 8, 0.7, 0.5)
    assert few < 0.1 < 0.9 < many
    more = cohorts_needed([40, 40], 40, 0.7, 0.8, 0.5)
    assert more is not None and chance_to_decide([40] * (2 + more), 0.7, 0.5) >= 0.8
    assert chance_to_decide([40] * (1 + more), 0.7, 0.5) < 0.8
    assert cohorts_needed([150] * 8, 40, 0.7, 0.8, 0.5) == 0


def test_hazard_ratios_never_round_onto_one():
    assert hr_words(0.9999) == "0.9999"
    assert hr_words(1.00001) == "1 + 1e-05"
    assert hr_words(1.0) == "1.00"


@pytest.mark.parametrize(
    ("value", "said"), [(0.5, "0.50"), (0.9995, "over 0.99"), (0.997, "0.997"), (0.0001, "under 0.01")]
)
def test_probabilities_are_never_certain(value, said):
    assert probability(value) == said
