"""The effect in ER-positive and in ER-negative tumours, and whether the two differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    capital,
    counted,
    estimate,
    listed,
)
from irf7bone.pool.quoted import quoted_columns
from irf7bone.report.html.cell_markup import (
    Cell,
    Field,
    TableView,
    say_cohort,
    say_text,
    view,
)
from irf7bone.report.html.section import (
    INTERVALS,
    Finding,
    Section,
    chosen,
    figure_view,
    hatched,
    not_estimated,
    one_row,
    shown_only,
    shown_rows,
)
from irf7bone.report.sections.strata_fields import ASKED, FOUND_IN_COHORT, FOUND_POOLED, diamonds

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs


def er_section(inputs: ReportInputs) -> Section:
    """The effect in ER-positive and in ER-negative tumours."""
    config, results = inputs.config, inputs.results
    primary = config.primary
    pooled = chosen(results.pooled_by_er, **vars(primary))
    drawn = chosen(results.by_er, signature=primary.signature, method=primary.method)
    drawn = drawn[drawn["status"] != "not_available"]
    cohorts = list(dict.fromkeys(drawn["cohort"]))
    estimated = set(drawn.loc[drawn["status"] == "ok", "cohort"])
    lacking = [name for name in inputs.cards if name not in inputs.simulated and name not in estimated]
    finding = (
        f"{capital(ENDPOINT_WORDS[primary.endpoint])}, {MODEL_WORDS[primary.model]}, in patients: "
        f"{er_sentence(pooled)}."
    )
    findings = [
        Finding(
            "Whether the effect differs between strata is told by the ratio within cohorts: an interval that "
            "leaves out 1 in one stratum alone does not tell."
        )
    ]
    if results.pooled_subtypes.empty:
        words = "HER2, triple-negative and other subtypes: no card of this study records them"
        findings.append(Finding(f"{words} (fields her2, pr and subtype)."))
    if lacking:
        words = "No estimate in either stratum, for the reasons in the table"
        findings.insert(0, Finding(f"{words}: {listed(lacking)}."))
    figure = figure_view(
        inputs,
        "pooled/by_er",
        title="Effect by ER status",
        finding=finding,
        marks=(
            f"One unit is one standard deviation within the whole cohort. {INTERVALS} "
            f"{diamonds(chosen(results.pooled_by_er, signature=primary.signature))}"
            f"{hatched(cohorts, inputs)}"
            if cohorts
            else "No cohort of this study records ER status and one of its endpoints."
        ),
        simulated=bool(cohorts) and inputs.simulated.issuperset(cohorts),
    )
    shown = inputs.shown
    tables = (
        er_pooled_view(results.pooled_by_er[results.pooled_by_er["signature"].isin(list(shown))], shown),
        er_view(shown_rows(results.by_er, inputs), inputs.simulated, shown),
    )
    return Section("by_er", "ER strata", "By ER status", findings, (figure,), tables)


def er_sentence(rows: pd.DataFrame) -> str:
    """Effect in each stratum, and whether the two differ.

    Args:
        rows: Of :data:`irf7bone.tables.pooled.ER_POOLED`, of one signature, endpoint and model.
    """
    parts = []
    for er, words in (
        ("positive", "HR in ER-positive tumours"),
        ("negative", "HR in ER-negative tumours"),
        ("difference", "ratio of the two within cohorts"),
    ):
        row = one_row(rows, er=er)
        if row is None:
            parts.append(f"{words} not planned")
        elif row["status"] != "ok":
            parts.append(f"{words} {not_estimated(row)}")
        else:
            value, low, high = (row[name] for name in quoted_columns(row["k"]))
            found = f"{words} {estimate(value, low, high)} in {counted(int(row['k']), 'cohort')}"
            if er == "difference":
                apart = low > 0 or high < 0
                found += ": the interval leaves out 1" if apart else ": no difference is shown"
            parts.append(found)
    return "; ".join(parts)


def _stratum(row: Mapping[str, Any]) -> Cell:
    return Cell("positive / negative" if row["er"] == "difference" else str(row["er"]))


def er_pooled_view(frame: pd.DataFrame, shown: Sequence[str]) -> TableView:
    """Pooled effects by ER status."""
    columns = (
        *ASKED,
        Field("ER", "stratum, or ratio of the two", _stratum, filtered=True),
        *FOUND_POOLED,
    )
    caption = (
        "Pooled over cohorts of patients within ER strata, and the ratio of the strata within cohorts; "
        "every signature is in results/tables/pooled_by_er.tsv."
    )
    return view("pooled_by_er", caption, frame, columns, (), initial={"Signature": shown[0]}, searchable=True)


def er_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Effects by ER status in each cohort."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        *ASKED,
        Field("ER", "stratum", say_text("er"), filtered=True),
        *FOUND_IN_COHORT,
    )
    caption = f"ER strata of each cohort that has the endpoint. {shown_only(shown, 'by_er')}"
    return view("by_er", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True)
