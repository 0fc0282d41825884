"""The tables beside the verdict: the models behind it, what was not named before, how easily it goes away."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, estimate, is_missing, p_value, said_ratio
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    say_count,
    say_number,
    say_status,
    say_text,
    view,
)

MODEL_WORDS = {
    "unadjusted": "nothing",
    "proliferation": "proliferation",
    "claim": "proliferation and ER (the claim)",
    "calibrated": "both, calibrated for measurement error",
    "random": "proliferation, mean random score",
    "random_calibrated": "the same, proliferation calibrated",
}

Say = Callable[[Mapping[str, Any]], Cell]


def verdict_models_view(frame: pd.DataFrame, endpoint: str, signature: str) -> TableView:
    """The six models of the primary result, by every pool.

    Args:
        frame: :data:`irf7bone.tables.verdict.VERDICT_MODELS`.
        endpoint: The primary endpoint.
        signature: The primary signature.
    """
    rows = frame[(frame["endpoint"] == endpoint) & (frame["signature"] == signature)]
    columns = (
        Field("Beside the score", "what the model adjusts for", _model),
        Field("HR per SD (95 %)", "Bayesian interval, which decides", _logs("bayes"), number=True, kept=True),
        Field("P(HR < 1)", "probability", say_number("below_1", "{:.3f}".format), number=True),
        Field("In a further cohort", "95 % prediction interval", _further, number=True),
        Field("Prior 0.25", "cohorts that differ less", _ends("narrow"), number=True),
        Field("Prior 1", "cohorts that differ more", _ends("wide"), number=True),
        Field("Knapp-Hartung", "modified; never decides", _knapp_hartung, number=True),
        Field("p", "its p", say_number("p", p_value), number=True),
        Field("Cohorts", "with every model", say_count("k"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
        Field("Status", "pooled or not", _held, kept=True),
    )
    caption = "Models behind the verdict. All are of the same patients; other ways to pool them stand beside."
    return view("verdict_models", caption, rows, columns, ())


def exploratory_view(frame: pd.DataFrame) -> TableView:
    """What is said of the other signatures.

    Args:
        frame: :data:`irf7bone.tables.verdict.EXPLORATORY`.
    """
    columns = (
        Field("Endpoint", "outcome", _endpoint, filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Verdict", "exploratory", say_text("verdict"), kept=True),
        Field(
            "HR per SD (95 %)", "given proliferation and ER", _ratios("hr", "hr_low", "hr_high"), number=True
        ),
        Field("q", "Benjamini-Hochberg, controls left out", say_number("q", p_value), number=True),
        Field("Cohorts", "with every model", say_count("k"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
    )
    caption = "Exploratory: other signatures by the same rules. None was named before the run."
    return view("exploratory", caption, frame, columns, ())


def fragility_view(frame: pd.DataFrame, signature: str) -> TableView:
    """How easily the effect would go away.

    Args:
        frame: :data:`irf7bone.tables.verdict.FRAGILITY`.
        signature: The primary signature.
    """
    two = "{:.2f}".format
    columns = (
        Field("Endpoint", "outcome", _endpoint),
        Field(
            "Reliability of the proliferation score at which the effect would vanish",
            "none: no reliability takes it away",
            _vanishing,
            number=True,
        ),
        Field("E-value", "a confounder that explains it", say_number("e_value", two), number=True),
        Field(
            "E-value of the interval", "that takes it to 1", say_number("e_value_interval", two), number=True
        ),
        Field(
            "Lowest probability of its side of HR 1 without one cohort (left out)",
            "P(HR < 1) of an effect below 1, P(HR > 1) of one above",
            _left_out,
            number=True,
        ),
        Field(
            "Complete cases",
            "patients with ER status",
            _ratios("complete_hr", "complete_low", "complete_high"),
        ),
        Field("ER imputed", "all patients", _ratios("imputed_hr", "imputed_low", "imputed_high")),
        Field("Status", "estimated or not", _held, kept=True),
    )
    caption = (
        "Robustness of the estimate to noise in the proliferation score, an unmeasured confounder, a single "
        "cohort and missing ER status. Complete cases and imputed ER: the Bayesian pool, also of one cohort."
    )
    return view("fragility", caption, frame[frame["signature"] == signature], columns, ())


def _endpoint(row: Mapping[str, Any]) -> Cell:
    return Cell(ENDPOINT_WORDS[row["endpoint"]])


def _model(row: Mapping[str, Any]) -> Cell:
    return Cell(MODEL_WORDS[row["model"]])


def _held(row: Mapping[str, Any]) -> Cell:
    return Cell("estimated") if row["status"] == "ok" else say_status(row)


def _logs(prefix: str) -> Say:
    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row[f"{prefix}_log_hr"]):
            return Cell(NOTHING)
        parts = (row[f"{prefix}_{name}"] for name in ("log_hr", "low", "high"))
        return Cell(estimate(*parts), float(row[f"{prefix}_log_hr"]))

    return say


def _ends(prefix: str) -> Say:
    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row[f"{prefix}_low"]):
            return Cell(NOTHING)
        low, high = (said_ratio(math.exp(row[f"{prefix}_{end}"])) for end in ("low", "high"))
        return Cell(f"{low} to {high}")

    return say


_further = _ends("further")


def _knapp_hartung(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["log_hr"]):
        return Cell(NOTHING)
    return Cell(estimate(row["log_hr"], row["ci_low"], row["ci_high"]), float(row["log_hr"]))


def _ratios(*names: str) -> Say:
    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row[names[0]]):
            return Cell(NOTHING)
        value, low, high = (said_ratio(row[name]) for name in names)
        return Cell(f"{value} ({low} to {high})", float(math.log(row[names[0]])))

    return say


_effect = _ratios("hr", "hr_low", "hr_high")
_complete = _ratios("complete_hr", "complete_low", "complete_high")
_imputed = _ratios("imputed_hr", "imputed_low", "imputed_high")


def _vanishing(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(NOTHING)
    if is_missing(row["vanishing_reliability"]):
        return Cell("none")
    return Cell(f"{row['vanishing_reliability']:.2f}", float(row["vanishing_reliability"]))


def _left_out(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["least_left_out"]):
        return Cell(NOTHING)
    return Cell(f"{row['least_left_out']:.2f} (without {row['left_out']})", float(row["least_left_out"]))
