"""Experiments: each contrast against what the claim expects of it, and what may stand behind its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import is_missing
from irf7bone.experiments.claim.sentences import host_words
from irf7bone.figures import EXPERIMENT_FIGURES, key_signatures
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Finding, Section, chosen, figure_view
from irf7bone.report.inputs import read_numbers
from irf7bone.report.sections.experiment_views import (
    claim_view,
    composition_view,
    experiment_quality_view,
    gene_sets_view,
    genes_view,
    rules_view,
    signatures_view,
)
from irf7bone.report.sentences import experiment_captions as captions
from irf7bone.report.sentences.component_words import component_words

if TYPE_CHECKING:
    from irf7bone.report.inputs import Experiments, ReportInputs

NOT_TESTED = (
    "No experiment here tests how long mice live, what knocking Irf7 out does, or what depleting NK or "
    "CD8 T cells does: those need animals with and without the intervention, followed to metastasis, and "
    "no public expression data hold them. A contrast of tissue shows what the lesion expresses, not why, "
    "and not that it spread for that reason."
)
TITLES = {
    "volcano": "every gene",
    "slopes": "scores",
    "heatmap": "interferon genes",
    "enrichment": "running enrichment",
    "composition": "what the tissue is made of",
}


def experiments_section(inputs: ReportInputs) -> Section | None:
    """Every contrast of every experiment; None where the study has no experiment."""
    found = inputs.experiments
    if found is None:
        return None
    order = sorted(found.cards, key=lambda name: found.cards[name].simulated)
    findings: list[Finding] = []
    figures: list[FigureView] = []
    for name in order:
        card = found.cards[name]
        findings += _findings(inputs, found, name)
        quality = chosen(found.tables["quality"], experiment=name)
        figures.append(
            figure_view(
                inputs,
                f"experiments/{name}/samples",
                title=f"{name}: samples",
                finding=captions.samples_finding(name, quality),
                marks=captions.SAMPLES_MARKS,
                simulated=card.simulated,
            )
        )
        for contrast in chosen(found.tables["contrasts"], experiment=name).to_dict("records"):
            figures += _figures(inputs, found, contrast, card.fdr, card.simulated)
    if found.over:
        findings = [*findings_together(found.over["claim"]), *findings]
        figures.insert(
            0,
            figure_view(
                inputs,
                "pooled_experiments/forest",
                title="Experiments together",
                finding=captions.forest_of_experiments(found.over["claim"]),
                marks=captions.EXPERIMENT_FOREST_MARKS,
            ),
        )
    findings.append(Finding(NOT_TESTED))
    simulated = frozenset(name for name, card in found.cards.items() if card.simulated)
    by_order = {name: _ordered(table, order) for name, table in found.tables.items()}
    return Section(
        "experiments",
        "Experiments",
        "Experiments: has the bone lesion lost the programme, and does treatment bring it back?",
        findings,
        figures,
        (
            claim_view(by_order["claim"], by_order["contrasts"], simulated),
            rules_view(),
            signatures_view(by_order["signatures"], simulated, inputs.config.primary.method),
            gene_sets_view(by_order["gene_sets"], simulated),
            composition_view(by_order["composition"], simulated),
            genes_view(by_order["panel"], simulated),
            experiment_quality_view(by_order["quality"], simulated),
        ),
    )


def findings_together(claim: pd.DataFrame) -> list[Finding]:
    """What the experiments say together, with the verdict; nothing where the claim speaks of none of them."""
    return [
        Finding(f"Together: {row['verdict']}. {row['sentence']}", row["role"] == "simulated")
        for row in claim.to_dict("records")
    ]


def _ordered(table: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    return table.sort_values("experiment", key=lambda names: names.map(order.index), kind="stable")


def _findings(inputs: ReportInputs, found: Experiments, name: str) -> list[Finding]:
    """What is said of one experiment: samples, each contrast with its warning, the derived signature."""
    card = found.cards[name]
    flow = found.flow[found.flow["cohort"] == name]
    kept = int(flow.sort_values("step")["n_left"].iloc[-1])
    lost = [
        f"{row['n_dropped']} {row['stage']}: {row['reason']}"
        for row in flow.to_dict("records")
        if row["n_dropped"]
    ]
    said = [Finding(
        f"{name}, {card.title}: {kept} {card.organism} samples"
        + (f" ({'; '.join(lost)})." if lost else "."),
        card.simulated,
    )]  # fmt: skip
    if card.host:
        said.append(Finding(f"{name}: {host_words(card.host)}", card.simulated))
    said += [Finding(f"{name}: {note}", card.simulated) for note in card.notes]
    said += [Finding(f"{name}, stated but not verified: {note}") for note in card.unverified]
    for row in chosen(found.tables["claim"], experiment=name).to_dict("records"):
        said.append(
            Finding(f"{name}, {row['contrast']}: {row['verdict']}. {row['sentence']}", card.simulated)
        )
        if not is_missing(row["warning"]):
            said.append(Finding(f"{name}, {row['contrast']}, composition: {row['warning']}", card.simulated))
        if not is_missing(row["methods_warning"]):
            said.append(Finding(f"{name}, {row['contrast']}: {row['methods_warning']}", card.simulated))
    parts = chosen(found.tables["components"], experiment=name)
    said += [
        Finding(f"{name}, {row['contrast']}: {component_words(row)}", card.simulated)
        for row in parts[parts["named"]].to_dict("records")
    ]
    if card.derive:
        reasons = {
            cohort: card.not_in_cohort(cohort, simulated=cohort in inputs.simulated)
            for cohort in inputs.cards
        }
        withheld = {cohort: reason for cohort, reason in reasons.items() if reason}
        derived = found.derived[found.derived["experiment"] == name]
        said.append(
            Finding(
                captions.signature_sentence(card, derived, withheld, in_cohorts=bool(inputs.cards)),
                card.simulated,
            )
        )
    return said


def _figures(
    inputs: ReportInputs, found: Experiments, contrast: Mapping[str, Any], fdr: float, simulated: bool
) -> list[FigureView]:
    """The figures of one contrast, in the order of ``EXPERIMENT_FIGURES``."""
    name, label = contrast["contrast"], contrast["experiment"]
    own = {
        table: chosen(frame, experiment=label, contrast=name)
        for table, frame in found.tables.items()
        if "contrast" in frame
    }
    method = inputs.config.primary.method
    fits = chosen(own["signatures"], method=method)
    claim = own["claim"].iloc[0]
    key = key_signatures(
        claim["signature"], inputs.config.proliferation_signature, fits["signature"].tolist()
    )
    fits = fits.set_index("signature").loc[list(key)].reset_index()
    drawn = {kind: f"experiments/{label}/{name}_{kind}" for kind in EXPERIMENT_FIGURES}
    running = read_numbers(inputs, drawn["enrichment"])
    ranked = running["signature"].drop_duplicates().tolist()
    sets = own["gene_sets"]
    sets = sets[sets["signature"].isin(ranked) & (sets["side"] == "up")]
    said = {
        "volcano": (
            captions.volcano_finding(contrast, own["panel"], fdr),
            captions.volcano_marks(contrast, fdr),
        ),
        "slopes": (
            captions.slopes_finding(contrast, read_numbers(inputs, drawn["slopes"]), fits),
            captions.SLOPES_MARKS,
        ),
        "heatmap": (
            captions.heatmap_finding(contrast, read_numbers(inputs, drawn["heatmap"])),
            captions.HEATMAP_MARKS,
        ),
        "enrichment": (captions.running_finding(contrast, sets), captions.RUNNING_MARKS),
        "composition": (
            captions.composition_finding(contrast, own["composition"]),
            captions.COMPOSITION_MARKS,
        ),
    }
    return [
        figure_view(
            inputs,
            drawn[kind],
            title=f"{label}, {name}: {TITLES[kind]}",
            finding=finding,
            marks=marks,
            simulated=simulated,
        )
        for kind, (finding, marks) in said.items()
    ]
