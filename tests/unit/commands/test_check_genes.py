"""Names under `genes:`: what check says of those that are no gene's, and of genes that nobody measured."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from irf7bone.commands.check_genes import gene_notes
from irf7bone.genes.named import genes_with_curves, nobodys_names
from irf7bone.genes.signatures import Signature
from irf7bone.genes.symbols import SymbolTable


@pytest.fixture(scope="module")
def few() -> SymbolTable:
    return SymbolTable.from_frame(
        pd.DataFrame(
            {
                "symbol": ["IRF7", "IRF9", "RSAD2", "A1", "A2"],
                "alias": ["", "", "CIG5", "TWICE", "TWICE"],
            }
        )
    )


def test_a_misspelt_name_is_said_with_those_that_are_near(few):
    [note] = gene_notes(["IFR7", "IRF7"], few, {"a": pd.DataFrame(columns=["IRF7"])}, 1)
    assert note.startswith("genes: no gene is or was called IFR7, so there will be no curves of it; is ")
    assert "IRF7" in note.partition("; is ")[2] and note.endswith(" meant?")
    assert gene_notes(["QQQQQQ"], few, {}, 0) == [
        "genes: no gene is or was called QQQQQQ, so there will be no curves of it"
    ]


def test_a_name_of_two_genes_and_a_damaged_one_are_told_apart(few):
    found = nobodys_names(["TWICE", "2-Sep", "cig5"], few)
    assert found["TWICE"].startswith("several genes claim the name TWICE")
    assert found["2-Sep"].startswith("2-Sep is what a spreadsheet makes") and set(found) == {"TWICE", "2-Sep"}


def test_a_gene_that_nobody_measured_is_said_unless_nothing_could_be_read(few):
    frames = {"a": pd.DataFrame(columns=["IRF9"]), "b": pd.DataFrame(columns=["A1"])}
    assert gene_notes(["cig5", "IRF9"], few, frames, 3) == [
        "genes: cig5 (now RSAD2) is measured in none of the 2 cohorts that were read; 1 cohort could not be "
        "asked yet"
    ]
    assert gene_notes(["cig5"], few, {}, 2) == []


@pytest.mark.parametrize("wrong", [None, "IRF7", [7], {"a": 1}])
def test_what_is_no_list_of_names_is_the_schemas_to_refuse(few, wrong):
    assert gene_notes(wrong, few, {}, 0) == []


def test_named_genes_come_first_then_those_of_the_primary_signature(few):
    nothing = dict.fromkeys(("citation", "source", "licence", "role", "how_obtained", "sha256"), "")
    library = {
        "S": Signature("S", ("C",), ("B",), file=Path("s.gmt"), **nothing),
        "P": Signature("P", ("B", "A", "N"), (), file=Path("p.gmt"), **nothing),
    }
    assert genes_with_curves(["N"], library, ["S", "P"], "P") == ["N", "B", "A", "C"]
