"""Every defensible analysis, and how far the cohorts agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    STATUS_WORDS,
    counted,
    estimate,
    hazard_ratio,
    interval,
    is_missing,
    p_clause,
    p_value,
)
from irf7bone.base.vocabulary import ALPHA
from irf7bone.pool.specification import SHOWN
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    effect_cell,
    say_count,
    say_number,
    say_range,
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
    of_patients,
    one_row,
    outcome,
)
from irf7bone.report.sections.random_signatures_section import percent

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.settings import Config, Primary

# with so few a small Q may come by chance and makes a short interval
FEW_COHORTS = 3


def specification_section(inputs: ReportInputs) -> Section:
    """The primary question under every choice of signature, method and model."""
    results, primary = inputs.results, inputs.config.primary
    finding = specification_sentence(results.specifications, results.specification_summary, inputs.config)
    drawn = (results.specifications["status"] == "ok").any()
    figure = figure_view(
        inputs,
        "pooled/specifications",
        title=f"{outcome(primary.endpoint)}: every choice of signature, method and model",
        finding=finding,
        marks=(
            "Dots: pooled hazard ratios over cohorts of patients in order, with Bayesian 95 % intervals; "
            "filled: the interval does not contain 1; dashed: their median. Below: the choices that make "
            "each."
            if drawn
            else ""
        ),
    )
    findings = (
        Finding(
            "Specifications share patients and genes: their shares describe and do not test. The primary "
            "analysis is ringed."
            if drawn
            else finding
        ),
    )
    tables = (summary_view(results.specification_summary), specifications_view(results.specifications))
    return Section(
        "specifications",
        "Sensitivity analysis",
        "Sensitivity analysis: specification curve",
        findings,
        (figure,),
        tables,
    )


def specification_sentence(curve: pd.DataFrame, summary: pd.DataFrame, config: Config) -> str:
    """How many specifications point where.

    Args:
        curve: :data:`irf7bone.tables.pooled.SPECIFICATIONS`.
        summary: :data:`irf7bone.tables.pooled.SPECIFICATION_SUMMARY` of the curve.
        config: The study's settings.
    """
    said = ENDPOINT_WORDS[config.primary.endpoint]
    whole = one_row(summary, choice="none")
    if whole is None:
        return f"No specification was planned for {said}."
    if whole["status"] != "ok":
        planned = counted(int(whole["n_planned"]), "specification")
        return f"None of {planned} for {said} has an estimate ({failed(whole)})."
    lowest, highest = hazard_ratio(whole["lowest_log_hr"]), hazard_ratio(whole["highest_log_hr"])
    n = int(whole["n_estimated"])
    parts = [
        f"{n} of {counted(int(whole['n_planned']), 'specification')} for {said} have a pooled estimate: the "
        f"median HR is {hazard_ratio(whole['median_log_hr'])}, range {lowest} to {highest}; "
        f"{percent(whole['share_below_1'])} lie below 1, and {percent(whole['share_apart'])} have a 95 % "
        f"interval without 1 ({percent(whole['share_apart_below'])} below, "
        f"{percent(whole['share_apart_above'])} above)."
    ]
    if adjustment := adjustment_sentence(summary):
        parts.append(adjustment)
    primary = one_row(curve, is_primary=True)
    if primary is not None and primary["status"] == "ok":
        parts.append(
            f"The primary analysis is number {int(primary['rank'])} of {n} from the lowest hazard ratio, "
            f"with HR {estimate(*(primary[name] for name in SHOWN))}."
        )
    elif primary is not None:
        parts.append(f"The primary analysis has no estimate ({failed(primary)}).")
    return " ".join(parts)


def adjustment_sentence(summary: pd.DataFrame) -> str:
    """How many unadjusted and how many adjusted hazard ratios lie below 1; empty where one kind is missing.

    Args:
        summary: :data:`irf7bone.tables.pooled.SPECIFICATION_SUMMARY`.
    """
    models = chosen(summary, choice="model", status="ok")
    bare = models["level"] == "unadjusted"
    if not bare.any() or bare.all():
        return ""
    below = (models["share_below_1"] * models["n_estimated"]).round().astype(int)
    of = models["n_estimated"].astype(int)
    return (
        f"Below 1 lie {below[bare].sum()} of {of[bare].sum()} unadjusted and {below[~bare].sum()} of "
        f"{of[~bare].sum()} adjusted hazard ratios."
    )


def _shown(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["shown_log_hr"]):
        return Cell(STATUS_WORDS[row["status"]])
    return Cell(estimate(*(row[name] for name in SHOWN)), float(row["shown_log_hr"]))


def _share(name: str, label: str, doc: str) -> Field:
    return Field(label, doc, say_number(name, percent), number=True)


def summary_view(frame: pd.DataFrame) -> TableView:
    """Shares over the whole curve and with each choice held fixed."""
    columns = (
        Field(
            "Held fixed",
            "which choice",
            lambda row: Cell("nothing" if row["choice"] == "none" else str(row["choice"])),
            filtered=True,
        ),
        Field("At", "its value", say_text("level")),
        Field("Planned", "specifications", say_count("n_planned"), number=True),
        Field("Estimated", "of these", say_count("n_estimated"), number=True),
        Field("Median HR", "of the estimates", say_number("median_log_hr", hazard_ratio), number=True),
        Field(
            "Range", "of the estimates", say_range("lowest_log_hr", "highest_log_hr", interval), number=True
        ),
        _share("share_below_1", "HR < 1", "share of the estimates"),
        _share("share_apart", "Interval without 1", "share of the estimates"),
        _share("share_apart_below", "All below 1", "share whose interval lies below 1"),
        _share("share_apart_above", "All above 1", "share whose interval lies above 1"),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = "The curve in numbers: over all specifications, and with one choice held fixed."
    return view("specification_summary", caption, frame, columns, ())


def specifications_view(frame: pd.DataFrame) -> TableView:
    """Every specification."""
    columns = (
        Field("Rank", "by hazard ratio, 1 = lowest", say_count("rank"), number=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Method", "how the score was made", say_text("method"), filtered=True),
        Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
        Field("Primary", "named before the run", lambda row: Cell("yes" if row["is_primary"] else "no")),
        Field("Cohorts", "pooled", say_count("k"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
        Field("HR per SD (95 % interval)", "pooled, Bayesian; of one cohort its own", _shown, number=True),
        Field("p", "modified Knapp-Hartung, never decides", say_number("p", p_value), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    return view("specifications", "Every specification.", frame, columns, (), searchable=True)


def heterogeneity_section(inputs: ReportInputs) -> Section:
    """How far the cohorts behind the primary result agree."""
    results, primary = inputs.results, inputs.config.primary
    named = vars(primary)
    asymmetry = one_row(results.asymmetry, **named)
    findings = [
        Finding(heterogeneity_sentence(one_row(results.heterogeneity, **named))),
        Finding(left_out_sentence(chosen(results.leave_one_cohort_out, **named))),
    ]
    said, figures = asymmetry_sentence(asymmetry), []
    if chosen(results.funnel, **named).empty:
        findings.append(Finding(said))
    else:
        figures.append(
            figure_view(
                inputs,
                "pooled/funnel",
                title=f"{outcome(primary.endpoint)}: funnel plot",
                finding=said,
                marks=(
                    "Dots: cohorts; line: pooled value; shaded: where 95 % of cohorts would lie if all had "
                    "the same effect."
                ),
            )
        )
    by_method = {"method": primary.method}
    tables = (
        heterogeneity_view(
            of_patients(chosen(results.heterogeneity, **by_method)),
            chosen(results.asymmetry, **by_method),
            primary,
        ),
        left_out_view(
            chosen(results.leave_one_cohort_out, signature=primary.signature, method=primary.method)
        ),
    )
    return Section("heterogeneity", "Heterogeneity", "Do the cohorts agree?", findings, figures, tables)


def heterogeneity_sentence(row: Mapping[str, Any] | None) -> str:
    """I2 and tau2 with intervals.

    Args:
        row: Of :data:`irf7bone.tables.pooled.HETEROGENEITY`.
    """
    if row is None:
        return "The primary result was not pooled."
    if is_missing(row["i2"]) or int(row["k"]) < 2:
        return f"Agreement between cohorts cannot be told ({failed(row)})."
    test = f"Cochran's Q {row['cochran_q']:.2f}, {p_clause(row['q_p'])}"
    cohorts = counted(int(row["k"]), "cohort")
    if row["status"] != "ok":
        return f"I² is {row['i2']:.0f} % over {cohorts} ({test}), without an interval ({failed(row)})."
    said = (
        f"I² is {row['i2']:.0f} % (95 % CI {row['i2_low']:.0f} % to {row['i2_high']:.0f} %) and tau² "
        f"{row['tau2']:.3f} ({row['tau2_low']:.3f} to {row['tau2_high']:.3f}) over {cohorts} of patients "
        f"({test})."
    )
    if int(row["k"]) <= FEW_COHORTS:
        said += (
            " With so few cohorts an interval that happens to be short is no evidence that they agree, and a "
            "wide one leaves it open."
        )
    return said


def left_out_sentence(rows: pd.DataFrame) -> str:
    """What leaving out each cohort does.

    Args:
        rows: Of :data:`irf7bone.tables.pooled.LEAVE_ONE_COHORT_OUT`, of one result.
    """
    fitted = rows[rows["status"] == "ok"]
    if rows.empty:
        return "No cohort could be left out: the primary result was not pooled."
    if fitted.empty:
        return f"No cohort can be left out ({failed(rows.iloc[0].to_dict())})."
    ordered = fitted.sort_values("log_hr", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    said = (
        f"Leaving out one cohort at a time, the HR lies between {hazard_ratio(low['log_hr'])} (without "
        f"{low['left_out']}) and {hazard_ratio(high['log_hr'])} (without {high['left_out']})"
    )
    clear = int(((fitted["ci_low"] > 0) | (fitted["ci_high"] < 0)).sum())
    return f"{said}; {clear} of {len(fitted)} intervals exclude 1."


def asymmetry_sentence(row: Mapping[str, Any] | None) -> str:
    """Whether small cohorts differ from large ones.

    Args:
        row: Of :data:`irf7bone.tables.pooled.ASYMMETRY`.
    """
    if row is None:
        return "No funnel plot: the primary result was not pooled."
    if row["status"] != "ok":
        return f"No funnel plot and no test of asymmetry ({failed(row)})."
    side = "speaks" if row["p"] < ALPHA else "does not speak"
    return (
        f"Egger's test over {counted(int(row['k']), 'cohort')} {side} for small-study effects at p < "
        f"{ALPHA:g} ({p_clause(row['p'])})."
    )


def heterogeneity_view(frame: pd.DataFrame, asymmetry: pd.DataFrame, primary: Primary) -> TableView:
    """Heterogeneity of every pooled result of one method, and whether asymmetry could be tested."""
    key = ["signature", "method", "endpoint", "model"]
    egger = asymmetry[[*key, "p", "status"]].rename(columns={"p": "egger_p", "status": "egger_status"})
    joined = frame.merge(egger, on=key, how="left", validate="one_to_one")
    columns = (
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
        Field("Cohorts", "real cohorts with an estimate", say_count("k"), number=True),
        Field("Q", "Cochran's", say_number("cochran_q", lambda x: f"{x:.2f}"), number=True),
        Field("p of Q", "chi-squared", say_number("q_p", p_value), number=True),
        Field("I² (95 % CI)", "share of variance between cohorts", _i2, number=True),
        Field("tau² (95 % CI)", "variance between cohorts", _tau2, number=True),
        Field("Egger's p", "asymmetry of the funnel", _egger, number=True),
        Field("Status", "of the intervals, and why there are none", say_status),
    )
    caption = (
        f"Pooled results of scores by {primary.method}; the intervals are by the Q-profile method. Why "
        "Egger's test is missing stands in results/tables/asymmetry.tsv."
    )
    return view(
        "heterogeneity",
        caption,
        joined,
        columns,
        (),
        initial={"Signature": primary.signature},
        searchable=True,
    )


def _with_ends(row: Mapping[str, Any], name: str, form: str) -> Cell:
    if is_missing(row[name]):
        return Cell(NOTHING)
    said = format(row[name], form)
    if not is_missing(row[f"{name}_low"]):
        said += f" ({row[f'{name}_low']:{form}} to {row[f'{name}_high']:{form}})"
    return Cell(said, float(row[name]))


def _i2(row: Mapping[str, Any]) -> Cell:
    cell = _with_ends(row, "i2", ".0f")
    return cell if cell.value is None else Cell(f"{cell.text} %", cell.value)


def _tau2(row: Mapping[str, Any]) -> Cell:
    return _with_ends(row, "tau2", ".3f")


def _egger(row: Mapping[str, Any]) -> Cell:
    if row["egger_status"] != "ok":
        return Cell(STATUS_WORDS[row["egger_status"]])
    return Cell(p_value(row["egger_p"]), float(row["egger_p"]))


def left_out_view(frame: pd.DataFrame) -> TableView:
    """The primary signature's pooled results without each cohort."""
    columns = (
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Model", "what the Cox model adjusts for", lambda row: Cell(MODEL_WORDS[row["model"]])),
        Field("Left out", "cohort", say_text("left_out")),
        Field("Cohorts", "that remain", say_count("k"), number=True),
        Field("HR per SD (95 % CI)", "of those that remain", effect_cell, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("Change", "as a ratio of hazard ratios", say_number("change", hazard_ratio), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = "The primary signature's pooled result, without each cohort of patients in turn."
    return view("leave_one_cohort_out", caption, frame, columns, ())
