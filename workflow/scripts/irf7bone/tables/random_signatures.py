"""Tables of random signatures, of one cohort and pooled, and of the controls."""

from __future__ import annotations

from irf7bone.tables.columns import COHORT, ENDPOINT, METHOD, MODEL, RESULT, RESULT_COLUMNS, STATUS, number
from irf7bone.tables.contract import Column, Table

NULL_COLUMNS = (
    Column("n_genes", "integer", "genes of the signature, and of each random one", nullable=True, low=1),
    Column("n_draws", "integer", "random signatures with an estimate", nullable=True, low=1),
    Column("n_failed", "integer", "random signatures without", nullable=True, low=0),
    Column("smallest_pool", "integer", "fewest candidates that a gene was drawn from", nullable=True, low=2),
    number("own_share", "share of the drawn genes that are the signature's own", 0, 1),
    number("log_hr", "log hazard ratio that is held against the random ones"),
    number("null_percentile", "share of random signatures with a smaller log_hr, ties half", 0, 1),
    number("null_p", "two-sided empirical p: twice the smaller tail, (1 + as extreme) / (1 + draws)", 0, 1),
    number("share_significant", "share of random signatures with p < 0.05", 0, 1),
    number("null_q025", "2.5 % quantile of the random log_hr"),
    number("null_q25", "25 % quantile"),
    number("null_median", "median"),
    number("null_q75", "75 % quantile"),
    number("null_q975", "97.5 % quantile"),
    number("random_log_hr", "log_hr of one random signature, the first drawn"),
    number("random_p", "its p value", 0, 1),
    number("random_null_p", "its two-sided empirical p against the other random signatures", 0, 1),
)

NEEDED = ("log_hr", "null_percentile", "null_p", "null_median")

NULL = Table(
    "null",
    key=("cohort", *RESULT),
    complete=True,
    columns=(
        COHORT,
        *RESULT_COLUMNS,
        *NULL_COLUMNS,
        number("share_permuted", "share of random signatures with p < 0.05, patients shuffled", 0, 1),
        *STATUS,
    ),
    needs_when_ok=NEEDED,
)

NULL_HISTOGRAM = Table(
    "histogram of the null",
    key=("cohort", *RESULT, "log_hr_low"),
    columns=(
        Column("cohort", "text", "cohort id, or 'pooled'"),
        *RESULT_COLUMNS,
        number("log_hr_low", "lower end of the bin, log hazard ratio"),
        number("log_hr_high", "upper end, which belongs to the next bin"),
        Column("n_draws", "integer", "random signatures in the bin", low=1),
        Column("n_significant", "integer", "of these, with p < 0.05", low=0),
    ),
)

POOLED_NULL = Table(
    "pooled null",
    key=tuple(RESULT),
    complete=True,
    columns=(
        *RESULT_COLUMNS,
        Column("k", "integer", "cohorts pooled", low=0),
        Column("cohorts", "text", "their ids, comma-separated", nullable=True),
        Column("pooled_log_hr", "number", "pooled log_hr of the whole signature", nullable=True),
        *NULL_COLUMNS,
        *STATUS,
    ),
    needs_when_ok=(*NEEDED, "pooled_log_hr"),
)

PASSED = ("yes", "no", "unclear", "not_available")

CONTROLS = Table(
    "controls",
    key=("cohort", "control", "endpoint", "model"),
    columns=(
        Column("cohort", "text", "cohort id, or 'pooled'"),
        Column("control", "text", "which control", allowed=("proliferation", "random", "shuffled")),
        Column("signature", "text", "signature; RANDOM is the first random one drawn for the primary"),
        METHOD,
        ENDPOINT,
        MODEL,
        Column("expectation", "text", "what must be found if the analysis works"),
        Column("found", "text", "what was found", nullable=True),
        Column("value", "number", "the number behind it: p, p against random ones, or a share", True, 0, 1),
        Column("passed", "text", "whether it is as expected", allowed=PASSED),
        Column("reason", "text", "in words, where it could not be told", nullable=True),
    ),
)
