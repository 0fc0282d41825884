"""The report's tables: which columns, said how, and the same rows at full precision to download."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.wording import (
    ENDPOINT_WORDS,
    STATUS_WORDS,
    estimate,
    interval,
    is_missing,
    p_value,
    ratio,
)

NOTHING = "\u2013"  # an en dash: the status beside it says why there is no number


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by where it has one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Column:
    """One column: heading, what it holds in words, and how a row of the table is said in it."""

    label: str
    doc: str
    say: Callable[[Mapping[str, Any]], Cell]
    number: bool = False
    filtered: bool = False


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it.

    Args:
        id: Id of the element, and the name of the file that is downloaded.
        caption: One or two sentences.
        columns: Columns shown.
        rows: Cells, as many as columns.
        marked: Of each row, whether it is about a simulated cohort.
        download: Data URI of the whole table as tab-separated text.
        initial: Column label -> value that the filter starts with.
        searchable: Whether the page offers search and filters.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    marked: Sequence[bool]
    download: str
    initial: Mapping[str, str] = field(default_factory=dict)
    searchable: bool = False


def data_uri(frame: pd.DataFrame) -> str:
    """The table as the workflow writes it, tab-separated with NA, in a link that needs no network."""
    text = frame.to_csv(sep="\t", index=False, na_rep="NA", lineterminator="\n")
    coded = base64.b64encode(text.encode("utf-8")).decode("ascii")
    return f"data:text/tab-separated-values;charset=utf-8;base64,{coded}"


def _view(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    columns: Sequence[Column],
    simulated: Collection[str],
    **rules: Any,
) -> TableView:
    records = frame.to_dict("records")
    rows = [[column.say(record) for column in columns] for record in records]
    marked = [record.get("cohort") in simulated for record in records]
    return TableView(name, caption, columns, rows, marked, data_uri(frame), **rules)


def _text(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING if is_missing(row[name]) else str(row[name]))

    return say


def _count(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING) if is_missing(row[name]) else Cell(f"{int(row[name]):,}", float(row[name]))

    return say


def _number(name: str, form: Callable[[float], str]) -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(NOTHING) if is_missing(row[name]) else Cell(form(row[name]), float(row[name]))

    return say


def _effect(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(STATUS_WORDS[row["status"]])
    return Cell(estimate(row["log_hr"], row["ci_low"], row["ci_high"]), float(row["log_hr"]))


def _status(row: Mapping[str, Any]) -> Cell:
    said = STATUS_WORDS[row["status"]]
    return Cell(said if is_missing(row["reason"]) else f"{said}: {row['reason']}")


def _c_index(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["c_index"]):
        return Cell(NOTHING)
    said = f"{row['c_index']:.2f}"
    if not is_missing(row["c_index_low"]):
        said += f" ({row['c_index_low']:.2f} to {row['c_index_high']:.2f})"
    return Cell(said, float(row["c_index"]))


def _cohort(simulated: Collection[str]) -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        return Cell(f"{row['cohort']} (simulated)" if row["cohort"] in simulated else str(row["cohort"]))

    return say


def _range(low: str, high: str, said: Callable[[float, float], str]) -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row[low]) or is_missing(row[high]):
            return Cell(NOTHING)
        return Cell(said(row[low], row[high]), float(row[low]))

    return say


_RESULT = (
    Column("Signature", "gene set", _text("signature"), filtered=True),
    Column("Method", "how the score was made", _text("method"), filtered=True),
    Column("Endpoint", "outcome", _text("endpoint"), filtered=True),
    Column("Model", "what the Cox model adjusts for", _text("model"), filtered=True),
)
_SIZES = (
    Column("n", "samples in the fit", _count("n"), number=True),
    Column("Events", "events in the fit", _count("n_events"), number=True),
    Column("HR per SD (95 % CI)", "hazard ratio for one standard deviation more score", _effect, number=True),
    Column("p", "two-sided", _number("p", p_value), number=True),
)
_HELD = Column("Status", "whether there is an estimate, and why not", _status)


def associations_view(frame: pd.DataFrame, simulated: Collection[str], method: str) -> TableView:
    """Every planned result of every cohort; the page opens with those of ``method``."""
    optional = {
        "null_percentile": Column(
            "Null percentile",
            "share of random signatures with a smaller hazard ratio",
            _number("null_percentile", lambda share: f"{100 * share:.1f} %"),
            number=True,
        ),
        "null_p": Column("Null p", "against random signatures", _number("null_p", p_value), number=True),
    }
    computed = [column for name, column in optional.items() if frame[name].notna().any()]
    columns = (
        Column("Cohort", "cohort id", _cohort(simulated), filtered=True),
        *_RESULT,
        *_SIZES,
        Column("Harrell's C (95 % CI)", "of the score alone, for longer time", _c_index, number=True),
        Column("PH p", "test of proportional hazards", _number("ph_p", p_value), number=True),
        *computed,
        Column("Adjusts for", "covariates in the fit", _text("covariates")),
        Column("Estimator", "maximum (cox) or penalised likelihood (firth)", _text("estimator")),
        _HELD,
    )
    caption = (
        "Each planned result of each cohort, fitted or not. A dash stands where there is nothing to say; the "
        "status says why."
    )
    if len(computed) < len(optional):
        caption += " Random signatures were not drawn in this run."
    return _view(
        "associations", caption, frame, columns, simulated, initial={"Method": method}, searchable=True
    )


def pooled_view(frame: pd.DataFrame, method: str) -> TableView:
    """Every pooled result; the page opens with those of ``method``."""
    columns = (
        *_RESULT,
        Column("Cohorts", "real cohorts with an estimate", _count("k"), number=True),
        *_SIZES,
        Column("q", "Benjamini-Hochberg; none for the primary result", _number("q", p_value), number=True),
        Column("I²", "share of variance between cohorts", _number("i2", lambda x: f"{x:.0f} %"), number=True),
        Column("tau²", "variance between cohorts", _number("tau2", lambda x: f"{x:.3f}"), number=True),
        Column("95 % PI", "prediction interval", _range("pi_low", "pi_high", interval), number=True),
        Column("Leave one out", "range of the HR", _range("loo_low", "loo_high", interval), number=True),
        _HELD,
    )
    caption = "Random-effects pooled results over cohorts of patients; simulated cohorts are in none of them."
    return _view("pooled", caption, frame, columns, (), initial={"Method": method}, searchable=True)


def cohorts_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Cohorts and their endpoints."""
    columns = (
        Column("Cohort", "cohort id", _cohort(simulated)),
        Column("Role", "discovery, validation or simulated", _text("role")),
        Column("Platform", "as on the card", _platform),
        Column("In file", "samples with expression in the source", _count("samples_in_file"), number=True),
        Column("Kept", "samples in the cohort file", _count("n"), number=True),
        Column("Genes", "genes in the cohort file", _count("genes"), number=True),
        Column("Endpoint", "outcome", _text("endpoint")),
        Column("With it", "samples with time and event", _count("n_endpoint"), number=True),
        Column("Events", "events", _count("n_events"), number=True),
        Column("Competing", "competing events", _count("n_competing"), number=True),
        Column("Follow-up, months", "median, reverse Kaplan-Meier", _follow_up, number=True),
    )
    return _view("cohorts", "Cohorts, one row for each endpoint.", frame, columns, simulated)


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
        Column("Cohort", "cohort id", _cohort(simulated), filtered=True),
        Column("Signature", "gene set", _text("signature"), filtered=True),
        Column("Genes", "genes in the signature", _count("n_genes"), number=True),
        Column("Used", "of these, in the cohort and not constant", _count("n_genes_used"), number=True),
        Column("Coverage", "share used", _number("coverage", lambda x: f"{100 * x:.0f} %"), number=True),
        Column("Not used", "genes", lambda row: Cell("none") if is_missing(row["missing"]) else _genes(row)),
        _HELD_COVERAGE,
    )
    caption = "Genes of each signature that each cohort has."
    return _view("coverage", caption, frame, columns, simulated, searchable=True)


def _genes(row: Mapping[str, Any]) -> Cell:
    return Cell(str(row["missing"]).replace(",", ", "))


_HELD_COVERAGE = Column(
    "Status",
    "scored or not",
    lambda row: Cell("scored") if row["status"] == "ok" else _status(row),
)


def verdict_view(frame: pd.DataFrame) -> TableView:
    """The verdict of every endpoint."""
    columns = (
        Column("Endpoint", "outcome", _endpoint),
        Column("Verdict", "what may be said", _text("verdict")),
        Column(
            "HR per SD (95 % CI)", "pooled, primary signature, method and model", _verdict_effect, number=True
        ),
        Column("p", "two-sided", _number("p", p_value), number=True),
        Column("q", "Benjamini-Hochberg; none for the primary endpoint", _number("q", p_value), number=True),
        Column("Adjusted HR (95 % CI)", "with proliferation", _verdict_adjusted, number=True),
        Column("Cohorts", "of patients, with an estimate", _count("k"), number=True),
        Column("Tumours", "in these", _count("n"), number=True),
        Column("Events", "in these", _count("n_events"), number=True),
        Column("Rule", "the first that fits", _text("rule")),
    )
    return _view(
        "verdicts",
        "What may be said of each endpoint, by the rules below; why, in words, stands with its forest plots.",
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
    said = f"{ratio(row[value])} ({ratio(row[low])} to {ratio(row[high])})"
    return Cell(said, float(np.log(row[value])))


def _verdict_effect(row: Mapping[str, Any]) -> Cell:
    return _ratios(row, "hr", "hr_low", "hr_high")


def _verdict_adjusted(row: Mapping[str, Any]) -> Cell:
    return _ratios(row, "adjusted_hr", "adjusted_low", "adjusted_high")
