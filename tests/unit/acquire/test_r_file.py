"""Files of R: what is read equals what R itself writes as text, and what cannot be read is refused."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
FILES = PROJECT / "tests" / "data" / "r_files"
sys.path.insert(0, str(PROJECT / "tools"))

from propose_card import main  # noqa: E402

from irf7bone.acquire import r_file  # noqa: E402
from irf7bone.acquire.r_objects import as_r_writes, read_r_objects  # noqa: E402
from irf7bone.acquire.r_tables import table_of  # noqa: E402
from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.study.cohort_checks import load_card  # noqa: E402

SAMPLES = [f"S-{i:02d}" for i in range(1, 13)]


def card(**expression) -> SimpleNamespace:
    """As much of a card as the source asks for."""
    return SimpleNamespace(path=FILES / "ours.yaml", expression=expression, resolve=lambda name: FILES / name)


def expression_of(path: str, **entry) -> pd.DataFrame:
    return r_file.read_expression(card(), {"path": path, **entry})[0]


def clinical_of(path: str, **entry) -> pd.DataFrame:
    return r_file.read_clinical(card(path=path), {"path": path, **entry})[0]


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    """What R's write.csv makes of the matrix."""
    return pd.read_csv(FILES / "matrix.csv", index_col=0)


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    """What R's write.csv makes of the patients."""
    table = pd.read_csv(FILES / "patients.csv", index_col=0, dtype=str, keep_default_na=False)
    return table.where(table != "NA", None)


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("matrix.rds", {}),
        ("study.RData", {"object": "expression"}),
        ("several.rda", {"object": "values"}),
        ("ranged.rds", {"assay": "log2"}),
        ("summarized.rds", {}),
    ],
)
def test_expression_is_what_r_writes(values, path, entry):
    found = expression_of(path, **entry)
    assert list(found.index) == list(values.index) and list(found.columns) == SAMPLES
    np.testing.assert_array_equal(found.to_numpy(), values.to_numpy())
    assert np.isnan(found.loc["STAT1", "S-03"])


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("patients.rds", {}),
        ("study.RData", {"object": "clinical", "key": "id"}),
        ("expression_set.rds", {}),
        ("ranged.rds", {}),
        ("summarized.rds", {}),
    ],
)
def test_clinical_data_are_what_r_writes(patients, path, entry):
    """Labels of factors, TRUE and FALSE, dates, accents, NA."""
    found = clinical_of(path, **entry)
    pd.testing.assert_frame_equal(found, patients, check_names=False, check_dtype=False)
    assert found.loc["S-02", "alive"] == "FALSE" and found.loc["S-01", "note"] == "été"


def test_an_expression_set_of_probes_gets_its_genes_from_its_features(values):
    found = expression_of("expression_set.rds", gene_column="Symbol")
    assert list(found.index.get_level_values(1)) == list(values.index)
    assert found.index[0][0] == "100001"
    np.testing.assert_array_equal(found.to_numpy(), values.to_numpy())
    with pytest.raises(InputError, match="did you mean 'Symbol'"):
        expression_of("expression_set.rds", gene_column="symbols")


def test_counts_of_an_assay_are_whole_numbers_and_one_of_two_must_be_named(values):
    found = expression_of("ranged.rds", assay="counts")
    assert found.loc["STAT1", "S-03"] == 0
    np.testing.assert_array_equal(found.loc["IRF7"], np.round(2 ** values.loc["IRF7"]))
    with pytest.raises(InputError, match="counts, log2"):
        expression_of("ranged.rds")


def test_numbers_that_became_text_are_those_of_r():
    """R keeps such text as numbers in the file; 1e+05 for 100000 would be another Entrez id."""
    objects, _ = read_r_objects(FILES / "odd.rds")
    assert objects["ids"].strings() == ["100000", None, "3665"]
    assert objects["numbers"].strings() == ["1e+05", "0.3", "1e+15", "123456", "1e-05", None]
    assert as_r_writes(np.float64(100000.1)) == "100000.1"


def test_what_is_not_read_is_left_out_and_named():
    objects, _ = read_r_objects(FILES / "odd.rds")
    found = table_of(objects["big"], FILES / "odd.rds", "")
    assert dict(found.left_out) == {"large": "integer64", "time": "AsIs"}
    assert found.described == {"code": "0=alive, 1=dead"} and found.columns["code"].tolist()[:2] == ["1", "0"]
    record = r_file.read_clinical(card(path="summarized.rds"), {})[1]
    assert record["not_read"] == {"code": "Rle"} and len(record["sha256"]) == 64


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("twice", "every column name once"),
        ("words", "an object of type STR"),
        ("sparse", "class dgCMatrix"),
        ("bare", "a gene id in every place"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_lines_of_r(name, words):
    with pytest.raises(InputError) as caught:
        expression_of("odd.rds", object=name)
    said = str(caught.value)
    assert words in said
    if name != "bare":
        assert 'x <- readRDS("odd.rds")' in said and "write.csv" in said


def test_one_of_several_objects_must_be_named():
    with pytest.raises(InputError, match="object: NAME"):
        expression_of("several.rda")
    with pytest.raises(InputError, match="did you mean 'values'"):
        expression_of("several.rda", object="value")
    with pytest.raises(InputError, match="rows that R numbers"):
        clinical_of("study.RData", object="clinical")


@pytest.mark.parametrize("change", ["cut", "plain", "empty", "page"])
def test_damaged_files_are_refused(tmp_path, change):
    whole = (FILES / "matrix.rds").read_bytes()
    content = {
        "cut": whole[: len(whole) // 2],
        "plain": gzip.decompress(whole)[:200],
        "empty": b"",
        "page": b"<!DOCTYPE html>",
    }[change]
    path = tmp_path / "x.rds"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged|cannot be read"):
        read_r_objects(path)
    with pytest.raises(InputError, match="nothing there"):
        read_r_objects(tmp_path / "y.rds")


def write_card(folder: Path, **changes) -> Path:
    (folder / "values.rds").write_bytes((FILES / "expression_set.rds").read_bytes())
    written = {
        "id": "ours", "title": "T", "citation": {"text": "x"}, "documentation": "x", "organism": "human",
        "specimen": "primary", "role": "validation",
        "expression": {"source": "r_file", "path": "values.rds", "gene_column": "Symbol", "gene_id": "symbol",
                       "scale": "log2", "collapse": "max_mean"},
        "clinical": [{"source": "r_file"}],
        "fields": {},
        "endpoints": {"bone": {"definition": "x", "time": {"from": "months", "unit": "months"},
                               "event": {"from": "status", "is": "bone", "else": "free"}}},
    } | changes  # fmt: skip
    path = folder / "ours.yaml"
    path.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
    return path


def test_a_card_names_it(tmp_path):
    loaded = load_card(write_card(tmp_path))
    assert r_file.read_clinical(loaded, loaded.clinical[0])[0].shape == (12, 6)
    table = {"source": "table", "path": "values.rds", "genes_in": "rows", "gene_id": "symbol"}
    table |= {"scale": "log2", "collapse": "max_mean"}
    with pytest.raises(InputError, match="the expression is not in a file of R"):
        load_card(write_card(tmp_path, expression=table))


@pytest.mark.parametrize(
    ("name", "clinical", "expected"),
    [
        ("expression_set.rds", None, {"gene_column": "Symbol", "gene_id": "symbol"}),
        ("study.RData", None, {"object": "expression", "gene_id": "symbol"}),
        ("matrix.rds", "patients.rds", {"gene_id": "symbol"}),
        ("matrix.rds", "patients.csv", {"gene_id": "symbol"}),
        ("summarized.rds", None, {"gene_id": "symbol"}),
    ],
)
def test_make_card_proposes_it(tmp_path, monkeypatch, capsys, name, clinical, expected):
    monkeypatch.chdir(tmp_path)
    more = ["--clinical", str(FILES / clinical)] if clinical else []
    assert main(["--from", str(FILES / name), "--out", "ours.yaml", *more]) == 0
    made = yaml.safe_load(Path("ours.yaml").read_text(encoding="utf-8"))
    assert expected.items() <= made["expression"].items() and made["expression"]["source"] == "r_file"
    [source] = made["clinical"]
    assert source["source"] == ("table" if clinical == "patients.csv" else "r_file")
    assert source.get("key") == {"study.RData": "id", "patients.csv": "row_names"}.get(clinical or name)
    if name == "summarized.rds":
        assert "The column code is of class Rle, which is not read." in Path("ours.yaml").read_text()


def test_make_card_asks_for_the_second_table_and_for_one_of_two_assays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--from", str(FILES / "matrix.rds")]) == 1
    assert "a second table, with the clinical data" in capsys.readouterr().err
    assert main(["--from", str(FILES / "ranged.rds"), "--out", "ours.yaml"]) == 0
    made = yaml.safe_load(Path("ours.yaml").read_text(encoding="utf-8"))
    assert "which assay? counts, log2" in made["expression"]["assay"]


def test_a_job_alone_hides_xarray_and_zarr_from_anndata_and_still_reads_files_of_r(tmp_path):
    """It would take half a second of each job; a workflow that uses this one as a module may need it."""
    start = (
        "import sys; from pathlib import Path; import snakemake.iocontainers\n"
        f"sys.path.insert(0, {str(PROJECT / 'workflow' / 'scripts')!r})\n"
    )
    job = tmp_path / ".snakemake/scripts/job.py"
    job.parent.mkdir(parents=True)
    job.write_text(
        f"{start}import irf7bone, anndata.compat; assert sys.modules['xarray'] is None\n"
        "assert not hasattr(sys.modules['zarr'], 'open')\n"
        "from irf7bone.acquire.r_objects import read_r_objects\n"
        f"assert len(read_r_objects(Path({str(FILES / 'study.RData')!r}))[0]) == 3\n",
        encoding="utf-8",
    )
    elsewhere = tmp_path / "workflow.py"
    elsewhere.write_text(f"{start}import irf7bone, xarray, zarr; zarr.open\n", encoding="utf-8")
    for script in (job, elsewhere):
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
