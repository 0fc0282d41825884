"""What the report says of single cells, and that it is said of patients before cells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from irf7bone.report.inputs import CellSets
from irf7bone.report.sections.cells_section import (
    abundance_view,
    calls_view,
    cell_claim_view,
    link_view,
    robustness_view,
    split_view,
    tumour_cells_answer,
)
from irf7bone.report.sentences import cell_sentences as said
from irf7bone.report.sentences.methods_cells import write_cells
from irf7bone.report.sentences.references import Citations, read_works
from irf7bone.study.cells_checks import load_cells
from irf7bone.tables.cells import CELL_CLAIM, CELL_QUALITY, CONFUSION, CYTOTOXIC_LINK, ROBUSTNESS, SPLIT
from irf7bone.tables.cohort import FLOW
from irf7bone.tables.register import OF_CELLS, tables_in

PROJECT = Path(__file__).resolve().parents[3]
CLAIM = {
    "data_set": "simulated_cells",
    "contrast": "bone_vs_primary",
    "compartment": "malignant",
    "meaning": "loss_in_bone",
    "expected": "falls",
    "signature": "IFN",
    "method": "zscore",
    "n_patients": 6,
    "n_case": 6,
    "n_reference": 6,
    "n_pairs": 6,
    "difference": -1.2,
    "se": 0.3,
    "ci_low": -2.0,
    "ci_high": -0.4,
    "df": 5.0,
    "p": 0.01,
    "permutation_p": 0.031,
    "min_p": 0.031,
    "camera_p": 0.001,
    "ambient_alpha_to_null": None,
    "verdict_in_compartment": "supported",
    "verdict_in_bulk": "supported",
    "verdict": "in the tumour cells",
    "rule": "malignant_supported",
    "sentence": "The score falls.",
    "status": "ok",
    "reason": None,
}


def made(table, *rows):
    return table.cast(pd.DataFrame(list(rows)).reindex(columns=table.names))


@pytest.fixture
def card():
    return load_cells(PROJECT / "data" / "cells" / "simulated_cells.yaml")


def tables(**claim):
    parts = {"composition": -0.4, "malignant_state": -0.32, "other_state": -0.08, "total": -0.8}
    common = {"data_set": "simulated_cells", "contrast": "bone_vs_primary", "n_patients": 6, "status": "ok"}
    given = {name: table.empty() for name, table in tables_in(OF_CELLS).items()}
    given["claim"] = made(CELL_CLAIM, {**CLAIM, **claim})
    given["split"] = made(
        SPLIT,
        *(
            {**common, "part": name, "difference": value, "share": value / -0.8}
            for name, value in parts.items()
        ),
    )
    given["quality"] = made(
        CELL_QUALITY,
        *(
            {
                "data_set": "simulated_cells",
                "sample": f"s{i}",
                "patient": f"p{i // 2}",
                "group": ("bone", "primary")[i % 2],
                "n_cells": 1000,
                "n_failed": 10,
                "n_doublets": 5,
                "median_counts": 2000,
                "median_genes": 900,
                "median_mito": 0.1,
            }
            for i in range(12)
        ),
    )
    given["confusion"] = made(
        CONFUSION, {"data_set": "simulated_cells", "label": "nk", "called": "nk", "n_cells": 5, "kappa": 0.97}
    )
    given["immune"] = made(
        CYTOTOXIC_LINK,
        {
            **common,
            "stratum": "primary",
            "group": "primary",
            "measure": "clr_cytotoxic",
            "n_patients": 12,
            "rho": 0.7,
            "ci_low": 0.2,
            "ci_high": 0.9,
            "p": 0.01,
            "n_permutations": 9999,
            "permutation": "monte_carlo",
        },
    )
    given["robustness"] = made(
        ROBUSTNESS,
        *(
            {**CLAIM, "variant": "leave_one_patient_out", "left_out": f"p{i}", "difference": -1.0 - i / 10}
            for i in range(3)
        ),
    )
    return given


def flow():
    row = {"cohort": "simulated_cells", "step": 0, "stage": "excluded by the card", "reason": "asked to"}
    return FLOW.cast(pd.DataFrame([{**row, "n_dropped": 7, "n_left": 11993, "dropped": None}]))


def test_patients_stand_before_samples_and_cells(card):
    line = said.data_set_sentence(card, tables(), flow())
    assert line.index("6 patients") < line.index("12 samples") < line.index("12,000 cells")
    assert "7 excluded by the card: asked to" in line and "60 flagged as doublets" in line


def test_a_claim_is_told_with_ambient_split_and_each_patient_left_out(card):
    lines = said.claim_sentences(card, CLAIM, tables())
    assert lines[0].startswith(
        "simulated_cells, bone_vs_primary: in the tumour cells. Malignant cells: The score falls."
    )
    assert "not even half of all RNA" in lines[1]
    assert "40 % state of malignant cells" in lines[2] and "50 % other cells in it" in lines[2]
    assert "between −1.20 and −1.00 SD" in lines[3]
    row = {
        **CLAIM,
        "verdict": "ambient could explain it",
        "rule": "ambient_below_0.10",
        "ambient_alpha_to_null": 0.04,
    }
    lines = said.claim_sentences(card, row, tables())
    assert "below 0.10 would be enough" in lines[0] and "a share of 0.040" in lines[1]


def test_what_could_not_be_fitted_says_so_and_no_more(card):
    row = {
        **CLAIM,
        "status": "too_few_patients",
        "verdict": "too little data",
        "rule": "too_few_patients",
        "sentence": "The contrast could not be fitted: 2 patients.",
    }
    [line] = said.claim_sentences(card, row, tables())
    assert line.endswith("The contrast could not be fitted: 2 patients.")


def test_the_first_screen_names_simulated_cells_as_such(card):
    by_id = {name: {"simulated_cells": table} for name, table in tables().items()}
    found = CellSets({"simulated_cells": card}, by_id, {"simulated_cells": flow()})
    [(heading, sentence)] = tumour_cells_answer(SimpleNamespace(cells=found))
    assert heading == "Is it in the tumour cells?"
    assert sentence.startswith("No data set of patients is in this run.")
    assert "(simulated, not patients): in the tumour cells, 6 patients" in sentence
    assert tumour_cells_answer(SimpleNamespace(cells=None)) == []


def test_every_table_of_the_section_has_a_row_for_each_result_and_marks_what_is_simulated(card):
    given, marked = tables(), frozenset({"simulated_cells"})
    for view, name in (
        (cell_claim_view, "claim"),
        (split_view, "split"),
        (link_view, "immune"),
        (abundance_view, "composition"),
        (robustness_view, "robustness"),
        (calls_view, "calls"),
    ):
        shown = view(given[name], marked)
        assert len(shown.rows) == len(given[name]) and all(shown.marked)


def test_the_methods_say_that_the_patient_is_the_unit(card):
    found = CellSets({"simulated_cells": card}, {}, {})
    cite = Citations(read_works(PROJECT / "data" / "references.bib"))
    [(heading, text)] = write_cells(found, cite)
    assert heading == "Single cells" and "the patient is the unit, never the cell [1]" in text
    keys = [work.key for work in cite.cited]
    assert keys == [
        "squair2021",
        "andreatta2021",
        "shapley1953",
        "aitchison1982",
    ]
    assert write_cells(None, cite) == ()
