"""A study of experiments alone: question, verdict and figures first, everything else below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from irf7bone.base.phrases import signature_name
from irf7bone.figures.experiment_words import EXPERIMENTS_QUESTION
from irf7bone.report.html.section import Finding, Section
from irf7bone.report.sections.experiments_section import experiments_section, findings_together

if TYPE_CHECKING:
    from irf7bone.report.inputs import Experiments, ReportInputs

FIRST_FIGURES = ("pooled_experiments/forest", "_slopes")


def experiments_answer(inputs: ReportInputs) -> Section:
    """What was asked, what each contrast and all of them together say, the forest and the scores."""
    whole, found = _whole(inputs)
    claim = found.tables["claim"]
    simulated = {name for name, card in found.cards.items() if card.simulated}
    judged = [row for row in claim.to_dict("records") if row["rule"] != "E1"]
    said = [Finding(_question(str(claim["signature"].iloc[0]), str(claim["method"].iloc[0])))]
    if found.over:
        said += findings_together(found.over["claim"])
    said += [
        Finding(
            f"{row['experiment']}, {row['contrast']}: {row['verdict']}. {row['sentence']}",
            row["experiment"] in simulated,
        )
        for row in sorted(judged, key=lambda row: row["experiment"] in simulated)
    ]
    if not judged:
        said.append(Finding("No contrast of these experiments is one that the claim speaks of."))
    first = [figure for figure in whole.figures if figure.file.endswith(FIRST_FIGURES)]
    return Section("verdict", "Verdict", "Verdict", said, first)


def experiments_below(inputs: ReportInputs) -> Section:
    """The section on experiments without the figures and sentences that stand with the verdict."""
    whole, _ = _whole(inputs)
    above = {finding.text for finding in experiments_answer(inputs).findings}
    rest = [figure for figure in whole.figures if not figure.file.endswith(FIRST_FIGURES)]
    findings = [finding for finding in whole.findings if finding.text not in above]
    return replace(whole, figures=rest, findings=findings)


def _whole(inputs: ReportInputs) -> tuple[Section, Experiments]:
    section = experiments_section(inputs)
    if section is None or inputs.experiments is None:
        raise ValueError("a study without cohorts has experiments")
    return section, inputs.experiments


def _question(signature: str, method: str) -> str:
    judged = f"Judged by {signature_name(signature)}, scored by {method}, named before the run."
    return f"{EXPERIMENTS_QUESTION} {judged}"
