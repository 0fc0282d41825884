"""Tables over many cohorts: pooled effects, how far cohorts disagree, specification curve."""

from __future__ import annotations

import math

from irf7bone.tables.columns import (
    BAYESIAN,
    COHORT,
    ESTIMATE,
    RESULT_COLUMNS,
    STATUS,
    correlation,
    count,
    number,
    share,
)
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.outcome import IMMUNE_PAIR, INSIDE, OTHERS, STRATA, SUBTYPE, SUBTYPE_SOURCE

POOLED = Table(
    "pooled.tsv",
    key=("signature", "method", "endpoint", "model"),
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        count("k", "real cohorts with an estimate"),
        count("n", "samples in these"),
        count("n_events", "events in these"),
        *ESTIMATE,
        number(
            "q",
            "Benjamini-Hochberg over every pooled result but the primary one and those of positive controls",
            low=0,
            high=1,
        ),
        *BAYESIAN,
        number("tau2", "between-cohort variance of log_hr, REML", low=0),
        number("i2", "share of variance that is between cohorts, percent", low=0, high=100),
        number(
            "pi_low",
            "lower end of the 95 % prediction interval by Knapp and Hartung, log HR; decides nothing",
        ),
        number("pi_high", "upper end of the 95 % prediction interval, log hazard ratio"),
        number("loo_low", "smallest pooled log_hr when one cohort is left out"),
        number("loo_high", "largest pooled log_hr when one cohort is left out"),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p"),
)

_POOLED_VALUES = (
    number("log_hr", "pooled log hazard ratio of the cohorts left"),
    number("se", "its standard error, modified Knapp-Hartung", 0),
    number("ci_low", "lower end of its 95 % interval"),
    number("ci_high", "upper end of its 95 % interval"),
    number("p", "two-sided p value", 0, 1),
)

HETEROGENEITY = Table(
    "heterogeneity.tsv",
    key=POOLED.key,
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        Column("k", "integer", "real cohorts with an estimate", low=0),
        number("cochran_q", "Cochran's Q", 0),
        number("q_p", "p value of Q, chi-squared with k - 1 degrees of freedom", 0, 1),
        number("tau2", "between-cohort variance of log_hr, REML", 0),
        number("tau2_low", "lower end of its 95 % interval, Q-profile", 0),
        number("tau2_high", "upper end of its 95 % interval, Q-profile", 0),
        number("i2", "share of variance that is between cohorts, percent", 0, 100),
        number("i2_low", "lower end of its 95 % interval, from that of tau2", 0, 100),
        number("i2_high", "upper end of its 95 % interval, from that of tau2", 0, 100),
        *STATUS,
    ),
    needs_when_ok=("tau2_low", "tau2_high", "i2_low", "i2_high"),
)

LEAVE_ONE_COHORT_OUT = Table(
    "leave_one_cohort_out.tsv",
    key=(*POOLED.key, "left_out"),
    columns=(
        *RESULT_COLUMNS,
        Column("left_out", "text", "cohort left out; 'none' where there is nothing to leave out"),
        Column("k", "integer", "real cohorts that remain", low=0),
        *_POOLED_VALUES,
        number("tau2", "between-cohort variance of the cohorts left, REML; NA for one", 0),
        number("change", "log_hr without the cohort, minus log_hr of all"),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p", "change"),
)

ASYMMETRY = Table(
    "asymmetry.tsv",
    key=POOLED.key,
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        Column("k", "integer", "real cohorts with an estimate", low=0),
        number("slope", "change in log_hr for one unit more standard error (Egger)"),
        number("slope_se", "its standard error", 0),
        number("p", "two-sided p value, t with k - 2 degrees of freedom", 0, 1),
        *STATUS,
    ),
    needs_when_ok=("slope", "slope_se", "p"),
)

FUNNEL = Table(
    "funnel.tsv",
    key=(*POOLED.key, "cohort"),
    columns=(
        *RESULT_COLUMNS,
        COHORT,
        Column("log_hr", "number", "the cohort's log hazard ratio"),
        Column("se", "number", "its standard error", low=0),
        Column("pooled", "number", "pooled log hazard ratio, the middle of the funnel"),
        Column("low", "number", "left edge at this standard error: pooled - 1.96 se"),
        Column("high", "number", "right edge at this standard error: pooled + 1.96 se"),
    ),
)

CHOICES = ("signature", "method", "model")

_COUNTS = tuple(column for column in POOLED.columns if column.name in ("k", "n", "n_events"))

SPECIFICATIONS = Table(
    "specifications.tsv",
    key=POOLED.key,
    complete=True,
    columns=(
        Column("rank", "integer", "place by log_hr, 1 = lowest hazard ratio", nullable=True, low=1),
        *RESULT_COLUMNS,
        Column("is_primary", "flag", "the analysis that was named before the run"),
        *_COUNTS,
        *ESTIMATE,
        *STATUS,
    ),
    needs_when_ok=("rank", "log_hr", "se", "ci_low", "ci_high", "p"),
)

SPECIFICATION_SUMMARY = Table(
    "specification_summary.tsv",
    key=("choice", "level"),
    columns=(
        Column("choice", "text", "what is held fixed", allowed=("none", *CHOICES)),
        Column("level", "text", "at which value; 'all' where nothing is"),
        Column("n_planned", "integer", "specifications planned", low=1),
        Column("n_estimated", "integer", "of these, with a pooled estimate", low=0),
        share("share_below_1", "share of the estimates with a hazard ratio under 1"),
        share("share_significant", "share of the estimates with p < 0.05, uncorrected"),
        share("share_below_1_significant", "share of the estimates with both"),
        share("share_above_1_significant", "share of the estimates with p < 0.05 and a hazard ratio over 1"),
        number("median_log_hr", "median of the estimated log hazard ratios"),
        number("lowest_log_hr", "lowest of them"),
        number("highest_log_hr", "highest of them"),
        *STATUS,
    ),
    needs_when_ok=(
        "share_below_1", "share_significant", "share_below_1_significant", "share_above_1_significant",
        "median_log_hr", "lowest_log_hr", "highest_log_hr",
    ),
)  # fmt: skip

DIFFERENCE = "difference"

ER_POOLED = Table(
    "pooled_by_er.tsv",
    key=(*POOLED.key, "er"),
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        Column(
            "er",
            "text",
            "positive or negative: pooled effect in these tumours; difference: positive minus negative "
            "within each cohort, pooled, whose p is the test of interaction",
            allowed=(*STRATA, DIFFERENCE),
        ),
        *(column for column in POOLED.columns if column.name not in (*POOLED.key, "q")),
        Column("q", "number", "Benjamini-Hochberg over every estimate of this table", True, 0, 1),
    ),
    needs_when_ok=(*POOLED.needs_when_ok, "q"),
)

SUBTYPE_POOLED = Table(
    "pooled_subtypes.tsv",
    key=(*POOLED.key, "subtype", "source", "stratum"),
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        SUBTYPE,
        SUBTYPE_SOURCE,
        Column(
            "stratum",
            "text",
            "inside or others: pooled effect in tumours of the subtype, or in those known not to be; "
            "difference: "
            "inside minus others within each cohort, pooled, whose p is the test of interaction",
            allowed=(INSIDE, OTHERS, DIFFERENCE),
        ),
        *(column for column in ER_POOLED.columns if column.name not in ER_POOLED.key),
    ),
    needs_when_ok=ER_POOLED.needs_when_ok,
)

IMMUNE_POOLED = Table(
    "immune_pooled.tsv",
    key=("signature", "immune", "adjustment"),
    complete=True,
    columns=(
        *IMMUNE_PAIR,
        Column("k", "integer", "real cohorts with an estimate", low=0),
        Column("n", "integer", "samples in these", low=0),
        correlation("r", "pooled correlation"),
        correlation("ci_low", "lower end of its 95 % interval"),
        correlation("ci_high", "upper end of its 95 % interval"),
        correlation("p", "two-sided p value", 0),
        correlation("q", "Benjamini-Hochberg over every estimate of this table", 0),
        correlation("tau2", "between-cohort variance of Fisher's z, REML", 0, math.inf),
        correlation("i2", "share of variance that is between cohorts, percent", 0, 100),
        correlation("pi_low", "lower end of the 95 % prediction interval"),
        correlation("pi_high", "upper end of the 95 % prediction interval"),
        *STATUS,
    ),
    needs_when_ok=("r", "ci_low", "ci_high", "p", "q"),
)
