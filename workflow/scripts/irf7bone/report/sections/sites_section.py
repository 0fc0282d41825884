"""Bone against other sites, and cause-specific next to subdistribution hazards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    STATUS_WORDS,
    capital,
    estimate,
    is_missing,
    p_clause,
    p_value,
)
from irf7bone.base.vocabulary import ALPHA
from irf7bone.figures.outcome_panels import ESTIMAND_WORDS
from irf7bone.figures.plot_sites import LABELS
from irf7bone.report.html.cell_markup import (
    Cell,
    Field,
    TableView,
    effect_cell,
    say_cohort,
    say_count,
    say_number,
    say_status,
    say_text,
    view,
)
from irf7bone.report.html.section import (
    INTERVALS,
    Finding,
    Section,
    chosen,
    failed,
    figure_view,
    hatched,
    not_estimated,
    one_row,
    patients_first,
    said_cohort,
    shown_only,
    shown_rows,
    with_endpoints,
)

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

TEST_WORDS = {"gray": "Gray's test", "logrank": "log-rank test"}


def sites_section(inputs: ReportInputs) -> Section:
    """Bone against other sites, and cause-specific next to subdistribution hazards."""
    config, results, shown = inputs.config, inputs.results, inputs.shown
    primary, model = config.primary, config.primary.model
    named = {"signature": primary.signature, "method": primary.method, "model": model}
    sites = chosen(results.sites, **named)
    bone = sites[(sites["contrast"] == "bone") & sites["n"].notna()]
    with_bone = patients_first(list(dict.fromkeys(bone["cohort"])), inputs.simulated)
    real = [name for name in with_bone if name not in inputs.simulated]
    rivals = chosen(results.competing, **named)
    competing = [
        (cohort, endpoint)
        for cohort, endpoint in with_endpoints(inputs)
        if (chosen(rivals, cohort=cohort, endpoint=endpoint)["n_competing"].fillna(0) > 0).any()
    ]
    rivalling = [cohort for cohort, _ in competing]
    site_findings = [
        f"{said_cohort(cohort, inputs.simulated)}, {MODEL_WORDS[model]}: "
        f"{sites_sentence(chosen(sites, cohort=cohort))}."
        for cohort in with_bone
    ]
    hazard_findings = [
        f"{said_cohort(cohort, inputs.simulated)}, {ENDPOINT_WORDS[endpoint]}, {MODEL_WORDS[model]}: "
        + competing_sentence(
            chosen(rivals, cohort=cohort, endpoint=endpoint),
            one_row(
                results.group_tests,
                cohort=cohort,
                endpoint=endpoint,
                signature=primary.signature,
                method=primary.method,
            ),
        )
        + "."
        for cohort, endpoint in competing
    ]
    made_sites, made_hazards = (
        bool(cohorts) and inputs.simulated.issuperset(cohorts) for cohorts in (with_bone, rivalling)
    )
    none_competing = (
        "No endpoint of a cohort of patients has competing events in this run, so cause-specific and "
        "subdistribution hazards coincide."
    )
    findings = []
    if not real:
        findings.append(
            Finding(
                "No cohort of patients in this run records bone metastasis, so that whether an effect is "
                "about bone or about relapse as such cannot be told from them."
            )
        )
    if inputs.simulated.issuperset(rivalling):
        findings.append(Finding(none_competing))
    figures = (
        figure_view(
            inputs,
            "pooled/sites",
            title="Bone against other sites",
            finding=" ".join(site_findings) or "No cohort of this study has the endpoint bone metastasis.",
            marks=f"{INTERVALS} Diamonds: the two contrasts.{hatched(with_bone, inputs)}"
            if with_bone
            else "",
            simulated=made_sites,
        ),
        figure_view(
            inputs,
            "pooled/competing",
            title="Cause-specific and subdistribution hazard",
            finding=" ".join(hazard_findings)
            or "No cohort of this study has an endpoint with competing events.",
            marks=(
                "The cause-specific hazard is that of those free of any event, the subdistribution hazard "
                f"that of the cumulative incidence (Fine and Gray). {INTERVALS}{hatched(rivalling, inputs)}"
                if competing
                else ""
            ),
            simulated=made_hazards,
        ),
    )
    own_sites = results.sites[
        results.sites["cohort"].isin(with_bone) & results.sites["signature"].isin(list(shown))
    ]
    tables = (
        sites_view(own_sites, inputs.simulated, shown),
        competing_view(shown_rows(results.competing, inputs), inputs.simulated, shown),
        group_tests_view(shown_rows(results.group_tests, inputs), inputs.simulated, shown),
    )
    return Section("sites", "Bone and other sites", "Bone against other sites", findings, figures, tables)


def _ratio_of(row: Mapping[str, Any] | None, what: str) -> str:
    if row is None:
        return f"{what} not planned"
    if row["status"] != "ok":
        return f"{what} {not_estimated(row)}"
    return f"{what} {estimate(row['estimate'], row['ci_low'], row['ci_high'])}"


def sites_sentence(rows: pd.DataFrame) -> str:
    """Hazard ratios of bone and of other sites, and whether they differ.

    Args:
        rows: Of :data:`irf7bone.tables.outcome.SITES`, of one cohort, signature and model.
    """
    bone, other, difference, odds = (
        one_row(rows, contrast=name) for name in ("bone", "other", "bone_minus_other", "bone_among_relapsed")
    )
    parts = [_ratio_of(bone, "HR of bone metastasis"), _ratio_of(other, "HR of relapse at another site")]
    said = ", ".join(parts)
    contrast = _ratio_of(difference, "ratio of the two")
    if difference is not None and difference["status"] == "ok":
        known = "they differ" if difference["p"] < ALPHA else "no difference is shown"
        contrast += f", {p_clause(difference['p'])}: {known} at p < {ALPHA:g}"
    among = _ratio_of(odds, "among the relapsed, odds ratio of bone")
    return f"{said}; {contrast}; {among}"


def competing_sentence(rows: pd.DataFrame, test: Mapping[str, Any] | None) -> str:
    """Both hazard ratios, and the test of the tertiles.

    Args:
        rows: Of :data:`irf7bone.tables.outcome.COMPETING`, of one cohort, endpoint, signature and model.
        test: Of :data:`irf7bone.tables.outcome_checks.GROUP_TESTS`, of the same.
    """
    parts = []
    for estimand, words in ESTIMAND_WORDS.items():
        row = one_row(rows, estimand=estimand)
        if row is None:
            continue
        found = (
            f"HR {estimate(row['log_hr'], row['ci_low'], row['ci_high'])}, {p_clause(row['p'])}"
            if row["status"] == "ok"
            else not_estimated(row)
        )
        parts.append(f"{words} {found}")
    if test is not None:
        parts.append(group_test_sentence(test))
    return "; ".join(parts)


def group_test_sentence(test: Mapping[str, Any]) -> str:
    """The test of the tertiles, or why there is none."""
    if test["status"] != "ok":
        return f"tertiles not compared ({failed(test)})"
    return f"tertiles by {TEST_WORDS[test['test']]} {p_clause(test['p'])}"


def _site_estimate(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(STATUS_WORDS[row["status"]])
    return Cell(estimate(row["estimate"], row["ci_low"], row["ci_high"]), float(row["estimate"]))


def sites_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Each site and contrast."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Model", "what the model adjusts for", say_text("model"), filtered=True),
        Field("What", "site or contrast", lambda row: Cell(capital(LABELS[row["contrast"]])), filtered=True),
        Field("n", "samples", say_count("n"), number=True),
        Field("Events", "at the site", say_count("n_events"), number=True),
        Field("Others", "competing events, or events at other sites", say_count("n_other"), number=True),
        Field(
            "Ratio per SD (95 % CI)", "hazard ratio, their ratio, or odds ratio", _site_estimate, number=True
        ),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("Estimator", "likelihood", say_text("estimator")),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = f"Sites in cohorts with the endpoint bone metastasis. {shown_only(shown, 'sites')}"
    return view("sites", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True)


def competing_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Cause-specific next to subdistribution hazard ratios."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Model", "what the model adjusts for", say_text("model"), filtered=True),
        Field("Hazard", "which", lambda row: Cell(ESTIMAND_WORDS[row["estimand"]]), filtered=True),
        Field("n", "samples", say_count("n"), number=True),
        Field("Events", "in the fit", say_count("n_events"), number=True),
        Field("Competing", "events in the fit", say_count("n_competing"), number=True),
        Field("HR per SD (95 % CI)", "ratio of these hazards", effect_cell, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("Estimator", "likelihood", say_text("estimator")),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = f"Cause-specific next to subdistribution hazard ratios. {shown_only(shown, 'competing')}"
    return view(
        "competing", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True
    )


def group_tests_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Tests of the tertiles."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Test", "Gray's where events compete", _test),
        Field("n", "samples", say_count("n"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
        Field("Chi²", "statistic", say_number("statistic", lambda x: f"{x:.2f}"), number=True),
        Field("df", "degrees of freedom", say_count("df"), number=True),
        Field("p", "of the test", say_number("p", p_value), number=True),
        Field("Status", "whether there is a test, and why not", say_status),
    )
    caption = (
        "Log-rank and Gray tests of the curves by tertile: unadjusted, for display, not for any verdict. "
        f"{shown_only(shown, 'group_tests')}"
    )
    return view(
        "group_tests", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True
    )


def _test(row: Mapping[str, Any]) -> Cell:
    return Cell("none" if is_missing(row["test"]) else TEST_WORDS[row["test"]])
