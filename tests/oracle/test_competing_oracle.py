"""Competing risks and sites against R's cmprsk, survival and glm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.statistics.cause_difference import fit_difference
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_fine_gray
from irf7bone.statistics.gray import gray_test, logrank_test
from irf7bone.statistics.logistic import fit_odds

KINDS = ("data", "fine_gray", "stratified", "gray", "logrank", "stacked", "odds")
COVARIATES = {"unadjusted": [], "adjusted": ["second"]}


def read(folder: Path, kind: str) -> pd.DataFrame:
    """A table that cmprsk.R wrote; its first lines name the versions and the call."""
    return pd.read_csv(folder / f"competing_{kind}.tsv", sep="\t", comment="#")


def close(ours, theirs, what):
    np.testing.assert_allclose(ours, np.asarray(theirs, dtype=float), rtol=1e-6, atol=0, err_msg=str(what))


def compare(folder: Path) -> None:
    data = dict(list(read(folder, "data").groupby("data", sort=False)))
    assert len(data) == 6
    for row in read(folder, "fine_gray").itertuples():
        fits = fit_fine_gray(*problem(data[row.data], row.model))
        close([fits.log_hr[0], fits.se[0], fits.p[0]], [row.log_hr, row.se, row.p], row)
        # finegray lets events precede censoring at the same time; where no two coincide it must be the same
        if row.data in ("continuous", "late"):
            close(fits.log_hr[0], row.finegray, row)
    for row in read(folder, "stratified").itertuples():
        fits = fit_fine_gray(*problem(data[row.data], row.model, by="group"))
        close([fits.log_hr[0], fits.se[0], fits.p[0]], [row.log_hr, row.se, row.p], row)
        if row.data in ("continuous", "late"):
            close(fits.log_hr[0], row.finegray, row)
    for test, kind in ((gray_test, "gray"), (logrank_test, "logrank")):
        for row in read(folder, kind).itertuples():
            rows = data[row.data]
            cause = rows["cause"].to_numpy()
            found = test(
                rows["time"].to_numpy(), cause if kind == "gray" else cause == 1, rows[row.by].to_numpy()
            )
            close([found.statistic, found.df, found.p], [row.statistic, row.df, row.p], row)
    compare_sites(folder, data)


def compare_sites(folder: Path, data: dict[str, pd.DataFrame]) -> None:
    direct = 0
    for row in read(folder, "stacked").itertuples():
        rows = data[row.data]
        time, cause, score = (rows[name].to_numpy() for name in ("time", "cause", "score"))
        columns = rows[COVARIATES[row.model]].to_numpy()
        apart = [fit_cox(CoxProblem(time, cause == k, columns), score) for k in (1, 2)]
        close(apart[0].log_hr[0] - apart[1].log_hr[0], row.difference, row)
        close(np.hypot(apart[0].se[0], apart[1].se[0]), row.se, row)
        estimator, fits = fit_difference(time, cause, score, columns)
        if estimator == "cox":
            direct += 1
            close([fits.log_hr[0], fits.se[0], fits.p[0]], [row.difference, row.se, row.p], row)
    for row in read(folder, "odds").itertuples():
        rows = data[row.data].query("cause > 0")
        bone = (rows["cause"] == 1).to_numpy(dtype=float)
        found = fit_odds(bone, rows["score"].to_numpy(), rows[COVARIATES[row.model]].to_numpy())
        if found["estimator"] == "logistic":
            direct += 1
            close([found["estimate"], found["se"], found["p"]], [row.log_odds_ratio, row.se, row.p], row)
    # the other rows have too few events for maximum likelihood
    assert direct == 16


def problem(rows: pd.DataFrame, model: str, by: str | None = None) -> tuple[FineGrayProblem, np.ndarray]:
    columns = rows[COVARIATES[model]].to_numpy()
    strata = None if by is None else rows[by].to_numpy()
    made = FineGrayProblem(rows["time"].to_numpy(), rows["cause"].to_numpy(), columns, strata)
    return made, rows["score"].to_numpy()


def test_cmprsk_as_stored():
    header = (STORED / "competing_fine_gray.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "cmprsk 2.2.11" in header[0] and "crr(time, cause," in header[1]
    compare(STORED)


def test_ties_of_censoring_and_events_are_what_parts_crr_from_finegray():
    table = read(STORED, "fine_gray").set_index(["data", "model"])
    tied = table.loc["tied"]
    assert (np.abs(tied["finegray"] / tied["log_hr"] - 1) > 1e-3).all()


@pytest.mark.oracle
def test_cmprsk_recomputed(tmp_path):
    run_r("cmprsk.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, [f"competing_{kind}.tsv" for kind in KINDS], rtol=1e-6, atol=1e-12)


@pytest.mark.oracle
def test_cmprsk_on_286_real_tumours(realdata, tmp_path):
    clinical = pd.read_csv(realdata / "gse2034" / "gse2034_clinical_with_bone.tsv", sep="\t")
    rows = pd.DataFrame(
        {
            "time": clinical["months_to_relapse_or_followup"],
            "cause": np.where(clinical["bone_relapse"] == 1, 1, np.where(clinical["relapse"] == 1, 2, 0)),
            "score": (clinical["er_status"] == "ER+").astype(float),
            "second": clinical["age"] / 10,
        }
    ).dropna()
    assert [(rows["cause"] == k).sum() for k in (1, 2)] == [69, 38]
    rows.to_csv(tmp_path / "rows.tsv", sep="\t", index=False)
    code = """
        suppressPackageStartupMessages(library(cmprsk)); x <- read.delim(commandArgs(TRUE))
        f <- crr(x$time, x$cause, as.matrix(x[, c("score", "second")]), gtol = 1e-9)
        t <- cuminc(x$time, x$cause, x$score)$Tests["1", "stat"]
        cat(sprintf("%.15g", c(f$coef[[1]], sqrt(f$var[1, 1]), t)))"""
    said = run_r(code, tmp_path / "rows.tsv")
    fits = fit_fine_gray(*problem(rows, "adjusted"))
    test = gray_test(rows["time"].to_numpy(), rows["cause"].to_numpy(), rows["score"].to_numpy())
    close([fits.log_hr[0], fits.se[0], test.statistic], [float(word) for word in said.split()], "gse2034")
