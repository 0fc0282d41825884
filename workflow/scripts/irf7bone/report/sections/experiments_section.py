"""Experiments: each contrast against what the claim expects of it, and what may stand behind its effect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import is_missing, p_value
from irf7bone.experiments.claim.rules import RULES
from irf7bone.figures import EXPERIMENT_FIGURES, key_signatures
from irf7bone.figures.experiment_words import MEANING_WORDS, size_words
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    as_text,
    say_count,
    say_number,
    say_status,
    say_text,
)
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Finding, Section, chosen, figure_view
from irf7bone.report.inputs import read_numbers
from irf7bone.report.sentences import experiment_captions as captions
from irf7bone.report.sentences.experiment_captions import signed, signed_range

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
    said += [Finding(f"{name}: {note}", card.simulated) for note in card.notes]
    said += [Finding(f"{name}, stated but not verified: {note}") for note in card.unverified]
    for row in chosen(found.tables["claim"], experiment=name).to_dict("records"):
        said.append(
            Finding(f"{name}, {row['contrast']}: {row['verdict']}. {row['sentence']}", card.simulated)
        )
        if not is_missing(row["warning"]):
            said.append(Finding(f"{name}, {row['contrast']}, composition: {row['warning']}", card.simulated))
    if card.derive:
        reasons = {
            cohort: card.not_in_cohort(cohort, simulated=cohort in inputs.simulated)
            for cohort in inputs.cards
        }
        withheld = {cohort: reason for cohort, reason in reasons.items() if reason}
        derived = found.derived[found.derived["experiment"] == name]
        said.append(Finding(captions.signature_sentence(card, derived, withheld), card.simulated))
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


def _view(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    columns: Sequence[Field],
    simulated: Collection[str],
    **rules: Any,
) -> TableView:
    records = frame.to_dict("records")
    rows = [[column.say(record) for column in columns] for record in records]
    marked = [record["experiment"] in simulated for record in records]
    return TableView(name, caption, columns, rows, marked, as_text(frame), **rules)


def _named(simulated: Collection[str]) -> tuple[Field, Field]:
    def say(row: Mapping[str, Any]) -> Cell:
        name = row["experiment"]
        return Cell(f"{name} (simulated)" if name in simulated else name)

    return (
        Field("Experiment", "experiment id", say, filtered=True),
        Field("Contrast", "case minus reference", say_text("contrast"), filtered=True),
    )


def _difference(digits: str = "SD") -> Callable[[Mapping[str, Any]], Cell]:
    def say(row: Mapping[str, Any]) -> Cell:
        if is_missing(row["difference"]):
            return Cell(NOTHING)
        ends = signed_range(row["ci_low"], row["ci_high"])
        return Cell(f"{signed(row['difference'])} ({ends})", float(row["difference"]))

    return say


def claim_view(claim: pd.DataFrame, contrasts: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Each contrast against the direction that the claim expects."""
    sizes = {(row["experiment"], row["contrast"]): row for row in contrasts.to_dict("records")}

    def say_size(row: Mapping[str, Any]) -> Cell:
        return Cell(size_words(sizes[row["experiment"], row["contrast"]]))

    columns = (
        *_named(simulated),
        Field(
            "Meaning", "what the contrast is for the claim", lambda row: Cell(MEANING_WORDS[row["meaning"]])
        ),
        Field("Samples", "in the contrast", say_size),
        Field("Expected", "what the claim expects of the score", say_text("expected")),
        Field("Signature", "that the contrast is judged by", say_text("signature")),
        Field("Difference (95 % CI)", "of the score, standard deviations", _difference(), number=True),
        Field("p", "t test", say_number("p", p_value), number=True),
        Field("Relabelled p", "over relabellings", say_number("permutation_p", p_value), number=True),
        Field("Camera p", "against the other genes", say_number("camera_p", p_value), number=True),
        Field("Verdict", "what may be said", say_text("verdict")),
        Field("Rule", "the first that fits", say_text("rule")),
        Field("Tissue that differs", "marker lists, log2", say_text("composition")),
    )
    caption = (
        "Each contrast against the claim, by the rules below: a fall in bone, a rise when Irf7 is "
        "restored or interferon given."
    )
    return _view("experiment_claims", caption, claim, columns, simulated)


def rules_view() -> TableView:
    """The rules, in the order they are tried."""
    frame = pd.DataFrame([{"rule": rule.name, "when": rule.when, "verdict": rule.verdict} for rule in RULES])
    columns = (
        Field("Rule", "its name", say_text("rule")),
        Field("When", "what must hold", say_text("when")),
        Field("Verdict", "what is then said", say_text("verdict")),
    )
    rows = [[column.say(record) for column in columns] for record in frame.to_dict("records")]
    caption = "Rules by which a contrast speaks for or against the claim; the first that fits decides."
    return TableView("experiment_rules", caption, columns, rows, [False] * len(rows), as_text(frame))


def signatures_view(frame: pd.DataFrame, simulated: Collection[str], method: str) -> TableView:
    """Difference of every signature and method."""
    columns = (
        *_named(simulated),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Method", "how the score was made", say_text("method"), filtered=True),
        Field("Difference (95 % CI)", "of the score, standard deviations", _difference(), number=True),
        Field("p", "t test", say_number("p", p_value), number=True),
        Field("q", "Benjamini-Hochberg", say_number("q", p_value), number=True),
        Field("Relabelled p", "over relabellings", say_number("permutation_p", p_value), number=True),
        Field("Genes", "used", say_count("n_genes_used"), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = "Differences of signature scores, case minus reference; the page opens with the primary method."
    return _view(
        "experiment_signatures",
        caption,
        frame,
        columns,
        simulated,
        initial={"Method": method},
        searchable=True,
    )


def gene_sets_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Prerank and camera for every signature."""
    columns = (
        *_named(simulated),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Side", "up or down genes of the signature", say_text("side")),
        Field("Genes", "tested", say_count("n_genes_used"), number=True),
        Field("Mean fold", "log2", say_number("mean_log2_fc", signed), number=True),
        Field("NES", "normalised enrichment score", say_number("nes", signed), number=True),
        Field("Prerank p", "genes as independent", say_number("prerank_p", p_value), number=True),
        Field("FDR", "of prerank", say_number("prerank_fdr", p_value), number=True),
        Field("Camera p", "allows for correlation", say_number("camera_p", p_value), number=True),
        Field("Camera q", "Benjamini-Hochberg", say_number("camera_q", p_value), number=True),
        Field("Leading edge", "genes, strongest first", _leading_edge),
        Field("Status", "tested or not", say_status),
    )
    caption = "Gene-set tests of each signature along the ranking by moderated t."
    return _view("experiment_gene_sets", caption, frame, columns, simulated, searchable=True)


def _leading_edge(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["leading_edge"]):
        return Cell(NOTHING)
    genes = str(row["leading_edge"]).split(",")
    more = f" and {len(genes) - 8} more" if len(genes) > 8 else ""
    return Cell(", ".join(genes[:8]) + more)


def composition_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Differences of tissue markers."""
    columns = (
        *_named(simulated),
        Field("Marker list", "tissue or cells", say_text("marker")),
        Field("Genes", "used", say_count("n_genes_used"), number=True),
        Field("Difference (95 % CI)", "of the mean expression, log2", _difference(), number=True),
        Field("p", "t test", say_number("p", p_value), number=True),
        Field(
            "Differs",
            "interval without 0, 0.5 log2 or more",
            lambda row: Cell("yes" if row["differs"] else "no"),
        ),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = "What the samples hold besides tumour cells, case minus reference."
    return _view("experiment_composition", caption, frame, columns, simulated)


def genes_view(panel: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """IRF7 and the genes of the primary signature."""

    def say_fold(row: Mapping[str, Any]) -> Cell:
        if row["status"] != "ok":
            return Cell(NOTHING)
        ends = signed_range(row["ci_low"], row["ci_high"])
        return Cell(f"{signed(row['log2_fc'])} ({ends})", float(row["log2_fc"]))

    columns = (
        *_named(simulated),
        Field("Gene", "human symbol", say_text("human")),
        Field("Measured as", "symbol in the experiment's organism", say_text("gene")),
        Field("Fold change (95 % CI)", "log2, case minus reference", say_fold, number=True),
        Field("p", "moderated t", say_number("p", p_value), number=True),
        Field("q", "over all genes of the contrast", say_number("q", p_value), number=True),
        Field("Status", "measured or not", say_status),
    )
    caption = (
        "IRF7 and the genes of the primary signature; every gene is in "
        "results/experiments/<experiment>/genes.tsv."
    )
    return _view("experiment_genes", caption, panel, columns, simulated, searchable=True)


def experiment_quality_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Sample quality; no sample is dropped for it."""
    columns = (
        _named(simulated)[0],
        Field("Sample", "sample id", say_text("sample")),
        Field("Group", "of the sample", say_text("group")),
        Field("Pair", "of the sample", say_text("pair")),
        Field("Library", "sum of the counts", say_count("library_size"), number=True),
        Field("Detected", "genes with a count", say_count("genes_detected"), number=True),
        Field("Median", "log2", say_number("median_log2", lambda x: f"{x:.2f}"), number=True),
        Field(
            "Correlation",
            "median Spearman with the others",
            say_number("correlation", lambda x: f"{x:.3f}"),
            number=True,
        ),
        Field("Flag", "why, where the sample was flagged; it stays", say_text("reason")),
    )
    caption = "Sample quality; flagged samples stay in the analysis."
    return _view("experiment_quality", caption, frame, columns, simulated, searchable=True)
