"""Data that allow no estimate, through every function of the workflow: a status with its reason.

A warning fails a test (see pyproject.toml). Every table must keep its contract, an ok row must hold finite
numbers in their order, and any other row must say why it has none.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary
from madeup.settings import settings as study_settings

from irf7bone.outcome.associate import associate
from irf7bone.outcome.competing_risks import competing
from irf7bone.outcome.curves import curves
from irf7bone.outcome.discrimination import discrimination
from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.group_tests import group_tests
from irf7bone.outcome.immune_link import immune_link
from irf7bone.outcome.model_checks import check_curves, checks
from irf7bone.outcome.sites import sites
from irf7bone.pool.by_er import pool_by_er
from irf7bone.pool.heterogeneity import asymmetry, funnel, heterogeneity, leave_one_cohort_out_table
from irf7bone.pool.pool import POOLED, pool_associations
from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.study.settings import SignatureSettings
from irf7bone.tables.outcome import ASSOCIATIONS, COMPETING, CURVES, ER_ASSOCIATIONS, IMMUNE_LINKS, SITES
from irf7bone.tables.outcome_checks import CHECK_CURVES, CHECKS, DISCRIMINATION, GROUP_TESTS
from irf7bone.tables.pooled import (
    ASYMMETRY,
    ER_POOLED,
    FUNNEL,
    HETEROGENEITY,
    IMMUNE_POOLED,
    LEAVE_ONE_COHORT_OUT,
)

MODELS = ("unadjusted", "proliferation", "clinical", "full")
FUNCTIONS = {
    "associate": (associate, ASSOCIATIONS),
    "competing": (competing, COMPETING),
    "sites": (sites, SITES),
    "group_tests": (group_tests, GROUP_TESTS),
    "checks": (checks, CHECKS),
    "check_curves": (check_curves, CHECK_CURVES),
    "discrimination": (discrimination, DISCRIMINATION),
    "associate_by_er": (associate_by_er, ER_ASSOCIATIONS),
    "curves": (curves, CURVES),
}
# without a penalty a log ratio beyond this is no estimate but where iterations were stopped
LARGEST = 25.0
UNPENALISED = ("cox", "fine_gray", "logistic")


def settings(**changes):
    base = {
        "signatures": SignatureSettings(("ISG", "PROLIF", "IRF7"), (), 0.5),
        "methods": ("zscore",),
        "endpoints": ("bone", "relapse"),
        "models": MODELS,
        "proliferation_signature": "PROLIF",
        "primary": primary(signature="ISG", method="zscore", endpoint="bone", model="unadjusted"),
        "min_events": 5,
    }
    return study_settings(**{**base, **changes})


def made_up(n=120, seed=0):
    """A sound cohort: bone competes with relapse elsewhere, every clinical field, three scores."""
    random = np.random.default_rng(seed)
    values = dict(zip(("ISG", "PROLIF", "IRF7"), random.normal(size=(3, n)), strict=True))
    clock = random.exponential(50 * np.exp(-0.5 * values["PROLIF"] + 0.3 * values["ISG"]))
    end = random.uniform(20, 150, n)
    relapse = clock <= end
    bone = relapse & (random.random(n) < 0.6)
    obs = pd.DataFrame(
        {
            "bone_time_months": np.minimum(clock, end),
            "bone_event": bone.astype(float),
            "bone_competing": (relapse & ~bone).astype(float),
            "relapse_time_months": np.minimum(clock, end),
            "relapse_event": relapse.astype(float),
            "er": pd.Categorical(np.where(random.random(n) < 0.6, "positive", "negative")),
            "node": pd.Categorical(np.where(random.random(n) < 0.4, "positive", "negative")),
            "grade": random.integers(1, 4, n).astype(float),
            "size_cm": random.gamma(4, 0.6, n),
            "age": random.normal(55, 10, n),
        },
        index=[f"S{k:03d}" for k in range(n)],
    )
    return obs, values


def as_scores(obs, values):
    parts = [
        pd.DataFrame(
            {"sample": obs.index, "signature": name, "method": "zscore", "score_z": value, "status": "ok"}
        )
        for name, value in values.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(reason=None)


def with_outcome(obs, time, bone, other):
    """The same patients with another outcome."""
    return obs.assign(
        bone_time_months=np.asarray(time, dtype=float),
        bone_event=np.asarray(bone, dtype=float),
        bone_competing=np.asarray(other, dtype=float),
        relapse_time_months=np.asarray(time, dtype=float),
        relapse_event=np.asarray(bone, dtype=float) + np.asarray(other, dtype=float),
    )


def separation(obs, values):
    """Who has the highest score of those at risk has the event."""
    order = np.argsort(-values["ISG"])
    time = np.empty(len(obs))
    time[order] = np.arange(1.0, len(obs) + 1)
    bone = np.isin(np.arange(len(obs)), order[:50])
    return with_outcome(obs, time, bone, np.zeros(len(obs))), values


def separated_groups(obs, values):
    """Every relapse is to bone where ER is positive and elsewhere where it is negative."""
    relapse, positive = obs["relapse_event"] == 1, obs["er"] == "positive"
    return with_outcome(obs, obs["bone_time_months"], relapse & positive, relapse & ~positive), values


def one_event(obs, values):
    bone = np.zeros(len(obs))
    bone[np.flatnonzero(obs["bone_event"])[0]] = 1
    return with_outcome(obs, obs["bone_time_months"], bone, obs["bone_competing"]), values


def identical_times(obs, values):
    return with_outcome(obs, np.full(len(obs), 60.0), obs["bone_event"], obs["bone_competing"]), values


def all_censored(obs, values):
    return with_outcome(obs, obs["bone_time_months"], 0 * obs["bone_event"], 0 * obs["bone_event"]), values


def all_competing(obs, values):
    return with_outcome(
        obs, obs["bone_time_months"], 0 * obs["bone_event"], 0 * obs["bone_event"] + 1
    ), values


def all_failed(obs, values):
    """Nobody is censored, nothing competes."""
    return with_outcome(
        obs, obs["bone_time_months"], 0 * obs["bone_event"] + 1, 0 * obs["bone_event"]
    ), values


def events_at_one_time(obs, values):
    event = (obs["bone_event"] + obs["bone_competing"]) == 1
    time = np.where(event, 12.0, obs["bone_time_months"] + 12.0)
    return with_outcome(obs, time, obs["bone_event"], obs["bone_competing"]), values


def events_last(obs, values):
    """All are censored before the events: only those who fail are ever at risk."""
    time = obs["bone_time_months"].where(obs["bone_event"] == 0, 200 + np.arange(len(obs)))
    return with_outcome(obs, time, obs["bone_event"], 0 * obs["bone_event"]), values


def time_zero(obs, values):
    """Half of the follow-up has no length."""
    time = np.where(np.arange(len(obs)) % 2, 0.0, obs["bone_time_months"])
    return with_outcome(obs, time, obs["bone_event"], obs["bone_competing"]), values


def weights_vanish(obs, values):
    """Competing events come first, then nearly all are censored, then the events."""
    n = len(obs)
    kind = np.repeat([2, 0, 1], [n // 3, n - n // 3 - 9, 9])
    return with_outcome(obs, np.arange(1.0, n + 1), kind == 1, kind == 2), values


def one_er_class(obs, values):
    return obs.assign(er=pd.Categorical(["positive"] * len(obs))), values


def collinear_covariate(obs, values):
    """Age is size in other units, and one score is proliferation."""
    return obs.assign(age=10 * obs["size_cm"] + 3), {**values, "ISG": 2 * values["PROLIF"] + 1}


def no_variance(obs, values):
    return obs, {**values, "ISG": np.zeros(len(obs))}


def nearly_constant(obs, values):
    """Two values of the score differ."""
    flat = np.zeros(len(obs))
    flat[:2] = [1.0, -1.0]
    return obs, {**values, "ISG": flat}


def proliferation_constant(obs, values):
    return obs, {**values, "PROLIF": np.full(len(obs), 0.3)}


def few_patients(obs, values):
    return obs.iloc[:12], {name: value[:12] for name, value in values.items()}


CASES = {
    case.__name__: case
    for case in (
        separation,
        separated_groups,
        one_event,
        identical_times,
        all_censored,
        all_competing,
        all_failed,
        events_at_one_time,
        events_last,
        time_zero,
        weights_vanish,
        one_er_class,
        collinear_covariate,
        no_variance,
        nearly_constant,
        proliferation_constant,
        few_patients,
    )
}


def sound(table, contract):
    """What every table must be, whatever the data."""
    contract.check(table, contract.name)
    if "status" not in table:
        return
    ok = table["status"] == "ok"
    assert table.loc[~ok, "reason"].str.len().gt(5).all()
    assert table.loc[ok, "reason"].isna().all()
    estimate = "log_hr" if "log_hr" in table else "estimate"
    ratio = ok & (table["quantity"] != "chi_squared" if "quantity" in table else True)
    for name in (estimate, "ci_low", "ci_high"):
        if name in table:
            assert np.isfinite(table.loc[ratio, name].dropna().to_numpy(dtype=float)).all(), name
            if "estimator" in table:
                plain = ratio & table["estimator"].isin(UNPENALISED)
                assert (table.loc[plain, name].dropna().abs() < LARGEST).all(), name
            assert table.loc[~ok, name].isna().all()
    if "ci_low" in table:
        both = table[ratio].dropna(subset=["ci_low", "ci_high", estimate])
        assert (both["ci_low"] <= both[estimate]).all() and (both[estimate] <= both["ci_high"]).all()
    if "se" in table:
        assert (table.loc[ok, "se"] > 0).all()
    if "p" in table:
        assert table.loc[ok, "p"].dropna().between(0, 1).all()


def run(function, obs, values, **changes):
    call, contract = FUNCTIONS[function]
    table = call(FitPlan("x", obs, as_scores(obs, values), config=settings(**changes)))
    sound(table, contract)
    return table


@cache
def table_of(function, case=None, *, seed=0, models=MODELS):
    """What a function says of a case, or of the sound cohort: computed once, and sound."""
    obs, values = made_up(seed=seed)
    return run(function, *(CASES[case](obs, values) if case else (obs, values)), models=models)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_sound_cohort_has_estimates(function):
    table = table_of(function)
    assert "status" not in table or (table["status"] == "ok").mean() > 0.3


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_degenerate_data_end_in_a_status_with_its_reason(case, function):
    # the refits of the checks are many, and their models those of the associations
    models = ("unadjusted", "full") if function == "checks" else MODELS
    table_of(function, case, models=models)


@pytest.mark.parametrize("function", ["associate", "competing", "sites", "checks", "associate_by_er"])
def test_few_events_and_degenerate_data_together(function):
    """Firth's likelihood meets the same data: 9 events and each of the cases that leave events."""
    obs, values = made_up()
    first = obs["bone_event"].cumsum() <= 9
    kept = with_outcome(obs, obs["bone_time_months"], obs["bone_event"] * first, obs["bone_competing"])
    models = ("unadjusted", "full") if function == "checks" else MODELS
    for case in (collinear_covariate, no_variance, nearly_constant, proliferation_constant, one_er_class):
        run(function, *case(kept, values), models=models)


def status(table, **wanted):
    rows = table[np.logical_and.reduce([table[name] == value for name, value in wanted.items()])]
    assert len(rows)
    return set(rows["status"])


def test_each_case_ends_in_the_status_that_it_should():
    unadjusted = {"signature": "ISG", "endpoint": "bone", "model": "unadjusted"}
    found = {
        name: table_of("associate", name)
        for name in ("separation", "one_event", "identical_times", "all_censored", "no_variance")
    }
    assert status(found["separation"], **unadjusted) == {"separated"}
    assert status(found["one_event"], **unadjusted) == {"too_few_events"}
    assert status(found["identical_times"], **unadjusted) == {"not_available"}
    assert status(found["all_censored"], **unadjusted) == {"too_few_events"}
    assert status(found["no_variance"], **unadjusted) == {"not_available"}
    clinical = table_of("associate", "collinear_covariate")
    assert status(clinical, endpoint="bone", model="clinical") == {"not_available"}
    assert status(clinical, signature="ISG", endpoint="bone", model="proliferation") == {"not_available"}
    one_class = table_of("associate_by_er", "one_er_class")
    assert status(one_class, er="negative") == {"not_available"}
    assert "no tumour is ER-negative" in set(one_class["reason"])
    vanished = table_of("competing", "weights_vanish")
    assert status(vanished, **unadjusted, estimand="subdistribution") == {"ok"}


# pooling


def cohorts(*tables):
    parts = [table.assign(cohort=name) for name, table in zip("abcdefghijkl", tables, strict=False)]
    return pd.concat(parts, ignore_index=True), dict.fromkeys("abcdefghijkl"[: len(tables)], "validation")


def pool(associations, roles):
    """Every pooled table, each of them sound."""
    pooled = pool_associations(associations, roles, config=settings())
    sound(pooled, POOLED)
    made = {
        "pooled": pooled,
        "heterogeneity": heterogeneity(associations, pooled, roles),
        "leave_one_cohort_out": leave_one_cohort_out_table(associations, pooled, roles),
        "asymmetry": asymmetry(associations, pooled, roles),
    }
    for name, contract in (
        ("heterogeneity", HETEROGENEITY),
        ("leave_one_cohort_out", LEAVE_ONE_COHORT_OUT),
        ("asymmetry", ASYMMETRY),
    ):
        contract.check(made[name], name)
        bad = made[name]["status"] != "ok"
        assert made[name].loc[bad, "reason"].str.len().gt(5).all(), name
    FUNNEL.check(funnel(associations, pooled, roles), "funnel")
    return made


@pytest.mark.parametrize("case", CASES)
def test_one_cohort_of_any_kind_is_pooled_to_itself_or_to_a_reason(case):
    made = pool(*cohorts(table_of("associate", case)))
    assert set(made["pooled"]["k"]) <= {0, 1}
    assert set(made["heterogeneity"]["status"]) == {"not_available"}


@pytest.mark.parametrize("case", CASES)
def test_two_cohorts_of_which_one_is_degenerate(case):
    made = pool(*cohorts(table_of("associate"), table_of("associate", case, seed=1)))
    assert set(made["pooled"]["k"]) <= {0, 1, 2}
    pair = made["pooled"]["k"] == 2
    # one degree of freedom: no prediction interval
    assert made["pooled"].loc[pair, "pi_low"].isna().all()


def test_cohorts_that_agree_to_the_last_digit():
    same = table_of("associate")
    made = pool(*cohorts(*[same] * 11))
    row = made["pooled"][made["pooled"]["status"] == "ok"].iloc[0]
    assert row["k"] == 11 and row["tau2"] == 0
    assert set(made["asymmetry"]["status"]) == {"not_available"}
    assert set(made["heterogeneity"]["status"]) == {"not_available"}


@pytest.mark.parametrize("case", [None, *CASES])
def test_er_strata_of_one_and_of_two_cohorts(case):
    one, two = table_of("associate_by_er", case), table_of("associate_by_er", seed=2)
    for tables in ((one,), (one, two)):
        table, roles = cohorts(*tables)
        pooled = pool_by_er(table, roles, config=settings())
        sound(pooled, ER_POOLED)
        assert set(pooled["k"]) <= {0, 1, 2}


# immune link


def immune_study(change=None, n=60):
    random = np.random.default_rng(3)
    genes = (
        [f"I{k}" for k in range(6)] + [f"P{k}" for k in range(6)] + [f"C{k}" for k in range(4)] + ["PTPRC"]
    )
    expression = pd.DataFrame(
        random.normal(8, 1, (n, len(genes))), columns=genes, index=[f"S{k}" for k in range(n)]
    )
    if change:
        change(expression)

    def signature(name, role, members):
        return SimpleNamespace(name=name, role=role, genes=tuple(members), up=tuple(members), down=())

    library = {
        "ISG": signature("ISG", "interferon", genes[:6]),
        "PROLIF": signature("PROLIF", "proliferation", genes[6:12]),
        "CD8": signature("CD8", "immune", genes[12:16]),
    }
    config = settings(signatures=SignatureSettings(tuple(library), (), 0.5))
    table = immune_link("x", expression, library, config=config)
    IMMUNE_LINKS.check(table, "immune")
    ok = table["status"] == "ok"
    assert (table.loc[ok, "ci_low"] <= table.loc[ok, "r"]).all()
    assert table.loc[~ok, "r"].isna().all() and table.loc[~ok, "reason"].str.len().gt(5).all()
    pooled = pool_immune(table, {"x": "validation"})
    IMMUNE_POOLED.check(pooled, "pooled")
    assert pooled.loc[pooled["status"] != "ok", "reason"].str.len().gt(5).all()
    return table


def flat(columns):
    def change(expression):
        expression.loc[:, columns] = 5.0

    return change


def same(expression):
    for k in range(4):
        expression[f"C{k}"] = expression[f"I{k}"]
    expression["I4"] = expression["I0"]
    expression["I5"] = expression["I1"]


@pytest.mark.parametrize(
    ("change", "n", "expected"),
    [
        (None, 60, {"ok"}),
        (flat([f"I{k}" for k in range(6)]), 60, {"low_coverage", "not_available"}),
        (flat([f"C{k}" for k in range(4)]), 60, {"low_coverage", "not_available"}),
        (flat([f"P{k}" for k in range(6)]), 60, {"ok", "not_available"}),
        (flat(["PTPRC"]), 60, {"ok", "not_available"}),
        (None, 11, {"not_available"}),
    ],
)
def test_immune_links_of_degenerate_expression(change, n, expected):
    assert set(immune_study(change, n)["status"]) <= expected


def test_immune_scores_that_are_the_same_genes():
    table = immune_study(same)
    assert table.loc[table["status"] == "ok", "r"].abs().lt(1).all()
