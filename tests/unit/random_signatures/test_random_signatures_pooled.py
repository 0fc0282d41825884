"""The null of the pooled result, the controls, and the figure of random signatures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from madeup.null import GENES, LIBRARY, made_up, one, settings, signature

from irf7bone.figures.plot_random_signatures import plot_null
from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.pool import pool_associations
from irf7bone.random_signatures.cohort import cohort_null
from irf7bone.random_signatures.controls import controls
from irf7bone.random_signatures.null_plan import FEWER_DRAWS
from irf7bone.random_signatures.pooled import CohortData, pooled_null
from irf7bone.random_signatures.sampling import cells, generator, level_fraction, sample_sets
from irf7bone.scoring.score_table import score_cohort
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.random_effects import pool_many
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.random_signatures import CONTROLS, NULL_HISTOGRAM, POOLED_NULL

ROLES = {"a": "validation", "b": "validation", "c": "validation", "s": "simulated"}
CONFIG = settings(LIBRARY, methods=("zscore", "gsva"), endpoints=("relapse", "death"))


def study(config=CONFIG, library=LIBRARY, lost=5):
    """Four cohorts: c has death alone, b lacks ``lost`` genes of NAMED, s is simulated."""
    data, tables = {}, []
    for seed, name in enumerate(ROLES):
        expression, obs = made_up(seed, n=110 + 10 * seed)
        if name == "b":
            expression = expression.drop(columns=GENES[100 : 100 + lost])
        if name == "c":
            obs.columns = obs.columns.str.replace("relapse", "death")
        scores, _ = score_cohort(expression, library, config.methods, config.signatures.min_coverage)
        data[name] = CohortData(expression, obs, scores)
        tables.append(associate(FitPlan(name, obs, scores, config=config)))
    return data, ASSOCIATIONS.cast(pd.concat(tables, ignore_index=True))


@pytest.fixture(scope="module")
def run():
    data, associations = study()
    pooled = pool_associations(associations, ROLES, config=CONFIG)
    null, histogram = pooled_null(
        data.__getitem__, associations, pooled, ROLES, LIBRARY, config=CONFIG, n_draws=60, seed=3
    )
    POOLED_NULL.check(null, "pooled null")
    NULL_HISTOGRAM.check(histogram, "histogram")
    return data, associations, pooled, null, histogram


def test_every_pooled_result_has_its_row_and_says_why_it_has_no_null(run):
    _, _, pooled, null, _ = run
    key = ["signature", "method", "endpoint", "model", "k"]
    assert null[key].equals(pooled[key])
    assert one(null, endpoint="death")["reason"] == "one cohort, nothing pooled: the null is that cohort's"
    assert one(null, method="gsva")["status"] == "ok"
    assert one(null, "SIGNED", method="gsva")["reason"].startswith("not planned: ")
    assert one(null, "PROLIF", "proliferation")["status"] == "not_available"
    assert one(null)["cohorts"] == "a,b"
    assert one(null, endpoint="death")["cohorts"] == "c"


def test_beside_another_method_gsva_has_the_first_of_the_draws(run, monkeypatch):
    data, associations, pooled, all_of_them, _ = run
    monkeypatch.setitem(FEWER_DRAWS, "gsva", 15)
    only = pooled[(pooled["signature"] == "NAMED") & (pooled["endpoint"] == "relapse")]
    fewer, _ = pooled_null(
        data.__getitem__, associations, only, ROLES, LIBRARY, config=CONFIG, n_draws=60, seed=3
    )
    few, many = one(fewer, method="gsva"), one(all_of_them, method="gsva")
    assert (few["n_draws"], many["n_draws"], one(fewer)["n_draws"]) == (15, 60, 60)
    assert few["log_hr"] == pytest.approx(many["log_hr"], abs=1e-12)
    assert few["random_log_hr"] == pytest.approx(many["random_log_hr"], abs=1e-12)


@pytest.mark.parametrize("model", ["unadjusted", "proliferation"])
def test_numbers_are_those_of_each_draw_pooled_by_itself(run, model):
    """Matched on ranks averaged over cohorts, scored and fitted in each, pooled like a named signature."""
    data, _, pooled, null, histogram = run
    common = [gene for gene in GENES if gene not in GENES[100:105]]
    fractions = [
        [level_fraction(getattr(data[name].expression[common].astype(float), moment)().to_numpy())
         for name in "ab"]
        for moment in ("mean", "std")
    ]  # fmt: skip
    own = np.array([common.index(gene) for gene in LIBRARY["NAMED"].up if gene in common])
    cell = cells(*(sum(parts) for parts in fractions))
    drawn = sample_sets(cell, own, own[:0], 60, generator(3, "a", "b", "NAMED"))
    sets = {
        f"R{k:02d}": signature([common[gene] for gene in genes]) for k, genes in enumerate([own, *drawn.up])
    }
    log_hr, se = [], []
    for name in "ab":
        expression, obs = data[name].expression, data[name].obs
        z = score_cohort(expression, sets, ["zscore"], 0)[0]["score_z"].to_numpy().reshape(61, -1)
        scores = data[name].scores
        adjust = scores.loc[(scores["signature"] == "PROLIF") & (scores["method"] == "zscore"), "score_z"]
        covariates = adjust.to_numpy()[:, None] if model == "proliferation" else None
        problem = CoxProblem(
            obs["relapse_time_months"].to_numpy(), obs["relapse_event"].to_numpy(), covariates
        )
        fits = fit_cox(problem, z)
        log_hr.append(fits.log_hr)
        se.append(fits.se)
    expected = pool_many(np.transpose(log_hr), np.transpose(se))
    named, random = expected.log_hr[0], expected.log_hr[1:]
    row = one(null, model=model)
    assert row["log_hr"] == pytest.approx(named, rel=1e-8)
    assert row["pooled_log_hr"] == one(pooled, model=model)["log_hr"] != row["log_hr"]
    assert row["n_genes"] == 10
    assert row["null_percentile"] == pytest.approx((random < named).mean(), rel=1e-8)
    tails = (random < named).sum(), (random > named).sum()
    assert row["null_p"] == pytest.approx(min(1, 2 * (1 + min(tails)) / 61), rel=1e-8)
    assert row["share_significant"] == pytest.approx((expected.p[1:] < 0.05).mean(), rel=1e-8)
    assert row["random_log_hr"] == pytest.approx(random[0], rel=1e-8)
    wanted = ["NAMED", "zscore", model]
    bins = histogram[(histogram[["signature", "method", "model"]] == wanted).all(axis=1)]
    assert bins["n_draws"].sum() == 60
    assert set(bins["cohort"]) == {"pooled"}


def test_a_signature_that_every_cohort_has_whole_is_held_by_its_published_effect(run):
    null = run[3]
    for name in ("SIGNED", "ONE"):
        row = one(null, name)
        assert row["log_hr"] == pytest.approx(row["pooled_log_hr"], rel=1e-6)


def test_neither_the_simulated_cohort_nor_the_order_of_cohorts_matters(run):
    data, associations, _, null, _ = run
    kept = associations[associations["cohort"] != "s"]
    turned = ASSOCIATIONS.cast(kept.iloc[::-1])
    pooled = pool_associations(turned, ROLES, config=CONFIG)
    again, _ = pooled_null(
        data.__getitem__, turned, pooled, ROLES, LIBRARY, config=CONFIG, n_draws=60, seed=3
    )
    for column in ("log_hr", "null_median", "null_p"):
        assert one(again)[column] == pytest.approx(one(null)[column], rel=1e-9)


def test_common_genes_that_are_another_signature_are_low_coverage():
    """Seven of fifteen genes that do not go together are not what each cohort was scored with."""
    library = {name: LIBRARY[name] for name in ("NAMED", "PROLIF")}
    config = settings(library)
    allowed = replace(config.signatures, min_coverage=0.4, min_agreement=0.95)
    config = config._replace(signatures=allowed)
    data, associations = study(config, library, lost=8)
    pooled = pool_associations(associations, ROLES, config=config)
    null, _ = pooled_null(
        data.__getitem__, associations, pooled, ROLES, library, config=config, n_draws=20, seed=3
    )
    row = one(null)
    assert row["status"] == "low_coverage"
    assert row["reason"].startswith("7 genes vary in all pooled cohorts; in ")
    assert row["reason"].endswith("(smallest allowed: 0.95)")
    config = config._replace(signatures=replace(allowed, min_agreement=0.1))
    null, _ = pooled_null(
        data.__getitem__, associations, pooled, ROLES, library, config=config, n_draws=20, seed=3
    )
    assert one(null)["status"] == "ok"


# controls


@pytest.fixture(scope="module")
def shown(run):
    data, associations, pooled, null, _ = run
    parts = [
        cohort_null(
            FitPlan(name, data[name].obs, data[name].scores, config=CONFIG), data[name].expression,
            associations[associations["cohort"] == name], LIBRARY, n_draws=2000, seed=3,
        )
        for name in ROLES
    ]  # fmt: skip
    cohorts = pd.concat([part[0] for part in parts], ignore_index=True)
    histogram = pd.concat([part[1] for part in parts], ignore_index=True)
    return cohorts, histogram, controls(associations, pooled, cohorts, null, config=CONFIG)


def control(table, cohort, kind, endpoint="relapse", model="unadjusted"):
    rows = table[
        (table["cohort"] == cohort)
        & (table["control"] == kind)
        & (table["endpoint"] == endpoint)
        & (table["model"] == model)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_controls_come_out_as_they_must(shown, run):
    table = shown[2]
    CONTROLS.check(table, "controls")
    row = control(table, "a", "proliferation")
    assert row["passed"] == "yes"
    fit = one(run[1][run[1]["cohort"] == "a"], "PROLIF")
    assert row["value"] == fit["p"] < 0.05
    assert row["found"].startswith(f"HR {np.exp(fit['log_hr']):.2f} (")
    assert control(table, "pooled", "random")["passed"] == "yes"
    assert control(table, "a", "random")["signature"] == "RANDOM"
    for model in ("unadjusted", "proliferation"):
        row = control(table, "a", "shuffled", model=model)
        assert row["passed"] == "yes"
        assert 0.04 <= row["value"] <= 0.06
    absent = control(table, "c", "proliferation")
    assert (absent["passed"], absent["reason"]) == (
        "not_available",
        "the cohort has no endpoint relapse",
    )


@pytest.mark.parametrize(
    ("log_hr", "se", "passed"),
    [(0.4, 0.1, "yes"), (-0.4, 0.1, "no"), (0.05, 0.1, "no"), (0.2, 0.3, "unclear")],
)
def test_proliferation_that_does_not_show_is_told_from_too_few_events(run, log_hr, se, passed):
    associations, pooled, null = run[1].copy(), run[2], run[3]
    here = (associations["cohort"] == "a") & (associations["signature"] == "PROLIF")
    p = 0.001 if abs(log_hr) > 2 * se else 0.5
    for name, value in (
        ("log_hr", log_hr),
        ("p", p),
        ("ci_low", log_hr - 2 * se),
        ("ci_high", log_hr + 2 * se),
    ):
        associations.loc[here, name] = value
    empty = pd.DataFrame(columns=[*POOLED_NULL.names, "cohort", "share_permuted"])
    table = controls(associations, pooled, empty, null, config=CONFIG)
    assert control(table, "a", "proliferation")["passed"] == passed


@pytest.mark.parametrize(("low", "passed"), [(0.02, "yes"), (-0.05, "unclear")])
def test_pooled_proliferation_is_said_and_judged_by_the_interval_that_the_verdict_quotes(run, low, passed):
    pooled, null = run[2].copy(), run[3]
    here = (pooled["signature"] == "PROLIF") & (pooled["endpoint"] == "relapse")
    values = {"bayes_log_hr": 0.5, "bayes_low": low, "bayes_high": 1.2, "ci_low": -0.9, "ci_high": 1.9}
    for name, value in (values | {"log_hr": 0.5, "p": 0.13, "k": 2, "status": "ok"}).items():
        pooled.loc[here, name] = value
    empty = pd.DataFrame(columns=[*POOLED_NULL.names, "cohort", "share_permuted"])
    row = control(controls(run[1], pooled, empty, null, config=CONFIG), "pooled", "proliferation")
    assert row["found"] == f"HR 1.65 ({np.exp(low):.2f} to 3.32), Bayesian" and pd.isna(row["value"])
    assert row["passed"] == passed and "Bayesian" in row["expectation"]


def test_controls_that_fail_say_so(shown, run):
    cohorts = shown[0].copy()
    cohorts["share_permuted"] = cohorts["share_permuted"].where(cohorts["share_permuted"].isna(), 0.2)
    cohorts.loc[cohorts["status"] == "ok", "random_null_p"] = 0.0002
    table = controls(run[1], run[2], cohorts, run[3], config=CONFIG)
    assert control(table, "a", "shuffled")["passed"] == "no"
    assert control(table, "a", "shuffled")["found"] == "20.0% of 2,000 random signatures"
    assert control(table, "a", "random")["passed"] == "no"


# figure


def words(figure):
    return [text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text"))]


def test_figure_shows_each_signature_and_says_what_is_missing(shown):
    rows, bins = (table[table["cohort"] == "a"] for table in shown[:2])
    rows = rows[(rows["endpoint"] == "relapse") & (rows["method"] == "zscore")]
    bins = bins[bins["method"] == "zscore"]
    figure = plot_null(rows, bins, ["unadjusted", "proliferation"], title="Cohort a", nothing="none")
    said = words(figure)
    assert {"NAMED", "SIGNED", "ONE", "PROLIF", "Cohort a", "Unadjusted"} <= set(said)
    assert "the proliferation signature is not adjusted for itself" in said
    row = one(rows, "SIGNED")
    assert f"{100 * row['null_percentile']:.1f}" in said
    # heights are in proportion to the counts, and the named signature is where it is
    unadjusted = figure.axes[0]
    named = bins[(bins["signature"] == "NAMED") & (bins["model"] == "unadjusted")]
    heights = np.array([bar.get_height() for bar in unadjusted.containers[0]])
    assert -heights / 0.88 == pytest.approx(named["n_draws"] / named["n_draws"].max())
    marks = [line.get_xdata()[0] for line in unadjusted.lines if len(line.get_xdata()) == 2]
    assert np.isclose(marks, np.exp(one(rows)["log_hr"])).any()


def test_figure_without_a_null_says_so(shown):
    rows = shown[0][(shown[0]["cohort"] == "a") & (shown[0]["endpoint"] == "death")]
    figure = plot_null(
        rows, NULL_HISTOGRAM.empty(), ["unadjusted"], title="x", nothing="no outcome", simulated=True
    )
    assert "no outcome" in words(figure)
    assert len(figure.axes) == 1
