"""Model checks: five-year split, linearity, influence, and how well the score alone tells patients apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    STATUS_WORDS,
    counted,
    estimate,
    hazard_ratio,
    is_missing,
    listed,
    p_clause,
    p_value,
)
from irf7bone.base.vocabulary import ALPHA
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    say_cohort,
    say_count,
    say_number,
    say_status,
    say_text,
    view,
)
from irf7bone.report.html.section import (
    Finding,
    Section,
    chosen,
    failed,
    figure_view,
    not_drawn,
    not_estimated,
    recorded,
    shown_only,
    with_endpoints,
)
from irf7bone.tables.outcome_checks import (
    AFTER_SPLIT,
    DFBETA,
    HIGHEST,
    LARGEST_CHANGE,
    LEFT_OUT,
    LOWEST,
    SPLIT_CHANGE,
    TO_SPLIT,
)

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.settings import Config

CHECK_WORDS = {
    TO_SPLIT: "HR up to five years",
    AFTER_SPLIT: "HR after five years",
    SPLIT_CHANGE: "later over earlier HR",
    "linearity": "linearity, chi-squared",
    LOWEST: "lowest HR, one sample left out",
    HIGHEST: "highest HR, one sample left out",
    LARGEST_CHANGE: "largest change, one sample left out",
}
MEASURE_WORDS = {
    "harrell_c": "Harrell's C",
    "uno_c": "Uno's C",
    "auc_36": "AUC at 3 years",
    "auc_60": "AUC at 5 years",
    "auc_120": "AUC at 10 years",
}
MARKS = (
    "Left: hazard ratio against the median score, as a line and as a restricted cubic spline, with 95 % "
    "bands; below: change of the log hazard ratio without each sample. Right: hazard ratios of parts of the "
    "data."
)


def checks_section(inputs: ReportInputs) -> Section:
    """The checks of the primary signature and model."""
    config, results, shown = inputs.config, inputs.results, inputs.shown
    primary = config.primary
    named = {"signature": primary.signature, "method": primary.method}
    real = results.checks[~results.checks["cohort"].isin(inputs.simulated)]
    findings = [Finding(said) for said in summary_sentences(real, inputs.associations, config)] + not_drawn(
        inputs
    )
    figures = []
    for cohort, endpoint in with_endpoints(inputs):
        if cohort not in inputs.drawn:
            continue
        here = {"cohort": cohort, "endpoint": endpoint, **named}
        rows = chosen(results.checks, model=primary.model, **here)
        measures = chosen(results.discrimination, **here)
        curves = chosen(results.check_curves, model=primary.model, **here)
        fitted = (rows["status"] == "ok").any()
        figures.append(
            figure_view(
                inputs,
                f"{cohort}/checks_{endpoint}",
                title=f"{cohort}: {ENDPOINT_WORDS[endpoint]}, checks",
                finding=(
                    f"{cohort}, {ENDPOINT_WORDS[endpoint]}, {MODEL_WORDS[primary.model]}: "
                    f"{checks_sentence(rows)} {discrimination_sentence(measures)}"
                ),
                marks=MARKS + approximated(curves) if fitted else "",
                simulated=cohort in inputs.simulated,
            )
        )
    key = list(shown)
    own = results.checks[results.checks["signature"].isin(key) & (results.checks["model"] == primary.model)]
    measured = results.discrimination[results.discrimination["signature"].isin(key)]
    tables = (
        checks_view(recorded(own, inputs.cohorts), inputs.simulated, shown, primary.model),
        discrimination_view(recorded(measured, inputs.cohorts), inputs.simulated, shown),
    )
    return Section("checks", "Model checks", "Model checks", findings, figures, tables)


def approximated(curves: pd.DataFrame) -> str:
    """That the lower panel of a large cohort has no refit without some of its samples; nothing elsewhere.

    Args:
        curves: Of :data:`irf7bone.tables.outcome_checks.CHECK_CURVES`, of one fit.
    """
    parts = curves["part"].value_counts()
    some = int(parts.get(DFBETA, 0))
    if not some:
        return ""
    every = some + int(parts.get(LEFT_OUT, 0))
    return (
        f" Of the {every:,} samples {every - some:,}, among them those that move an estimate most, were left "
        f"out by refitting; the change without each of the other {some:,} is approximated by its dfbeta."
    )


def checks_sentence(rows: pd.DataFrame) -> str:
    """The checks of one fit, in sentences.

    Args:
        rows: Of :data:`irf7bone.tables.outcome_checks.CHECKS`, of one fit.
    """
    by_check = {row["check"]: row for row in rows.to_dict("records")}
    if not by_check:
        return "not planned."
    reasons = {failed(row) for row in by_check.values() if row["status"] != "ok"}
    if len(reasons) == 1 and all(row["status"] != "ok" for row in by_check.values()):
        return f"nothing to check ({reasons.pop()})."
    parts = [
        f"up to five years {_ratio(by_check[TO_SPLIT])}, after {_ratio(by_check[AFTER_SPLIT])}",
    ]
    change = by_check[SPLIT_CHANGE]
    if change["status"] == "ok":
        parts[0] += f", change {p_clause(change['p'])}"
    test = by_check["linearity"]
    said = p_clause(test["p"]) if test["status"] == "ok" else f"not tested ({failed(test)})"
    parts.append(f"spline against line {said}")
    low, high = by_check[LOWEST], by_check[HIGHEST]
    if low["status"] == "ok" and high["status"] == "ok":
        parts.append(
            f"leaving out one sample, the HR lies between {hazard_ratio(low['estimate'])} (without "
            f"{low['sample']}) and {hazard_ratio(high['estimate'])} (without {high['sample']})"
        )
    else:
        parts.append(f"influence {not_estimated(low if low['status'] != 'ok' else high)}")
    return "; ".join(parts) + "."


def _ratio(row: Mapping[str, Any]) -> str:
    if row["status"] != "ok":
        return not_estimated(row)
    return f"HR {estimate(row['estimate'], row['ci_low'], row['ci_high'])}"


def discrimination_sentence(rows: pd.DataFrame) -> str:
    """How well the score alone orders patients.

    Args:
        rows: Of :data:`irf7bone.tables.outcome_checks.DISCRIMINATION`, of one signature and endpoint.
    """
    told = rows[rows["status"] == "ok"]
    if told.empty:
        return "Discrimination was not measured."
    parts = []
    for row in told.to_dict("records"):
        said = f"{MEASURE_WORDS[row['measure']]} {_share(row)}"
        if row["measure"] == "uno_c":
            said += f" up to {row['horizon_months']:.0f} months"
        parts.append(said)
    return f"Discrimination of the score alone (above 0.5: a higher score, a longer time): {listed(parts)}."


def _share(row: Mapping[str, Any]) -> str:
    return f"{row['estimate']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"


def summary_sentences(real: pd.DataFrame, associations: pd.DataFrame, config: Config) -> list[str]:
    """What the checks say of the primary result in patients, test by test.

    Args:
        real: Rows of :data:`irf7bone.tables.outcome_checks.CHECKS` of cohorts of patients.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`, whose intervals say on which side of 1 a
            whole cohort lies.
        config: The study's settings.
    """
    rows = chosen(real, **vars(config.primary))
    said = []
    for check, words in (
        (SPLIT_CHANGE, "A change of the hazard ratio at five years"),
        ("linearity", "A departure from a straight line"),
    ):
        tested = rows[(rows["check"] == check) & (rows["status"] == "ok") & rows["p"].notna()]
        if tested.empty:
            said.append(f"{words} cannot be tested for the primary result in any cohort of patients.")
            continue
        shown = int((tested["p"] < ALPHA).sum())
        named = [f"{row['cohort']} ({p_clause(row['p'])})" for row in tested.to_dict("records")]
        said.append(
            f"{words} is shown (p < {ALPHA:g}) in {shown} of {counted(len(tested), 'cohort')} of patients "
            f"tested for the primary result: {listed(named)}."
        )
    fits = chosen(associations, **vars(config.primary), status="ok")
    apart = fits.loc[(fits["ci_low"] > 0) | (fits["ci_high"] < 0), "cohort"]
    ends = rows[(rows["check"].isin([LOWEST, HIGHEST])) & (rows["status"] == "ok")]
    ends = ends[ends["cohort"].isin(apart)]
    turned = [
        cohort
        for cohort, own in ends.groupby("cohort", sort=False)
        if own["estimate"].min() < 0 < own["estimate"].max()
    ]
    if len(ends):
        said.append(
            f"Leaving out a single sample moves the hazard ratio across 1 in {listed(turned)}."
            if turned
            else "In no cohort whose interval excludes 1 does leaving out a single sample move the hazard "
            "ratio across 1."
        )
    return said


def _number(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(STATUS_WORDS[row["status"]])
    value = float(row["estimate"])
    if row["quantity"] == "chi_squared":
        return Cell(f"{value:.2f} (df {int(row['df'])})", value)
    if is_missing(row["ci_low"]):
        return Cell(hazard_ratio(value), value)
    return Cell(estimate(value, row["ci_low"], row["ci_high"]), value)


def checks_view(
    frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str], model: str
) -> TableView:
    """Every check of the key signatures."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Check", "what", lambda row: Cell(CHECK_WORDS[row["check"]]), filtered=True),
        Field("n", "samples, or at risk in the period", say_count("n"), number=True),
        Field("Events", "of these", say_count("n_events"), number=True),
        Field("Value (95 % CI)", "ratio of hazards, or chi-squared", _number, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("Sample", "left out", say_text("sample")),
        Field("Status", "whether there is a number, and why not", say_status),
    )
    caption = f"Checks of the fits, {MODEL_WORDS[model]}. {shown_only(shown, 'checks')}"
    return view(
        "checks", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True
    )


def discrimination_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """C and AUC of the key signatures."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Measure", "what", lambda row: Cell(MEASURE_WORDS[row["measure"]]), filtered=True),
        Field(
            "Horizon, months",
            "events up to here count",
            say_number("horizon_months", lambda x: f"{x:.0f}"),
            number=True,
        ),
        Field("n", "samples", say_count("n"), number=True),
        Field("Events", "up to the horizon", say_count("n_events"), number=True),
        Field("Value (95 % CI)", "share of pairs in the right order", _concordance, number=True),
        Field("Status", "whether there is a number, and why not", say_status),
    )
    caption = (
        "Discrimination of each score alone. Above 0.5: patients with a higher score have a longer time. "
        f"{shown_only(shown, 'discrimination')}"
    )
    return view(
        "discrimination", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True
    )


def _concordance(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(NOTHING)
    return Cell(_share(row), float(row["estimate"]))
