"""`make card`: what is sure is filled in, the rest is asked, and nothing is made up.

From each layout a card is proposed, only its questions are answered, and the cohort runs.
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import yaml
from madeup import geo as madeup_geo

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from propose_card import main  # noqa: E402

from irf7bone.acquire.acquired import write_acquired  # noqa: E402
from irf7bone.acquire.sources import acquire  # noqa: E402
from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.commands.propose.endpoints import propose_endpoints  # noqa: E402
from irf7bone.commands.propose.fields import propose_fields  # noqa: E402
from irf7bone.download.fetch import Downloads  # noqa: E402
from irf7bone.download.lock import lock_path, read_lock  # noqa: E402
from irf7bone.harmonise.cohort import harmonise  # noqa: E402
from irf7bone.study.cohort_checks import load_card  # noqa: E402
from irf7bone.study.questions import MARK  # noqa: E402

SAMPLES = [f"GSM{100 + i}" for i in range(24)]
ABOUT = {
    "title": "Made-up tumours",
    "citation.text": "made up",
    "documentation": "this test",
    "specimen": "primary",
    "expression.scale": "log2",
}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def genes(expression) -> pd.DataFrame:
    """24 genes x 24 samples, log2."""
    rng = np.random.default_rng(2)
    return pd.DataFrame(rng.normal(8, 1, (24, 24)).round(3), index=expression.index, columns=SAMPLES)


@pytest.fixture
def patients() -> pd.DataFrame:
    """The 24 patients: bone and any relapse, death, covariates, two healthy controls."""
    rng = np.random.default_rng(3)
    relapse = rng.choice([0, 1], 24)
    relapse[:4] = [0, 1, 0, 1]
    bone = relapse * rng.choice([0, 1], 24)
    bone[1] = 1
    return pd.DataFrame(
        {
            "tissue": ["tumour"] * 22 + ["normal breast"] * 2,
            "ER status": rng.choice(["ER+", "ER-", "unknown"], 24),
            "grade": rng.choice(["1", "2", "3", "x"], 24),
            "age": rng.integers(30, 80, 24).astype(str),
            "relapse": relapse.astype(str),
            "months to relapse": rng.integers(5, 100, 24).astype(str),
            "bone relapse": bone.astype(str),
            "OS": rng.choice(["a", "d"], 24),
            "OS time": rng.integers(100, 4000, 24).astype(str),
            "outcome": rng.choice(["good", "bad"], 24),
        },
        index=SAMPLES,
        dtype=object,
    )


def questions(data: object, at: str = "") -> dict[str, str]:
    """Key path -> question of every value that is one."""
    if isinstance(data, str):
        return {at: data} if data.startswith(MARK) else {}
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {
        path: question
        for key, value in parts
        for path, question in questions(value, f"{at}.{key}".lstrip(".")).items()
    }


def answer(path: Path, answers: dict[str, object]) -> None:
    """Put an answer in the place of each question, and nothing else; None removes the key."""
    card = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(questions(card)) == set(answers)
    for place, value in answers.items():
        *parents, last = place.split(".")
        table = card
        for part in parents:
            table = table[int(part)] if isinstance(table, list) else table[part]
        if value is None and parents[-1:] != ["map"]:
            del table[last]
        else:
            table[int(last) if isinstance(table, list) else last] = value
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")


ENDPOINT_ANSWERS = {
    "fields.grade.map.x": None,
    "exclude.0.reason": "normal tissue",
    "endpoints.bone.definition": "bone metastasis as first relapse",
    "endpoints.bone.time.from": "months to relapse",
    "endpoints.bone.time.unit": "months",
    "endpoints.bone.competing": {"from": "relapse", "is": 1},
    "endpoints.relapse.definition": "any relapse",
    "endpoints.death.definition": "death from any cause",
    "endpoints.death.time.unit": "days",
    "endpoints.death.event.is": "d",
    "endpoints.death.event.else": "a",
}


def write_tables(here, genes, patients):
    genes.T.to_csv(here / "expression.csv", index_label="sample")
    patients.to_csv(here / "clinical.tsv", sep="\t", index_label="geo accession")
    return ["--from", "expression.csv", "--clinical", "clinical.tsv"], ABOUT


def write_h5ad(here, genes, patients):
    adata = ad.AnnData(genes.T.to_numpy(), obs=patients.copy(), var=pd.DataFrame(index=genes.index))
    adata.obs["age"] = adata.obs["age"].astype(int)
    adata.write_h5ad(here / "cohort.h5ad")
    return ["--from", "cohort.h5ad"], ABOUT


def write_geo(here, genes, patients):
    platform = pd.DataFrame(
        {"symbol": genes.index, "entrez": ""}, index=[f"{i}_at" for i in range(len(genes))]
    )
    cells = [[f"{name}: {value}" for value in patients[name]] for name in patients]
    text = madeup_geo.matrix_text(
        genes.set_axis(platform.index, axis=0),
        accession="GSE77",
        characteristics=cells,
        attributes={"organism_ch1": ["Homo sapiens"] * 24},
    )
    files = {
        f"{madeup_geo.ARCHIVE}/series/GSEnnn/GSE77/matrix/GSE77_series_matrix.txt.gz": text,
        f"{madeup_geo.ARCHIVE}/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz": madeup_geo.annotation_text(
            platform
        ),
    }
    for name, content in files.items():
        path = here / "mirror" / name.lstrip("/")
        path.parent.mkdir(parents=True)
        path.write_bytes(madeup_geo.zipped(content))
    stated = {key: value for key, value in ABOUT.items() if key != "title"}
    return ["--accession", "gse77", "--mirror", "mirror"], stated


def write_cbioportal(here, genes, patients, *, packed=False):
    folder = here / "study"
    folder.mkdir()
    sampled = patients.rename_axis("SAMPLE_ID").reset_index()
    sampled.insert(0, "PATIENT_ID", [f"P{i:02d}" for i in range(24)])
    sampled.to_csv(folder / "data_clinical_sample.txt", sep="\t", index=False)
    genes.to_csv(folder / "data_mrna_seq_rpkm.txt", sep="\t", index_label="Hugo_Symbol")
    genes.to_csv(folder / "data_mrna_seq_rpkm_zscores.txt", sep="\t", index_label="Hugo_Symbol")
    (folder / "meta_study.txt").write_text("name: A study\npmid: 12345,678\ntype_of_cancer: brca\n")
    if not packed:
        return ["--from", "study"], {"specimen": "primary", "expression.scale": "log2"}
    with tarfile.open(here / "study.tar.gz", "w:gz") as tar:
        tar.add(folder, "study")
    stated = {key: value for key, value in ABOUT.items() if key != "documentation"}
    return ["--from", "study.tar.gz"], stated


def write_packed(here, genes, patients):
    return write_cbioportal(here, genes, patients, packed=True)


LAYOUTS = {
    "tables": write_tables,
    "h5ad": write_h5ad,
    "geo": write_geo,
    "cbioportal": write_cbioportal,
    "cbioportal archive": write_packed,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_card_runs_once_its_questions_are_answered(layout, here, genes, patients, symbols, capsys):
    arguments, about = LAYOUTS[layout](here, genes, patients)
    card_file = here / "cards" / "mine.yaml"
    card_file.parent.mkdir()
    assert main([*arguments, "--out", "cards/mine.yaml"]) == 0
    said = capsys.readouterr().err
    assert "'tumour' (22), 'normal breast' (2)" in said and "numbers from" in said
    with pytest.raises(InputError) as caught:
        load_card(card_file)
    asked = questions(yaml.safe_load(card_file.read_text(encoding="utf-8")))
    assert len(caught.value.problems) == len(asked)
    assert all("open question" in problem.found for problem in caught.value.problems)
    answer(card_file, {**about, **ENDPOINT_ANSWERS})
    card = load_card(card_file)
    downloads = Downloads(Path("data/downloads/mine"), lock_path(card_file))
    cohort = harmonise(acquire(card, downloads), card, symbols).adata
    assert cohort.shape == (22, 24)
    kept = patients.iloc[:22]
    assert cohort.obs["bone_event"].sum() == (kept["bone relapse"] == "1").sum()
    assert cohort.obs["death_event"].sum() == (kept["OS"] == "d").sum()
    np.testing.assert_allclose(cohort.obs["relapse_time_months"], kept["months to relapse"].astype(float))
    np.testing.assert_allclose(
        cohort.to_df().loc[SAMPLES[:22], genes.index].T, genes[SAMPLES[:22]].to_numpy(), rtol=1e-5
    )
    assert (cohort.obs["er"] == "positive").sum() == (kept["ER status"] == "ER+").sum()


def test_what_was_fetched_is_kept_and_locked_under_the_name_that_a_run_asks_for(here, genes, patients):
    arguments, _ = write_geo(here, genes, patients)
    assert main([*arguments, "--out", "gse77.yaml"]) == 0
    locked = read_lock(here / "gse77.lock.tsv")
    assert set(locked) == {"GSE77-GPL96_series_matrix.txt.gz", "GPL96.platform"}
    folder = here / "data" / "downloads" / "gse77"
    assert {path.name for path in folder.iterdir()} == {*locked, "fetched.tsv"}
    assert set(read_lock(folder / "fetched.tsv")) == set(locked)
    text = (here / "gse77.yaml").read_text(encoding="utf-8")
    assert 'title: "Some \\"quoted\\" study (GSE77)"' in text and "platform: GPL96" in text


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"time": ["1", "2", "3"], "event": ["0", "1", "0"]}, "time, event may tell one"),
        ({"age": ["40", "50", "60"]}, "No column names one"),
        ({"os_status": ["alive", "alive", "alive"]}, "No column names one"),
    ],
)
def test_no_endpoint_is_made_of_columns_that_do_not_name_one(columns, said):
    proposed, _ = propose_endpoints(pd.DataFrame(columns, dtype=object), set())
    assert isinstance(proposed, str) and proposed.startswith(MARK) and said in proposed


@pytest.mark.parametrize(
    ("name", "codes", "happened"),
    [
        ("relapse", ["0", "1"], "1"),
        ("death", ["yes", "no"], ["yes"]),
        ("OS_STATUS", ["1:DECEASED", "0:LIVING"], ["1:DECEASED"]),
        ("OS_STATUS", ["0", "1"], MARK),  # 1 may be alive
        ("vital status", ["dead", "alive", "lost"], MARK),
        ("bone metastasis", ["0", "1", "2"], MARK),
    ],
)
def test_a_code_is_an_event_only_where_it_says_so(name, codes, happened):
    table = pd.DataFrame({name: (codes * 3)[:6]}, dtype=object)
    proposed, _ = propose_endpoints(table, set())
    [endpoint] = proposed.values()
    found = endpoint["event"]["is"]
    assert found.startswith(MARK) if happened == MARK else found == happened
    assert endpoint["definition"].startswith(MARK)


def test_a_bare_code_of_a_status_and_a_size_without_unit_are_asked():
    table = pd.DataFrame(
        {"ER": ["1", "0"], "HER2 status": ["Positive", "neg"], "size": ["2.1", "30"], "Age": ["400", "5"]},
        dtype=object,
    )
    fields = propose_fields(table)
    assert set(fields) == {"er", "her2", "size_cm"}
    assert all(code.startswith(MARK) for code in fields["er"]["map"].values())
    assert fields["her2"]["map"] == {"Positive": "positive", "neg": "negative"}
    assert fields["size_cm"]["unit"].startswith(MARK)


def test_refusals(here, genes, patients, capsys):
    (here / "notes.doc").write_text("x")
    genes.to_csv(here / "e.csv", index_label="gene")
    (here / "there.yaml").write_text("id: there\n")
    for arguments, said in (
        (["--from", "nowhere"], "nothing there"),
        (["--from", "notes.doc"], "none of them"),
        (["--from", "e.csv"], "CLINICAL=clinical.tsv"),
        (["--from", "e.csv", "--out", "there.yaml"], "there already"),
        (["--accession", "GDS12", "--mirror", "."], "the accession of a series"),
        (["--accession", "GSE1", "--mirror", "."], "PLATFORM=GPL"),
    ):
        assert main(arguments) == 1, arguments
        assert said in capsys.readouterr().err, arguments
    assert (here / "there.yaml").read_text() == "id: there\n"


def test_the_worked_example_of_the_docs(here, symbols, capsys):
    """The simulation's tables, the answers that docs/user/add_a_cohort.md gives, the counts it promises."""
    card = load_card(PROJECT / "data" / "cohorts" / "simulated_bone.yaml")
    files = {"expression": "expression.parquet", "clinical": "clinical.tsv", "source": "source.json"}
    write_acquired(acquire(card), **files)
    assert (
        main(["--from", files["expression"], "--clinical", files["clinical"], "--out", "example.yaml"]) == 0
    )
    said = capsys.readouterr().err
    assert "10 clinical columns" in said and "12 open questions" in said
    page = (PROJECT / "docs" / "user" / "add_a_cohort.md").read_text(encoding="utf-8")
    block = next(text for text in page.split("```yaml\n") if text.startswith("title: EXAMPLE"))
    answers = yaml.safe_load(block.partition("```")[0])
    assert len(answers) == 12
    answer(here / "example.yaml", answers)
    example = load_card(here / "example.yaml")
    cohort = harmonise(acquire(example), example, symbols).adata
    assert (cohort.n_obs, cohort.obs["bone_event"].sum(), cohort.obs["bone_competing"].sum()) == (300, 70, 81)
