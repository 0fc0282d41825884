"""The verdict's pool against base R's quadrature, imputed ER against mice, within the error of drawing.

Of R's bayesmeta, which Debian does not have, twelve results stand in
``tests/unit/statistics/test_normal_normal.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.outcome.claim_designs import ClaimPatients, claim_design
from irf7bone.outcome.er_adjustment import ErAdjustment
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.imputed import IMPUTATIONS, impute_er
from irf7bone.statistics.normal_normal import pool_normal_normal

TABLES = ("verdict_studies.tsv", "verdict_pool.tsv", "verdict_gaps.tsv", "verdict_imputed.tsv")
SEEDS = 10
QUANTITIES = ["mean", "low", "high", "below_1", "below_07", "further_low", "further_high", "tau"]


def test_pools_of_two_to_twelve_cohorts():
    studies, pool = (read_table(STORED / name) for name in TABLES[:2])
    assert set(pool["k"]) == {2, 3, 6, 12}
    for row in pool.itertuples():
        own = studies[studies["k"] == row.k]
        found = pool_normal_normal([own["log_hr"]], [own["se"]], scale=row.scale)
        ours = [
            found.mu.centre,
            found.mu.quantile(0.025),
            found.mu.quantile(0.975),
            found.mu.below(0.0),
            found.mu.below(np.log(0.7)),
            found.further.quantile(0.025),
            found.further.quantile(0.975),
            found.tau,
        ]
        theirs = [getattr(row, name) for name in QUANTITIES]
        np.testing.assert_allclose(np.ravel(ours), theirs, atol=1e-8)


@pytest.fixture(scope="module")
def imputed() -> pd.DataFrame:
    """Score's and ER's log hazard ratio and error in each data set that the product completes."""
    gaps = read_table(STORED / TABLES[2])
    time, event, score, proliferation, er = (
        gaps[name].to_numpy(float) for name in ("time", "event", "score", "proliferation", "er")
    )
    known = {"score": score, "proliferation": proliferation}
    rows = []
    for seed in range(SEEDS):
        for completed in impute_er(time, event, known, er, seed=seed):
            assert np.array_equal(completed[np.isfinite(er)], er[np.isfinite(er)])
            people = ClaimPatients(time, event, score, proliferation, ErAdjustment("status", completed), None)
            design = claim_design(people, {"proliferation": proliferation, "er_status": completed})
            fits = fit_many(design, score[None], intervals=False)
            rows.append({"score": fits.log_hr[0], "er": fits.coefficients[0, 2], "se": fits.se[0]})
    return pd.DataFrame(rows)


def test_as_many_data_sets_as_said(imputed):
    assert len(imputed) == SEEDS * IMPUTATIONS


@pytest.mark.parametrize("covariate", ["score", "er"])
def test_drawn_imputations_are_those_of_mice(imputed, covariate):
    """Mean and variance between data sets, within three errors of drawing them (both sides')."""
    row = read_table(STORED / TABLES[3]).set_index("covariate").loc[covariate]
    ours = imputed[covariate]
    between = ours.var()
    error = np.sqrt(row["between"] / row["m"] + between / len(ours))
    assert abs(ours.mean() - row["mean"]) < 3 * error
    # complete cases lie several such errors away: the test can tell imputation from none
    assert abs(row["complete_cases"] - row["mean"]) > 5 * error
    spread = np.sqrt(2 / (row["m"] - 1) + 2 / (len(ours) - 1))
    assert abs(np.log(between / row["between"])) < 3 * spread


def test_the_variance_within_is_that_of_mice(imputed):
    row = read_table(STORED / TABLES[3]).set_index("covariate").loc["score"]
    assert np.square(imputed["se"]).mean() == pytest.approx(row["within"], rel=0.01)


@pytest.mark.oracle
def test_r_gives_the_stored_tables(tmp_path: Path):
    run_r("verdict.R", tmp_path)
    compare_tables(tmp_path, TABLES, rtol=1e-7, atol=1e-9)
