"""Model checks and discrimination against R (survival, rms, riskRegression, pec) and scikit-survival."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.outcome.models import Cohort, Design
from irf7bone.outcome.periods import hazard_ratios_by_period
from irf7bone.statistics.cox import fit_cox
from irf7bone.statistics.ipcw import auc, uno_c
from irf7bone.statistics.leave_one_patient_out import leave_one_patient_out
from irf7bone.statistics.score_residuals import score_residuals
from irf7bone.statistics.splines import fit_spline

SETS = ("lung", "veteran", "mgus2", "simulated", "continuous")
COVARIATES = {"unadjusted": [], "adjusted": ["second", "third"], "stratified": ["second"]}


@cache
def stored(name, folder=STORED):
    return pd.read_csv(folder / f"checks_{name}.tsv", sep="\t", comment="#")


@cache
def data(name):
    file = f"checks_data_{name}.tsv" if name == "continuous" else f"survival_data_{name}.tsv"
    return pd.read_csv(STORED / file, sep="\t", comment="#")


def expected(table, **wanted):
    rows = stored(table)
    return rows[np.logical_and.reduce([rows[name] == value for name, value in wanted.items()])]


def design(name, model):
    rows = data(name)
    cohort = Cohort(rows, rows["time"].to_numpy(float), (rows["cause"] == 1).to_numpy(float), None, None)
    names = COVARIATES[model]
    strata = rows["stratum"].to_numpy() if model == "stratified" else None
    everyone = np.ones(len(rows), dtype=bool)
    return Design(cohort, everyone, rows[names].to_numpy(dtype=float), tuple(names), strata)


def score_of(name):
    return data(name)["score"].to_numpy(dtype=float)


@pytest.mark.parametrize("model", COVARIATES)
@pytest.mark.parametrize("name", SETS)
def test_hazard_ratio_by_period_as_r(name, model):
    rows = expected("periods", data=name, model=model).set_index("period")
    found = hazard_ratios_by_period(
        design(name, model), score_of(name), months=rows["cut"].iloc[0], min_events=1, events_per_parameter=0
    )
    for period, row in rows.iterrows():
        ours = found[period]
        assert (ours["status"], ours["estimator"]) == ("ok", "cox")
        assert ours["estimate"] == pytest.approx(row["estimate"], rel=1e-8)
        width = (ours["ci_high"] - ours["ci_low"]) / 2 / 1.959963984540054
        assert width == pytest.approx(row["se"], rel=1e-8)
        assert ours["p"] == pytest.approx(row["p"], rel=1e-7)


@pytest.mark.parametrize("model", COVARIATES)
@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("name", SETS)
def test_spline_as_r(name, number, model):
    (_, row), *others = expected("spline", data=name, model=model, number=number).iterrows()
    assert not others
    chosen, score = design(name, model), score_of(name)
    # as many events for each parameter as make it choose this number of knots
    parameters = chosen.problem.q + number - 2
    each = chosen.problem.n_events / (parameters + 0.5)
    line = fit_cox(chosen.problem, score)
    found = fit_spline(chosen.problem, chosen.covariates, chosen.strata, score, line, each)
    assert found.at == pytest.approx([float(knot) for knot in row["knots"].split(",")], rel=1e-12)
    assert (found.df, found.estimator) == (row["df"], "cox")
    assert found.chi2 == pytest.approx(row["chi2"], rel=1e-6)
    assert found.p == pytest.approx(row["p"], rel=1e-6)
    estimate, se = found.relative(np.array([row["to"]]), row["from"])
    assert estimate[0] == pytest.approx(row["estimate"], rel=1e-7)
    assert se[0] == pytest.approx(row["se"], rel=1e-7)


LEFT_OUT = [
    ("lung", "unadjusted"),
    ("veteran", "stratified"),
    ("simulated", "stratified"),
    ("continuous", "adjusted"),
]


@pytest.mark.parametrize(("name", "model"), LEFT_OUT)
def test_dfbeta_as_r(name, model):
    rows = expected("left_out", data=name, model=model)
    problem, score = design(name, model).problem, score_of(name)
    full = fit_cox(problem, score)
    ((_, x, sd),) = problem.blocks(score[None])
    beta = problem.scale(full.coefficients, sd)
    inverse = problem.likelihood.evaluate(x, beta, penalised=False).inverse[:, :, 0]
    found = np.zeros(score.size)  # of who is at risk at no event
    columns = np.column_stack([x, problem.covariates])
    residual, _ = score_residuals(problem.risk, columns, beta[:, 0])
    found[problem.risk.rows] = inverse[0] @ residual / sd
    assert found == pytest.approx(rows["dfbeta"].to_numpy(), rel=1e-7, abs=1e-10)


@pytest.mark.parametrize(("name", "model"), LEFT_OUT)
def test_every_sample_left_out_as_r(name, model):
    rows = expected("left_out", data=name, model=model)
    chosen, score = design(name, model), score_of(name)
    full = fit_cox(chosen.problem, score)
    found, _ = leave_one_patient_out(
        chosen.problem, chosen.strata, score, full.coefficients[0], penalised=False
    )
    assert rows["row"].tolist() == list(range(1, score.size + 1))
    assert found == pytest.approx(rows["log_hr"].to_numpy(), rel=1e-8)


def cause_of(name, competing):
    cause = data(name)["cause"].to_numpy()
    return cause if competing else (cause == 1).astype(int)


@pytest.mark.parametrize("competing", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_auc_as_riskregression(name, competing):
    """Standard errors: theirs divide by n - 1, and approximate the derivative of the censoring curve."""
    rows = expected("auc", data=name, competing=competing)
    assert len(rows) == (0 if competing and name in ("lung", "veteran") else 2)
    time, n = data(name)["time"].to_numpy(float), len(data(name))
    for _, row in rows.iterrows():
        found = auc(time, cause_of(name, competing), score_of(name), row["horizon"])
        assert found.c[0] == pytest.approx(row["auc"], rel=1e-10)
        within = 1e-6 if name == "continuous" else 5e-4
        assert found.se[0] * np.sqrt(n / (n - 1)) == pytest.approx(row["se"], rel=within)


@pytest.mark.parametrize("name", SETS)
def test_uno_as_r(name):
    rows = expected("uno", data=name)
    assert len(rows) == 2
    for _, row in rows.iterrows():
        found = uno_c(
            data(name)["time"].to_numpy(float), cause_of(name, False), score_of(name), row["horizon"]
        )
        assert found.c[0] == pytest.approx(row["c"], rel=1e-10)


def test_c_with_competing_events_as_pec():
    """On the set without ties: pec leaves out pairs of an event and a competing event at one time."""
    rows = stored("wolbers")
    assert len(rows) == 2
    for _, row in rows.iterrows():
        set_ = data("continuous")
        found = uno_c(
            set_["time"].to_numpy(), set_["cause"].to_numpy(), set_["score"].to_numpy(), row["horizon"]
        )
        assert found.c[0] == pytest.approx(row["c"], rel=1e-10)


def test_discrimination_as_scikit_survival():
    """On the set without ties: it takes the censoring curve after the event, and stops before the horizon."""
    metrics = pytest.importorskip("sksurv.metrics")
    from sksurv.util import Surv

    time, score = data("continuous")["time"].to_numpy(), score_of("continuous")
    event = cause_of("continuous", False)
    outcome = Surv.from_arrays(event == 1, time)
    for horizon in (36.0, 60.0):
        theirs = metrics.concordance_index_ipcw(outcome, outcome, -score, tau=horizon)[0]
        assert uno_c(time, event, score, horizon).c[0] == pytest.approx(theirs, rel=1e-10)
        theirs = metrics.cumulative_dynamic_auc(outcome, outcome, -score, [horizon])[0][0]
        assert auc(time, event, score, horizon).c[0] == pytest.approx(theirs, rel=1e-10)


@pytest.mark.oracle
def test_stored_tables_are_what_r_gives(tmp_path):
    """The tables hold what the script beside them makes."""
    run_r("checks.R", STORED, tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in STORED.glob("checks_*.tsv"))
    compare_tables(tmp_path, made, rtol=1e-9, check_dtype=False)
