"""Tables of names for anonymous columns and rows of a package's data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from irf7bone.acquire.names import patient_names, probes_and_genes
from irf7bone.base.errors import InputError

GENES = {"column": "theirs", "probe": "probe", "gene": "entrez"}
PATIENTS = {"row": "row", "name": "patient"}


@pytest.fixture
def genes(tmp_path: Path) -> Path:
    path = tmp_path / "genes.tsv"
    path.write_text("probe\ttheirs\tentrez\nNM_1\tg3\t3665\nNM_2\tg1\t\nNM_3\t\t4599\n")
    return path


def test_a_column_gets_its_probe_and_gene_and_keeps_its_name_without_one(genes):
    index, record = probes_and_genes(["g1", "g2", "g3"], genes, GENES, "card.yaml")
    assert index.get_level_values(0).to_list() == ["NM_2", "g2", "NM_1"]
    assert index.get_level_values(1).isna().tolist() == [True, True, False]
    assert index.get_level_values(1)[2] == "3665"
    assert record["name"] == "genes.tsv"
    assert len(record["sha256"]) == 64


def test_names_do_not_depend_on_the_order_of_the_columns(genes):
    columns = ["g1", "g2", "g3"]
    forward, _ = probes_and_genes(columns, genes, GENES, "card.yaml")
    backward, _ = probes_and_genes(columns[::-1], genes, GENES, "card.yaml")
    assert forward.equals(backward[::-1])


@pytest.mark.parametrize(
    ("columns", "settings", "said"),
    [
        (["g1", "g2"], GENES, r"1 names in genes\.tsv that are none"),
        (["g1", "g3"], GENES | {"gene": "entres"}, "did you mean 'entrez'"),
    ],
)
def test_a_table_of_another_data_set_is_refused(genes, columns, settings, said):
    with pytest.raises(InputError, match=said):
        probes_and_genes(columns, genes, settings, "card.yaml")


def test_a_column_named_twice_is_refused(genes):
    genes.write_text("probe\ttheirs\tentrez\nNM_1\tg3\t3665\nNM_2\tg3\t1\n")
    with pytest.raises(InputError, match="must not depend on the order of rows"):
        probes_and_genes(["g3"], genes, GENES, "card.yaml")


def test_every_row_gets_the_name_of_its_patient(tmp_path):
    path = tmp_path / "patients.tsv"
    path.write_text("patient\trow\nA\t2\nB\t0\nC\t\nD\t1\n")
    assert patient_names(["0", "1", "2"], path, PATIENTS, "card.yaml")[0] == ["B", "D", "A"]
    with pytest.raises(InputError, match=r"1 rows without one"):
        patient_names(["0", "1", "2", "3"], path, PATIENTS, "card.yaml")
    with pytest.raises(InputError, match=r"1 names in patients\.tsv that are none"):
        patient_names(["0", "1"], path, PATIENTS, "card.yaml")
