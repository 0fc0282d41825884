"""What must not matter does not, and what must turn turns: every function of outcome, every model.

Times are those of a cohort with competing events, ER strata, ties and every clinical field. Scores as such
(signs, genes, other samples) are in test_scoring.py, pooled results in test_pool.py, random signatures in
test_null.py.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings

from irf7bone.outcome.associate import associate
from irf7bone.outcome.competing_risks import competing
from irf7bone.outcome.discrimination import discrimination
from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.group_tests import group_tests
from irf7bone.outcome.model_checks import checks
from irf7bone.outcome.sites import sites
from irf7bone.pool.pool import pool_associations
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.settings import SignatureSettings

MODELS = ("unadjusted", "proliferation", "clinical", "full")
FUNCTIONS = {
    call.__name__: call
    for call in (associate, competing, sites, group_tests, checks, discrimination, associate_by_er)
}
LABELS = ["signature", "method", "endpoint", "model", "estimand", "contrast", "check", "measure", "er"]
NUMBERS = [
    "log_hr",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "p",
    "c_index",
    "ph_p",
    "statistic",
    "n",
    "n_events",
]


CONFIG = settings(
    methods=("zscore",),
    endpoints=("bone", "relapse"),
    models=MODELS,
    proliferation_signature="PROLIF",
    primary=primary(signature="ISG", method="zscore", endpoint="bone", model="unadjusted"),
    min_events=5,
    signatures=SignatureSettings(("ISG", "PROLIF", "IRF7"), (), 0.5),
)


def made_up(n=180, seed=1, few=False):
    """Patients and scores; ``few`` leaves 14 bone relapses, so that every fit is penalised."""
    random = np.random.default_rng(seed)
    isg, prolif, irf7 = random.normal(size=(3, n))
    clock = random.exponential(45 * np.exp(0.3 * isg - 0.4 * prolif))
    end = random.uniform(30, 150, n)
    relapse = clock <= end
    bone = relapse & (random.random(n) < 0.6)
    if few:
        bone &= np.cumsum(bone) <= 14
        relapse = bone | (relapse & (np.arange(n) % 5 == 0))
    time = np.ceil(np.minimum(clock, end) / 2) * 2
    obs = pd.DataFrame(
        {
            "bone_time_months": time,
            "bone_event": bone.astype(float),
            "bone_competing": (relapse & ~bone).astype(float),
            "relapse_time_months": time,
            "relapse_event": relapse.astype(float),
            "er": pd.Categorical(np.where(random.random(n) < 0.55, "positive", "negative")),
            "node": pd.Categorical(np.where(random.random(n) < 0.4, "positive", "negative")),
            "grade": random.integers(1, 4, n).astype(float),
            "age": random.normal(55, 10, n),
        },
        index=[f"S{k:03d}" for k in range(n)],
    )
    return obs, {"ISG": isg, "PROLIF": prolif, "IRF7": irf7 + 0.5 * isg}


def run(function, obs, values, cohort="x"):
    scores = pd.concat(
        pd.DataFrame(
            {"sample": obs.index, "signature": name, "method": "zscore", "score_z": value, "status": "ok"}
        )
        for name, value in values.items()
    ).assign(reason=None)
    models = ("unadjusted", "full") if function == "checks" else MODELS
    table = FUNCTIONS[function](FitPlan(cohort, obs, scores, config=CONFIG._replace(models=models)))
    keys = [name for name in LABELS if name in table]
    return table.set_index(keys).sort_index()


def same(before, after, *, numbers=NUMBERS, rel=1e-6):
    assert before.index.equals(after.index)
    assert before["status"].tolist() == after["status"].tolist()
    assert (before["status"] == "ok").mean() > 0.3
    for name in numbers:
        if name in before:
            np.testing.assert_allclose(
                before[name].to_numpy("float64", na_value=np.nan),
                after[name].to_numpy("float64", na_value=np.nan),
                rtol=rel,
                atol=1e-7,
                err_msg=name,
            )


@pytest.fixture(scope="module", params=[False, True], ids=["many events", "few events"])
def study(request):
    """A cohort, and what every function says of it."""
    obs, values = made_up(few=request.param)
    return SimpleNamespace(
        obs=obs, values=values, tables={name: run(name, obs, values) for name in FUNCTIONS}
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_order_of_samples_changes_nothing(function, study):
    mixed = np.random.default_rng(0).permutation(len(study.obs))
    obs = study.obs.iloc[mixed]
    values = {name: value[mixed] for name, value in study.values.items()}
    same(study.tables[function], run(function, obs, values))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_names_of_samples_and_cohort_change_nothing(function, study):
    obs = study.obs.set_axis([f"T{k}" for k in range(len(study.obs), 0, -1)])
    same(study.tables[function], run(function, obs, study.values, cohort="y"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_sign_of_every_score_is_the_sign_of_every_effect(function, study):
    before = study.tables[function]
    after = run(function, study.obs, {name: -value for name, value in study.values.items()})
    if function == "checks":
        # lowest and highest change places; the largest change, periods and their change turn
        before, after = (table.drop("left_out_lowest", level="check") for table in (before, after))
        before, after = (table.drop("left_out_highest", level="check") for table in (before, after))
        test = before.index.get_level_values("check") == "linearity"
        same(before[test], after[test])
        before, after = before[~test], after[~test]
    if function == "group_tests":
        # tertiles are cut so that ties go down: with distinct scores the groups are the same
        same(before, after)
        return
    middle = 1.0 if function == "discrimination" else 0.0
    estimate = "log_hr" if "log_hr" in before else "estimate"
    turned = after.assign(
        **{
            estimate: middle - after[estimate],
            "ci_low": middle - after["ci_high"],
            "ci_high": middle - after["ci_low"],
        }
    )
    if "c_index" in turned:
        turned["c_index"] = 1 - turned["c_index"]
    same(before, turned)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_unit_of_a_score_is_the_unit_of_its_effect(function, study):
    wide = {**study.values, "ISG": 4 * study.values["ISG"] + 3}
    before, after = study.tables[function], run(function, study.obs, wide)
    if function in ("group_tests", "discrimination"):
        same(before, after)
        return
    own = before.index.get_level_values("signature") == "ISG"
    same(before[~own], after[~own])
    if function == "checks":
        test = before.index.get_level_values("check") == "linearity"
        same(before[own & test], after[own & test], rel=1e-5)
        own &= ~test
    scaled = ["log_hr", "estimate", "se", "ci_low", "ci_high"]
    after = after.assign(**{name: 4 * after[name] for name in scaled if name in after})
    same(before[own], after[own])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_unit_of_a_covariate_and_the_names_of_er_change_nothing(function, study):
    obs = study.obs.assign(age=12 * study.obs["age"] - 7, grade=-study.obs["grade"])
    same(study.tables[function], run(function, obs, study.values))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_another_signature_changes_nothing(function, study):
    noise = np.random.default_rng(5).normal(size=len(study.obs))
    after = run(function, study.obs, {"AAA": noise, **study.values})
    after = after[after.index.get_level_values("signature") != "AAA"]
    same(study.tables[function], after)


# what has months in its definition: a split at five years, horizons
MONTHS = ("checks", "discrimination")


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in MONTHS])
def test_the_unit_of_time_changes_nothing(function, study):
    times = [name for name in study.obs if name.endswith("_months")]
    same(
        study.tables[function], run(function, study.obs.assign(**(30.4375 * study.obs[times])), study.values)
    )


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in MONTHS])
def test_a_monotone_transform_of_time_changes_nothing(function, study):
    """Cox, Firth, Fine-Gray, logistic, Gray's and the log-rank test see the order of times alone."""
    times = [name for name in study.obs if name.endswith("_months")]
    later = study.obs.assign(**np.expm1(study.obs[times] / 40))
    same(study.tables[function], run(function, later, study.values))


def test_a_monotone_transform_leaves_what_checks_and_discrimination_say_without_a_horizon(study):
    times = [name for name in study.obs if name.endswith("_months")]
    later = study.obs.assign(**np.sqrt(study.obs[times]))
    for function, level, kept in (
        ("checks", "check", ("linearity", "left_out_lowest", "left_out_change")),
        ("discrimination", "measure", ("harrell_c",)),
    ):
        before, after = study.tables[function], run(function, later, study.values)
        for name in kept:
            same(before.xs(name, level=level), after.xs(name, level=level))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_patients_without_the_endpoint_change_nothing(function, study):
    """Their scores were in the scaling, which is done before; nothing else of them is used."""
    more = study.obs.iloc[:15].set_axis([f"X{k}" for k in range(15)])
    more = more.assign(**{name: np.nan for name in more if name.startswith(("bone", "relapse"))})
    values = {name: np.append(value, 9 * np.ones(15)) for name, value in study.values.items()}
    same(study.tables[function], run(function, pd.concat([study.obs, more]), values))


# scores and cohorts


GENES = [f"G{k:02d}" for k in range(40)]
SIGNED = SimpleNamespace(up=tuple(GENES[:6]), down=tuple(GENES[6:9]))
PLAIN = SimpleNamespace(up=tuple(GENES[10:20]), down=())


def scored(expression, method):
    table, _ = score_cohort(expression, {"SIGNED": SIGNED, "PLAIN": PLAIN}, [method], 0.5)
    return table.set_index(["signature", "sample"])["score_raw"].sort_index()


@pytest.fixture(scope="module")
def expression():
    values = np.random.default_rng(2).normal(8, 1.5, (30, 40))
    return pd.DataFrame(values, index=[f"S{k:02d}" for k in range(30)], columns=GENES)


@pytest.mark.parametrize("method", ["zscore", "ssgsea", "singscore", "plage", "gsva"])
def test_order_of_samples_and_genes_leaves_scores(method, expression):
    random = np.random.default_rng(3)
    mixed = expression.iloc[random.permutation(30), random.permutation(40)]
    pd.testing.assert_series_equal(scored(mixed, method), scored(expression, method), rtol=1e-6)


@pytest.mark.parametrize("method", ["ssgsea", "singscore"])
def test_scores_of_a_sample_alone_do_not_hang_on_the_other_samples(method, expression):
    whole, part = scored(expression, method), scored(expression.iloc[4:19], method)
    pd.testing.assert_series_equal(part, whole.loc[part.index], rtol=1e-9)


@pytest.mark.parametrize("method", ["ssgsea", "singscore"])
def test_rank_scores_see_the_order_of_genes_alone(method, expression):
    pd.testing.assert_series_equal(
        scored(np.exp(expression / 3), method), scored(expression, method), rtol=1e-6
    )


def test_an_unrelated_cohort_changes_nothing_in_the_others_and_nothing_pooled():
    fits = {name: run("associate", *made_up(seed=k), cohort=name) for k, name in enumerate("abc", start=1)}
    # each cohort is fitted by itself: what it says does not hang on which others there are
    a, b, c = (table.reset_index() for table in fits.values())
    roles = dict.fromkeys("abc", "validation")
    numbers = ["k", "n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p", "q", "tau2", "loo_low"]
    two = pool_associations(pd.concat([a, b]), roles, config=CONFIG)
    # a cohort without an estimate, and a simulated one with estimates
    lost = c.assign(status="not_available", reason="not there")
    lost[["log_hr", "se", "ci_low", "ci_high", "p"]] = np.nan
    for more, role in ((lost, "validation"), (c, "simulated")):
        three = pool_associations(pd.concat([a, b, more]), {**roles, "c": role}, config=CONFIG)
        pd.testing.assert_frame_equal(two[numbers], three[numbers])
