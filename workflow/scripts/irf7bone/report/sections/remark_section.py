"""The REMARK checklist, each item with what this run says to it and where.

REMARK (McShane 2005, J Natl Cancer Inst 97:1180; explained by Altman 2012, PLoS Med 9:e1001216) lists 20
items that a study of a tumour marker should report. The items are put here in short words of our own. What a
run cannot know (treatment that no card records) is said to be missing rather than passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, counted, listed
from irf7bone.base.vocabulary import EVENTS_PER_PARAMETER
from irf7bone.report.html.cell_markup import as_text, text_uri
from irf7bone.report.html.section import Section
from irf7bone.report.sentences.methods import by_esr1
from irf7bone.verdict.planning import events_needed

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

COLUMNS = ("number", "part", "item", "answer", "sections")


@dataclass(frozen=True)
class Item:
    """One item: what it asks, what the run says, and the sections that hold it."""

    part: str
    asks: str
    say: Callable[[ReportInputs], str]
    sections: tuple[str, ...]


def remark_table(inputs: ReportInputs) -> pd.DataFrame:
    """The filled checklist: number, part, item, answer, sections (their ids, comma-separated)."""
    rows = [
        (number, item.part, item.asks, item.say(inputs), ",".join(item.sections))
        for number, item in enumerate(ITEMS, start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def remark_section(inputs: ReportInputs) -> Section:
    """The checklist with links into the page."""
    table = remark_table(inputs)
    file = text_uri(as_text(table), "text/tab-separated-values")
    data: dict[str, Any] = {"rows": table.to_dict("records"), "download": file}
    return Section("remark", "REMARK", "REMARK checklist", template="remark.html.j2", data=data)


def _marker(inputs: ReportInputs) -> str:
    primary = inputs.config.primary
    return (
        f"The marker is the score of {primary.signature} by {primary.method}; the hypothesis, that a "
        f"lower score is associated with {ENDPOINT_WORDS[primary.endpoint]}, was named before the run."
    )


def _real(inputs: ReportInputs) -> list[str]:
    return [name for name in inputs.cards if name not in inputs.simulated]


def _patients(inputs: ReportInputs) -> str:
    real = _real(inputs)
    sizes = inputs.cohorts.drop_duplicates("cohort").set_index("cohort")["n"]
    said = [f"{name} ({int(sizes[name])})" for name in real]
    excluding = [name for name in real if inputs.cards[name].exclude]
    rules = f"; rules that exclude patients: {listed(excluding)}" if excluding else ""
    return f"{counted(len(real), 'cohort')} of patients, samples in brackets: {listed(said)}{rules}."


def _treatment(inputs: ReportInputs) -> str:
    return "Not recorded in the cards, and not adjusted for; see the notes of each cohort."


def _specimen(inputs: ReportInputs) -> str:
    kinds = [f"{name}: {inputs.cards[name].specimen} tumour" for name in _real(inputs)]
    return f"{listed(kinds)}. Preservation and storage are those of the publications."


def _assay(inputs: ReportInputs) -> str:
    said = []
    for name in _real(inputs):
        expression = inputs.cards[name].expression
        platform = expression.get("platform", "platform not stated")
        said.append(f"{name}: {platform}, values given as {expression['scale']}")
    return f"{listed(said)}. Scores are made without looking at outcome."


def _design(inputs: ReportInputs) -> str:
    return (
        "Retrospective: public cohorts, each as it was published; the median follow-up of each endpoint "
        "stands in the "
        "table of cohorts. Samples were not matched or stratified by design."
    )


def _endpoints(inputs: ReportInputs) -> str:
    return f"{listed([ENDPOINT_WORDS[name] for name in inputs.config.endpoints])}, defined cohort by cohort."


def _candidates(inputs: ReportInputs) -> str:
    config = inputs.config
    selected = [name for name in config.signatures.select if not of_simulated(name)]
    return (
        f"{counted(len(selected), 'signature')} by {counted(len(config.methods), 'method')}, "
        f"models: {listed([MODEL_WORDS[model] for model in config.models])}. Every combination has a row, "
        "whatever it "
        "showed."
    )


def _sample_size(inputs: ReportInputs) -> str:
    rule = inputs.config.verdict
    return (
        f"Given by the cohorts. {events_needed(rule.smallest_hr, rule.power)} events are needed to see a "
        "hazard ratio "
        f"of {rule.smallest_hr:g} per standard deviation with {100 * rule.power:g} % power in one "
        "cohort, and more where they are pooled over cohorts that may differ; how "
        "often a study of these cohorts would decide stands with the verdict. Numbers of events decide "
        "nothing."
    )


def _methods(inputs: ReportInputs) -> str:
    expressed = by_esr1(inputs.associations)
    stands = f", but ESR1 expression stands for ER in {listed(expressed)}" if expressed else ""
    imputed = inputs.results.fragility["imputed_cohorts"].notna().any()
    beside = " Missing ER status is imputed in a sensitivity analysis alone." if imputed else ""
    return (
        "In the methods text, generated from the run. No variables were selected by their results. Samples "
        "without a "
        f"value that a model needs are left out of that model; no value is filled in{stands}.{beside}"
    )


def _marker_values(inputs: ReportInputs) -> str:
    return (
        "The score enters as a continuous value per standard deviation. Tertiles serve display only; no "
        "cut-point was "
        "searched for."
    )


def _flow(inputs: ReportInputs) -> str:
    last = inputs.flow.sort_values("step").groupby("cohort", sort=False)
    said = [
        f"{name}: {int(rows['n_left'].iloc[0])} to {int(rows['n_left'].iloc[-1])}"
        for name, rows in last
        if name not in inputs.simulated
    ]
    return (
        f"From the samples that a source names to those analysed, {listed(said)}; each loss has its reason."
    )


def _distributions(inputs: ReportInputs) -> str:
    return "Table 1 of each cohort, with the number of missing values."


def _relation(inputs: ReportInputs) -> str:
    return "Table 1 by tertile of the score, with a test of the score against each characteristic."


def _univariable(inputs: ReportInputs) -> str:
    return (
        "Unadjusted hazard ratios with 95 % intervals, and curves by tertile."
        if ("unadjusted" in inputs.config.models)
        else "No unadjusted model was in this run."
    )


def _multivariable(inputs: ReportInputs) -> str:
    adjusted = [MODEL_WORDS[model] for model in inputs.config.models if model != "unadjusted"]
    if not adjusted:
        return "No model of this run adjusts for anything."
    return (
        f"Hazard ratios with 95 % intervals, {listed(adjusted)}; below {EVENTS_PER_PARAMETER} events per "
        "coefficient penalised."
    )


def _standard(inputs: ReportInputs) -> str:
    if {"clinical", "full"} & set(inputs.config.models):
        return "Models with ER, node, grade, size and age, as far as a cohort records them, stratified by ER."
    held = "proliferation and ER" if "proliferation_er" in inputs.config.models else "proliferation"
    return (
        f"The models of this run hold no standard prognostic variables beside {held}: add clinical or "
        "full to "
        "`models` in the config to have them."
    )


def _further(inputs: ReportInputs) -> str:
    return (
        "Proportional hazards, the first five years against later, linearity, influence of single samples, "
        "random "
        "signatures, the specification curve, leaving out cohorts, and simulated data with a known effect."
    )


def _interpretation(inputs: ReportInputs) -> str:
    verdict = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    return (
        f"The verdict is {verdict['verdict']}, by a rule that stands with it; what speaks against it stands "
        "beside."
    )


def _implications(inputs: ReportInputs) -> str:
    return "What public data cannot test is listed. Nothing here is meant for the care of a patient."


ITEMS = (
    Item("Introduction", "The marker, the aims and the hypotheses", _marker, ("verdict",)),
    Item("Patients", "Source, characteristics, inclusion and exclusion", _patients, ("cohorts", "patients")),
    Item("Patients", "Treatments and how they were chosen", _treatment, ("cohorts",)),
    Item("Specimens", "Material, controls, preservation and storage", _specimen, ("cohorts",)),
    Item(
        "Assay",
        "Method, reagents, quality control, scoring, blinding",
        _assay,
        ("scores", "signature_quality"),
    ),
    Item("Design", "How cases were selected, period, length of follow-up", _design, ("cohorts",)),
    Item("Design", "Clinical endpoints, defined", _endpoints, ("cohorts",)),
    Item("Design", "All variables that were considered", _candidates, ("tables",)),
    Item("Design", "Reason for the sample size", _sample_size, ("verdict",)),
    Item("Statistics", "Methods, selection of variables, assumptions, missing data", _methods, ("methods",)),
    Item("Statistics", "How marker values were handled, and cut-points", _marker_values, ("methods",)),
    Item("Results: data", "Flow of patients, events and reasons for loss", _flow, ("cohorts",)),
    Item(
        "Results: data",
        "Distribution of characteristics and of the marker",
        _distributions,
        ("patients", "scores"),
    ),
    Item("Results: analysis", "The marker against standard variables", _relation, ("patients",)),
    Item("Results: analysis", "The marker against outcome, univariable", _univariable, ("forests", "curves")),
    Item("Results: analysis", "Multivariable results for the marker", _multivariable, ("forests",)),
    Item(
        "Results: analysis",
        "Results with the standard prognostic variables",
        _standard,
        ("forests", "tables"),
    ),
    Item(
        "Results: analysis",
        "Further investigation: assumptions, sensitivity",
        _further,
        ("checks", "null", "specifications"),
    ),
    Item(
        "Discussion",
        "Interpretation against the hypotheses, limitations",
        _interpretation,
        ("verdict", "limits"),
    ),
    Item("Discussion", "Implications for research and clinical value", _implications, ("limits",)),
)
