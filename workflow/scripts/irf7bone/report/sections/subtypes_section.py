"""The effect in HER2-positive, triple-negative and other subtypes, each against the other tumours; folded."""

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
    p_clause,
    p_value,
)
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
    figure_view,
    hatched,
    not_estimated,
    one_row,
    shown_only,
    shown_rows,
)
from irf7bone.tables.outcome import INSIDE, OTHERS
from irf7bone.tables.pooled import DIFFERENCE

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs


def subtypes_section(inputs: ReportInputs) -> Section | None:
    """The section; None where no card of the study records HER2, all receptors or a subtype."""
    config, results = inputs.config, inputs.results
    if results.pooled_subtypes.empty:
        return None
    primary = config.primary
    subtypes = list(dict.fromkeys(results.pooled_subtypes["subtype"]))
    drawn = chosen(results.subtypes, signature=primary.signature)
    drawn = drawn[drawn["status"] != "not_available"]
    cohorts = list(dict.fromkeys(drawn["cohort"]))
    said = f"{capital(ENDPOINT_WORDS[primary.endpoint])}, {MODEL_WORDS[primary.model]}, in patients"
    of_primary = chosen(results.pooled_subtypes, **vars(primary))
    findings = [
        Finding(f"{said}, {subtype}: {subtype_sentence(of_primary, subtype)}.") for subtype in subtypes
    ]
    findings.append(
        Finding(
            "Several subtypes are several tests: whether one differs from the other tumours is the ratio "
            "within cohorts with its p value, and q corrects it for their number."
        )
    )
    figure = figure_view(
        inputs,
        "pooled/subtypes",
        title="Effect by subtype",
        finding=f"Effects within {listed(subtypes)}, and in the other tumours of the same cohorts.",
        marks=(
            f"One unit is one standard deviation within the whole cohort. {INTERVALS} Diamonds: pooled."
            f"{hatched(cohorts, inputs)}"
        ),
        simulated=bool(cohorts) and inputs.simulated.issuperset(cohorts),
    )
    shown = inputs.shown
    tables = (
        subtype_pooled_view(
            results.pooled_subtypes[results.pooled_subtypes["signature"].isin(list(shown))], shown
        ),
        subtype_view(shown_rows(results.subtypes, inputs), inputs.simulated, shown),
    )
    return Section(
        "subtypes", "Subtypes", "By subtype", findings, (figure,), tables, template="subtypes.html.j2"
    )


def subtype_sentence(rows: pd.DataFrame, subtype: str) -> str:
    """Effect in the subtype and in the other tumours, and their ratio within cohorts.

    Args:
        rows: Of :data:`irf7bone.tables.pooled.SUBTYPE_POOLED`, of one signature, endpoint and model.
        subtype: Its name.
    """
    parts = []
    for stratum, words in (
        (INSIDE, "HR"),
        (OTHERS, "in the other tumours"),
        (DIFFERENCE, "ratio of the two within cohorts"),
    ):
        row = one_row(rows, subtype=subtype, stratum=stratum)
        if row is None or row["status"] != "ok":
            parts.append(f"{words} {'not planned' if row is None else not_estimated(row)}")
            continue
        ends = estimate(row["log_hr"], row["ci_low"], row["ci_high"])
        found = f"{words} {ends} in {counted(int(row['k']), 'cohort')}"
        parts.append(f"{found}, {p_clause(row['p'])}" if stratum == DIFFERENCE else found)
    return "; ".join(parts)


STRATUM_WORDS = {INSIDE: "in it", OTHERS: "other tumours", DIFFERENCE: "in it / other tumours"}


def _stratum(row: Mapping[str, Any]) -> Cell:
    return Cell(STRATUM_WORDS[row["stratum"]])


_RESULT = (
    Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
    Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
    Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
    Field("Subtype", "as the cards tell it", say_text("subtype"), filtered=True, kept=True),
    Field(
        "Tumours", "in the subtype or the others, or the ratio of the two", _stratum, filtered=True, kept=True
    ),
)


def subtype_pooled_view(frame: pd.DataFrame, shown: Sequence[str]) -> TableView:
    """Pooled effects by subtype."""
    columns = (
        *_RESULT,
        Field("Cohorts", "real cohorts with an estimate", say_count("k"), number=True),
        Field("n", "samples in these", say_count("n"), number=True),
        Field("Events", "in these", say_count("n_events"), number=True),
        Field("HR per SD (95 % CI)", "or ratio of hazard ratios", effect_cell, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("q", "Benjamini-Hochberg over this table", say_number("q", p_value), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = (
        "Pooled over cohorts of patients within subtypes, and the ratio to the other tumours within cohorts; "
        "every signature is in results/tables/pooled_subtypes.tsv."
    )
    initial = {"Signature": shown[0]}
    return view("pooled_subtypes", caption, frame, columns, (), initial=initial, searchable=True)


def subtype_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Effects by subtype in each cohort."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        *_RESULT,
        Field("n", "samples in the fit", say_count("n"), number=True),
        Field("Events", "in the fit", say_count("n_events"), number=True),
        Field("HR per SD (95 % CI)", "one SD within the whole cohort", effect_cell, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = f"Subtypes in each cohort that has the endpoint. {shown_only(shown, 'subtypes')}"
    initial = {"Signature": shown[0]}
    return view("subtypes", caption, frame, columns, simulated, initial=initial, searchable=True)
