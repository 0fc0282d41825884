"""Several single-cell data sets together, and the bridge from cells to cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from irf7bone.base.cells_vocabulary import OK
from irf7bone.base.phrases import is_missing
from irf7bone.figures import POOLED_CELL_FIGURES
from irf7bone.figures.cell_words import MEASURE_WORDS, compartment_words
from irf7bone.figures.experiment_words import MEANING_WORDS
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    as_text,
    say_count,
    say_number,
    say_text,
)
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Finding, figure_view
from irf7bone.report.sentences import pooled_cell_sentences as said
from irf7bone.report.sentences.cell_sentences import STATUS_WORDS, share_words
from irf7bone.report.sentences.experiment_captions import signed, signed_range

if TYPE_CHECKING:
    from irf7bone.report.inputs import CellSets, ReportInputs


class PooledParts(NamedTuple):
    """What the section of cells says over all data sets."""

    findings: list[Finding]
    figures: list[FigureView]
    tables: list[TableView]


def pooled_cells_parts(inputs: ReportInputs, found: CellSets) -> PooledParts:
    """Findings, figures and tables over all data sets; empty where nothing was pooled or derived."""
    parts = PooledParts([], [], [])
    over = found.over
    if "claim" in over:
        for row in over["claim"].to_dict("records"):
            parts.findings.append(Finding(said.pooled_claim_sentence(row), row["role"] == "simulated"))
        links = over["links"]
        for row in links[links["measure"] == "clr_cytotoxic"].to_dict("records"):
            parts.findings.append(Finding(said.pooled_link_sentence(row), row["role"] == "simulated"))
        parts.figures.extend(
            figure_view(
                inputs, f"pooled_cells/{name}", title="single-cell data sets together",
                finding=said.forest_finding(over["claim"]), marks=said.FOREST_MARKS,
            )
            for name in POOLED_CELL_FIGURES
        )  # fmt: skip
        parts.tables.extend(
            (
                pooled_claim_view(over["claim"]),
                pooled_contrasts_view(over["contrasts"]),
                pooled_links_view(links),
            )
        )
    if "malignant_parts" in over:
        for row in over["malignant_parts"].to_dict("records"):
            simulated = said.of_simulated(row["name"])
            parts.findings.append(
                Finding(said.part_sentence(row, inputs.pooled, inputs.config.primary), simulated)
            )
        parts.tables.extend((parts_view(over["malignant_parts"]), part_genes_view(over["malignant_genes"])))
    return parts


def _view(
    name: str, caption: str, frame: pd.DataFrame, columns: tuple[Field, ...], **rules: Any
) -> TableView:
    records = frame.to_dict("records")
    rows = [[column.say(record) for column in columns] for record in records]
    marks = [
        record.get("role") == "simulated" or said.of_simulated(str(record.get("name"))) for record in records
    ]
    return TableView(name, caption, columns, rows, marks, as_text(frame), **rules)


def _interval(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["estimate"]):
        return Cell(NOTHING)
    return Cell(
        f"{signed(row['estimate'])} ({signed_range(row['ci_low'], row['ci_high'])})", float(row["estimate"])
    )


def _further(row: Mapping[str, Any]) -> Cell:
    missing = is_missing(row["further_low"])
    return Cell(NOTHING if missing else signed_range(row["further_low"], row["further_high"]))


def _status(row: Mapping[str, Any]) -> Cell:
    words = STATUS_WORDS[row["status"]]
    return Cell(words if row["status"] == OK else f"{words}: {row['reason']}")


ROLE = Field("Data sets of", "patients, or simulated", lambda row: Cell(said.ROLE_WORDS[row["role"]]))
MEANING = Field("Meaning", "of the contrasts", lambda row: Cell(MEANING_WORDS[row["meaning"]]))
K = Field("k", "data sets pooled", say_count("k"), number=True)
PATIENTS = Field("Patients", "of these", say_count("n_patients"), number=True)
POOLED = Field("Pooled (95 % CI)", "Hedges' g, case minus reference", _interval, number=True)
FURTHER = Field("In a further one", "95 % interval of another data set", _further)
TAU = Field("tau", "standard deviation between data sets", say_number("tau", said.two_decimals), number=True)
STATUS = Field("Status", "whether it was pooled, and why not", _status)


def pooled_claim_view(frame: pd.DataFrame) -> TableView:
    """The word over all data sets."""
    columns = (
        ROLE, MEANING, K, PATIENTS, POOLED, FURTHER, TAU,
        Field("In the bulk", "pooled g of all cells", say_number("bulk_estimate", signed), number=True),
        Field("Verdict", "what may be said", say_text("verdict")),
        Field("Rule", "the first that fits", say_text("rule")),
        STATUS,
    )  # fmt: skip
    caption = "The data sets together: malignant cells, primary signature; simulated ones stand apart."
    return _view("cell_pooled_claims", caption, frame, columns)


def pooled_contrasts_view(frame: pd.DataFrame) -> TableView:
    """Every compartment and signature."""
    compartment = Field(
        "Compartment", "cells of one kind, or all", lambda row: Cell(compartment_words(row["compartment"])),
        filtered=True,
    )  # fmt: skip
    columns = (
        ROLE, MEANING, compartment, Field("Signature", "gene set", say_text("signature"), filtered=True), K,
        PATIENTS, POOLED, FURTHER, TAU, STATUS,
    )  # fmt: skip
    caption = "Pooled differences of scores in every compartment; a data set counts once for a meaning."
    return _view("cell_pooled_contrasts", caption, frame, columns, searchable=True)


def pooled_links_view(frame: pd.DataFrame) -> TableView:
    """Tumour interferon against cytotoxic cells."""
    rho = Field("Pooled rho (95 % CI)", "Spearman, by Fisher's z", _interval, number=True)
    columns = (
        ROLE, Field("Patients of", "group", say_text("group")),
        Field("Cytotoxic cells", "how they are counted", lambda row: Cell(MEASURE_WORDS[row["measure"]])), K,
        PATIENTS, rho, FURTHER, TAU, STATUS,
    )  # fmt: skip
    return _view("cell_pooled_links", "Tumour interferon against NK and CD8 T cells, pooled.", frame, columns)


def parts_view(frame: pd.DataFrame) -> TableView:
    """What became of each malignant part."""
    columns = (
        Field("Derived signature", "its name", say_text("name")),
        Field("Data sets", "it rests on", say_text("data_sets")),
        Field("Patients", "with malignant and other cells", say_count("n_patients"), number=True),
        Field("Genes", "of the signature", say_count("n_genes"), number=True),
        Field("Measured", "with a share", say_count("n_measured"), number=True),
        Field("Pass", "share large enough", say_count("n_passing"), number=True),
        Field("Used", "in the derived signature", say_count("n_used"), number=True),
        Field("Median share", "over measured genes", say_number("median_share", share_words), number=True),
        STATUS,
    )
    caption = "Malignant parts of signatures: genes whose counts come from malignant cells, for the cohorts."
    return _view("malignant_parts", caption, frame, columns)


def part_genes_view(frame: pd.DataFrame) -> TableView:
    """The share of every gene."""
    columns = (
        Field("Derived signature", "its name", say_text("name"), filtered=True),
        Field("Gene", "human symbol", say_text("gene")),
        Field("Data sets", "with a share", say_count("n_data_sets"), number=True),
        Field("Patients", "of these", say_count("n_patients"), number=True),
        Field("Share", "of malignant cells in its counts", say_number("share", share_words), number=True),
        Field("Lowest", "of the data sets", say_number("lowest", share_words), number=True),
        Field("Highest", "of the data sets", say_number("highest", share_words), number=True),
        Field(
            "Used",
            "in the derived signature",
            lambda row: Cell("yes" if row["used"] else "no"),
            filtered=True,
        ),
        STATUS,
    )
    caption = (
        "Share of malignant cells in the counts of each gene; chosen by it alone, never by site or outcome."
    )
    return _view("malignant_genes", caption, frame, columns, searchable=True)
