"""What the report says of single cells; made from codes and numbers, patients before cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.cells_vocabulary import BULK, MALIGNANT, OK
from irf7bone.base.phrases import counted, is_missing, listed, p_clause
from irf7bone.figures.cell_words import MEASURE_WORDS, PART_WORDS, compartment_words
from irf7bone.report.sentences.experiment_captions import signed, signed_range

if TYPE_CHECKING:
    from irf7bone.report.inputs import CellSets
    from irf7bone.study.cells_card import CellsCard

STATUS_WORDS = {
    "ok": "estimated",
    "too_few_patients": "too few patients",
    "too_few_cells": "too few cells",
    "no_compartment": "no such cells",
    "not_separable": "cannot be told apart",
    "labels_only": "no calls of its own",
    "low_coverage": "too few of its genes",
    "not_available": "not available",
    "too_few_genes": "too few genes",
    "too_few_data_sets": "too few data sets",
}
VARIANT_WORDS = {
    "main": "as reported", "calls": "malignant as called here", "with_uncertain": "with uncertain epithelium",
    "with_doublets": "with doublets", "dissociation_adjusted": "adjusted for dissociation",
    "leave_one_patient_out": "one patient left out",
}  # fmt: skip
RULE_WORDS = {
    "ambient_below_0.10": "a share of ambient RNA below 0.10 would be enough to make it",
    "bulk_alone": "all cells together show it, the malignant cells do not",
    "relabelling_cannot_decide": "so few patients cannot give p below 0.05 by relabelling",
    "not_malignant": "the compartment is not the malignant one",
}
LIMITS = (
    "Cells are those that survived dissociation, so their shares are not those of the tumour. "
    "Scores of single cells follow "
    "depth and are shown only; every test has one number a patient and group."
)
UNIT = "A dot is a patient, never a cell."


def share_words(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.0f} %".replace("-", "−")


def alpha_words(value: float) -> str:
    """A share of ambient RNA."""
    return f"{value:.3f}"


def data_set_sentence(card: CellsCard, tables: Mapping[str, pd.DataFrame], flow: pd.DataFrame) -> str:
    """Patients, then samples and cells, with what was lost."""
    quality = tables["quality"]
    lost = [
        f"{row['n_dropped']:,} {row['stage']}: {row['reason']}"
        for row in flow.to_dict("records")
        if row["n_dropped"]
    ]
    failed, doublets = int(quality["n_failed"].sum()), int(quality["n_doublets"].sum())
    lost += [f"{failed:,} failed quality"] if failed else []
    empty = quality.loc[quality["n_failed"] == quality["n_cells"], "sample"].tolist()
    lost += [f"none of {listed(empty)} passed"] if empty else []
    lost += [f"{doublets:,} flagged as doublets, counted in the bulk only"] if doublets else []
    groups = quality.groupby("group")["patient"].nunique()
    by_group = listed([f"{n} with {name}" for name, n in groups.items()])
    return (
        f"{card.id}, {card.title}: {counted(int(quality['patient'].nunique()), 'patient')} ({by_group}), "
        f"{counted(len(quality), 'sample')}, {int(quality['n_cells'].sum()):,} cells"
        + (f" ({'; '.join(lost)})." if lost else ".")
    )


def claim_sentences(
    card: CellsCard, claim: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]
) -> list[str]:
    """The verdict of a contrast with its reason, ambient RNA, the split of the bulk."""
    head = f"{card.id}, {claim['contrast']}: {claim['verdict']}. "
    why = f" Because {RULE_WORDS[claim['rule']]}." if claim["rule"] in RULE_WORDS else ""
    said = [f"{head}{compartment_words(claim['compartment']).capitalize()}: {claim['sentence']}{why}"]
    if claim["status"] != OK:
        return said
    if is_missing(claim["ambient_alpha_to_null"]):
        said.append(
            f"{card.id}, ambient RNA: not even half of all RNA being ambient would make this difference."
        )
    else:
        said.append(
            f"{card.id}, ambient RNA: a share of {alpha_words(claim['ambient_alpha_to_null'])} in "
            "every sample would be "
            "enough to make this difference."
        )
    split = tables["split"][tables["split"]["contrast"] == claim["contrast"]].set_index("part")
    if (split["status"] == OK).all() and len(split):
        parts = listed(
            [
                f"{share_words(split.loc[name, 'share'])} {PART_WORDS[name]}"
                for name in PART_WORDS
                if name != "total"
            ]
        )
        said.append(
            f"{card.id}, bulk: all cells together differ by "
            f"{signed(split.loc['total', 'difference'])} log2, of which {parts}."
        )
    out = tables["robustness"]
    out = out[(out["contrast"] == claim["contrast"]) & (out["variant"] == "leave_one_patient_out")][
        "difference"
    ].dropna()
    if len(out):
        said.append(
            f"{card.id}, leaving out one patient at a time: the difference stays between "
            f"{signed(out.min())} and "
            f"{signed(out.max())} SD."
        )
    return said


def link_sentences(name: str, table: pd.DataFrame) -> list[str]:
    """Tumour interferon and cytotoxic cells, the strata that were tested."""
    tested = table[(table["status"] == OK) & (table["measure"] == "clr_cytotoxic")]
    if tested.empty:
        most = int(table["n_patients"].max()) if len(table) else 0
        return [
            (
                f"{name}, tumour interferon and cytotoxic cells: {counted(most, 'patient')} at most, "
                "not tested under 8."
            )
        ]
    return [
        f"{name}, {row['stratum']} ({counted(int(row['n_patients']), 'patient')}): the malignant "
        "cells' interferon score and "
        f"{MEASURE_WORDS[row['measure']]} among the other cells correlate with rho {signed(row['rho'])} "
        f"({signed_range(row['ci_low'], row['ci_high'])}), {p_clause(row['p'])}."
        for row in tested.to_dict("records")
    ]


def call_sentences(card: CellsCard, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Whose labels count, and how the calls made here agree."""
    if card.labels is None:
        return [f"{card.id}: compartments were called here, by clusters; the authors give no labels."]
    agree = tables["confusion"]["kappa"].iloc[0] if len(tables["confusion"]) else float("nan")
    kappa = "" if is_missing(agree) else f" (kappa {agree:.2f})"
    return [f"{card.id}: compartments are the authors' labels; the calls made here stand beside them{kappa}."]


def first_screen_sentence(found: CellSets) -> str:
    """One sentence over the data sets of patients; simulated ones are no evidence and not among them."""
    said = []
    for name in (name for name, card in found.cards.items() if not card.simulated):
        claim = found.tables["claim"][name].iloc[0]
        said.append(f"{name}: {claim['verdict']}, {counted(int(claim['n_patients']), 'patient')}")
    pooled = [
        f"{row['k']} data sets of patients together: {row['verdict']}, Hedges' g {signed(row['estimate'])} "
        f"({signed_range(row['ci_low'], row['ci_high'])})"
        for row in (found.over["claim"].to_dict("records") if "claim" in found.over else ())
        if row["role"] == "real" and row["status"] == OK
    ]
    said = pooled + said
    return f"{'; '.join(said)}." if said else "No single-cell data of patients are in this run."


def caption(
    kind: str, card: CellsCard, claim: Mapping[str, Any] | None, tables: Mapping[str, pd.DataFrame]
) -> tuple[str, str, str]:
    """Title, finding and marks of a figure."""
    made: dict[str, tuple[str, Callable[..., str], str]] = {
        "scores": (
            "interferon score of each patient",
            _scores,
            (f"{UNIT} Lines join the groups of one patient, dashed where the score does not fall."),
        ),
        "signatures": (
            "signatures in every compartment",
            _signatures,
            ("A dot: the 95 % interval excludes 0; grey: not estimated."),
        ),
        "split": (
            "what the bulk's difference is made of",
            _split,
            ("Lines: 95 % intervals over patients, from 6 patients on."),
        ),
        "composition": ("what the samples hold", _composition, "Shares of cells that passed quality."),
        "markers": (
            "markers of the compartments",
            _markers,
            ("Size and colour: level over the highest of the gene."),
        ),
        "map": (
            "the cells, for display",
            _map,
            (
                "UMAP of sampled cells, equal per patient. For "
                "display: distances mean little, nothing is tested on it."
            ),
        ),
        "cytotoxic": (
            "tumour interferon and cytotoxic cells",
            _cytotoxic,
            (f"{UNIT} Log-ratios among non-malignant cells."),
        ),
        "quality": ("samples", _quality, "Medians over the cells that passed quality."),
        "copy_number": (
            "copy number of the clusters",
            _copy_number,
            "Mean expression in windows of 100 genes against normal cells; red above, blue below.",
        ),
        "confusion": ("labels and calls", _confusion, "Numbers are cells; colour is the share of the label."),
    }
    title, finding, marks = made[kind]
    return title, finding(card, claim, tables), marks


def _scores(card: CellsCard, claim: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    return (
        f"{card.id}, {claim['contrast']}: {claim['verdict']} "
        f"({counted(int(claim['n_patients']), 'patient')})."
    )


def _signatures(card: CellsCard, claim: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables["signatures"]
    own = table[(table["contrast"] == claim["contrast"]) & (table["method"] == claim["method"])]
    own = own[(own["signature"] == claim["signature"]) & (own["status"] == OK)]
    sure = own[(own["ci_low"] > 0) | (own["ci_high"] < 0)]["compartment"]
    where = listed([compartment_words(name) for name in sure]) if len(sure) else "no compartment"
    return f"{claim['signature']} differs, its interval excluding 0, in {where} of {len(own)} estimated."


def _split(card: CellsCard, claim: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    rows = tables["split"][tables["split"]["contrast"] == claim["contrast"]].set_index("part")
    if (rows["status"] != OK).any():
        return f"Not split: {rows['reason'].iloc[0]}."
    share = share_words(rows.loc["malignant_state", "share"])
    return (
        f"{share} of the bulk's difference of {signed(rows.loc['total', 'difference'])} log2 is "
        "the state of malignant cells."
    )


def _composition(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables["compartments"]
    own = table[table["compartment"] == MALIGNANT]["fraction"]
    if own.empty:
        return "No malignant cells."
    return (
        f"Malignant cells make up {share_words(own.min())} to {share_words(own.max())} of a sample's cells."
    )


def _markers(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    names = tables["compartments"]["compartment"].unique()
    return f"{len([name for name in names if name != BULK])} compartments by what they express."


def _map(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    return f"Cells of {counted(int(tables['quality']['patient'].nunique()), 'patient')}."


def _cytotoxic(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    return link_sentences(card.id, tables["immune"])[0]


def _quality(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    table = tables["quality"]
    return (
        f"{int(table['n_cells'].min()):,} to {int(table['n_cells'].max()):,} cells a sample, median counts "
        f"{table['median_counts'].min():,.0f} to {table['median_counts'].max():,.0f}."
    )


def _copy_number(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    calls = tables["calls"]
    if calls["cnv_share"].isna().all():
        return "Copy number was not called."
    changed = calls["cnv_share"].fillna(0) > 0.5
    cells = share_words(calls.loc[changed, "n_cells"].sum() / calls["n_cells"].sum())
    return (
        f"{int(changed.sum())} of {len(calls)} clusters, {cells} of the sampled cells, have more signal than "
        "95 % of held-out normal cells in most of their cells."
    )


def _confusion(card: CellsCard, claim: None, tables: Mapping[str, pd.DataFrame]) -> str:
    return call_sentences(card, tables)[0]
