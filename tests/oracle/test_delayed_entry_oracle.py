"""Delayed entry against R's survival: Cox, the test of proportional hazards, each sample left out, curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import run_r

from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.gray import logrank_test
from irf7bone.statistics.incidence import aalen_johansen
from irf7bone.statistics.leave_one_patient_out import leave_one_patient_out
from irf7bone.statistics.risk_sets import RiskSets
from irf7bone.statistics.schoenfeld import proportional_hazards_p
from irf7bone.statistics.score_residuals import score_residuals
from irf7bone.statistics.weighted_cox import fit_weighted_cox

STORED = Path(__file__).resolve().parents[1] / "data" / "oracle"
TABLES = ("data", "cox", "left_out", "logrank", "curves")


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"delayed_entry_{name}.tsv", sep="\t", comment="#")


def problem(data: pd.DataFrame, *, strata: bool = False) -> tuple[CoxProblem, np.ndarray]:
    made = CoxProblem(
        data["time"].to_numpy(float),
        (data["cause"] == 1).to_numpy(float),
        data[["second"]].to_numpy(float),
        data["stratum"].to_numpy() if strata else None,
        ("second",),
        data["entry"].to_numpy(float),
    )
    return made, data["score"].to_numpy(float)


def dfbetas(data: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of the score, shape (n,) each: with entry, strata and Efron's ties; with weights and Breslow's."""
    made, score = problem(data, strata=True)
    columns, weights = data[["score", "second"]].to_numpy(float), 1.0 + 2 * data["stratum"].to_numpy()
    weighted = fit_weighted_cox(made.time, made.event, columns, weights)
    breslow = RiskSets(made.time, made.event, efron=False)
    found = {}
    for name, risk, beta, own in (
        ("dfbeta_strata", made.risk, fit_cox(made, score).coefficients[0], None),
        ("dfbeta_weighted", breslow, weighted.beta, weights[breslow.rows]),
    ):
        residual, information = score_residuals(risk, columns[risk.rows], beta, own)
        joins = slice(None) if risk.sign is None else risk.sign > 0
        found[name] = np.zeros(len(data))
        found[name][risk.rows[joins]] = (np.linalg.inv(information.sum(axis=2)) @ residual)[0, joins]
    return found


def compare(folder: Path) -> None:
    data = read(folder, "data")
    for row in read(folder, "cox").itertuples():
        made, score = problem(data, strata=row.strata)
        fits = fit_cox(made, score)
        found = (fits.log_hr[0], fits.se[0], fits.loglik[0])
        np.testing.assert_allclose(found, (row.log_hr, row.se, row.loglik), rtol=1e-8)
        assert proportional_hazards_p(made, score, fits)[0] == pytest.approx(row.ph_p, rel=1e-6)
    made, score = problem(data)
    fits = fit_cox(made, score)
    left, _ = leave_one_patient_out(made, None, score, fits.coefficients[0], penalised=False)
    expected = read(folder, "left_out")
    np.testing.assert_allclose(left, expected["log_hr"], rtol=1e-6)
    for name, found in dfbetas(data).items():
        np.testing.assert_allclose(found, expected[name], rtol=1e-8, atol=1e-12, err_msg=name)
    curves = read(folder, "curves")
    time, cause, entry = (data[name].to_numpy(float) for name in ("time", "cause", "entry"))
    plain = aalen_johansen(time, (cause == 1).astype(int), entry)
    competing = aalen_johansen(time, cause.astype(int), entry)
    at = np.searchsorted(plain.time, curves["time"])
    np.testing.assert_array_equal(plain.n_at_risk[at], curves["n_risk"])
    np.testing.assert_allclose(plain.free[at], curves["free"], rtol=1e-10)
    np.testing.assert_allclose(competing.incidence[at], curves["incidence"], rtol=1e-10)
    apart, group = time + np.arange(1, time.size + 1) / 1000, np.digitize(score, [-0.4, 0.4])
    found, row = logrank_test(apart, cause == 1, group, entry), read(folder, "logrank").iloc[0]
    assert found.statistic == pytest.approx(row["statistic"], rel=1e-8) and found.df == row["df"]


def test_survival_as_stored():
    compare(STORED)


@pytest.mark.oracle
def test_survival_recomputed(tmp_path):
    run_r("delayed_entry.R", tmp_path)
    compare(tmp_path)
    for name in TABLES:
        pd.testing.assert_frame_equal(read(tmp_path, name), read(STORED, name), rtol=1e-6, atol=1e-8)


def test_entry_at_the_start_changes_nothing():
    data = read(STORED, "data").assign(entry=0.0)
    with_entry, score = problem(data)
    without = CoxProblem(with_entry.time, with_entry.event, data[["second"]].to_numpy(float))
    for fit in (fit_cox, fit_firth):
        one, other = fit(with_entry, score), fit(without, score)
        np.testing.assert_allclose([one.log_hr, one.se], [other.log_hr, other.se], rtol=1e-10)


def test_a_sample_split_in_two_spells_is_one_sample():
    """Followed from 0 to t and from t on, a sample says what it says in one piece; Firth's penalty too."""
    data = read(STORED, "data")
    cut = 6.0
    long = data[(data["entry"] < cut) & (data["time"] > cut)]
    early = long.assign(time=cut, cause=0)
    split = pd.concat([data.drop(long.index), early, long.assign(entry=cut)], ignore_index=True)
    for fit in (fit_cox, fit_firth):
        (whole, score), (parts, scores) = problem(data), problem(split)
        one, other = fit(whole, score), fit(parts, scores)
        np.testing.assert_allclose([one.log_hr, one.se], [other.log_hr, other.se], rtol=1e-7)
