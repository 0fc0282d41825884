"""The tables of the section on experiments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import pandas as pd

from irf7bone.base.phrases import is_missing, p_value
from irf7bone.experiments.claim.rules import RULES
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
    view,
)
from irf7bone.report.sentences.experiment_captions import signed, signed_range

_view = partial(view, by="experiment")


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
        Field("Not expressed", "genes left out", say_count("n_not_expressed"), number=True),
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
