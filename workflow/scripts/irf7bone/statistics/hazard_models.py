"""Hazard models of many scores at once for Python programs: frames or arrays in, a frame out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from irf7bone.statistics.cox import CoxProblem, Fits, fit_cox
from irf7bone.statistics.fine_gray import FineGrayProblem, fit_fine_gray
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.given_samples import followed_up, labels, numbers, same_samples


def cox_regression(
    scores: Any,
    time: ArrayLike,
    event: ArrayLike,
    covariates: Any = None,
    *,
    strata: ArrayLike | None = None,
    entry: ArrayLike | None = None,
) -> pd.DataFrame:
    """Fit a Cox model with each score, one by one, beside the same covariates.

    Ties follow Efron. A thousand scores of 300 samples take 0.03 s.

    Args:
        scores: Samples x scores: a DataFrame, a Series or an array. An effect is that of one unit of a score.
        time: Follow-up of each sample, finite, 0 or more.
        event: 1 for the event, 0 for censored.
        covariates: Samples x covariates, numbers, or None. A frame's columns name them.
        strata: Codes or labels, or None.
        entry: Time from which a sample is at risk, before its ``time``, or None where all are from the start.

    Returns:
        A row for each score: ``log_hr``, ``se``, ``ci_low``, ``ci_high`` (95 %, log hazard ratios), ``p``
        (Wald), ``status`` (``ok``, ``separated`` where the likelihood rises for ever, ``not_available``) and
        ``reason``.

    Raises:
        ValueError: Samples differ in number or, where they have names, in these; values are missing or no
            numbers; an event has another code; or a time is below 0 or not after the entry.

    Examples:
        >>> from irf7bone.statistics import cox_regression
        >>> months, event = [5, 8, 12, 20, 30, 31], [1, 1, 0, 1, 0, 1]
        >>> found = cox_regression({"score": [2.0, 1.0, 1.5, 0.0, 0.5, 0.2]}, months, event)
        >>> found[["log_hr", "se", "p"]].round(3)
               log_hr   se      p
        score   1.586  1.3  0.222
    """
    scores = _frame(scores)
    same_samples(scores=scores, time=time, event=event, entry=entry, covariates=covariates, strata=strata)
    months, happened, start = followed_up(time, event, entry, called="event")
    problem = CoxProblem(months, happened, *_covariates(covariates, strata, months.size), entry=start)
    values, names = _scores(scores, months.size)
    return _table(fit_cox(problem, values), names)


def firth_regression(
    scores: Any, time: ArrayLike, event: ArrayLike, covariates: Any = None, *, strata: ArrayLike | None = None
) -> pd.DataFrame:
    """Fit Firth's penalised Cox model with each score: finite with few events, and where Cox's is separated.

    Args:
        scores: As :func:`cox_regression`.
        time: Likewise.
        event: Likewise.
        covariates: Likewise.
        strata: Likewise.

    Returns:
        As :func:`cox_regression`; interval and p are those of the penalised profile likelihood.

    Raises:
        ValueError: As :func:`cox_regression`.

    Examples:
        >>> from irf7bone.statistics import cox_regression, firth_regression
        >>> score, months, event = [1.0, 2, 3, 4, 5, 6], [9.0, 8, 7, 6, 5, 4], [1] * 6
        >>> cox_regression(score, months, event)["status"].item()
        'separated'
        >>> firth_regression(score, months, event)["log_hr"].round(2).item()
        2.24
    """
    scores = _frame(scores)
    same_samples(scores=scores, time=time, event=event, covariates=covariates, strata=strata)
    months, happened, _ = followed_up(time, event, called="event")
    problem = CoxProblem(months, happened, *_covariates(covariates, strata, months.size))
    values, names = _scores(scores, months.size)
    return _table(fit_firth(problem, values), names)


def fine_gray_regression(
    scores: Any, time: ArrayLike, cause: ArrayLike, covariates: Any = None, *, strata: ArrayLike | None = None
) -> pd.DataFrame:
    """Fit Fine and Gray's subdistribution hazard model with each score.

    Estimates and standard errors equal R's ``cmprsk::crr``.

    Args:
        scores: As :func:`cox_regression`.
        time: Likewise.
        cause: 0 censored, 1 the event, 2 a competing event.
        covariates: As :func:`cox_regression`.
        strata: Codes, each with a baseline and a censoring distribution of its own, or None.

    Returns:
        As :func:`cox_regression`, ``log_hr`` the log subdistribution hazard ratio and ``p`` Wald's.

    Raises:
        ValueError: As :func:`cox_regression`.

    Examples:
        >>> from irf7bone.statistics import fine_gray_regression
        >>> months, cause = [5, 8, 12, 20, 30, 31, 33, 40], [1, 2, 0, 1, 0, 1, 2, 1]
        >>> found = fine_gray_regression([2.0, 1, 1.5, 0, 0.5, 0.2, 1, 0.1], months, cause)
        >>> found[["log_hr", "se"]].round(3).values
        array([[-0.131,  1.323]])
    """
    scores = _frame(scores)
    same_samples(scores=scores, time=time, cause=cause, covariates=covariates, strata=strata)
    months, causes, _ = followed_up(time, cause, called="cause", codes=(0, 1, 2))
    problem = FineGrayProblem(months, causes, *_covariates(covariates, strata, months.size))
    values, names = _scores(scores, months.size)
    return _table(fit_fine_gray(problem, values), names)


def _frame(scores: Any) -> Any:
    """Named scores as a frame; an array or a list as it is."""
    if isinstance(scores, dict):
        return pd.DataFrame(scores)
    if isinstance(scores, pd.Series):
        return scores.to_frame(scores.name if scores.name is not None else 0)
    return scores


def _scores(scores: Any, n: int) -> tuple[np.ndarray, list[Any]]:
    """Scores x samples, and their names."""
    values = _columns("scores", scores, n)
    names = list(scores.columns) if isinstance(scores, pd.DataFrame) else list(range(values.shape[1]))
    return values.T, names


def _columns(name: str, given: Any, n: int) -> np.ndarray:
    """Samples x columns; one column where a value a sample is given."""
    values = numbers(name, given)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[0] != n:
        raise ValueError(f"{name} must have a row for each of {n} samples, not the shape {values.shape}")
    return values


def _covariates(
    covariates: Any, strata: Any, n: int
) -> tuple[np.ndarray | None, np.ndarray | None, tuple[str, ...]]:
    values = None if covariates is None else _columns("covariates", covariates, n)
    names = tuple[str, ...]()
    if isinstance(covariates, pd.DataFrame | pd.Series):
        named = covariates.columns if isinstance(covariates, pd.DataFrame) else [covariates.name]
        names = tuple(map(str, named))
    codes = None if strata is None else np.unique(labels("strata", strata, n), return_inverse=True)[1]
    return values, codes, names


def _table(fits: Fits, names: list[Any]) -> pd.DataFrame:
    columns = ("log_hr", "se", "ci_low", "ci_high", "p", "status", "reason")
    return pd.DataFrame({name: getattr(fits, name) for name in columns}, index=names)
