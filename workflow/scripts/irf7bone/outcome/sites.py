"""Is it bone, or relapse as such: the effect of a score on bone against that on other sites, three ways.

* Side by side: cause-specific log hazard ratios of bone, brain, lung, liver, and of any other site.
* Their difference, bone minus other, with its test, on data stacked by cause (Lunn and McNeil 1995).
* Among the relapsed: the odds that the relapse was to bone (logistic regression).

"Other" is the competing event of bone: relapsed, but not to bone.
"""

from __future__ import annotations

import warnings
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.associate import fit_many, uses_firth
from irf7bone.outcome.fit_plan import Planned, plan, plan_nothing, row_of, too_few
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.statistics.cox import CoxProblem, Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth
from irf7bone.tables.outcome import (
    AMONG_RELAPSED,
    CONTRASTS,
    DIFFERENCE,
    OTHER,
    SITE_ESTIMATE,
    SITES,
    SITES_OF_RELAPSE,
)

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

_SCALES = {DIFFERENCE: "log_hr_difference", AMONG_RELAPSED: "log_odds_ratio"}
# logistic regression: score equations, steps and profile; firthmodels does not always get closer than its own
_TOLERANCE, _PENALISED_TOLERANCE, _MOST_STEPS = 1e-10, 1e-6, 200


def sites(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Contrast bone with the other sites, for every score by the primary method.

    Sites are read from the cohort, whichever endpoints the config names.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with the endpoints' columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For the models, the primary method, the proliferation signature and ``min_events``.

    Returns:
        Table of :data:`SITES`, one row for every signature x model x contrast.
    """
    table = score_matrix(scores, obs.index, cohort)
    found: list[tuple[int, dict[str, Any]]] = []
    for contrast in CONTRASTS:
        for part, results in _contrast(contrast, table, obs, config):
            for k, result in zip(part.rows, results, strict=True):
                signature, method = table.keys[k]
                labels = {"cohort": cohort, "signature": signature, "method": method, "model": part.model}
                labels |= {"contrast": contrast, "scale": _SCALES.get(contrast, "log_hr")}
                found.append((k, {**dict.fromkeys(SITES.names), **labels, **result}))
    rows = [row for _, row in sorted(found, key=itemgetter(0))]
    return SITES.cast(pd.DataFrame(rows, columns=SITES.names))


def fit_difference(
    time: np.ndarray,
    cause: np.ndarray,
    score: np.ndarray,
    covariates: np.ndarray,
    strata: np.ndarray | None = None,
    entry: np.ndarray | None = None,
) -> tuple[str, Fits]:
    """Cause-specific log hazard ratio of cause 1 minus that of cause 2, on stacked data.

    Lunn and McNeil (1995, Biometrics 51:524), each cause with a baseline hazard of its own: every sample
    stands there once a cause, strata are the causes (within those of the model, if it has any), and the
    score's product with cause 1 is the difference. Covariates act by cause, so the two causes share no
    parameter and the estimate is exactly the difference of the two separate fits. The standard error is the
    information's: a sample has one event at most, its two counting processes never jump together, their
    martingales are orthogonal and the information is the variance of the score (Andersen, Borgan, Gill and
    Keiding 1993, ch. VII). A robust error would only add noise.

    Args:
        time: Shape (n,).
        cause: 0 censored, 1, 2, shape (n,).
        score: Shape (n,).
        covariates: Shape (n, p).
        strata: Codes, shape (n,), or None.
        entry: Time from which a sample is at risk, shape (n,), or None.

    Returns:
        Estimator (firth where either cause has fewer than 10 events for each of its coefficients) and fit.
    """
    first = np.repeat([1.0, 0.0], time.size)
    by_cause = np.tile(covariates, (2, 1))
    columns = np.column_stack([np.tile(score, 2), by_cause * first[:, None], by_cause * (1 - first)[:, None]])
    events = np.concatenate([cause == 1, cause == 2])
    names = ("the score for either cause", *("a covariate by cause" for _ in range(2 * covariates.shape[1])))
    codes = 0 if strata is None else np.tile(np.unique(strata, return_inverse=True)[1], 2)
    at = None if entry is None else np.tile(entry, 2)
    problem = CoxProblem(np.tile(time, 2), events, columns, first + 2 * codes, names, at)
    fewest = min((cause == 1).sum(), (cause == 2).sum())
    interaction = np.tile(score, 2) * first
    if fewest < EVENTS_PER_PARAMETER * (1 + covariates.shape[1]):
        return "firth", fit_firth(problem, interaction)
    return "cox", fit_cox(problem, interaction)


def fit_odds(outcome: np.ndarray, score: np.ndarray, covariates: np.ndarray) -> dict[str, Any]:
    """Log odds ratio of the score: statsmodels' Logit, or Firth's penalty by firthmodels with few outcomes.

    Few: under 10 of the rarer outcome for each coefficient but the intercept. Then interval and p are those
    of the profile of the penalised likelihood (Heinze and Schemper 2002, Stat Med 21:2409).

    Args:
        outcome: 1 or 0, both present, shape (n,).
        score: Shape (n,).
        covariates: Shape (n, p).

    Returns:
        Columns of :data:`SITE_ESTIMATE` with estimator and status ok, or status and reason.
    """
    # here, as scikit-learn comes with it and most cohorts have no bone endpoint
    from firthmodels import detect_separation

    columns = np.column_stack([score, covariates])
    spread = columns.std(axis=0)
    if not spread[0] > 1e-10 * np.abs(score).max():
        return {"status": "not_available", "reason": "the score has no variance"}
    # neither likelihood nor penalty depends on the units, but the iterations of the libraries do
    columns = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        return {"status": "not_available", "reason": "score and covariates are collinear among the relapsed"}
    rarer = min(outcome.sum(), (1 - outcome).sum())
    if rarer < EVENTS_PER_PARAMETER * columns.shape[1]:
        return _per_unit(_penalised_odds(outcome, columns), spread[0])
    if detect_separation(columns, outcome).separation:
        return {"status": "separated", "reason": "monotone likelihood, no finite estimate: bone is separated"}
    from statsmodels.discrete.discrete_model import Logit

    model = Logit(outcome, np.column_stack([columns, np.ones(outcome.size)]))
    fit = model.fit(method="newton", tol=_TOLERANCE, maxiter=_MOST_STEPS, disp=False, warn_convergence=False)
    if not fit.mle_retvals["converged"]:
        return {"status": "not_available", "reason": "the logistic regression did not converge"}
    low, high = fit.conf_int()[0]
    found = (fit.params[0], fit.bse[0], low, high, fit.pvalues[0])
    result = dict(zip(SITE_ESTIMATE, found, strict=True)) | {"estimator": "logistic", "status": "ok"}
    return _per_unit(result, spread[0])


def _per_unit(result: dict[str, Any], spread: float) -> dict[str, Any]:
    """A result for one standard deviation, ``spread``, as one for a unit of the score; p is of both."""
    scaled = {name: result[name] / spread for name in SITE_ESTIMATE if name in result and name != "p"}
    return {**result, **scaled}


def _penalised_odds(outcome: np.ndarray, columns: np.ndarray) -> dict[str, Any]:
    from firthmodels import FirthLogisticRegression
    from sklearn.exceptions import ConvergenceWarning

    near = _PENALISED_TOLERANCE
    model = FirthLogisticRegression(backend="numpy", max_iter=_MOST_STEPS, gtol=near, xtol=near)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            model.fit(columns, outcome).lrt(0)
            low, high = model.conf_int(method="pl", features=0, max_iter=_MOST_STEPS, tol=near)[0]
        except ConvergenceWarning as failure:
            return {"status": "not_available", "reason": f"Firth's logistic regression: {failure}"}
    found = (model.coef_[0], model.bse_[0], low, high, model.lrt_pvalues_[0])
    return dict(zip(SITE_ESTIMATE, found, strict=True)) | {"estimator": "firth_logistic", "status": "ok"}


Results = list[dict[str, Any]]


def _contrast(
    contrast: str, table: ScoreMatrix, obs: pd.DataFrame, config: Config
) -> list[tuple[Planned, Results]]:
    """The scores of each model with their results."""
    site = contrast if contrast in SITES_OF_RELAPSE else "bone"
    data = follow_up(obs, site)
    if data is None:
        parts = plan_nothing(table, f"the cohort has no endpoint {site}", config)
    elif contrast not in SITES_OF_RELAPSE and not data.competing[data.known].any():
        parts = plan_nothing(table, "no relapse at another site is recorded as competing with bone", config)
    else:
        cause = data.cause
        known = data.known & (cause > 0) if contrast == AMONG_RELAPSED else data.known
        event = (cause == 2 if contrast == OTHER else cause == 1).astype(float)
        parts = plan(table, obs, data.time, event, known, config, data.entry)
    return [(part, _results(contrast, part, table, data, config)) for part in parts]


def _results(
    contrast: str, part: Planned, table: ScoreMatrix, data: FollowUp | None, config: Config
) -> Results:
    if part.design is None or data is None:
        return [part.without()] * len(part.rows)
    design, cause, time = part.design, data.cause[part.samples], data.time[part.samples]
    n_other = int((cause == (1 if contrast == OTHER else 2)).sum())
    seen = {**part.seen, "n_other": n_other}
    scores = table.values[np.ix_(part.rows, part.samples)]
    if contrast in (*SITES_OF_RELAPSE, OTHER):
        estimator, fits = "firth" if uses_firth(design) else "cox", fit_many(design, scores)
        return [seen | _renamed(row_of(fits, k, estimator)) for k in range(len(part.rows))]
    if n_other < config.min_events:
        reason = too_few(n_other, cause.size, config.min_events, "relapses at other sites")
        return [{**seen, "status": "too_few_events", "reason": reason}] * len(part.rows)
    if contrast == AMONG_RELAPSED:
        bone = (cause == 1).astype(float)
        # a logistic model has no baseline to stratify: what would be strata are covariates
        seen["covariates"] = design.label.replace("strata(er)", "er")
        return [seen | fit_odds(bone, score, design.with_strata) for score in scores]
    results = []
    for score in scores:
        estimator, fits = fit_difference(time, cause, score, design.covariates, design.strata, design.entry)
        results.append(seen | _renamed(row_of(fits, 0, estimator)))
    return results


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {"estimate" if name == "log_hr" else name: value for name, value in row.items()}
