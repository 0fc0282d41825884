"""The surface for Python against comprisk, PyMARE and scikit-survival, which were written by others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.pool import pool_studies
from irf7bone.statistics import cox_regression, fine_gray_regression, gray_test
from irf7bone.statistics.random_effects import reml_tau2


def patients(n=300, seed=4):
    """Two covariates and follow-up in whole months, so that times are tied, with a competing event."""
    random = np.random.default_rng(seed)
    x = pd.DataFrame(random.normal(size=(n, 2)), columns=["score", "other"])
    clock = random.exponential(60 * np.exp(-0.4 * x["score"]))
    rival, end = random.exponential(90, n), random.uniform(20, 100, n)
    months = np.minimum(np.minimum(clock, rival), end)
    cause = np.where(months == clock, 1, np.where(months == rival, 2, 0))
    return x, np.ceil(months), cause


def test_fine_gray_and_gray_as_comprisk():
    """The estimates of the two; comprisk's robust errors count the censoring distribution as known."""
    comprisk = pytest.importorskip("comprisk")
    x, months, cause = patients()
    ours = fine_gray_regression(x[["score"]], months, cause, x[["other"]])
    theirs = comprisk.FineGrayRegression(robust_se=True, max_iter=50, gtol=1e-12)
    theirs.fit(x.to_numpy(), time=months, event=cause)
    assert ours["log_hr"].item() == pytest.approx(theirs.coef_[0], abs=1e-8)
    assert ours["se"].item() == pytest.approx(theirs.se_[0], rel=5e-3)
    group = (x["other"] > 0).to_numpy(int)
    assert gray_test(months, cause, group).p == pytest.approx(
        comprisk.gray_test(months, cause, group).pvalue, rel=1e-8
    )


def test_pool_as_pymare():
    """REML's variance between studies, and the average."""
    estimators = pytest.importorskip("pymare.estimators")
    effect = np.array([-0.6, 0.1, -0.3, 0.4, -0.9])
    se = np.array([0.15, 0.2, 0.25, 0.1, 0.3])
    ours = pool_studies(effect, se)
    theirs = estimators.VarianceBasedLikelihoodEstimator(method="REML")
    theirs.fit(effect[:, None], se[:, None] ** 2, np.ones((5, 1)))
    assert reml_tau2(effect[None], se[None] ** 2).item() == pytest.approx(
        theirs.params_["tau2"].item(), abs=1e-5
    )
    assert ours["estimate"].item() == pytest.approx(theirs.params_["fe_params"].item(), abs=1e-5)


def test_cox_as_scikit_survival():
    linear_model = pytest.importorskip("sksurv.linear_model")
    from sksurv.util import Surv

    x, months, cause = patients()
    theirs = linear_model.CoxPHSurvivalAnalysis(ties="efron", tol=1e-12).fit(
        x.to_numpy(), Surv.from_arrays(cause == 1, months)
    )
    ours = cox_regression(x[["score"]], months, cause == 1, x[["other"]])
    assert ours["log_hr"].item() == pytest.approx(theirs.coef_[0], abs=1e-8)
