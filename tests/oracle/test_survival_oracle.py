"""Outcome statistics against R (survival, cmprsk), statsmodels, lifelines, scikit-survival, firthmodels."""

from __future__ import annotations

import math
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.statistics.concordance import harrell_c
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.incidence import aalen_johansen, incidence_se, log_log_interval, median_followup
from irf7bone.statistics.schoenfeld import proportional_hazards_p

SETS = ("lung", "veteran", "mgus2", "simulated", "few")
MODELS = {"unadjusted": [], "adjusted": ["second", "third"], "stratified": ["second"]}


@cache
def stored(name, folder=STORED):
    return pd.read_csv(folder / f"survival_{name}.tsv", sep="\t", comment="#")


def expected(table, **wanted):
    rows = stored(table)
    return rows[np.logical_and.reduce([rows[name] == value for name, value in wanted.items()])]


def problem(name, model, event=None):
    data = stored(f"data_{name}")
    covariates = data[MODELS[model]].to_numpy(dtype=float)
    strata = data["stratum"].to_numpy() if model == "stratified" else None
    event = (data["cause"] == 1).to_numpy(dtype=float) if event is None else event
    return CoxProblem(data["time"].to_numpy(), event, covariates, strata), data["score"].to_numpy(dtype=float)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SETS)
def test_cox_and_proportional_hazards_as_r(name, model):
    """Ties throughout: R's coxph with Efron and cox.zph."""
    (_, row), *others = expected("cox", data=name, model=model).iterrows()
    assert not others
    shared, score = problem(name, model)
    fits = fit_cox(shared, score)
    assert shared.n_events == row["n_events"]
    for ours in ("log_hr", "se", "p", "loglik", "score_chi2"):
        assert getattr(fits, ours)[0] == pytest.approx(row[ours], rel=1e-8), ours
    assert proportional_hazards_p(shared, score, fits)[0] == pytest.approx(row["ph_p"], rel=1e-8)


@pytest.mark.parametrize("name", SETS)
def test_concordance_as_r(name):
    row = expected("concordance", data=name).iloc[0]
    data = stored(f"data_{name}")
    found = harrell_c(data["time"].to_numpy(), (data["cause"] == 1).to_numpy(), [data["score"]])
    assert found.c[0] == pytest.approx(row["c"], rel=1e-10)
    assert found.se[0] == pytest.approx(row["se"], rel=1e-10)


@pytest.mark.parametrize("kind", ["event_free", "cumulative_incidence"])
@pytest.mark.parametrize("name", SETS)
def test_curves_as_r(name, kind):
    rows = expected("curves", data=name, kind=kind)
    data = stored(f"data_{name}")
    if rows.empty:
        assert not (data["cause"] == 2).any()
        return
    time, cause = data["time"].to_numpy(), data["cause"].to_numpy()
    cause = cause if kind == "cumulative_incidence" else (cause == 1).astype(int)
    found = aalen_johansen(time, cause)
    se = incidence_se(time, cause, found)
    share = found.incidence if kind == "cumulative_incidence" else found.free
    low, high = log_log_interval(share, se)
    assert found.time.tolist() == rows["time"].tolist()
    assert found.n_at_risk.tolist() == rows["n_at_risk"].tolist()
    assert found.n_events.tolist() == rows["n_events"].tolist()
    known = (rows["estimate"] > 0) & (rows["estimate"] < 1)
    for ours, theirs in ((share, "estimate"), (se, "se"), (low, "ci_low"), (high, "ci_high")):
        assert ours[known] == pytest.approx(rows.loc[known, theirs].to_numpy(), rel=1e-9), theirs
    assert np.isnan(low[~known]).all()
    if kind == "cumulative_incidence":
        assert share == pytest.approx(rows["cmprsk"].to_numpy(), abs=1e-12)


@pytest.mark.parametrize("name", SETS)
def test_median_followup_as_r(name):
    data = stored(f"data_{name}")
    cause = data["cause"].to_numpy()
    found = median_followup(data["time"].to_numpy(), cause == 1, cause == 2)
    assert found == pytest.approx(expected("followup", data=name)["median"].iloc[0], nan_ok=True)


@pytest.mark.oracle
def test_stored_tables_are_what_r_gives(tmp_path):
    """The tables hold what the script beside them makes."""
    run_r("survival.R", tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in STORED.glob("survival_*.tsv"))
    compare_tables(tmp_path, made, rtol=1e-9, check_dtype=False)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["lung", "mgus2", "simulated"])
def test_cox_as_statsmodels(name, model):
    from statsmodels.duration.hazard_regression import PHReg

    shared, score = problem(name, model)
    data = stored(f"data_{name}")
    columns = np.column_stack([score, data[MODELS[model]]])
    strata = data["stratum"].to_numpy() if model == "stratified" else None
    peer = PHReg(data["time"], columns, status=data["cause"] == 1, ties="efron", strata=strata).fit()
    fits = fit_cox(shared, score)
    assert fits.coefficients[0] == pytest.approx(peer.params, rel=1e-6)
    assert fits.se[0] == pytest.approx(peer.bse[0], rel=1e-6)
    assert fits.p[0] == pytest.approx(peer.pvalues[0], rel=1e-5)


@pytest.mark.parametrize("name", ["lung", "veteran", "simulated"])
def test_cox_and_kaplan_meier_as_lifelines(name):
    lifelines = pytest.importorskip("lifelines")
    shared, score = problem(name, "adjusted")
    data = stored(f"data_{name}")
    frame = data[["time", "score", "second", "third"]].assign(event=data["cause"] == 1)
    peer = lifelines.CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-11})
    fits = fit_cox(shared, score)
    assert fits.log_hr[0] == pytest.approx(peer.params_["score"], rel=1e-6)
    assert fits.se[0] == pytest.approx(peer.standard_errors_["score"], rel=1e-6)
    peer = lifelines.KaplanMeierFitter().fit(data["time"], data["cause"] == 1)
    found = aalen_johansen(data["time"].to_numpy(), data["cause"].to_numpy() == 1)
    assert found.free == pytest.approx(peer.survival_function_.iloc[1:, 0].to_numpy(), abs=1e-12)


@pytest.mark.parametrize("name", SETS)
def test_concordance_and_incidence_as_scikit_survival(name):
    metrics = pytest.importorskip("sksurv.metrics")
    from sksurv.nonparametric import cumulative_incidence_competing_risks

    data = stored(f"data_{name}")
    time, event = data["time"].to_numpy(), (data["cause"] == 1).to_numpy()
    found = harrell_c(time, event, [data["score"]])
    # theirs is of a risk: higher goes with the earlier event
    assert found.c[0] == pytest.approx(
        metrics.concordance_index_censored(event, time, -data["score"])[0], rel=1e-12
    )
    if (data["cause"] == 2).any():
        times, shares = cumulative_incidence_competing_risks(data["cause"].to_numpy(), time)
        ours = aalen_johansen(time, data["cause"].to_numpy())
        assert ours.time.tolist() == times.tolist()
        assert ours.incidence == pytest.approx(shares[1], abs=1e-12)


@pytest.mark.parametrize(("n", "events", "p"), [(60, 9, 0), (82, 14, 1), (120, 30, 3)])
def test_firth_as_firthmodels_without_ties(n, events, p):
    """Its own tolerances are 1e-4 on gradient and profile; it has neither Efron's ties nor strata."""
    firthmodels = pytest.importorskip("firthmodels")
    random = np.random.default_rng(n)
    scores, covariates = random.normal(size=(5, n)), random.normal(size=(n, p))
    time, event = random.exponential(size=n), np.zeros(n)
    event[random.choice(n, events, replace=False)] = 1
    fits = fit_firth(CoxProblem(time, event, covariates), scores)
    for row, score in enumerate(scores):
        peer = firthmodels.FirthCoxPH(backend="numpy").fit(
            np.column_stack([score, covariates]), (event > 0, time)
        )
        interval = peer.lrt([0]).conf_int(method="pl", features=[0])[0]
        assert fits.coefficients[row] == pytest.approx(peer.coef_, abs=1e-4)
        assert fits.se[row] == pytest.approx(peer.bse_[0], rel=1e-4)
        assert fits.loglik[row] == pytest.approx(peer.loglik_, rel=1e-7)
        assert fits.p[row] == pytest.approx(peer.lrt_pvalues_[0], rel=1e-4)
        assert (fits.ci_low[row], fits.ci_high[row]) == pytest.approx(tuple(interval), abs=1e-4)


# -- real tumours -------------------------------------------------------------------------------------------


def test_known_answers_of_six_cohorts(realdata):
    """Cox fits per standard deviation: STAT1, AURKA, ESR1, PLAU, and STAT1 adjusted for AURKA and ESR1.

    The stored answers are lifelines' at its default precision, which leaves log_hr up to 4e-5 off its optimum
    on these data (seen by asking it for more); statsmodels, run to the end, must agree to 1e-7.
    """
    from statsmodels.duration.hazard_regression import PHReg

    table = pd.read_csv(realdata / "known_answers" / "survcomp_breast7g_1500.csv")
    answers = pd.read_csv(realdata / "known_answers" / "survcomp7_cox_per_sd.csv", keep_default_na=False)
    assert len(answers) == 30
    for _, row in answers.iterrows():
        where = (row["cohort"], row["gene"], row["adj"])
        genes = [row["gene"], *(row["adj"].split("+") if row["adj"] != "none" else [])]
        columns = [f"t.{row['endpoint']}", f"e.{row['endpoint']}", *genes]
        cohort = table.loc[table["cohort"] == row["cohort"], columns].dropna(subset=columns[:2])
        # each gene scaled over all patients that have it, also those who lack another gene of the model
        z = (cohort[genes] - cohort[genes].mean()) / cohort[genes].std()
        data = cohort.dropna()
        z = z.loc[data.index]
        time, event = data[columns[0]].to_numpy(), data[columns[1]].to_numpy()
        assert (len(data), event.sum()) == (int(row["n"]), int(row["events"])), where
        fits = fit_cox(CoxProblem(time, event, z[genes[1:]].to_numpy()), z[genes[0]].to_numpy())
        ours = fits.log_hr[0], fits.se[0], fits.p[0]
        assert ours[:2] == pytest.approx((float(row["loghr"]), float(row["se"])), abs=5e-5), where
        assert ours[2] == pytest.approx(float(row["p"]), abs=3e-4), where
        peer = PHReg(time, z, status=event, ties="efron").fit(method="newton", tol=1e-12)
        assert ours == pytest.approx((peer.params[0], peer.bse[0], peer.pvalues[0]), rel=1e-7), where
        if row["adj"] == "none":
            c = harrell_c(time, event, [z[genes[0]]]).c[0]
            # the stored C is of the fitted risk, ours of the score for a longer time
            assert (1 - c if float(row["loghr"]) > 0 else c) == pytest.approx(float(row["c"]), abs=1e-9), (
                where
            )


@pytest.mark.parametrize("name", ["gse1992", "gse3143", "gse4335"])
def test_irf7_in_the_cohorts_of_a_package(name, realdata):
    survset = pytest.importorskip("SurvSet.data")
    answer = pd.read_csv(realdata / "known_answers" / "survset_breast_isg.csv").set_index("cohort").loc[name]
    with warnings.catch_warnings():  # its pickles name a module that numpy has renamed
        warnings.simplefilter("ignore", DeprecationWarning)
        data = survset.SurvLoader().load_dataset(name)["df"]
    gene = data["num_HS_IRF7"].to_numpy(dtype=float)
    fits = fit_cox(
        CoxProblem(data["time"].to_numpy(), data["event"].to_numpy()), (gene - gene.mean()) / gene.std(ddof=1)
    )
    assert data["event"].sum() == answer["events"]
    assert math.exp(fits.log_hr[0]) == pytest.approx(answer["hr_irf7"], rel=1e-6)
