"""The first screen beside the verdict: what was asked, what was answered, and which curve stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import ENDPOINT_WORDS, SURVIVAL_WORDS, capital, is_missing, listed
from irf7bone.report.html.figure_markup import figure_id
from irf7bone.report.html.section import chosen, patients_first
from irf7bone.report.html.small_forest import random_effects_weights
from irf7bone.verdict.rules import CODES

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

BONE = "bone"
ADD_A_COHORT = "make card"


@dataclass(frozen=True)
class CurveChoice:
    """A cohort's curves of the primary score that the first screen can show.

    Args:
        key: Its key among the curves of :func:`irf7bone.report.sections.explore_section.step_curves`.
        label: Cohort and endpoint in words.
        figure: Id of the figure that holds its test, medians and other signatures.
        said: The test and what the curves are, in a sentence.
        simulated: Whether its patients are made up.
    """

    key: str
    label: str
    figure: str
    said: str
    simulated: bool


def no_bone(inputs: ReportInputs) -> str:
    """What the first line says where no cohort of patients records bone metastasis; else nothing."""
    rows = chosen(inputs.cohorts, endpoint=BONE)
    if (~rows["cohort"].isin(inputs.simulated)).any():
        return ""
    return "No cohort of patients in this study records bone metastasis."


def reservations(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kind and words of each code of a verdict: those that withhold the word first.

    Args:
        verdict: A row of :data:`irf7bone.tables.verdict.VERDICT`.
    """
    return [
        (kind, CODES[code])
        for kind, column in (("withheld", "hard"), ("reservation", "soft"))
        if not is_missing(verdict[column])
        for code in str(verdict[column]).split(",")
    ]


def curve_choices(inputs: ReportInputs) -> list[CurveChoice]:
    """Curves of the primary score in every cohort and endpoint, the one to open with first.

    That is the primary endpoint in the cohort of patients with the largest weight in the pooled estimate
    among those that were not sampled by outcome; where there is none, the first that has curves.
    """
    primary = inputs.config.primary
    rows = chosen(inputs.curves, signature=primary.signature, method=primary.method)
    there = set(zip(rows["cohort"], rows["endpoint"], strict=True))
    order = patients_first(list(inputs.cards), inputs.simulated)
    pairs = [
        (cohort, endpoint)
        for endpoint in sorted(inputs.config.endpoints, key=lambda name: name != primary.endpoint)
        for cohort in order
        if (cohort, endpoint) in there
    ]
    first = (heaviest_cohort(inputs), primary.endpoint)
    pairs.sort(key=lambda pair: (pair != first, pair[0] in inputs.simulated))
    return [_choice(inputs, cohort, endpoint) for cohort, endpoint in pairs]


def heaviest_cohort(inputs: ReportInputs) -> str | None:
    """The cohort with the largest weight in the primary estimate of those not sampled by outcome."""
    primary = inputs.config.primary
    fits = chosen(inputs.associations, **vars(primary), status="ok")
    endpoints = chosen(inputs.cohorts, endpoint=primary.endpoint)
    by_outcome = endpoints.loc[endpoints["sampled_by_outcome"].notna(), "cohort"]
    fits = fits[~fits["cohort"].isin([*by_outcome, *inputs.simulated])]
    if fits.empty:
        return None
    whole = chosen(inputs.pooled, **vars(primary), status="ok")
    tau2 = 0.0 if whole.empty or is_missing(whole["tau2"].iloc[0]) else float(whole["tau2"].iloc[0])
    weights = random_effects_weights(dict(zip(fits["cohort"], fits["se"], strict=True)), tau2)
    return max(weights, key=weights.__getitem__)


def _choice(inputs: ReportInputs, cohort: str, endpoint: str) -> CurveChoice:
    primary = inputs.config.primary
    kinds = chosen(inputs.curves, cohort=cohort, endpoint=endpoint)["kind"]
    what = (
        f"cumulative incidence of {ENDPOINT_WORDS[endpoint]}"
        if kinds.iloc[0] == "cumulative_incidence"
        else SURVIVAL_WORDS[endpoint]
    )
    return CurveChoice(
        key="/".join((cohort, primary.signature, endpoint)),
        label=f"{cohort}: {what}",
        figure=figure_id(f"{cohort}/curves_{endpoint}") if cohort in inputs.drawn else f"cohort-{cohort}",
        said=capital(what),
        simulated=cohort in inputs.simulated,
    )


def status_lines(inputs: ReportInputs) -> list[tuple[str, str]]:
    """What was asked and what could be answered: a heading and words each."""
    primary = inputs.config.primary
    answered = inputs.verdict[inputs.verdict["k"] > 0]["endpoint"]
    without = inputs.verdict[inputs.verdict["k"] == 0]["endpoint"]
    said = [("Asked", f"{ENDPOINT_WORDS[primary.endpoint]}, the primary endpoint, named before the run")]
    words = listed([ENDPOINT_WORDS[name] for name in answered])
    lacking = (
        f"; no patient data: {listed([ENDPOINT_WORDS[name] for name in without])}" if len(without) else ""
    )
    said.append(("Answerable", f"{words}{lacking}"))
    if inputs.failed:
        named = "; ".join(f"{name} ({why})" for name, why in inputs.failed.items())
        whole = len(inputs.failed) + len(inputs.cards)
        said.append(("Failed", f"{len(inputs.failed)} of {whole} cohorts, not in these results: {named}"))
    return said
