"""What the report says of single cells, and that it is said of patients before cells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.cells_vocabulary import POOLED_RULES
from irf7bone.figures.cell_copy_number import heat_copy_number
from irf7bone.figures.forest_cells import forest_cells
from irf7bone.report.inputs import CellSets
from irf7bone.report.sections import pooled_cells
from irf7bone.report.sections.cells_section import (
    abundance_view,
    calls_view,
    cell_claim_view,
    link_view,
    robustness_view,
    split_view,
    tumour_cells_answer,
)
from irf7bone.report.sections.pooled_cells import part_genes_view, parts_view, pooled_claim_view
from irf7bone.report.sentences import cell_sentences as said
from irf7bone.report.sentences import pooled_cell_sentences as pooled
from irf7bone.report.sentences.methods_cells import write_cells
from irf7bone.report.sentences.references import Citations, read_works
from irf7bone.study.cells_checks import load_cells
from irf7bone.tables.cells import CELL_CLAIM, CELL_QUALITY, CONFUSION, CYTOTOXIC_LINK, ROBUSTNESS, SPLIT
from irf7bone.tables.cohort import FLOW
from irf7bone.tables.pooled_cells import (
    MALIGNANT_GENES,
    MALIGNANT_PARTS,
    POOLED_CLAIM,
    POOLED_CONTRASTS,
    POOLED_FOREST,
    POOLED_LINKS,
)
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
    assert "passed" not in line
    given = tables()
    given["quality"].loc[[2, 5], "n_failed"] = 1000
    assert "; 2,100 failed quality; none of s2 and s5 passed; " in said.data_set_sentence(card, given, flow())


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


def test_the_first_screen_has_no_evidence_from_simulated_cells(card):
    by_id = {name: {"simulated_cells": table} for name, table in tables().items()}
    found = CellSets({"simulated_cells": card}, by_id, {"simulated_cells": flow()})
    [(heading, sentence)] = tumour_cells_answer(SimpleNamespace(cells=found))
    assert heading == "Is it in the tumour cells?"
    assert sentence == "No single-cell data of patients are in this run."  # simulated ones are no evidence
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
    over = {
        "claim": made(POOLED_CLAIM, REAL_CLAIM),
        "malignant_parts": made(MALIGNANT_PARTS, PART),
    }
    [(_, text)] = write_cells(CellSets({"simulated_cells": card}, {}, {}, over), cite)
    assert "pooled as Hedges' g" in text and "50 % or more of their counts come from malignant cells" in text


REAL_CLAIM = {
    "role": "real", "meaning": "loss_in_bone", "expected": "falls", "compartment": "malignant",
    "signature": "IFN", "method": "zscore", "k": 3, "data_sets": "a, b, c", "n_patients": 30,
    "estimate": -1.2,
    "ci_low": -2.0, "ci_high": -0.5, "further_low": -2.9, "further_high": 0.4, "tau": 0.3, "below_0": 0.99,
    "bulk_estimate": -1.0, "n_not_specific": 0, "n_ambient": 1, "verdict": "in the tumour cells",
    "rule": "pooled_expected", "status": "ok",
}  # fmt: skip
LONE_CLAIM = {
    **{name: value for name, value in REAL_CLAIM.items() if name not in ("estimate", "ci_low", "ci_high")},
    "role": "simulated", "k": 1, "verdict": "too little data", "rule": "too_few_data_sets",
    "status": "too_few_data_sets", "reason": "1 data set of 1 with an estimate, 2 are needed",
}  # fmt: skip
PART = {
    "name": "IFN_MALIGNANT", "signature": "IFN", "data_sets": "a, b", "n_data_sets": 2, "n_patients": 20,
    "n_genes": 97, "n_measured": 90, "n_passing": 40, "n_used": 40, "min_share": 0.5, "median_share": 0.45,
    "status": "ok",
}  # fmt: skip


def test_several_data_sets_are_told_together_and_the_simulated_ones_apart(card):
    real, lone = made(POOLED_CLAIM, REAL_CLAIM, LONE_CLAIM).to_dict("records")
    said_real = pooled.pooled_claim_sentence(real)
    assert said_real.startswith("Data sets of patients together, loss in bone: in the tumour cells, because")
    assert "In 3 data sets, 30 patients" in said_real and "Hedges' g −1.20 (−2.00 to −0.50)" in said_real
    assert "within −2.90 to 0.40" in said_real
    assert pooled.pooled_claim_sentence(lone) == (
        "Data sets of simulated cells together, loss in bone: not pooled, "
        "1 data set of 1 with an estimate, 2 are needed."
    )
    assert set(pooled.RULE_WORDS) == set(POOLED_RULES)
    by_id = {name: {"simulated_cells": table} for name, table in tables().items()}
    over = {"claim": made(POOLED_CLAIM, REAL_CLAIM, LONE_CLAIM)}
    found = CellSets({"simulated_cells": card}, by_id, {"simulated_cells": flow()}, over)
    [(_, sentence)] = tumour_cells_answer(SimpleNamespace(cells=found))
    assert "3 data sets of patients together: in the tumour cells, Hedges' g −1.20" in sentence
    assert "simulated_cells" not in sentence


def test_the_malignant_part_is_told_with_its_genes_and_what_cohorts_say_of_it():
    primary = SimpleNamespace(method="zscore", endpoint="bone", model="unadjusted")
    row = {
        "signature": "IFN_MALIGNANT", "method": "zscore", "endpoint": "bone", "model": "unadjusted", "k": 4,
        "bayes_log_hr": -0.3, "bayes_low": -0.5, "bayes_high": -0.1,
    }  # fmt: skip
    [part] = made(MALIGNANT_PARTS, PART).to_dict("records")
    line = pooled.part_sentence(part, pd.DataFrame([row]), primary)
    assert "40 of 97 genes have 50 % or more of their counts in malignant cells" in line
    assert "In 4 cohorts together the hazard ratio of bone is 0.74" in line and line.endswith("exploratory.")
    [few] = made(
        MALIGNANT_PARTS,
        PART
        | {"name": "SIMULATED_IFN_MALIGNANT", "n_used": 0, "status": "too_few_genes", "reason": "2 genes"},
    ).to_dict("records")
    assert pooled.part_sentence(few, pd.DataFrame([row]), primary).endswith("no score, 2 genes.")
    [simulated] = made(MALIGNANT_PARTS, PART | {"name": "SIMULATED_IFN_MALIGNANT"}).to_dict("records")
    assert pooled.part_sentence(simulated, pd.DataFrame([row]), primary).endswith("simulated cohorts only.")


def test_tables_over_data_sets_have_a_row_for_each_result_and_mark_what_is_simulated():
    claims = made(POOLED_CLAIM, REAL_CLAIM, LONE_CLAIM)
    assert pooled_claim_view(claims).marked == [False, True]
    parts = made(MALIGNANT_PARTS, PART, PART | {"name": "SIMULATED_IFN_MALIGNANT"})
    assert parts_view(parts).marked == [False, True]
    genes = made(
        MALIGNANT_GENES,
        {"name": "IFN_MALIGNANT", "signature": "IFN", "gene": "MX1", "n_data_sets": 2, "n_patients": 20,
         "share": 0.6, "lowest": 0.5, "highest": 0.7, "passes": True, "used": True, "status": "ok"},
    )  # fmt: skip
    assert len(part_genes_view(genes).rows) == 1


def test_what_is_said_over_data_sets_has_its_findings_figure_and_tables(card, monkeypatch):
    monkeypatch.setattr(pooled_cells, "figure_view", lambda inputs, name, **words: (name, words["finding"]))
    over = {
        "claim": made(POOLED_CLAIM, REAL_CLAIM, LONE_CLAIM),
        "contrasts": POOLED_CONTRASTS.empty(),
        "links": made(
            POOLED_LINKS,
            {"role": "real", "group": "bone", "measure": "clr_cytotoxic", "k": 2, "data_sets": "a, b",
             "n_patients": 20, "estimate": 0.5, "ci_low": 0.1, "ci_high": 0.8, "status": "ok"},
        ),
        "malignant_parts": made(MALIGNANT_PARTS, PART),
        "malignant_genes": MALIGNANT_GENES.empty(),
    }  # fmt: skip
    primary = SimpleNamespace(method="zscore", endpoint="bone", model="unadjusted")
    nothing = pd.DataFrame(columns=["signature", "method", "endpoint", "model"])
    inputs = SimpleNamespace(pooled=nothing, config=SimpleNamespace(primary=primary))
    found = CellSets({"simulated_cells": card}, {}, {}, over)
    parts = pooled_cells.pooled_cells_parts(inputs, found)
    assert [finding.simulated for finding in parts.findings] == [False, True, False, False]
    assert "rho +0.50" in parts.findings[2].text and "20 patients" in parts.findings[2].text
    assert parts.findings[3].text.endswith("No cohort could relate it to bone.")
    assert [name for name, _ in parts.figures] == ["pooled_cells/forest"] and len(parts.tables) == 5
    assert pooled_cells.pooled_cells_parts(inputs, CellSets({}, {}, {})) == ([], [], [])


def test_the_forest_draws_every_data_set_and_says_where_there_is_no_estimate(tmp_path):
    real = {"panel": "malignant", "role": "real", "stratum": "loss_in_bone", "n_patients": 8}
    forest = made(
        POOLED_FOREST,
        {**real, "data_set": "a", "estimate": -1, "ci_low": -2, "ci_high": 0, "status": "ok"},
        {**real, "data_set": "b", "status": "too_few_patients", "reason": "2 patients"},
        {**real, "data_set": "pooled", "status": "too_few_data_sets", "reason": "1 data set"},
        {**real, "role": "simulated", "data_set": "s", "estimate": -9, "ci_low": -12, "ci_high": -6,
         "status": "ok"},
        {**real, "panel": "clr_cytotoxic", "stratum": "primary", "data_set": "a", "estimate": 0.5,
         "ci_low": 0.1, "ci_high": 0.8, "status": "ok"},
    )  # fmt: skip
    figure = forest_cells(forest)
    words = {text.get_text() for text in figure.texts}
    assert "8 patients: too few patients" in words and "s (simulated), loss in bone" in words
    malignant, link = figure.axes
    assert len(malignant.collections) == 2 and len(link.collections) == 1 and link.get_xlim() == (-1, 1)
    assert not forest_cells(POOLED_FOREST.empty()).axes[0].axison


def test_copy_number_is_drawn_by_compartment_or_says_why_there_is_none():
    calls = pd.DataFrame(
        {"cluster": [0, 1, 2], "compartment": ["nk", "malignant", "myeloid"], "reason": ["markers"] * 3}
    )
    table = pd.DataFrame(
        {"cluster": np.repeat([0, 1, 2], 4), "window": np.tile(range(4), 3),
         "chromosome": ["1", "1", "2", "2"] * 3, "change": np.repeat([0.0, 0.4, 0.1], 4)}
    )  # fmt: skip
    [axes] = heat_copy_number(table, calls, title="t", simulated=True).axes
    assert axes.get_yticklabels()[0].get_text() == "malignant cells, cluster 1"
    drawn = axes.images[0].get_array()
    assert drawn.shape == (3, 4) and (drawn[0] == 0.4).all()
    few = calls.assign(
        reason="copy number needs 50 normal cells of 2 lineages, here are 42 of 2",
        compartment="epithelial_uncertain",
        cnv_share=np.nan,
    )
    [axes] = heat_copy_number(table.iloc[:0], few, title="t", simulated=False).axes
    assert "here are 42 of 2" in axes.texts[0].get_text().replace("\n", " ")
