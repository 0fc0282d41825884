"""Effects within subtypes: who is in which, planted differences, and what is never fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings

from irf7bone.base.vocabulary import BY_CARD, HER2_POSITIVE, TRIPLE_NEGATIVE
from irf7bone.figures.outcome_panels import subtype_table
from irf7bone.harmonise.endpoints import as_categories, build_fields
from irf7bone.outcome.by_subtype import associate_by_subtype, members
from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.by_er import pool_by_er
from irf7bone.pool.pool_subtypes import pool_by_subtype
from irf7bone.report.sections.subtypes_section import subtype_sentence
from irf7bone.study.planned_subtypes import PlannedSubtype
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.outcome import SUBTYPE_ASSOCIATIONS
from irf7bone.tables.pooled import SUBTYPE_POOLED

CONFIG = settings(
    signatures=SignatureSettings(("IFN",), (), 0.5),
    endpoints=("bone",),
    primary=Primary("IFN", "zscore", "bone", "unadjusted"),
    min_events=10,
)
SUBTYPES = tuple(PlannedSubtype(name, BY_CARD) for name in (HER2_POSITIVE, TRIPLE_NEGATIVE, "luminal A"))


def cohort(seed: int = 0, n: int = 400, inside: float = -0.8, others: float = 0.3):
    """The score protects in triple-negative tumours alone."""
    random = np.random.default_rng(seed)
    receptors = {
        name: np.where(random.random(n) < share, "positive", "negative")
        for name, share in (("er", 0.5), ("pr", 0.4), ("her2", 0.2))
    }
    negative = np.logical_and.reduce([values == "negative" for values in receptors.values()])
    score = random.normal(size=n)
    score = (score - score.mean()) / score.std(ddof=1)
    clock = random.exponential(60 * np.exp(-np.where(negative, inside, others) * score))
    end = random.uniform(20, 120, n)
    samples = [f"S{i:03d}" for i in range(n)]
    obs = pd.DataFrame(
        {name: pd.Categorical(values, ["negative", "positive"]) for name, values in receptors.items()},
        index=samples,
    )
    obs["subtype"] = pd.Categorical(np.where(random.random(n) < 0.02, "luminal A", "basal-like"))
    obs["bone_time_months"] = np.minimum(clock, end)
    obs["bone_event"] = (clock <= end).astype(float)
    scores = pd.DataFrame({"sample": samples, "signature": "IFN", "method": "zscore", "score_z": score})
    return obs, scores.assign(status="ok", reason=None)


def run(obs: pd.DataFrame, scores: pd.DataFrame, name: str = "a") -> pd.DataFrame:
    table = associate_by_subtype(FitPlan(name, obs, scores, config=CONFIG), SUBTYPES)
    SUBTYPE_ASSOCIATIONS.check(table, "subtypes")
    return table.set_index(["subtype", "stratum"])


def test_who_is_of_which_subtype():
    obs = pd.DataFrame(
        {
            "er": ["negative", "negative", "positive", "negative", None],
            "pr": ["negative", None, None, "negative", "negative"],
            "her2": ["negative", "negative", "negative", "positive", "negative"],
            "subtype": ["basal-like", "luminal A", None, "luminal A", "luminal A"],
        }
    )
    inside, others, unknown = members(obs, TRIPLE_NEGATIVE)
    # the second has no PR, the last no ER: they may be or may not be
    assert inside.tolist() == [True, False, False, False, False] and unknown is None
    assert others.tolist() == [False, False, True, True, False]
    assert members(obs, HER2_POSITIVE)[0].tolist() == [False, False, False, True, False]
    inside, others, _ = members(obs, "luminal A")
    assert inside.tolist() == [False, True, False, True, True]
    assert others.tolist() == [True, False, False, False, False]
    _, _, unknown = members(obs.drop(columns="pr"), TRIPLE_NEGATIVE)
    assert str(unknown) == "the cohort does not record pr"


def test_a_stratum_below_the_fewest_events_is_never_fitted():
    table = run(*cohort())
    row = table.loc[("luminal A", "inside")]
    assert row["status"] == "too_few_events" and "10 needed" in row["reason"] and pd.isna(row["log_hr"])
    assert table.loc[("luminal A", "others"), "status"] == "ok"
    fitted = table[table["status"] == "ok"]
    assert (fitted["n_events"] >= 10).all()


def test_a_cohort_without_the_fields_says_so():
    obs, scores = cohort()
    table = run(obs.drop(columns=["her2", "subtype"]), scores)
    assert set(table["status"]) == {"not_available"}
    assert table.loc[(TRIPLE_NEGATIVE, "inside"), "reason"] == "the cohort does not record her2"
    assert set(table["reason_code"]) == {"fields_not_recorded"}


def test_her2_is_fitted_as_er_is():
    """The same column under the other's name gives the same numbers, in cohorts and pooled."""
    roles = {"a": "validation", "b": "validation"}
    parts = {name: cohort(seed) for seed, name in enumerate(roles)}
    by_her2 = pd.concat([run(*data, name).reset_index() for name, data in parts.items()])
    renamed = {
        name: (obs.assign(er=obs["her2"].cat.set_categories(["negative", "positive"])), scores)
        for name, (obs, scores) in parts.items()
    }
    by_er = pd.concat(
        [associate_by_er(FitPlan(name, *data, config=CONFIG)) for name, data in renamed.items()]
    )
    pooled = pool_by_subtype(by_her2, roles, config=CONFIG)
    SUBTYPE_POOLED.check(pooled, "pooled")
    ours = pooled[pooled["subtype"] == HER2_POSITIVE].set_index("stratum")
    theirs = pool_by_er(by_er, roles, config=CONFIG).set_index("er")
    for stratum, er in (("inside", "positive"), ("others", "negative"), ("difference", "difference")):
        for name in ("k", "n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p"):
            assert ours.loc[stratum, name] == pytest.approx(theirs.loc[er, name], rel=1e-12), (stratum, name)


def test_a_planted_difference_is_found_where_it_is():
    roles = {name: "validation" for name in "abc"}
    rows = pd.concat([run(*cohort(seed), name).reset_index() for seed, name in enumerate(roles, start=5)])
    pooled = pool_by_subtype(rows, roles, config=CONFIG).set_index(["subtype", "stratum"])
    found = pooled.loc[(TRIPLE_NEGATIVE, "difference")]
    assert found["log_hr"] == pytest.approx(-1.1, abs=4 * found["se"]) and found["p"] < 0.05
    assert found["p"] <= found["q"] and pooled.loc[("luminal A", "difference"), "k"] == 0
    said = subtype_sentence(pooled.reset_index(), TRIPLE_NEGATIVE, BY_CARD)
    assert said.startswith("HR 0.") and "ratio of the two within cohorts" in said and "in 3 cohorts" in said
    numbers = subtype_table(
        rows, pooled.reset_index(), roles, signature="IFN", endpoints=("bone",), models=("unadjusted",)
    )
    ratio = numbers[numbers["heading"].str.endswith("triple-negative / others")]
    assert ratio["label"].tolist() == ["ratio of hazard ratios, pooled"]
    assert ratio["hr"].iloc[0] == pytest.approx(np.exp(found["bayes_log_hr"]))


def test_nothing_planned_is_an_empty_table():
    obs, scores = cohort(n=40)
    table = associate_by_subtype(FitPlan("a", obs, scores, config=CONFIG), ())
    assert table.empty and pool_by_subtype(table, {"a": "validation"}, config=CONFIG).empty


def test_a_card_states_the_subtypes_of_its_source():
    clinical = pd.DataFrame({"PAM50": ["LumA", "Basal", "NC", "LumA"]}, index=list("wxyz"))
    codes = {"LumA": "luminal A", "Basal": "basal-like", "NC": None}
    fields = build_fields(clinical, {"subtype": {"from": "PAM50", "map": codes}}, "card")
    carried = as_categories(fields)["subtype"]
    assert carried.cat.categories.tolist() == ["basal-like", "luminal A"]
    assert carried.isna().tolist() == [False, False, True, False]
