"""In the tumour cells: what the single-cell data sets say of the claim, the patient as the unit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.cells_vocabulary import OK
from irf7bone.base.phrases import is_missing, p_value
from irf7bone.figures import cell_figures
from irf7bone.figures.cell_words import MEASURE_WORDS, PART_WORDS, compartment_words
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    say_count,
    say_number,
    say_text,
    view,
)
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Finding, Section, figure_view
from irf7bone.report.sections.pooled_cells import pooled_cells_parts
from irf7bone.report.sentences import cell_sentences as said
from irf7bone.report.sentences.experiment_captions import signed, signed_range

if TYPE_CHECKING:
    from irf7bone.report.inputs import CellSets, ReportInputs


def cells_section(inputs: ReportInputs) -> Section | None:
    """Every contrast of every single-cell data set; None where the study has none."""
    found = inputs.cells
    if found is None:
        return None
    order = sorted(found.cards, key=lambda name: found.cards[name].simulated)
    findings = [finding for name in order for finding in _findings(found, name)]
    figures = [view for name in order for view in _figures(inputs, found, name)]
    simulated = frozenset(name for name, card in found.cards.items() if card.simulated)
    stacked = {
        name: pd.concat([by_id[i] for i in order], ignore_index=True) for name, by_id in found.tables.items()
    }
    together = pooled_cells_parts(inputs, found)
    primary = stacked["claim"]["signature"].iloc[0], stacked["claim"]["method"].iloc[0]
    return Section(
        "cells",
        "In the tumour cells",
        "In the tumour cells: is the programme lost there, or are other cells in the lesion?",
        [*together.findings, *findings, Finding(said.LIMITS)],
        [*together.figures, *figures],
        (
            *together.tables,
            cell_claim_view(stacked["claim"], simulated),
            compartments_view(stacked["signatures"], simulated, primary),
            split_view(stacked["split"], simulated),
            link_view(stacked["immune"], simulated),
            abundance_view(stacked["composition"], simulated),
            robustness_view(stacked["robustness"], simulated),
            calls_view(stacked["calls"], simulated),
        ),
    )


def _findings(found: CellSets, name: str) -> list[Finding]:
    card = found.cards[name]
    tables = {table: by_id[name] for table, by_id in found.tables.items()}
    lines = [said.data_set_sentence(card, tables, found.flow[name])]
    lines += [f"{name}: {note}" for note in card.notes]
    lines += [f"{name}, stated but not verified: {note}" for note in card.unverified]
    for claim in tables["claim"].to_dict("records"):
        lines += said.claim_sentences(card, claim, tables)
    lines += said.link_sentences(name, tables["immune"])
    lines += said.call_sentences(card, tables)
    return [Finding(line, card.simulated) for line in lines]


def _figures(inputs: ReportInputs, found: CellSets, name: str) -> list[FigureView]:
    card = found.cards[name]
    tables = {table: by_id[name] for table, by_id in found.tables.items()}
    views = []
    for figure in cell_figures([item.id for item in card.contrasts], labelled=len(tables["confusion"]) > 0):
        contrast = next(
            (c for c in tables["claim"].to_dict("records") if figure.startswith(f"{c['contrast']}_")), None
        )
        kind = figure if contrast is None else figure.removeprefix(f"{contrast['contrast']}_")
        title, finding, marks = said.caption(kind, card, contrast, tables)
        views.append(
            figure_view(
                inputs, f"cells/{name}/{figure}", title=f"{name}: {title}", finding=finding, marks=marks,
                simulated=card.simulated,
            )
        )  # fmt: skip
    return views


_view = partial(view, by="data_set")


def _named(simulated: Collection[str], *, contrast: bool = True) -> tuple[Field, ...]:
    def say(row: Mapping[str, Any]) -> Cell:
        name = row["data_set"]
        return Cell(f"{name} (simulated)" if name in simulated else name)

    named = Field("Data set", "id of the single-cell data set", say, filtered=True)
    other = Field("Contrast", "case minus reference", say_text("contrast"), filtered=True)
    return (named, other) if contrast else (named,)


def _compartment(row: Mapping[str, Any]) -> Cell:
    return Cell(compartment_words(row["compartment"]))


def _difference(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["difference"]):
        return Cell(NOTHING)
    if is_missing(row["ci_low"]):
        return Cell(signed(row["difference"]), float(row["difference"]))
    return Cell(
        f"{signed(row['difference'])} ({signed_range(row['ci_low'], row['ci_high'])})",
        float(row["difference"]),
    )


def _status(row: Mapping[str, Any]) -> Cell:
    words = said.STATUS_WORDS[row["status"]]
    return Cell(words if row["status"] == OK or is_missing(row["reason"]) else f"{words}: {row['reason']}")


STATUS = Field("Status", "whether there is an estimate, and why not", _status, kept=True)
PATIENTS = Field("Patients", "in the contrast", say_count("n_patients"), number=True)
P = Field("p", "t test over patients", say_number("p", p_value), number=True)


def cell_claim_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Each contrast against the claim."""
    columns = (
        *_named(simulated),
        Field("Compartment", "where the claim is judged", _compartment),
        PATIENTS,
        Field("Difference (95 % CI)", "of the score, standard deviations", _difference, number=True),
        P,
        Field(
            "Relabelled p", "over relabellings of patients", say_number("permutation_p", p_value), number=True
        ),
        Field("Smallest p", "that relabelling can give", say_number("min_p", p_value), number=True),
        Field(
            "Ambient",
            "share of ambient RNA that would be enough",
            say_number("ambient_alpha_to_null", said.alpha_words),
            number=True,
        ),
        Field("In the bulk", "what all cells together say", say_text("verdict_in_bulk")),
        Field("Verdict", "what may be said", say_text("verdict")),
        Field("Rule", "the first that fits", say_text("rule")),
    )
    caption = (
        "Each contrast against the claim: the compartment by the rules of experiments, then "
        "beside the bulk and ambient RNA."
    )
    return _view("cell_claims", caption, frame, columns, simulated)


def compartments_view(frame: pd.DataFrame, simulated: Collection[str], primary: tuple[str, str]) -> TableView:
    """The primary score in every compartment, and the other signatures behind a filter."""
    frame = frame[frame["method"] == primary[1]]
    columns = (
        *_named(simulated),
        Field("Compartment", "cells of one kind, or all", _compartment, filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        PATIENTS,
        Field("Difference (95 % CI)", "of the score, standard deviations", _difference, number=True),
        P,
        Field("q", "Benjamini-Hochberg", say_number("q", p_value), number=True),
        Field(
            "Relabelled p", "over relabellings of patients", say_number("permutation_p", p_value), number=True
        ),
        STATUS,
    )
    caption = (
        "Differences of signature scores in every compartment; the page opens with the primary signature."
    )
    return _view(
        "cell_signatures",
        caption,
        frame,
        columns,
        simulated,
        initial={"Signature": primary[0]},
        searchable=True,
    )


def split_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """What the bulk's difference is made of."""
    columns = (
        *_named(simulated),
        Field("Part", "what changed", lambda row: Cell(PART_WORDS[row["part"]])),
        PATIENTS,
        Field(
            "Difference (95 % CI)",
            "of the bulk level, log2; intervals from 6 patients on",
            _difference,
            number=True,
        ),
        Field("Share", "of the whole difference", say_number("share", said.share_words), number=True),
        Field(
            "Of the variance",
            "between all samples",
            say_number("variance_share", said.share_words),
            number=True,
        ),
        STATUS,
    )
    caption = (
        "The bulk's difference split by Shapley's rule; the parts add up to the whole. "
        "Shares are those of dissociated cells."
    )
    return _view("cell_split", caption, frame, columns, simulated)


def link_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Tumour interferon against cytotoxic cells."""
    columns = (
        *_named(simulated, contrast=False),
        Field("Patients of", "group, or subtype within it", say_text("stratum"), filtered=True),
        Field("Cytotoxic cells", "how they are counted", lambda row: Cell(MEASURE_WORDS[row["measure"]])),
        PATIENTS,
        Field("rho", "Spearman", say_number("rho", signed), number=True),
        Field(
            "95 % CI",
            "Fisher's z",
            lambda row: Cell(
                NOTHING if is_missing(row["ci_low"]) else signed_range(row["ci_low"], row["ci_high"])
            ),
        ),
        Field("p", "permutations of patients", say_number("p", p_value), number=True),
        STATUS,
    )
    caption = (
        "Interferon score of the malignant cells against NK and CD8 T cells, among "
        "non-malignant cells; a patient counts once."
    )
    return _view("cell_immune", caption, frame, columns, simulated)


def abundance_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Which cells there are more or fewer of."""
    columns = (
        *_named(simulated),
        Field("Compartment", "cells of one kind", _compartment),
        PATIENTS,
        Field("Difference (95 % CI)", "of the centred log-ratio, log2", _difference, number=True),
        P,
        Field("q", "Benjamini-Hochberg", say_number("q", p_value), number=True),
        STATUS,
    )
    return _view(
        "cell_composition", "Cells of each compartment, as centred log-ratios.", frame, columns, simulated
    )


def robustness_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """The first question asked otherwise."""
    columns = (
        *_named(simulated),
        Field(
            "Otherwise",
            "what is done otherwise",
            lambda row: Cell(said.VARIANT_WORDS[row["variant"]]),
            filtered=True,
        ),
        Field("Left out", "patient", say_text("left_out")),
        PATIENTS,
        Field("Difference (95 % CI)", "of the primary score, standard deviations", _difference, number=True),
        P,
        STATUS,
    )
    return _view(
        "cell_robustness", "The primary score's difference, done otherwise.", frame, columns, simulated
    )


def calls_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Clusters and what they are called here."""
    columns = (
        *_named(simulated, contrast=False),
        Field("Cluster", "number", say_count("cluster"), number=True),
        Field("Cells", "sampled", say_count("n_cells"), number=True),
        Field("Patients", "with 5 % of them", say_count("n_patients"), number=True),
        Field("Largest", "share of one patient", say_number("patient_share", said.share_words), number=True),
        Field(
            "Copy number",
            "share of cells above held-out normal cells",
            say_number("cnv_share", said.share_words),
            number=True,
        ),
        Field("Called here", "compartment", _compartment, filtered=True),
        Field("By", "what", say_text("reason")),
    )
    return _view(
        "cell_calls",
        "Clusters of the sampled cells and what they are called here.",
        frame,
        columns,
        simulated,
    )


def tumour_cells_answer(inputs: ReportInputs) -> list[tuple[str, str]]:
    """Heading and sentence for the first screen; nothing where the study has no single-cell data set."""
    if inputs.cells is None:
        return []
    return [("Is it in the tumour cells?", said.first_screen_sentence(inputs.cells))]
