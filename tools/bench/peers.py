"""The surface for Python against comprisk, PyMARE and scikit-survival: one model at a time, as they do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from bench.data import N_SAMPLES, follow_up
from bench.measure import Case, Timed, timed

FINE_GRAY, GRAY, POOL = "Fine-Gray fit with a covariate", "Gray's test", "1,000 pools of five studies"
COX = "Cox fit with a covariate"
N_POOLS = 1000


def patients() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two covariates (n, 2), whole months, and causes with a competing one in a third of the events."""
    months, event, covariate = follow_up()
    random = np.random.default_rng(7)
    cause = np.where(event == 1, random.choice([1, 1, 2], N_SAMPLES), 0)
    return np.column_stack([random.normal(size=N_SAMPLES), covariate]), np.ceil(months), cause


def studies() -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors, pools x studies."""
    random = np.random.default_rng(8)
    return random.normal(-0.2, 0.3, (N_POOLS, 5)), random.uniform(0.1, 0.3, (N_POOLS, 5))


def _repeated(fit: Callable[[], np.ndarray]) -> Timed:
    return Timed(*timed(fit))


def ours_fine_gray() -> Timed:
    """Coefficient and standard error."""
    from irf7bone.statistics import fine_gray_regression

    x, months, cause = patients()
    return _repeated(
        lambda: fine_gray_regression(x[:, 0], months, cause, x[:, 1])[["log_hr", "se"]].to_numpy()[0]
    )


def comprisk_fine_gray() -> Timed:
    """The same by comprisk, with its robust standard error."""
    import comprisk

    x, months, cause = patients()

    def fit() -> np.ndarray:
        found = comprisk.FineGrayRegression(robust_se=True).fit(x, time=months, event=cause)
        return np.array([found.coef_[0], found.se_[0]])

    return _repeated(fit)


def ours_gray() -> Timed:
    """p of two groups."""
    from irf7bone.statistics import gray_test

    x, months, cause = patients()
    return _repeated(lambda: np.array([gray_test(months, cause, x[:, 1] > 0).p]))


def comprisk_gray() -> Timed:
    """The same by comprisk."""
    import comprisk

    x, months, cause = patients()
    group = (x[:, 1] > 0).astype(int)
    return _repeated(lambda: np.array([comprisk.gray_test(months, cause, group).pvalue]))


def ours_cox() -> Timed:
    """Coefficient."""
    from irf7bone.statistics import cox_regression

    x, months, cause = patients()
    return _repeated(lambda: cox_regression(x[:, 0], months, cause == 1, x[:, 1])[["log_hr"]].to_numpy()[0])


def sksurv_cox() -> Timed:
    """The same by scikit-survival, which gives no standard error."""
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv

    x, months, cause = patients()
    outcome = Surv.from_arrays(cause == 1, months)
    return _repeated(lambda: CoxPHSurvivalAnalysis(ties="efron").fit(x, outcome).coef_[:1])


def ours_pool() -> Timed:
    """Averages by REML, with Bayes' beside them."""
    from irf7bone.pool import pool_studies

    return _repeated(lambda: pool_studies(*studies())["estimate"].to_numpy())


def pymare_pool(part: int) -> Timed:
    """The same by PyMARE, a part of them, scaled."""
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    effect, se = studies()

    def fit() -> np.ndarray:
        values = np.full(N_POOLS, np.nan)
        for k in range(part):
            estimator = VarianceBasedLikelihoodEstimator(method="REML")
            found = estimator.fit(effect[k][:, None], se[k][:, None] ** 2, np.ones((5, 1)))
            values[k] = found.params_["fe_params"].item()
        return values

    seconds, values = timed(fit)
    return Timed([second * N_POOLS / part for second in seconds], values, f"scaled from {part} pools")


CASES = [
    Case(FINE_GRAY, "irf7bone", "", ours_fine_gray),
    Case(FINE_GRAY, "comprisk", "comprisk", comprisk_fine_gray),
    Case(GRAY, "irf7bone", "", ours_gray),
    Case(GRAY, "comprisk", "comprisk", comprisk_gray),
    Case(COX, "irf7bone", "", ours_cox),
    Case(COX, "scikit-survival", "scikit-survival", sksurv_cox),
    Case(POOL, "irf7bone", "", ours_pool),
    Case(POOL, "PyMARE", "pymare", partial(pymare_pool, 100)),
]
