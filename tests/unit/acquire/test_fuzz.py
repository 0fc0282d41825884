"""Broken copies of sound files, for every source: a clear refusal, or a cohort that is what the file says.

What a file says is read here a second time by the plainest means there are. 2,100 cases by default; the
environment variable FUZZ_CASES asks for another number, drawn anew each time.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import shutil
from pathlib import Path
from random import Random

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from madeup import geo as madeup_geo
from madeup.broken import break_h5ad, broken_text, packed

from irf7bone.acquire import cbioportal
from irf7bone.acquire.soft import NO_GENE
from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, Patience, fetch_all
from irf7bone.download.lock import lock_path
from irf7bone.harmonise.cohort import harmonise
from irf7bone.study.cohort_checks import load_card

CASES = int(os.environ.get("FUZZ_CASES", "2100"))
CHECKED: set[tuple[Path, str]] = set()  # what was harmonised, so that the same is not harmonised again
MISSING = ("", "NA", "NaN", "nan", "N/A", "NULL", "null", "#N/A")


def fuzz(share: float):
    """Settings for a share of the cases: the same ones each time, unless a number is asked for."""
    return settings(
        max_examples=max(1, round(CASES * share)),
        deadline=None,
        database=None,
        derandomize="FUZZ_CASES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def rows_of(content: bytes, delimiter: str) -> list[list[str]]:
    """Cells of a delimited text without empty lines; a text that is no UTF-8 has none."""
    text = content.decode("utf-8-sig", "strict")
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def same_number(found: float, cell: str) -> bool:
    if cell.strip() in MISSING:
        return math.isnan(found)
    return found == pytest.approx(float(cell), rel=1e-12, nan_ok=True)


def check_expression(values: pd.DataFrame, rows: list[list[str]]) -> None:
    """Every value is the one that the table has for its gene and sample."""
    header, *body = rows
    assert list(values.columns) == header[1:]
    assert list(values.index) == [row[0] for row in body]
    for found, row in zip(values.to_numpy(), body, strict=True):
        assert all(same_number(value, cell) for value, cell in zip(found, row[1:], strict=True)), row


def check_clinical(table: pd.DataFrame, rows: list[list[str]], key: str) -> None:
    """Every value is the text that the table has for its sample and column."""
    header, *body = rows
    at = header.index(key)
    said = {row[at]: dict(zip(header, row, strict=True)) for row in body}
    assert list(table.index) == list(said)
    for sample, row in table.iterrows():
        for column, value in row.items():
            cell = said[sample][column]
            assert value is None if cell.strip() in MISSING else value == cell, (sample, column)


def all_that_is_read(acquired) -> str:
    """What harmonising knows of the sources; most breaks that pass leave it as it was."""
    said = [{key: value for key, value in one.items() if key != "sha256"} for one in acquired.sources]
    expression = acquired.expression
    tables = [table.to_dict("split") for table in (expression, acquired.clinical)]
    return repr((tables, list(expression.index.names), said))


def check_cohort(card, acquired, symbols) -> None:
    """Harmonising refuses it, or carries time and event of every sample as the clinical table has them."""
    case = (card.path, all_that_is_read(acquired))
    if case in CHECKED:
        return
    CHECKED.add(case)
    try:
        cohort = harmonise(acquired, card, symbols).adata
    except InputError as error:
        assert error.problems
        return
    known = cohort.obs["bone_event"].notna()
    for sample, row in cohort.obs[known].iterrows():
        said = acquired.clinical.loc[sample]
        assert row["bone_time_months"] == pytest.approx(float(said["months"]))
        assert row["bone_event"] == float(said["bone"])
    genes = acquired.expression
    if genes.index.nlevels > 1:
        genes = genes.droplevel("probe")
    own = genes.index.isin(cohort.var_names) & ~genes.index.duplicated(keep=False)
    shared = genes.index[own].intersection(cohort.var_names)
    np.testing.assert_allclose(
        cohort.to_df()[shared].to_numpy(), genes.loc[shared, cohort.obs_names].T.to_numpy(), rtol=1e-5
    )


@pytest.fixture
def base(make_card, expression, tmp_path) -> tuple[Path, bytes, bytes]:
    """The made-up cohort's card, expression and clinical table."""
    card = make_card(genes=expression)
    return card.path, (tmp_path / "expression.csv").read_bytes(), (tmp_path / "clinical.tsv").read_bytes()


@given(data=st.data())
@fuzz(0.3)
def test_tables(data, base, symbols):
    path, expression, clinical = base
    what = data.draw(st.sampled_from(["expression", "clinical", "both"]))
    if what != "clinical":
        expression = broken_text(data.draw, expression, b",")
    if what != "expression":
        clinical = broken_text(data.draw, clinical, b"\t")
    (path.parent / "expression.csv").write_bytes(expression)
    (path.parent / "clinical.tsv").write_bytes(clinical)
    card = load_card(path)
    try:
        acquired = acquire(card)
    except InputError as error:
        assert error.problems
        return
    check_expression(acquired.expression, rows_of(expression, ","))
    check_clinical(acquired.clinical, rows_of(clinical, "\t"), "sample")
    check_cohort(card, acquired, symbols)


STUDY_FILES = {
    "data_mrna_seq_rpkm.txt": ["Hugo_Symbol"],
    "data_clinical_sample.txt": ["SAMPLE_ID"],
    "data_clinical_patient.txt": ["PATIENT_ID"],
}


@pytest.fixture
def study(make_card, expression, clinical, tmp_path) -> tuple[Path, dict[str, bytes]]:
    """The made-up cohort as a study of cBioPortal: its card and its files."""
    folder = tmp_path / "study"
    folder.mkdir()
    entry = {"source": "cbioportal", "path": "study", "profile": "data_mrna_seq_rpkm.txt"}
    shared = {"gene_id": "symbol", "scale": "log2", "collapse": "max_mean"}
    expression.to_csv(folder / "data_mrna_seq_rpkm.txt", sep="\t", index_label="Hugo_Symbol")
    sampled = clinical.rename(columns={"sample": "SAMPLE_ID"})
    patients = [f"Q{number:02d}" for number in range(12)]
    sampled.insert(1, "PATIENT_ID", patients)
    sampled.drop(columns="months").to_csv(folder / "data_clinical_sample.txt", sep="\t", index=False)
    head = "#Patient\tMonths\n#text\tnumber\n#STRING\tNUMBER\n#1\t1\n"
    rows = "".join(f"{one}\t{two}\n" for one, two in zip(patients, clinical["months"], strict=True))
    (folder / "data_clinical_patient.txt").write_text(f"{head}PATIENT_ID\tmonths\n{rows}", encoding="utf-8")
    card = make_card(
        expression={**entry, **shared}, clinical=[{"source": "cbioportal"}], patient="PATIENT_ID"
    )
    return card.path, {name: (folder / name).read_bytes() for name in STUDY_FILES}


@given(data=st.data())
@fuzz(0.25)
def test_cbioportal(data, study, symbols):
    path, files = study
    name = data.draw(st.sampled_from(list(STUDY_FILES)))
    files = {**files, name: broken_text(data.draw, files[name], b"\t")}
    for file, content in files.items():
        (path.parent / "study" / file).write_bytes(content)
    card = load_card(path)
    try:
        acquired = acquire(card)
    except InputError as error:
        assert error.problems
        return
    tables = {file: without_comments(rows_of(content, "\t")) for file, content in files.items()}
    header, *body = tables["data_mrna_seq_rpkm.txt"]
    assert list(acquired.expression.columns) == [cell for cell in header if cell in acquired.expression]
    for found, row in zip(acquired.expression.to_numpy(), body, strict=True):
        cells = dict(zip(header, row, strict=True))
        for sample, value in zip(acquired.expression.columns, found, strict=True):
            assert same_number(value, cells[sample])
    patients = by_id(tables["data_clinical_patient.txt"], "PATIENT_ID")
    for sample, said in by_id(tables["data_clinical_sample.txt"], "SAMPLE_ID").items():
        row = acquired.clinical.loc[sample]
        both = {**patients.get(said["PATIENT_ID"], {}), **{k: v for k, v in said.items() if known(v)}}
        for column, value in row.items():
            cell = both.get(column, "")
            assert value == cell or (value is None and not known(cell)), (sample, column)
    check_cohort(card, acquired, symbols)


def without_comments(rows: list[list[str]]) -> list[list[str]]:
    while rows and rows[0][0].startswith("#"):
        rows = rows[1:]
    return rows


def by_id(rows: list[list[str]], key: str) -> dict[str, dict[str, str]]:
    header, *body = rows
    at = header.index(key)
    return {row[at]: dict(zip(header, row, strict=True)) for row in body}


def known(cell: str) -> bool:
    return cell.strip() not in MISSING and cell.strip().lower() not in cbioportal.MISSING


@pytest.fixture
def series(make_card, expression, clinical, tmp_path) -> tuple[Path, dict[str, bytes]]:
    """The made-up cohort as a series of GEO: its card, and the text of its two files."""
    samples = [f"GSM{number}" for number in range(1, 13)]
    genes = pd.DataFrame({"symbol": expression.index, "entrez": ""}, index=[f"{i}_at" for i in range(24)])
    stated = [[f"{name}: {cell}" for cell in clinical[name]] for name in ("months", "bone", "relapse")]
    values = expression.set_axis(genes.index, axis=0).set_axis(samples, axis=1)
    matrix = madeup_geo.matrix_text(values, characteristics=stated)
    annotation = madeup_geo.annotation_text(genes)
    archive = madeup_geo.ARCHIVE
    files = {
        f"{archive}/series/GSEnnn/GSE1/matrix/GSE1_series_matrix.txt.gz": matrix,
        f"{archive}/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz": annotation,
    }
    entry = {"source": "geo", "accession": "GSE1", "platform": "GPL96", "scale": "log2", "collapse": "mean"}
    card = make_card(expression=entry, clinical=[{"source": "geo"}])
    for name in files:
        (tmp_path / "mirror" / name.lstrip("/")).parent.mkdir(parents=True)
    return card.path, {name: text.encode("utf-8") for name, text in files.items()}


@given(data=st.data())
@fuzz(0.25)
def test_geo(data, series, symbols):
    path, files = series
    name = data.draw(st.sampled_from([*files, next(iter(files))]))
    files = {**files, name: broken_text(data.draw, files[name], b"\t")}
    for file, content in files.items():
        zipped = packed(data.draw, content) if file == name else gzip.compress(content, 1)
        (path.parent / "mirror" / file.lstrip("/")).write_bytes(zipped)
    card, folder = load_card(path), path.parent / "downloads"
    lock_path(path).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        fetch_all(remote_files(card), folder, lock=lock_path(path), mirror=str(path.parent / "mirror"),
                  patience=Patience(attempts=1, pause_seconds=0))  # fmt: skip
        acquired = acquire(card, Downloads(folder, lock_path(path)))
    except InputError as error:
        assert error.problems
        return
    matrix, annotation = (decoded(content) for content in files.values())
    check_series(acquired, matrix)
    genes = dict(probe_genes(annotation))
    for probe, gene in acquired.expression.index:
        said = genes.get(probe, "")
        assert gene == said or (pd.isna(gene) and said in NO_GENE)
    check_cohort(card, acquired, symbols)


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def check_series(acquired, text: str) -> None:
    """Values of the table between the marks, and the months and events that the samples' lines state."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    begin = next(i for i, line in enumerate(lines) if line.startswith("!series_matrix_table_begin"))
    end = max(i for i, line in enumerate(lines) if "!series_matrix_table_end" in line)
    header, *body = [row for row in csv.reader(lines[begin + 1 : end], delimiter="\t") if row]
    values = acquired.expression
    assert sorted(values.columns) == sorted(header[1:])
    assert list(values.index.get_level_values("probe")) == [row[0] for row in body]
    for found, row in zip(values[header[1:]].to_numpy(), body, strict=True):
        assert all(same_number(value, cell) for value, cell in zip(found, row[1:], strict=True)), row
    stated = [line.split("\t") for line in lines[:begin] if line.startswith("!Sample_")]
    [accessions] = [row[1:] for row in stated if row[0] == "!Sample_geo_accession"]
    for number, accession in enumerate(accessions):
        cells = [row[1:][number].strip('"') for row in stated if row[0] == "!Sample_characteristics_ch1"]
        for key in ("months", "bone", "relapse"):
            pairs = [cell.partition(":") for cell in cells]
            found = list(dict.fromkeys(value.strip() for name, _, value in pairs if name == key))
            value = acquired.clinical.get(key, {}).get(accession.strip('"'))
            assert value == ";".join(item for item in found if item not in MISSING) or (
                value is None and not any(item not in MISSING for item in found)
            )


def probe_genes(text: str) -> list[tuple[str, str]]:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    begin = next(i for i, line in enumerate(lines) if line.startswith("!platform_table_begin"))
    end = next(i for i in range(begin, len(lines)) if lines[i].startswith("!platform_table_end"))
    header, *body = [line.split("\t") for line in lines[begin + 1 : end]]
    at = header.index("Gene symbol")
    return [(row[0].strip(), row[at].strip() if len(row) > at else "") for row in body]


@pytest.fixture
def stored(make_card, expression, clinical, tmp_path) -> tuple[Path, Path]:
    """The made-up cohort as an AnnData file: its card and a sound copy of the file."""
    made = ad.AnnData(
        expression.T.to_numpy(), obs=clinical.set_index("sample"), var=pd.DataFrame(index=expression.index)
    )
    made.write_h5ad(tmp_path / "sound.h5ad")
    shutil.copy(tmp_path / "sound.h5ad", tmp_path / "cohort.h5ad")
    entry = {"source": "h5ad", "path": "cohort.h5ad", "matrix": "X", "gene_id": "symbol"}
    card = make_card(expression={**entry, "scale": "log2", "collapse": "mean"}, clinical=[{"source": "h5ad"}])
    return card.path, tmp_path / "sound.h5ad"


@given(seed=st.integers(0, 2**32))
@fuzz(0.2)
def test_h5ad(seed, stored, symbols):
    path, content = stored[0], stored[1].read_bytes()
    file, random = path.parent / "cohort.h5ad", Random(seed)
    broken = io.BytesIO(content)
    if random.random() < 0.2:
        broken.truncate(random.randrange(len(content)))
    else:
        with h5py.File(broken, "r+") as opened:
            for _ in range(random.randint(1, 3)):
                break_h5ad(random.choice, opened)
    file.write_bytes(broken.getvalue())
    card = load_card(path)
    try:
        acquired = acquire(card)
    except InputError as error:
        assert error.problems
        return
    with h5py.File(file) as opened:
        np.testing.assert_array_equal(acquired.expression.to_numpy(), opened["X"][()].T)
        for ids, frame in ((acquired.expression.index, "var"), (acquired.clinical.index, "obs")):
            stored_ids = opened[frame][opened[frame].attrs["_index"]]
            assert list(ids) == [as_text(item) for item in stored_ids[()]]
        for column in ("months", "bone"):
            if column in acquired.clinical:
                values = acquired.clinical[column]
                said = opened[f"obs/{column}"]
                if isinstance(said, h5py.Dataset):
                    for found, cell in zip(values, said[()], strict=True):
                        assert same_text(found, cell), (found, cell)
    check_cohort(card, acquired, symbols)


def as_text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def same_text(found: str | None, stored: object) -> bool:
    said = as_text(stored)
    return found is None if said.strip() in MISSING else found in (said, said.removesuffix(".0"))
