"""Names carried over between the tables of one institute: the match itself, and what would break it."""

import os
from pathlib import Path

import build_nki as tool
import numpy as np
import pandas as pd
import pytest

from irf7bone.genes.symbols import SymbolTable

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "data" / "nki"
DEBIAN = Path("/usr/lib/R/site-library/org.Hs.eg.db/extdata")


@pytest.fixture(scope="module")
def cohorts():
    pytest.importorskip("SurvSet", reason="needs the package that carries the cohorts")
    return tool.read_package()


@pytest.fixture(scope="module")
def tables():
    read = {"sep": "\t", "dtype": str, "keep_default_na": False}
    return tuple(pd.read_csv(SHIPPED / name, **read) for name in (tool.GENES, tool.PATIENTS))


def test_every_name_is_borne_out_by_the_values(cohorts, tables):
    genes, patients = tables
    assert (genes["dbcd"] != "").sum() == 4285
    assert (patients["nki70"] != "").sum() == 144
    assert ((patients["vdv"] != "") & (patients["dbcd"] != "")).sum() == 32
    assert tool.contradictions(cohorts, genes, patients) == []


def test_a_row_or_column_has_one_name(tables):
    genes, patients = tables
    for column in (genes["accession"], genes["dbcd"], patients["patient"], *(patients[c] for c in patients)):
        named = column[column != ""]
        assert named.is_unique
    assert sorted(patients["dbcd"][patients["dbcd"] != ""].astype(int)) == list(range(295))
    assert sorted(patients["vdv"][patients["vdv"] != ""].astype(int)) == list(range(78))
    assert not ((patients["vdv"] != "") & (patients["nki70"] != "")).any()


def swapped(table, column, first, second):
    """The table with two cells of a column swapped."""
    table = table.copy()
    at = table.columns.get_loc(column)
    table.iloc[[first, second], at] = table.iloc[[second, first], at].to_numpy()
    return table


def test_two_columns_swapped_are_found(cohorts, tables):
    genes, patients = tables
    first, second = np.flatnonzero(genes["dbcd"] != "")[[10, 2000]]
    said = tool.contradictions(cohorts, swapped(genes, "dbcd", first, second), patients)
    assert len(said) == 2
    assert all(genes["accession"].iloc[i] in " ".join(said) for i in (first, second))


@pytest.mark.parametrize("name", ["vdv", "nki70"])
def test_two_patients_swapped_are_found(cohorts, tables, name):
    genes, patients = tables
    first, second = np.flatnonzero((patients[name] != "") & (patients["dbcd"] != ""))[[3, 20]]
    said = tool.contradictions(cohorts, genes, swapped(patients, name, first, second))
    rows = {patients[name].iloc[i] for i in (first, second)}
    assert {line.split()[1] for line in said if "is not row" in line} == rows
    assert len([line for line in said if "is not row" in line]) == 2


def test_two_columns_of_the_source_swapped_give_other_names(cohorts, tables):
    genes, _ = tables
    dbcd = cohorts["DBCD"]
    first, second = genes["dbcd"][genes["dbcd"] != ""].iloc[[10, 2000]]
    values = dbcd.values.rename(columns={first: second, second: first})[dbcd.values.columns]
    found = tool.match({**cohorts, "DBCD": tool.Cohort(dbcd.outcome, values)}).columns
    shipped = genes[genes["dbcd"] != ""].set_index("accession")["dbcd"].to_dict()
    assert {name for name in shipped if found[name] != shipped[name]} == set(
        genes["accession"][genes["dbcd"].isin([first, second])]
    )


def test_a_copied_column_and_a_changed_value_leave_a_gene_unnamed(cohorts, tables):
    genes, patients = tables
    dbcd = cohorts["DBCD"]
    copied, changed, copy = genes["dbcd"][genes["dbcd"] != ""].iloc[[10, 2000, 3000]]
    values = dbcd.values.copy()
    values[copy] = values[copied]
    row = patients["dbcd"][(patients["vdv"] != "") & (patients["dbcd"] != "")].astype(int).iloc[5]
    values.loc[values.index[row], changed] += 0.002
    broken = {**cohorts, "DBCD": tool.Cohort(dbcd.outcome, values)}
    found = tool.match(broken).columns
    assert set(found.values()) == set(genes["dbcd"]) - {"", copied, copy, changed}
    assert f"column {copied} of DBCD is not the only one" in " ".join(
        tool.contradictions(broken, genes, patients)
    )


def test_another_follow_up_is_another_patient(cohorts, tables):
    genes, patients = tables
    nki70 = cohorts["nki70"]
    outcome = nki70.outcome.copy()
    free = int(np.flatnonzero(outcome["event"] == 0)[7])
    outcome.loc[outcome.index[free], "time"] -= 0.5
    broken = {**cohorts, "nki70": tool.Cohort(outcome, nki70.values)}
    assert tool.contradictions(broken, genes, patients) == [
        f"row {free} of nki70: another follow-up than in DBCD"
    ]


def test_the_names_that_nki70_kept_are_names_of_the_same_genes(cohorts, tables):
    """Found by value over all 144 patients, and used nowhere in the match: an independent set of names."""
    genes, patients = tables
    rows = patients[patients["nki70"] != ""]
    theirs = cohorts["nki70"].values.iloc[rows["nki70"].astype(int)]
    whole = cohorts["DBCD"].values.iloc[rows["dbcd"].astype(int)]
    entrez = genes.set_index("dbcd")["entrez"]
    symbols = SymbolTable.load(ROOT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    here, there = {}, {}
    for name, column in theirs.items():
        at = np.flatnonzero(np.abs(whole.to_numpy() - column.to_numpy()[:, None]).max(axis=0) <= tool.PRINTED)
        if len(at) == 1 and entrez.get(whole.columns[at[0]], ""):
            here[name] = entrez[whole.columns[at[0]]]
            there[name] = name.removesuffix("_1").removesuffix("_2").replace("_", "-")
    by_value = symbols.to_current(list(here.values()), "entrez").current
    by_name = symbols.to_current(list(there.values()), "symbol").current
    told = {name: pair for name, *pair in zip(here, by_value, by_name, strict=True) if pair[1]}
    assert len(told) >= 45
    assert {name: pair for name, pair in told.items() if pair[0] != pair[1]} == {}


def test_a_package_with_other_data_is_refused(tmp_path):
    for name in tool.PICKLES:
        (tmp_path / f"{name}.pickle").write_bytes(b"another table")
    with pytest.raises(ValueError, match=r"vdv\.pickle: expected sha256 0a4a.*check the match again"):
        tool.read_package(tmp_path)


def test_the_tables_come_from_their_sources_byte_for_byte(cohorts, tmp_path):
    folders = [Path(os.environ.get("IRF7BONE_SOURCES", "none")), DEBIAN]
    found = [folder / "org.Hs.eg.sqlite" for folder in folders if (folder / "org.Hs.eg.sqlite").is_file()]
    if not found:
        pytest.skip("no org.Hs.eg.sqlite: neither in IRF7BONE_SOURCES nor of Debian's r-bioc-org.hs.eg.db")
    if tool.file_sha256(found[0]) != tool.ORGDB:
        pytest.skip("org.Hs.eg.sqlite is of another version than the one the tables were made from")
    tool.build(found[0], tmp_path)
    for name in (tool.GENES, tool.PATIENTS, tool.PROVENANCE):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes(), name
