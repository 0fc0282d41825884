"""Bone against other sites: odds by hand and brute force, stacked data, planted effects, table and figure."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings
from scipy.optimize import brentq, minimize
from scipy.special import ndtr
from scipy.stats import binom, chi2

from irf7bone.figures import style
from irf7bone.figures.plot_sites import LABELS, NOTHING, plot_sites, sites_table
from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.sites import sites
from irf7bone.statistics.cause_difference import fit_difference
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.logistic import fit_odds
from irf7bone.tables.outcome import CONTRASTS, SITES

ESTIMATE = ["estimate", "se", "ci_low", "ci_high", "p"]


def counts(a, b, c, d):
    """Outcome and 0/1 score: a bone with score 1, b bone with 0, c other with 1, d other with 0."""
    outcome = np.repeat([1.0, 1, 0, 0], [a, b, c, d])
    return outcome, np.repeat([1.0, 0, 1, 0], [a, b, c, d]), np.empty((outcome.size, 0))


def test_odds_ratio_of_a_table_by_hand():
    found = fit_odds(*counts(9, 6, 4, 12))
    log_odds, se = np.log(9 * 12 / (6 * 4)), np.sqrt(1 / 9 + 1 / 6 + 1 / 4 + 1 / 12)
    assert found["estimator"] == "logistic"
    assert (found["estimate"], found["se"]) == (pytest.approx(log_odds), pytest.approx(se))
    assert found["p"] == pytest.approx(2 * ndtr(-log_odds / se))
    assert (found["ci_high"] - found["ci_low"]) / 2 == pytest.approx(1.959963984540054 * se)


@pytest.mark.parametrize("table", [(3, 2, 1, 6), (3, 0, 0, 3), (7, 0, 2, 5)])
def test_firth_on_a_table_adds_one_half_to_each_cell(table):
    # Firth 1993: for a saturated model with canonical link the penalty is half a count a cell
    found = fit_odds(*counts(*table))
    a, b, c, d = np.array(table) + 0.5
    assert found["estimator"] == "firth_logistic"
    assert found["estimate"] == pytest.approx(np.log(a * d / (b * c)), rel=1e-6)


def test_firth_logistic_profile_by_brute_force():
    random = np.random.default_rng(2)
    score, shared = random.normal(size=22), random.normal(size=(22, 1))
    outcome = (random.random(22) < 1 / (1 + np.exp(0.8 - score))).astype(float)
    columns = np.column_stack([score, shared, np.ones(22)])

    def penalised(beta):
        linear = columns @ beta
        share = 1 / (1 + np.exp(-linear))
        information = (columns * (share * (1 - share))[:, None]).T @ columns
        return outcome @ linear - np.log1p(np.exp(linear)).sum() + np.linalg.slogdet(information)[1] / 2

    def profile(b, start):
        return -minimize(lambda g: -penalised(np.array([b, *g])), start, tol=1e-11).fun

    best = minimize(lambda beta: -penalised(beta), np.zeros(3), tol=1e-11)
    found = fit_odds(outcome, score, shared)
    assert found["estimate"] == pytest.approx(best.x[0], rel=1e-5)
    chi_squared = 2 * (-best.fun - profile(0, best.x[1:]))
    assert found["p"] == pytest.approx(chi2.sf(chi_squared, 1), rel=1e-5)
    for end, far in (("ci_low", -6), ("ci_high", 8)):
        reached = brentq(
            lambda b: profile(b, best.x[1:]) + best.fun + 1.920729410347062, best.x[0], far, xtol=1e-7
        )
        assert found[end] == pytest.approx(reached, rel=1e-5)


def test_odds_of_degenerate_data_end_in_a_status():
    random = np.random.default_rng(0)
    score, outcome = np.sort(random.normal(size=40)), np.repeat([0.0, 1], 20)
    none, other = np.empty((40, 0)), random.normal(size=(40, 1))
    separated = fit_odds(outcome, score, none)
    assert separated["status"] == "separated" and "monotone likelihood" in separated["reason"]
    assert "estimate" not in separated
    assert fit_odds(outcome, score, other)["status"] == "separated"
    assert fit_odds(outcome, np.full(40, 0.3), none)["reason"] == "the score has no variance"
    assert "collinear" in fit_odds(outcome, 1 - 2 * other[:, 0], other)["reason"]
    # quasi-separated: one tie in the middle
    score[19] = score[20]
    assert fit_odds(outcome, score, none)["status"] == "separated"


def test_odds_swap_and_scale():
    random = np.random.default_rng(5)
    score, shared = random.normal(size=90), random.normal(size=(90, 1))
    outcome = (random.random(90) < 0.5).astype(float)
    base, swapped = fit_odds(outcome, score, shared), fit_odds(1 - outcome, 2 * score + 1, shared - 3)
    assert swapped["estimate"] == pytest.approx(-base["estimate"] / 2, rel=1e-7)
    assert swapped["p"] == pytest.approx(base["p"], rel=1e-7)


def follow_up(n=400, bone=-0.6, other=0.0, seed=0, hazard=0.02):
    """Two causes with effects of their own; the second column drives both."""
    random = np.random.default_rng(seed)
    score, shared = random.normal(size=n), random.normal(size=n)
    first, second = (
        hazard * np.exp(bone * score + 0.4 * shared),
        hazard * np.exp(other * score + 0.2 * shared),
    )
    clock, end = random.exponential(1 / (first + second)), random.uniform(3, 60, n)
    cause = np.where(clock > end, 0, np.where(random.random(n) < first / (first + second), 1, 2))
    return np.ceil(np.minimum(clock, end)), cause, score, shared[:, None]


def test_difference_is_that_of_the_two_fits():
    time, cause, score, shared = follow_up()
    estimator, found = fit_difference(time, cause, score, shared)
    one, two = (fit_cox(CoxProblem(time, cause == k, shared), score) for k in (1, 2))
    assert estimator == "cox"
    assert found.log_hr[0] == pytest.approx(one.log_hr[0] - two.log_hr[0], rel=1e-8)
    assert found.se[0] == pytest.approx(np.hypot(one.se[0], two.se[0]), rel=1e-8)


def test_difference_with_few_events_is_that_of_the_two_penalised_fits():
    time, cause, score, shared = follow_up(n=60, hazard=0.008)
    estimator, found = fit_difference(time, cause, score, shared)
    one, two = (fit_firth(CoxProblem(time, cause == k, shared), score) for k in (1, 2))
    assert estimator == "firth"
    # the information of stacked data is block-diagonal, and so its penalty the sum of both
    assert found.log_hr[0] == pytest.approx(one.log_hr[0] - two.log_hr[0], rel=1e-6)
    assert found.ci_low[0] < found.log_hr[0] < found.ci_high[0]


def test_difference_swaps_its_sign_with_the_causes():
    time, cause, score, shared = follow_up()
    _, one = fit_difference(time, cause, score, shared)
    _, two = fit_difference(time, np.array([0, 2, 1])[cause], score, shared)
    assert two.log_hr[0] == pytest.approx(-one.log_hr[0], rel=1e-8)
    assert two.p[0] == pytest.approx(one.p[0], rel=1e-7)


def test_no_difference_is_rejected_as_often_as_it_should_be_and_a_planted_one_is_covered():
    rejected = covered = 0
    for seed in range(100):
        time, cause, score, shared = follow_up(n=120, bone=-0.4, other=-0.4, seed=seed)
        rejected += fit_difference(time, cause, score, shared)[1].p[0] < 0.05
        time, cause, score, shared = follow_up(n=120, bone=-0.5, other=0.2, seed=seed)
        found = fit_difference(time, cause, score, shared)[1]
        covered += found.ci_low[0] <= -0.7 <= found.ci_high[0]
    low, high = binom.ppf([0.0005, 0.9995], 100, 0.05)
    assert low <= rejected <= high and low <= 100 - covered <= high


# the table

CONFIG = settings(
    primary=primary(method="zscore"),
    models=("unadjusted", "proliferation"),
    proliferation_signature="PROLIF",
    min_events=5,
)


def made_up(n=400, **effects):
    """A cohort with bone and brain, without lung and liver."""
    time, cause, score, shared = follow_up(n, **effects)
    samples = [f"00{k}" for k in range(n)]
    brain = (cause == 2) & (np.arange(n) % 2 == 0)
    obs = pd.DataFrame(
        {
            "bone_time_months": time,
            "bone_event": (cause == 1).astype(float),
            "bone_competing": (cause == 2).astype(float),
            "brain_time_months": time,
            "brain_event": brain.astype(float),
            "brain_competing": ((cause > 0) & ~brain).astype(float),
        },
        index=samples,
    )
    values = {"ISG": score, "PROLIF": shared[:, 0], "FLAT": np.zeros(n)}
    parts = [
        pd.DataFrame(
            {"sample": samples, "signature": name, "method": method, "score_z": value, "status": "ok"}
        )
        for name, value in values.items()
        for method in ("zscore", "ssgsea")
    ]
    return obs, pd.concat(parts, ignore_index=True).assign(reason=None)


def run(obs, scores, **changes):
    table = sites(FitPlan("x", obs, scores, config=CONFIG._replace(**changes)))
    SITES.check(table, "sites")
    return table


def one(table, contrast, model="unadjusted", signature="ISG"):
    chosen = table.query("contrast == @contrast and model == @model and signature == @signature")
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_every_combination_has_one_row():
    table = run(*made_up())
    assert len(table) == 3 * 2 * len(CONTRASTS)
    assert table["signature"].tolist() == ["ISG"] * 14 + ["PROLIF"] * 14 + ["FLAT"] * 14
    assert one(table, "lung")["reason"] == "the cohort has no endpoint lung"
    assert one(table, "bone", "proliferation", "PROLIF")["status"] == "not_available"
    assert set(table.loc[table["signature"] == "FLAT", "status"]) == {"not_available"}


def test_numbers_are_those_of_each_contrast():
    obs, scores = made_up()
    table = run(obs, scores)
    time, cause, score, shared = follow_up()
    bone, other = one(table, "bone", "proliferation"), one(table, "other", "proliferation")
    assert (bone["n"], bone["n_events"], bone["n_other"]) == (400, (cause == 1).sum(), (cause == 2).sum())
    assert (other["n_events"], other["n_other"]) == ((cause == 2).sum(), (cause == 1).sum())
    fits = fit_cox(CoxProblem(time, cause == 2, shared), score)
    assert other["estimate"] == pytest.approx(fits.log_hr[0], rel=1e-9)
    difference = one(table, "bone_minus_other", "proliferation")
    assert difference["estimate"] == pytest.approx(bone["estimate"] - other["estimate"], rel=1e-7)
    assert difference["scale"] == "log_hr_difference"
    relapsed = cause > 0
    found = fit_odds((cause[relapsed] == 1).astype(float), score[relapsed], shared[relapsed])
    odds = one(table, "bone_among_relapsed", "proliferation")
    assert odds[ESTIMATE].tolist() == pytest.approx([found[name] for name in ESTIMATE])
    assert (odds["n"], odds["covariates"]) == (relapsed.sum(), "proliferation")
    there = associate(
        FitPlan(
            "x",
            obs,
            scores,
            config=CONFIG._replace(endpoints=("bone", "brain"), models=("unadjusted",)),
        ),
    ).query("method == 'zscore' and signature == 'ISG'")
    for row in there.itertuples():
        assert one(table, row.endpoint)["estimate"] == pytest.approx(row.log_hr, rel=1e-9)


def test_er_is_a_stratum_of_the_hazards_and_a_covariate_of_the_odds():
    obs, scores = made_up()
    positive = np.random.default_rng(4).random(400) < 0.6
    obs["er"] = pd.Categorical(np.where(positive, "positive", "negative"))
    table = run(obs, scores, models=("clinical", "full"))
    time, cause, score, shared = follow_up()
    for model, covariates in (("clinical", np.empty((400, 0))), ("full", shared)):
        bone, other, difference, odds = (
            one(table, name, model) for name in ("bone", "other", "bone_minus_other", "bone_among_relapsed")
        )
        apart = [fit_cox(CoxProblem(time, cause == k, covariates, positive), score) for k in (1, 2)]
        assert [bone["estimate"], other["estimate"]] == pytest.approx([fits.log_hr[0] for fits in apart])
        assert difference["estimate"] == pytest.approx(bone["estimate"] - other["estimate"], rel=1e-7)
        assert difference["se"] == pytest.approx(np.hypot(bone["se"], other["se"]), rel=1e-7)
        assert bone["covariates"].endswith("strata(er)") and odds["covariates"].endswith("er")
        relapsed = cause > 0
        columns = np.column_stack([covariates, positive])[relapsed]
        found = fit_odds((cause[relapsed] == 1).astype(float), score[relapsed], columns)
        assert odds["estimate"] == pytest.approx(found["estimate"]) and "strata" not in odds["covariates"]


def test_a_planted_effect_on_bone_alone_shows_in_every_contrast():
    table = run(*made_up(n=900, bone=-0.6, other=0.0))
    bone, other = one(table, "bone"), one(table, "other")
    assert abs(bone["estimate"] + 0.6) < 3 * bone["se"] and abs(other["estimate"]) < 3 * other["se"]
    for contrast in ("bone", "bone_minus_other", "bone_among_relapsed"):
        assert one(table, contrast)["p"] < 1e-4


def test_cohorts_without_bone_without_other_sites_and_with_few_events_say_so():
    obs, scores = made_up()
    table = run(obs.drop(columns=["bone_time_months", "bone_event", "bone_competing"]), scores)
    assert {
        one(table, name)["reason"] for name in ("bone", "other", "bone_minus_other", "bone_among_relapsed")
    } == {"the cohort has no endpoint bone"}
    assert one(table, "brain")["status"] == "ok"
    table = run(obs.drop(columns="bone_competing"), scores)
    assert one(table, "bone")["status"] == "ok"
    assert one(table, "other")["reason"] == "no relapse at another site is recorded as competing with bone"
    few = obs["bone_competing"].where(obs["bone_competing"].cumsum() <= 3, 0.0)
    table = run(obs.assign(bone_competing=few), scores)
    for contrast in ("other", "bone_minus_other", "bone_among_relapsed"):
        assert one(table, contrast)["status"] == "too_few_events", contrast
    assert "3 relapses at other sites among 400 samples" in one(table, "bone_minus_other")["reason"]


def test_ten_events_a_coefficient_decide_the_estimator():
    table = run(*made_up(n=60, hazard=0.008))
    rows = table[
        (table["signature"] == "ISG") & table["contrast"].isin(["bone_minus_other", "bone_among_relapsed"])
    ]
    fewest = rows[["n_events", "n_other"]].min(axis=1)
    assert (rows["status"] == "ok").all() and fewest.between(5, 19).all()
    penalised = rows["estimator"].isin(["firth", "firth_logistic"])
    assert (penalised == (fewest < 10 * np.where(rows["model"] == "unadjusted", 1, 2))).all()


def test_67_real_tumours(realdata):
    folder = realdata / "gse2034"
    clinical = pd.read_csv(folder / "gse2034_clinical_with_bone.tsv", sep="\t").set_index("gsm")
    expression = pd.read_csv(folder / "er_negative_67.entrez_log2.csv.gz", index_col=0)
    expression.index = expression.index.astype(str)
    obs = clinical.loc[expression.columns]
    obs = pd.DataFrame(
        {
            "bone_time_months": obs["months_to_relapse_or_followup"],
            "bone_event": obs["bone_relapse"],
            "bone_competing": obs["relapse"] - obs["bone_relapse"],
        }
    ).astype(float)
    interferon = [
        "9636",
        "4599",
        "3434",
        "3437",
        "4938",
        "6772",
        "3665",
    ]  # ISG15 MX1 IFIT1 IFIT3 OAS1 STAT1 IRF7
    cycling = ["4288", "6790", "891", "332", "991"]  # MKI67 AURKA CCNB1 BIRC5 CDC20
    z = expression.sub(expression.mean(axis=1), axis=0).div(expression.std(axis=1), axis=0)
    scores = [
        pd.DataFrame(
            {"sample": z.columns, "signature": name, "score_z": z.loc[z.index.intersection(genes)].mean()}
        )
        for name, genes in (("ISG", interferon), ("PROLIF", cycling))
    ]
    table = run(obs, pd.concat(scores, ignore_index=True).assign(method="zscore", status="ok", reason=None))
    bone, difference = one(table, "bone"), one(table, "bone_minus_other")
    assert (bone["n"], bone["n_events"], bone["n_other"], bone["estimator"]) == (67, 12, 13, "cox")
    assert one(table, "bone", "proliferation")["estimator"] == "firth"
    assert difference["estimate"] == pytest.approx(
        bone["estimate"] - one(table, "other")["estimate"], rel=1e-7
    )
    assert (
        table.query("contrast not in ['brain', 'lung', 'liver'] and signature == 'ISG'")["status"] == "ok"
    ).all()


# the figure

ROLES = {"patients": "validation", "nobone": "validation", "made": "simulated"}


@pytest.fixture(scope="module")
def three_cohorts():
    obs, scores = made_up()
    tables = [sites(FitPlan(name, obs, scores, config=CONFIG)) for name in ("made", "patients")]
    without = obs.drop(columns=["bone_time_months", "bone_event"])
    return pd.concat([*tables, sites(FitPlan("nobone", without, scores, config=CONFIG))], ignore_index=True)


def figure_table(table):
    return sites_table(table, ROLES, signature="ISG", method="zscore", models=("unadjusted", "proliferation"))


def words(figure):
    return [text.get_text() for text in figure.texts] + [
        text.get_text() for axes in figure.axes for text in axes.texts
    ]


def test_figure_numbers_are_ratios_of_cohorts_with_bone_simulated_ones_last(three_cohorts):
    table = figure_table(three_cohorts)
    assert tuple(LABELS) == CONTRASTS
    assert list(dict.fromkeys(table["heading"])) == ["patients", "made"]
    assert table["block"].tolist() == ["patients"] * 10 + ["simulated"] * 10
    assert "lung metastasis" not in set(table["label"])
    row = table.query("heading == 'made' and label == 'bone metastasis' and model == 'unadjusted'").iloc[0]
    known = one(three_cohorts.query("cohort == 'made'"), "bone")
    ratios = np.exp(known[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float))
    assert row[["hr", "hr_low", "hr_high"]].tolist() == pytest.approx(ratios.tolist())


def test_figure_says_what_is_simulated_and_is_the_same_twice(three_cohorts):
    table, drawn = figure_table(three_cohorts), []
    for _ in range(2):
        figure = plot_sites(table, ("unadjusted", "proliferation"), signature="ISG", method="zscore")
        stream = BytesIO()
        with style.in_style():
            figure.savefig(stream, format="svg", metadata={"Date": None})
        drawn.append(stream.getvalue())
    assert drawn[0] == drawn[1]
    assert any("SIMULATED" in said for said in words(figure))
    patients = table[table["block"] == "patients"]
    figure = plot_sites(patients, ("unadjusted", "proliferation"), signature="ISG", method="zscore")
    assert not any("SIMULATED" in said for said in words(figure))


def test_figure_without_any_cohort_says_so(three_cohorts):
    table = figure_table(three_cohorts[three_cohorts["cohort"] == "nobone"])
    assert table.empty
    said = " ".join(words(plot_sites(table, ("unadjusted",), signature="ISG", method="zscore")))
    assert NOTHING in " ".join(said.split())
