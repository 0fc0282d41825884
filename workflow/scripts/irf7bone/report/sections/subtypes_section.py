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
    subtype_name,
)
from irf7bone.pool.quoted import quoted_columns
from irf7bone.report.html.cell_markup import (
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
from irf7bone.tables.outcome import INSIDE, OTHERS
from irf7bone.tables.pooled import DIFFERENCE

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

KIND = ["subtype", "source"]


def subtypes_section(inputs: ReportInputs) -> Section | None:
    """The section.

    None where no card of the study records HER2, all receptors or a subtype, and none is called.
    """
    config, results = inputs.config, inputs.results
    if results.pooled_subtypes.empty:
        return None
    primary = config.primary
    planned = results.pooled_subtypes[KIND].drop_duplicates().itertuples(index=False, name=None)
    subtypes = {(subtype, source): subtype_name(subtype, source) for subtype, source in planned}
    drawn = chosen(results.subtypes, signature=primary.signature)
    drawn = drawn[drawn["status"] != "not_available"]
    cohorts = list(dict.fromkeys(drawn["cohort"]))
    pooled = chosen(results.pooled_subtypes, signature=primary.signature)
    said = f"{capital(ENDPOINT_WORDS[primary.endpoint])}, {MODEL_WORDS[primary.model]}, in patients"
    of_primary = chosen(results.pooled_subtypes, **vars(primary))
    findings = [
        Finding(f"{said}, {words}: {subtype_sentence(of_primary, *kind)}.")
        for kind, words in subtypes.items()
    ]
    findings.append(
        Finding(
            "Several subtypes are several tests: whether one differs from the other tumours is told by the "
            "ratio within cohorts, and the table's q corrects its p for their number."
        )
    )
    findings += called_findings(inputs.called_subtypes)
    figure = figure_view(
        inputs,
        "pooled/subtypes",
        title="Effect by subtype",
        finding=f"Effects within {listed([*subtypes.values()])}, and in other tumours.",
        marks=(
            f"One unit is one standard deviation within the whole cohort. {INTERVALS} "
            f"{diamonds(pooled)}{hatched(cohorts, inputs)}"
        ),
        simulated=bool(cohorts) and inputs.simulated.issuperset(cohorts),
    )
    shown = inputs.shown
    tables = (
        subtype_pooled_view(
            results.pooled_subtypes[results.pooled_subtypes["signature"].isin(list(shown))], shown
        ),
        subtype_view(shown_rows(results.subtypes, inputs), inputs.simulated, shown),
        *([called_view(inputs.called_subtypes, inputs.simulated)] if len(inputs.called_subtypes) else []),
    )
    return Section(
        "subtypes", "Subtypes", "By subtype", findings, (figure,), tables, template="subtypes.html.j2"
    )


def subtype_sentence(rows: pd.DataFrame, subtype: str, source: str) -> str:
    """Effect in the subtype and in the other tumours, and their ratio within cohorts.

    Args:
        rows: Of :data:`irf7bone.tables.pooled.SUBTYPE_POOLED`, of one signature, endpoint and model.
        subtype: Its name.
        source: Who says of which subtype a tumour is.
    """
    parts = []
    for stratum, words in (
        (INSIDE, "HR"),
        (OTHERS, "in the other tumours"),
        (DIFFERENCE, "ratio of the two within cohorts"),
    ):
        row = one_row(rows, subtype=subtype, source=source, stratum=stratum)
        if row is None or row["status"] != "ok":
            parts.append(f"{words} {'not planned' if row is None else not_estimated(row)}")
            continue
        ends = estimate(*(row[name] for name in quoted_columns(row["k"])))
        parts.append(f"{words} {ends} in {counted(int(row['k']), 'cohort')}")
    return "; ".join(parts)


def called_findings(calls: pd.DataFrame) -> list[Finding]:
    """How many tumours have a subtype called from expression, and the cohorts that have none, with reasons.

    Args:
        calls: :data:`irf7bone.tables.cohort.SUBTYPES` of every cohort.
    """
    if calls.empty:
        return []
    by_cohort = calls.groupby("cohort", sort=False)
    called = [
        f"{own['subtype'].notna().sum():,} of {counted(len(own), 'tumour')} in {cohort}"
        for cohort, own in by_cohort
        if own["subtype"].notna().any()
    ]
    refused = [
        f"{cohort} ({own['reason'].iloc[0]})" for cohort, own in by_cohort if own["subtype"].isna().all()
    ]
    found = [
        Finding(
            "Called from expression: the nearest of the centroids that this study names, by Spearman "
            "correlation of genes centred on an ER-balanced median. It is used where a card states no "
            "subtype, and never in one estimate with a stated one. "
            f"Called: {listed(called) if called else 'none'}."
        )
    ]
    if refused:
        found.append(Finding(f"No subtype is called in {listed(refused)}."))
    return found


STRATUM_WORDS = {INSIDE: "in it", OTHERS: "other tumours", DIFFERENCE: "in it / other tumours"}


def _stratum(row: Mapping[str, Any]) -> Cell:
    return Cell(STRATUM_WORDS[row["stratum"]])


def _named(row: Mapping[str, Any]) -> Cell:
    return Cell(subtype_name(row["subtype"], row["source"]))


_OF_SUBTYPE = (
    *ASKED,
    Field("Subtype", "as the cards tell it, or called from expression", _named, filtered=True, kept=True),
    Field(
        "Tumours", "in the subtype or the others, or the ratio of the two", _stratum, filtered=True, kept=True
    ),
)


def subtype_pooled_view(frame: pd.DataFrame, shown: Sequence[str]) -> TableView:
    """Pooled effects by subtype."""
    columns = (*_OF_SUBTYPE, *FOUND_POOLED)
    caption = (
        "Pooled over cohorts of patients within subtypes, and the ratio to the other tumours within cohorts; "
        "every signature is in results/tables/pooled_subtypes.tsv."
    )
    initial = {"Signature": shown[0]}
    return view("pooled_subtypes", caption, frame, columns, (), initial=initial, searchable=True)


def subtype_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Effects by subtype in each cohort."""
    cohort = Field("Cohort", "cohort id", say_cohort(simulated), filtered=True)
    columns = (cohort, *_OF_SUBTYPE, *FOUND_IN_COHORT)
    caption = f"Subtypes in each cohort that has the endpoint. {shown_only(shown, 'subtypes')}"
    initial = {"Signature": shown[0]}
    return view("subtypes", caption, frame, columns, simulated, initial=initial, searchable=True)


def _call(row: Mapping[str, Any]) -> Cell:
    return Cell("called") if row["status"] == "ok" else say_status(row)


def called_view(calls: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Tumours of each cohort by the subtype that their expression is nearest to, and those without a call."""
    grouped = calls.assign(subtype=calls["subtype"].fillna("none"), reason=calls["reason"].fillna(""))
    counts = grouped.groupby(["cohort", "subtype", "status", "reason"], sort=False)
    frame = counts.agg(n=("sample", "size"), margin=("margin", "median")).reset_index()
    frame["reason"] = frame["reason"].where(frame["reason"] != "", None)
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True, kept=True),
        Field("Called", "the nearest centroid", say_text("subtype"), filtered=True, kept=True),
        Field("n", "tumours", say_count("n"), number=True),
        Field(
            "Margin",
            "median difference between the correlations with the nearest and the next centroid",
            say_number("margin", "{:.2f}".format),
            number=True,
        ),
        Field("Call", "whether there is one, and why not", _call),
    )
    caption = (
        "Subtypes called from expression, tumours of each cohort. Each tumour's are in "
        "results/scores/<cohort>.subtypes.tsv."
    )
    return view("called_subtypes", caption, frame, columns, simulated)
