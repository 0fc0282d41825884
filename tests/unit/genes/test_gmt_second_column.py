"""A gene set file without the column of descriptions loses no gene unseen."""

from __future__ import annotations

import pytest
from madeup.cases import PROJECT

from irf7bone.base.errors import InputError
from irf7bone.genes.signatures import load_library


@pytest.mark.parametrize(("name", "genes"), [("nodesc", ["IRF7"]), ("nodesc_two", ["IRF7", "BST2"])])
def test_a_gene_in_the_second_column_is_refused_and_named(cases, symbols, name, genes):
    with pytest.raises(InputError) as caught:
        load_library([cases / "gmt" / f"{name}.gmt"], symbols)
    said = [problem.found for problem in caught.value.problems]
    assert said == [f"the gene {gene}, which would be lost as a description" for gene in genes]


def test_with_an_empty_description_nothing_is_lost(cases, symbols, tmp_path):
    path = tmp_path / "mine.gmt"
    text = (cases / "gmt" / "nodesc.gmt").read_text(encoding="utf-8")
    path.write_text(text.replace("\t", "\t\t", 1), encoding="utf-8")
    assert "IRF7" in load_library([path], symbols)["MYIFN"].genes


def test_no_shipped_set_has_a_gene_for_a_description(symbols):
    assert load_library([PROJECT / "data" / "signatures"], symbols)
