"""The report's tables of earlier stages: which columns, and how each is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    interval,
    is_missing,
    p_value,
    said_ratio,
)
from irf7bone.pool.quoted import FURTHER
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    effect_cell,
    quoted_cell,
    say_cohort,
    say_count,
    say_number,
    say_range,
    say_status,
    say_text,
    view,
)


def _c_index(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["c_index"]):
        return Cell(NOTHING)
    said = f"{row['c_index']:.2f}"
    if not is_missing(row["c_index_low"]):
        said += f" ({row['c_index_low']:.2f} to {row['c_index_high']:.2f})"
    return Cell(said, float(row["c_index"]))


_RESULT = (
    Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
    Field("Method", "how the score was made", say_text("method"), filtered=True),
    Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
    Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
)
_COUNTS = (
    Field("n", "samples in the fit", say_count("n"), number=True),
    Field("Events", "events in the fit", say_count("n_events"), number=True),
)
_SIZES = (
    *_COUNTS,
    Field(
        "HR per SD (95 % CI)",
        "hazard ratio per standard deviation (SD) of the score",
        effect_cell,
        number=True,
    ),
    Field("p", "two-sided", say_number("p", p_value), number=True),
)
_HELD = Field("Status", "whether there is an estimate, and why not", say_status)


def associations_view(frame: pd.DataFrame, simulated: Collection[str], method: str) -> TableView:
    """Every planned result of every cohort; the page opens with those of ``method``."""
    optional = {
        "null_percentile": Field(
            "Rank among random, %",
            "share of random signatures with a smaller hazard ratio; a rank, not a test",
            say_number("null_percentile", lambda share: f"{100 * share:.1f}"),
            number=True,
        ),
        "null_p": Field(
            "Empirical p", "against random signatures", say_number("null_p", p_value), number=True
        ),
    }
    computed = [column for name, column in optional.items() if frame[name].notna().any()]
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        *_RESULT,
        *_SIZES,
        Field("Harrell's C (95 % CI)", "of the score alone, for longer time", _c_index, number=True),
        Field("PH p", "test of proportional hazards", say_number("ph_p", p_value), number=True),
        *computed,
        Field("Adjusts for", "covariates in the fit", say_text("covariates")),
        Field("Estimator", "maximum (cox) or penalised likelihood (firth)", say_text("estimator")),
        _HELD,
    )
    caption = (
        "Every planned result of each cohort, fitted or not. A dash stands where there is no number; the "
        "status says why."
    )
    if len(computed) < len(optional):
        caption += " Random signatures were not drawn in this run."
    return view(
        "associations", caption, frame, columns, simulated, initial={"Method": method}, searchable=True
    )


def pooled_view(frame: pd.DataFrame, method: str) -> TableView:
    """Every pooled result; the page opens with those of ``method``."""
    columns = (
        *_RESULT,
        Field("Cohorts", "real cohorts with an estimate", say_count("k"), number=True),
        *_COUNTS,
        Field("HR per SD (95 % interval)", "Bayesian pool; of one cohort its own", quoted_cell, number=True),
        Field("Knapp-Hartung", "random effects, modified; never decides", effect_cell, number=True),
        Field("p", "modified Knapp-Hartung, never decides", say_number("p", p_value), number=True),
        Field("q", "Benjamini-Hochberg; none for the primary result", say_number("q", p_value), number=True),
        Field(
            "I²", "share of variance between cohorts", say_number("i2", lambda x: f"{x:.0f} %"), number=True
        ),
        Field("tau²", "variance between cohorts", say_number("tau2", lambda x: f"{x:.3f}"), number=True),
        Field("95 % PI", "prediction interval, Bayesian", say_range(*FURTHER, interval), number=True),
        Field("Leave one out", "range of the HR", say_range("loo_low", "loo_high", interval), number=True),
        _HELD,
    )
    caption = "Pooled results over cohorts of patients; simulated cohorts are in none of them."
    return view("pooled", caption, frame, columns, (), initial={"Method": method}, searchable=True)


def cohorts_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Cohorts and their endpoints."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated)),
        Field("Role", "discovery, validation or simulated", say_text("role")),
        Field("Platform", "as on the card", _platform),
        Field("In file", "samples with expression in the source", say_count("samples_in_file"), number=True),
        Field("Kept", "samples in the cohort file", say_count("n"), number=True),
        Field("Genes", "genes in the cohort file", say_count("genes"), number=True),
        Field("Endpoint", "outcome", say_text("endpoint"), kept=True),
        Field("With it", "samples with time and event", say_count("n_endpoint"), number=True),
        Field("Events", "events", say_count("n_events"), number=True, kept=True),
        Field("Competing", "competing events", say_count("n_competing"), number=True),
        Field("Follow-up, months", "median, reverse Kaplan-Meier", _follow_up, number=True),
    )
    return view("cohorts", "Cohorts, one row for each endpoint.", frame, columns, simulated)


def _follow_up(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["endpoint"]):
        return Cell("no endpoint")
    value = row["median_followup_months"]
    return Cell("not reached") if is_missing(value) else Cell(f"{value:.1f}", float(value))


def _platform(row: Mapping[str, Any]) -> Cell:
    return Cell("not stated" if is_missing(row["platform"]) else str(row["platform"]))


def coverage_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """How much of each signature each cohort has."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Genes", "genes in the signature", say_count("n_genes"), number=True),
        Field("Used", "of these, in the cohort and not constant", say_count("n_genes_used"), number=True),
        Field("Coverage", "share used", say_number("coverage", lambda x: f"{100 * x:.0f} %"), number=True),
        Field(
            "Agreement", "of their score with that of the whole, in other cohorts", _agreement, number=True
        ),
        Field(
            "Least in", "the cohort with the smallest of these correlations", say_text("agreement_least_in")
        ),
        Field("Seen in", "all cohorts that measure most of the signature", say_text("agreement_cohorts")),
        Field("Not used", "genes", lambda row: Cell("none") if is_missing(row["missing"]) else _genes(row)),
        _HELD_COVERAGE,
    )
    caption = (
        "Coverage of each signature in each cohort. Genes measured, and whether they stand for the whole: in "
        "every other real cohort that measures at least 60 % of the signature, the score of just these genes "
        "is correlated with that of all; the smallest correlation decides, and the share where there is none."
    )
    return view("coverage", caption, frame, columns, simulated, searchable=True)


def _agreement(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["agreement"]):
        return Cell("no cohort to ask")
    return Cell(f"{row['agreement']:.3f}", float(row["agreement"]))


def _genes(row: Mapping[str, Any]) -> Cell:
    return Cell(str(row["missing"]).replace(",", ", "))


_HELD_COVERAGE = Field(
    "Status",
    "scored or not",
    lambda row: Cell("scored") if row["status"] == "ok" else say_status(row),
    kept=True,
)


def verdict_view(frame: pd.DataFrame) -> TableView:
    """The verdict of every endpoint."""
    columns = (
        Field("Endpoint", "outcome", _endpoint),
        Field("Verdict", "what may be said", say_text("verdict"), kept=True),
        Field(
            "HR per SD (95 % CI)",
            "given proliferation and ER, primary signature",
            _verdict_effect,
            number=True,
        ),
        Field("P(HR < 1)", "of the Bayesian pool; none for one cohort", _below_1, number=True),
        Field("p", "modified Knapp-Hartung, never decides", say_number("p", p_value), number=True),
        Field(
            "q", "Benjamini-Hochberg; none for the primary endpoint", say_number("q", p_value), number=True
        ),
        Field("HR (95 % CI) beyond random", "given the mean random score", _verdict_random, number=True),
        Field("HR (95 % CI) unadjusted", "of the same patients", _verdict_unadjusted, number=True),
        Field("Codes", "what withholds the word or stands beside it", _codes),
        Field("Cohorts", "of patients, with every model", say_count("k"), number=True),
        Field("Tumours", "in these", say_count("n"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
        Field("Rule", "the first that fits", say_text("rule")),
    )
    return view(
        "verdicts",
        "Verdict of each endpoint. The reasons are with its forest plot. A single cohort keeps its own "
        "interval, which has no P(HR < 1).",
        frame,
        columns,
        (),
    )


def _endpoint(row: Mapping[str, Any]) -> Cell:
    said = ENDPOINT_WORDS[row["endpoint"]]
    return Cell(f"{said} (primary)" if row["is_primary"] else said)


def _ratios(row: Mapping[str, Any], value: str, low: str, high: str) -> Cell:
    if is_missing(row[value]):
        return Cell("no estimate")
    said = f"{said_ratio(row[value])} ({said_ratio(row[low])} to {said_ratio(row[high])})"
    return Cell(said, float(np.log(row[value])))


def _below_1(row: Mapping[str, Any]) -> Cell:
    """The pool's probability; of a single cohort, whose interval is its own, none."""
    if is_missing(row["below_1"]) or row["k"] < 2:
        return Cell(NOTHING)
    return Cell(f"{row['below_1']:.3f}", float(row["below_1"]))


def _verdict_effect(row: Mapping[str, Any]) -> Cell:
    return _ratios(row, "hr", "hr_low", "hr_high")


def _verdict_random(row: Mapping[str, Any]) -> Cell:
    return _ratios(row, "random_hr", "random_low", "random_high")


def _verdict_unadjusted(row: Mapping[str, Any]) -> Cell:
    return _ratios(row, "unadjusted_hr", "unadjusted_low", "unadjusted_high")


def _codes(row: Mapping[str, Any]) -> Cell:
    said = [row[kind] for kind in ("hard", "soft") if not is_missing(row[kind])]
    return Cell(", ".join(said).replace(",", ", ").replace("_", " ") or "none")
