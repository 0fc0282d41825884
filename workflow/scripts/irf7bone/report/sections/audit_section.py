"""Patients that appear twice, and where samples are lost between the file and the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, counted, is_missing, listed
from irf7bone.base.vocabulary import STRONG, WEAK
from irf7bone.harmonise.losses import say_loss
from irf7bone.harmonise.profile_match import FALSE_POSITIVE_RATE
from irf7bone.report.html.cell_markup import (
    Cell,
    Field,
    TableView,
    say_cohort,
    say_count,
    say_number,
    say_text,
    view,
)
from irf7bone.report.html.section import Finding, Section, chosen, said_cohort
from irf7bone.tables.outcome_checks import LOST
from irf7bone.verdict.premises import SHARED

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.cohort_card import CohortCard

_STATUS = {
    "same": "same",
    "copy": "copy",
    "contradicted": "contradicted",
    "possible": "possible",
    "none": "none found",
    "not_compared": "profiles not compared",
}


def audit_section(inputs: ReportInputs) -> Section:
    """Patients that appear twice, and the way of every sample into the models."""
    duplicates, audit = inputs.results.duplicates, inputs.results.audit
    findings = [
        *duplicate_findings(duplicates, inputs.simulated, _endpoints(inputs)),
        *audit_findings(inputs),
        *loss_findings(inputs.results.losses, inputs.cards, inputs.simulated),
    ]
    tables = (
        duplicates_view(duplicates, inputs.simulated),
        audit_view(audit, inputs.simulated),
        losses_view(inputs.results.losses, inputs.simulated),
    )
    return Section(
        "audit", "Losses and duplicates", "Who is in the models, and whether twice", findings, (), tables
    )


def _endpoints(inputs: ReportInputs) -> dict[str, list[str]]:
    asked = inputs.cohorts[inputs.cohorts["endpoint"].isin(list(inputs.config.endpoints))]
    return {name: asked.loc[asked["cohort"] == name, "endpoint"].tolist() for name in inputs.cards}


def duplicate_findings(
    table: pd.DataFrame, simulated: frozenset[str], endpoints: Mapping[str, Collection[str]]
) -> list[Finding]:
    """Which patients may be there twice, what that does to results, and what was not compared.

    Args:
        table: :data:`irf7bone.tables.cohort.DUPLICATES`.
        simulated: Ids of simulated cohorts.
        endpoints: Cohort -> its endpoints that the study asks about.
    """
    shared, untold = table[table["status"].isin(SHARED)], chosen(table, status="not_compared")
    findings = []
    for (first, second), pairs in shared.groupby(["cohort", "other_cohort"], sort=False):
        place = f"within {first}" if first == second else f"in {first} and {second}"
        if len(pairs) == 1:
            row = pairs.iloc[0]
            who = (
                f"{row['sample']} and {row['other_sample']} {place} are one patient by {row['evidence']}"
                f"{_profiles_agree(row)}"
            )
        else:
            kinds = [f"{number} by {kind}" for kind, number in pairs["evidence"].value_counts().items()]
            who = f"{len(pairs)} pairs of samples {place} are one patient each ({'; '.join(kinds)})"
        both = set(endpoints[first]) & set(endpoints[second])
        if first == second or both:
            follows = "Both are in every result until a card excludes one."
        else:
            follows = "The two share no endpoint of this study: no pooled result counts anybody twice."
        findings.append(Finding(f"{who}. {follows}", first in simulated))
    findings += _doubtful(table, simulated)
    if shared.empty:
        compared = counted(len(table.groupby(["cohort", "other_cohort"])) - len(untold), "pair")
        findings.append(Finding(f"No patient was found twice, in {compared} of cohorts compared by profile."))
    if len(untold):
        pairs = [f"{row['cohort']} with {row['other_cohort']}" for row in untold.to_dict("records")]
        shown = pairs if len(pairs) <= 5 else [*pairs[:5], f"{len(pairs) - 5} more"]
        findings.append(Finding(f"Too few genes or samples to compare profiles: {listed(shown)}."))
    return findings


def _profiles_agree(row: Mapping[str, Any] | pd.Series) -> str:
    return "" if is_missing(row["correlation"]) else f" (profiles correlate at {row['correlation']:.2f})"


# what is said of pairs that are not counted as one patient: one pair, and several
_DOUBTFUL = {
    "contradicted": (
        "{sample} and {other_sample} {place} have one id and are two tumours: labels may be swapped",
        "{n} ids {place} name two tumours each: labels may be swapped, or ids that mean nothing elsewhere",
    ),
    "possible": (
        "{sample} and {other_sample} {place} may be one patient by {evidence}{agree}{facts}",
        "{n} pairs of samples {place} may be one patient each, and something speaks against it",
    ),
}


def _doubtful(table: pd.DataFrame, simulated: frozenset[str]) -> list[Finding]:
    """Pairs whose ids, profiles and clinical data do not say the same."""
    findings = []
    for status, (one, several) in _DOUBTFUL.items():
        pairs = chosen(table, status=status)
        for (first, second), rows in pairs.groupby(["cohort", "other_cohort"], sort=False):
            row = rows.iloc[0].to_dict()
            facts = "" if is_missing(row["facts"]) else f"; clinical data {row['facts']}"
            place = f"within {first}" if first == second else f"in {first} and {second}"
            said = (one if len(rows) == 1 else several).format(
                **{**row, "place": place, "n": len(rows), "agree": _profiles_agree(row), "facts": facts}
            )
            findings.append(Finding(f"{said}. They count as two patients.", first in simulated))
    return findings


def audit_findings(inputs: ReportInputs) -> list[Finding]:
    """How many samples of each cohort that records the primary endpoint reach the primary model."""
    endpoint, model = inputs.config.primary.endpoint, inputs.config.primary.model
    simulated, findings = inputs.simulated, []
    recorded = {name for name, endpoints in _endpoints(inputs).items() if endpoint in endpoints}
    without = [name for name in inputs.cards if name not in recorded and name not in simulated]
    if without:
        findings.append(Finding(f"Not recorded: {ENDPOINT_WORDS[endpoint]} in {listed(without)}."))
    chains = chosen(inputs.results.audit, endpoint=endpoint, model=model)
    for cohort, chain in chains[chains["cohort"].isin(recorded)].groupby("cohort", sort=False):
        total, left = int(chain["n_left"].iloc[0]), int(chain["n_left"].iloc[-1])
        losses = chain[chain["what"] == LOST].sort_values("n_lost", ascending=False, kind="stable")
        most = ""
        if len(losses):
            most = f"; most were lost to: {losses['reason'].iloc[0]} ({int(losses['n_lost'].iloc[0])})"
        findings.append(
            Finding(
                f"{said_cohort(str(cohort), simulated)}: {left:,} of {counted(total, 'sample')} in the file "
                f"are in the model of {ENDPOINT_WORDS[endpoint]} {MODEL_WORDS[model]}{most}.",
                cohort in simulated,
            )
        )
    return sorted(findings, key=lambda finding: finding.simulated)


def loss_findings(
    table: pd.DataFrame, cards: Mapping[str, CohortCard], simulated: frozenset[str]
) -> list[Finding]:
    """Losses that go with the outcome, and what the card says of those that do so strongly.

    Args:
        table: :data:`irf7bone.tables.outcome_checks.LOSSES` of every cohort.
        cards: Cohort id -> card.
        simulated: Ids of simulated cohorts.
    """
    findings = []
    for row in table[table["dependence"].isin((WEAK, STRONG))].to_dict("records"):
        cohort = str(row["cohort"])
        said = f"{said_cohort(cohort, simulated)}: {say_loss(row, ENDPOINT_WORDS[row['endpoint']])}"
        reason = cards[cohort].endpoints.get(row["endpoint"], {}).get("losses_follow_outcome")
        follows = "Losses that follow the outcome can bias an effect."
        if row["dependence"] == STRONG and reason:
            follows = f"The card says: {reason}"
        findings.append(Finding(f"{said}. {follows}", cohort in simulated))
    if not findings and len(table):
        findings.append(Finding("No loss of patients was found to follow their outcome."))
    return findings


def losses_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Every loss of every endpoint, held against those who stay."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Without", "what is missing in those lost", _missing, filtered=True),
        Field("Lost", "patients", say_count("n_lost"), number=True),
        Field("Kept", "patients", say_count("n_kept"), number=True),
        Field("Event, lost", "share with the event", _two_digits("event_share_lost"), number=True),
        Field("Event, kept", "share with the event", _two_digits("event_share_kept"), number=True),
        Field("p", "Fisher's exact test", say_number("p_status", lambda value: f"{value:.2g}"), number=True),
        Field(
            "Months, lost",
            "median time",
            say_number("median_months_lost", lambda value: f"{value:.0f}"),
            number=True,
        ),
        Field(
            "Months, kept",
            "median time",
            say_number("median_months_kept", lambda value: f"{value:.0f}"),
            number=True,
        ),
        Field("p of times", "rank-sum test", say_number("p_time", lambda value: f"{value:.2g}"), number=True),
        Field("Follows outcome", "none, weak, strong", say_text("dependence"), filtered=True),
    )
    caption = (
        "Whether patients who are lost for want of expression, time, status, covariate or score had another "
        "outcome than the others. A strong dependence stops the run unless the card says why it is there."
    )
    return view("losses", caption, frame, columns, simulated, searchable=True)


def _missing(row: Mapping[str, Any]) -> Cell:
    what = str(row["cause"]).removeprefix("no_")
    return Cell(what if is_missing(row["field"]) else f"{what} {row['field']}")


def duplicates_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Every pair of cohorts, with the samples found in both."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("With", "itself for samples within it", say_text("other_cohort"), filtered=True),
        Field("Found", "what ids, profiles and clinical data say together", _status, filtered=True),
        Field("Sample", "of the first cohort", say_text("sample")),
        Field("Other sample", "of the other", say_text("other_sample")),
        Field("By", "id, profile, clinical data", say_text("evidence")),
        Field(
            "Correlation", "of the profiles; where none was found, the largest", _two_digits("correlation"),
            number=True,
        ),
        Field("Lead", "over the best other partner, Fisher z", _two_digits("margin"), number=True),
        Field("Needed", "lead that stands out in these two cohorts", _two_digits("needed"), number=True),
        Field("Clinical data", "what agrees, and what differs", say_text("facts")),
        Field("Genes", "in both cohorts", say_count("n_genes"), number=True),
        Field("What to do", "or why profiles were not compared", say_text("reason")),
    )  # fmt: skip
    caption = (
        "Samples that may be one patient. Same: ids and profiles agree, or ids where profiles cannot tell. "
        "Copy: profiles agree, ids differ. Contradicted: ids agree, profiles do not. Possible: something "
        "speaks for it and something against. Profiles are compared without the patterns that many samples "
        "share; what lead stands out is read from the second best matches of each two cohorts, so that "
        f"chance makes a pair in {FALSE_POSITIVE_RATE:.0%} of comparisons."
    )
    return view("duplicates", caption, frame, columns, simulated, searchable=True)


def _two_digits(name: str) -> Any:
    return say_number(name, lambda value: f"{value:.2f}")


def _status(row: Mapping[str, Any]) -> Cell:
    return Cell(_STATUS[row["status"]])


def audit_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Each chain from the file to the model."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
        Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
        Field("Step", "in order", say_count("step"), number=True),
        Field("Where", "in the file, lost, or in the model", _step),
        Field("Lost", "samples", say_count("n_lost"), number=True),
        Field("Left", "samples", say_count("n_left"), number=True),
        Field("Events left", "once outcomes are known", say_count("n_events_left"), number=True),
    )
    caption = "Sample flow, from every sample named in the source to those in the primary model."
    return view("audit", caption, frame, columns, simulated, searchable=True)


def _step(row: Mapping[str, Any]) -> Cell:
    if row["what"] == LOST:
        return Cell(str(row["reason"]))
    return Cell(str(row["what"]))
