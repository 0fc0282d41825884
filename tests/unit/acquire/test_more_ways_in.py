"""Tables of probes with their annotation, files of GEO on disk, columns that hold several, and files of R."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup import geo as madeup_geo
from madeup.cases import TRUTH, log_hr

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from propose_card import main  # noqa: E402

from irf7bone.acquire.geo_file import read_geo_file  # noqa: E402
from irf7bone.acquire.soft import genes_named  # noqa: E402
from irf7bone.acquire.sources import acquire, input_files, remote_files  # noqa: E402
from irf7bone.acquire.split import parts_of, splittable  # noqa: E402
from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.download.fetch import Downloads, fetch_all  # noqa: E402
from irf7bone.download.lock import lock_path  # noqa: E402
from irf7bone.harmonise.cohort import harmonise  # noqa: E402
from irf7bone.study.cohort_checks import load_card  # noqa: E402


def probes(case, name: str) -> None:
    """Rows of the expression become ids of another kind."""
    case.genes = list(case.expression.index)
    case.expression.index = [name.format(i) for i in range(len(case.genes))]


def assignment(gene: str) -> str:
    return f"NM_1 // {gene} // a title // 1p // 9 /// ENST1 // {gene} // a title // 1p // 9"


@pytest.mark.parametrize(("ids", "kind"), [("{}_at", "csv"), ("NM_{:06d}", "gpl"), ("ILMN_{}", "annot.gz")])
def test_rows_of_a_table_get_their_genes_from_an_annotation(case, symbols, ids, kind):
    probes(case, ids)
    rows = list(zip(case.expression.index, case.genes, strict=True))
    if kind == "csv":
        name, columns = "genes.csv", ("Probe", "Gene")
        text = "Probe,Title,Gene\n" + "".join(f"{probe},x,{gene}\n" for probe, gene in rows)
    else:
        columns = ("ID", "gene_assignment")
        text = "ID\tGB_LIST\tgene_assignment\n" + "".join(f"{p}\tx\t{assignment(g)}\n" for p, g in rows)
        name = "GPL1-99.txt" if kind == "gpl" else "GPL1.annot.gz"
        before = "#ID = \n#gene_assignment = \n"
        text = before + text if kind == "gpl" else (
            f"^Annotation\n!Annotation_platform = GPL1\n{before}"
            f"!platform_table_begin\n{text}!platform_table_end\n"
        )  # fmt: skip
    content = text.encode()
    (case.folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    case.card["expression"]["annotation"] = {"path": name, "probe": columns[0], "symbol": columns[1]}
    found = case.harmonise(symbols)
    assert log_hr(found, symbols) == pytest.approx(TRUTH, abs=5e-4)
    assert found.adata.var.loc["IRF7", "source_ids"] == case.expression.index[case.genes.index("IRF7")]
    assert case.folder / name in input_files(load_card(case.write()))


def test_an_annotation_that_does_not_fit_is_refused(case, symbols):
    probes(case, "{}_at")
    (case.folder / "genes.csv").write_text("Probe,Gene\nA_1,IRF7\nA_1,STAT1\n", encoding="utf-8")
    case.card["expression"]["annotation"] = {"path": "genes.csv", "probe": "Probe", "symbol": "Symbol"}
    with pytest.raises(InputError, match="a column of genes"):
        case.harmonise(symbols)
    case.card["expression"]["annotation"]["symbol"] = "Gene"
    with pytest.raises(InputError, match="A_1: IRF7 and STAT1"):
        case.harmonise(symbols)
    (case.folder / "genes.csv").write_text("Probe,Gene\nA_1,IRF7\n", encoding="utf-8")
    with pytest.raises(InputError, match="none of 3076"):
        case.harmonise(symbols)


def test_gene_assignments_are_parsed():
    assert genes_named(assignment("IRF7")) == "IRF7"
    assert genes_named("NM_1 // IRF7 // x /// NM_2 // STAT1 // y") == "IRF7 /// STAT1"
    assert genes_named("---") is genes_named("NM_1 // --- // x") is None
    assert genes_named("IRF7 /// IRF9") == "IRF7 /// IRF9"


def test_a_platform_with_gene_assignment_alone_is_read(cases, tmp_path, symbols):
    text = (cases / "geo" / "gse10006.yaml").read_text(encoding="utf-8")
    for column in ("  gene_column: gene_assignment\n", ""):
        (tmp_path / "gse10006.yaml").write_text(
            text.replace("  gene_column: gene_assignment\n", column), encoding="utf-8"
        )
        card = load_card(tmp_path / "gse10006.yaml")
        lock = lock_path(card.path)
        fetch_all(remote_files(card), tmp_path / "got", lock=lock, mirror=str(cases / "geo" / "mirror"))
        found = harmonise(acquire(card, Downloads(tmp_path / "got", lock)), card, symbols).adata
        assert {"ADAR", "B2M", "BST2"} <= set(found.var_names) and found.n_obs == 60


def family_soft(case, genes: list[str]) -> bytes:
    """A family SOFT file of the case with a platform's table."""
    lines = ["^DATABASE = GeoMiame", "^SERIES = GSE1", "!Series_title = x", "^PLATFORM = GPL1"]
    lines += ["!platform_table_begin", "ID\tx\tGene Symbol"]
    lines += [f"{probe}\tx\t{gene}" for probe, gene in zip(case.expression.index, genes, strict=True)]
    lines += ["!platform_table_end"]
    for sample in case.expression.columns:
        lines += [f"^SAMPLE = {sample}", f"!Sample_geo_accession = {sample}", "!Sample_platform_id = GPL1"]
        lines += ["!Sample_organism_ch1 = Homo sapiens"]
        row = case.clinical.loc[sample]
        lines += [f"!Sample_characteristics_ch1 = {name}: {row[name]}" for name in ("status", "months")]
        lines += ["#ID_REF = ", "#VALUE = ", "!sample_table_begin", "ID_REF\tVALUE"]
        values = case.expression[sample]
        lines += [f"{probe}\t{value}" for probe, value in zip(values.index, values, strict=True)]
        lines += ["!sample_table_end"]
    return ("\n".join(lines) + "\n").encode()


def test_a_family_soft_file_on_disk_is_a_cohort(case, symbols):
    probes(case, "{}_at")
    path = case.folder / "GSE1_family.soft.gz"
    path.write_bytes(gzip.compress(family_soft(case, case.genes), 1))
    case.card["expression"] = {
        "source": "geo_file", "path": path.name, "gene_id": "symbol", "scale": "log2", "collapse": "max_mean"
    }  # fmt: skip
    case.card["clinical"] = [{"source": "geo_file"}]
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=5e-4)
    with pytest.raises(InputError, match="samples of platform GPL9"):
        read_geo_file(path, "GPL9")
    cut = gzip.decompress(path.read_bytes())[:-40]
    path.write_bytes(gzip.compress(cut, 1))
    with pytest.raises(InputError, match="cut off"):
        read_geo_file(path)


def test_make_card_reads_a_series_matrix_on_disk(tmp_path, monkeypatch, expression):
    monkeypatch.chdir(tmp_path)
    samples = [f"GSM{i}" for i in range(12)]
    values = expression.set_axis(samples, axis=1)
    cells = [[f"relapse: {i % 2}" for i in range(12)], [f"relapse_months: {10 + i}" for i in range(12)]]
    for gene_like in (True, False):
        rows = values if gene_like else values.set_axis([f"{i}_at" for i in range(len(values))], axis=0)
        text = madeup_geo.matrix_text(rows, accession="GSE77", characteristics=cells, attributes={})
        Path("GSE77_series_matrix.txt.gz").write_bytes(madeup_geo.zipped(text))
        Path("ours.yaml").unlink(missing_ok=True)
        assert main(["--from", "GSE77_series_matrix.txt.gz", "--out", "ours.yaml"]) == 0
        card = yaml.safe_load(Path("ours.yaml").read_text(encoding="utf-8"))
        assert card["expression"]["source"] == "geo_file" and card["clinical"] == [{"source": "geo_file"}]
        assert card["endpoints"]["relapse"]["event"]["is"] == "1"
        assert ("annotation" in card["expression"]) is not gene_like


@pytest.mark.parametrize(
    ("name", "read"), [("x.rds", 'readRDS("x.rds")'), ("x.RData", 'get(load("x.RData"))')]
)
def test_a_file_of_r_that_cannot_be_read_gets_the_two_lines_that_export_it(
    tmp_path, monkeypatch, capsys, name, read
):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"of another program")
    assert main(["--from", name]) == 1
    said = capsys.readouterr().err
    assert read in said and "write.csv" in said and "make card FROM=expression.csv" in said


def test_a_column_that_holds_several_is_split(case, symbols, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = case.clinical
    case.clinical = pd.DataFrame(
        {
            "characteristics": [
                f"age = {age}; months = {months}; status = {status}"
                for age, months, status in zip(table["age"], table["months"], table["status"], strict=True)
            ]
        },
        index=table.index,
    )
    case.write()
    case.card["clinical"][0]["split"] = ["characteristics"]
    found = case.harmonise(symbols)
    assert log_hr(found, symbols) == pytest.approx(TRUTH, abs=5e-4)
    assert main(["--from", "expression.csv", "--clinical", "clinical.tsv", "--out", "ours.yaml"]) == 0
    card = yaml.safe_load(Path("ours.yaml").read_text(encoding="utf-8"))
    assert card["clinical"][0]["split"] == ["characteristics"] and card["fields"]["age"]["from"] == "age"
    assert "make check STUDY=ours_study.yaml" in capsys.readouterr().err
    study = yaml.safe_load(Path("ours_study.yaml").read_text(encoding="utf-8"))
    assert study["cohorts"] == ["./ours.yaml"]
    case.clinical.loc["T000", "characteristics"] = "none"
    with pytest.raises(InputError, match="1 cells that are not so"):
        case.harmonise(symbols)


def test_parts_of_a_cell():
    assert parts_of("Age = 70; Gender = F") == {"Age": "70", "Gender": "F"}
    assert parts_of("Age: 70 | Gender: F") == {"Age": "70", "Gender": "F"}
    assert parts_of("a note; without keys") is parts_of("Age=1; Age=2") is parts_of("") is None
    table = pd.DataFrame({"a": ["x = 1; y = 2"] * 4, "b": ["1:DECEASED"] * 4, "c": list("1234")})
    assert splittable(table) == ["a"]


def test_numbers_of_a_soft_file_keep_their_missing_values(case):
    probes(case, "{}_at")
    case.expression = case.expression.iloc[:5, :3].round(3).astype(object)
    case.expression.iloc[0, 0] = "null"
    path = case.folder / "GSE1_family.soft"
    path.write_bytes(family_soft(case, case.genes[:5]))
    values = read_geo_file(path).values
    assert np.isnan(values[0, 0]) and np.isfinite(values.ravel()[1:]).all()
