"""Kinds of columns, and the columns that many tables share."""

from __future__ import annotations

import math

from irf7bone.base.vocabulary import ENDPOINTS, STATUSES
from irf7bone.tables.contract import Column


def text(name: str, doc: str, *, nullable: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    """A column of text."""
    return Column(name, "text", doc, nullable=nullable, allowed=allowed)


def count(name: str, doc: str, *, nullable: bool = False) -> Column:
    """A column of whole numbers from 0 on."""
    return Column(name, "integer", doc, nullable=nullable, low=0)


def number(
    name: str, doc: str, low: float = -math.inf, high: float = math.inf, *, nullable: bool = True
) -> Column:
    """A column of numbers, which may be missing."""
    return Column(name, "number", doc, nullable=nullable, low=low, high=high)


def share(name: str, doc: str, low: float = 0, high: float = 1, *, nullable: bool = True) -> Column:
    """A column of numbers between 0 and 1."""
    return number(name, doc, low, high, nullable=nullable)


def correlation(name: str, doc: str, low: float = -1, high: float = 1) -> Column:
    """A column of numbers between -1 and 1, which may be missing."""
    return number(name, doc, low, high)


def ratio(name: str, doc: str) -> Column:
    """A column of ratios of hazards, which may be missing."""
    return number(name, doc, 0)


STATUS = (
    text("status", "ok, or why there is no estimate", allowed=STATUSES),
    text("reason", "in words, where status is not ok", nullable=True),
)
ESTIMATE = (
    number("log_hr", "log hazard ratio per standard deviation of the score within the cohort"),
    number("se", "standard error of log_hr", low=0),
    number("ci_low", "lower end of the 95 % interval, log hazard ratio"),
    number("ci_high", "upper end of the 95 % interval, log hazard ratio"),
    number("p", "two-sided p value", low=0, high=1),
)
# the pool that decides, normal-normal with a half-normal prior; two other priors and the common effect
BAYESIAN = (
    number("bayes_log_hr", "log hazard ratio: posterior mean under the prior of the config"),
    number("bayes_low", "2.5 % quantile of its posterior"),
    number("bayes_high", "97.5 % quantile"),
    share("below_1", "probability that the hazard ratio is below 1"),
    share("below_size", "probability that it is below the smallest that matters"),
    share("below_inverse", "probability that it is below the inverse of the smallest that matters"),
    number("further_low", "2.5 % quantile of the log hazard ratio in a further cohort"),
    number("further_high", "97.5 % quantile"),
    share("further_below_1", "probability that the hazard ratio in a further cohort is below 1"),
    number("tau", "standard deviation between cohorts, posterior mean", low=0),
    number("narrow_low", "2.5 % quantile under a prior of scale 0.25; never decides"),
    number("narrow_high", "97.5 % quantile"),
    number("wide_low", "2.5 % quantile under a prior of scale 1; never decides"),
    number("wide_high", "97.5 % quantile"),
    number("common_log_hr", "average over these very cohorts, weighted by precision; never decides"),
    number("common_se", "its standard error", low=0),
)
SIGNATURE = text("signature", "signature name")
METHOD = text("method", "scoring method")
ENDPOINT = text("endpoint", "endpoint", allowed=ENDPOINTS)
MODEL = text("model", "unadjusted, proliferation, clinical or full")
COHORT = text("cohort", "cohort id")
SAMPLE = text("sample", "sample id as in the harmonised file")

# what names a result of a cohort, and a pooled one
RESULT_COLUMNS = (SIGNATURE, METHOD, ENDPOINT, MODEL)
RESULT = [column.name for column in RESULT_COLUMNS]
