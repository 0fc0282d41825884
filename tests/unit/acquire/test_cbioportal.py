"""Source cbioportal: folder, archive and datahub give one cohort; every way to be broken has its message."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sources import acquire, input_files, remote_files
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, fetch_all
from irf7bone.harmonise.cohort import harmonise

PROFILE = "data_mrna_seq_v2_rsem.txt"
ENTRY = {
    "source": "cbioportal",
    "path": "study",
    "profile": PROFILE,
    "gene_id": "symbol",
    "scale": "log2",
    "collapse": "max_mean",
}
PATIENT_HEADER = [
    "#Patient Identifier\tOverall Survival (Months)\tOverall Survival Status\tAge",
    '#An identifier, "quoted\tMonths\tStatus\tAge',
    "#STRING\tNUMBER\tSTRING\tNUMBER",
    "#1\t1\t1\t1",
]
DEATH = {
    "definition": "death from any cause",
    "time": {"from": "OS_MONTHS", "unit": "months"},
    "event": {"from": "OS_STATUS", "is": "1:DECEASED", "else": "0:LIVING"},
}
ONLY_PRIMARY = [{"column": "SAMPLE_TYPE", "is_not": "Primary", "reason": "not a primary tumour"}]


def table(rows: dict[str, list], header: list[str] = ()) -> str:
    """A table as a study writes it."""
    columns = list(rows)
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in zip(*rows.values(), strict=True))]
    return "\n".join([*header, *lines, ""])


@pytest.fixture
def study(tmp_path, expression) -> Path:
    """12 patients, the last of them with a primary and a metastasis; a thirteenth that was not sequenced."""
    folder = tmp_path / "study"
    folder.mkdir()
    patients = [f"TCGA-{i:02d}" for i in range(1, 14)]
    status = ["1:DECEASED", "0:LIVING"] * 6 + ["[Not Available]"]
    months = [str(10 + i) for i in range(11)] + ["[Not Applicable]", ""]
    age = [str(40 + i) for i in range(11)] + ["NA", "[Pending]"]
    rows = {"PATIENT_ID": patients, "OS_MONTHS": months, "OS_STATUS": status, "AGE": age}
    (folder / "data_clinical_patient.txt").write_text(table(rows, PATIENT_HEADER))
    samples = [f"{name}-01" for name in patients] + ["TCGA-12-06"]
    rows = {
        "PATIENT_ID": [*patients, "TCGA-12"],
        "SAMPLE_ID": samples,
        "SAMPLE_TYPE": ["Primary"] * 13 + ["Metastasis"],
        "ER": ["Positive", "Negative"] * 7,
    }
    (folder / "data_clinical_sample.txt").write_text(table(rows))
    values = expression.set_axis([*samples[:11], "TCGA-12-06"], axis=1).assign(**{"TCGA-12-01": range(24)})
    rows = {"Hugo_Symbol": [*values.index[:-1], ""], "Entrez_Gene_Id": range(100, 124)}
    (folder / PROFILE).write_text(table(rows | {name: values[name].tolist() for name in values}))
    (folder / "meta_study.txt").write_text("type_of_cancer: brca\n")
    return folder


@pytest.fixture
def study_card(make_card):
    """A function that makes the card of the study, with changes to its expression and to its other keys."""

    def run(settings: dict | None = None, **changes):
        return make_card(
            **{
                "expression": {key: value for key, value in {**ENTRY, **(settings or {})}.items() if value},
                "clinical": [{"source": "cbioportal"}],
                "patient": "PATIENT_ID",
                "endpoints": {"death": DEATH},
                "exclude": ONLY_PRIMARY,
                **changes,
            }
        )

    return run


@pytest.fixture
def read(study_card):
    """A function that makes the card and acquires the study."""

    def run(settings: dict | None = None, **changes):
        card = study_card(settings, **changes)
        return acquire(card), card

    return run


def pack(folder: Path, name: str = "study.tar.gz") -> Path:
    archive = folder.with_name(name)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=folder.name)
    return archive


def test_samples_carry_what_the_study_says_of_their_patients(study, read):
    acquired, card = read()
    assert acquired.clinical.columns.tolist() == [
        "PATIENT_ID", "SAMPLE_TYPE", "ER", "OS_MONTHS", "OS_STATUS", "AGE",
    ]  # fmt: skip
    assert acquired.clinical.loc["TCGA-01-01"].tolist() == [
        "TCGA-01", "Primary", "Positive", "10", "1:DECEASED", "40",
    ]  # fmt: skip
    both = acquired.clinical.loc[["TCGA-12-01", "TCGA-12-06"], ["OS_MONTHS", "OS_STATUS", "AGE"]]
    assert both.to_numpy().tolist() == [[None, "0:LIVING", None]] * 2
    assert acquired.clinical.loc["TCGA-13-01", ["OS_MONTHS", "OS_STATUS"]].tolist() == [None, None]
    assert [source["name"] for source in acquired.sources] == [
        f"study/{PROFILE}", "study/data_clinical_sample.txt", "study/data_clinical_patient.txt",
    ]  # fmt: skip
    assert [path.name for path in input_files(card)] == [
        PROFILE, "data_clinical_patient.txt", "data_clinical_sample.txt",
    ]  # fmt: skip


def test_the_cohort_keeps_one_sample_a_patient_and_counts_the_losses(study, read, symbols):
    acquired, card = read()
    harmonised = harmonise(acquired, card, symbols)
    assert harmonised.adata.obs_names.tolist() == [f"TCGA-{i:02d}-01" for i in range(1, 13)]
    assert harmonised.adata.obs["death_event"].sum() == 6
    flow = harmonised.flow.set_index("reason")["n_dropped"]
    assert flow["no expression"] == 1 and flow["not a primary tumour"] == 1


def test_a_gene_without_the_chosen_id_is_counted_and_not_lost_silently(study, read, symbols):
    acquired, card = read()
    assert acquired.expression.index[-1] == "row 24 without Hugo_Symbol (123)"
    dropped = harmonise(acquired, card, symbols).adata.uns["provenance"]
    assert "row 24 without Hugo_Symbol (123)" in dropped
    by_entrez, _ = read({"gene_id": "entrez"})
    assert by_entrez.expression.index.tolist() == [str(i) for i in range(100, 124)]


def test_a_profile_may_lack_one_of_the_gene_columns(study, read):
    text = pd.read_csv(study / PROFILE, sep="\t").drop(columns="Entrez_Gene_Id").fillna("FOXA1")
    text.to_csv(study / PROFILE, sep="\t", index=False)
    assert read()[0].expression.index[-1] == "FOXA1"
    with pytest.raises(InputError, match=r"(?s)header\n.*Entrez_Gene_Id: the column of the gene ids"):
        read({"gene_id": "entrez"})


def test_archive_and_datahub_give_what_the_folder_gives(study, read, study_card, tmp_path):
    from_folder, _ = read()
    archive = pack(study)
    from_archive, card = read({"path": "study.tar.gz"})
    pd.testing.assert_frame_equal(from_archive.expression, from_folder.expression)
    pd.testing.assert_frame_equal(from_archive.clinical, from_folder.clinical)
    assert {source["name"] for source in from_archive.sources} == {"study.tar.gz"}
    assert input_files(card) == [archive]
    mirror = tmp_path / "mirror" / "cbioportal-datahub.s3.amazonaws.com"  # the second of the two addresses
    mirror.mkdir(parents=True)
    archive.rename(mirror / "brca_made.tar.gz")
    card = study_card({"path": None, "study": "brca_made"})
    folder, lock = tmp_path / "downloads", tmp_path / "made.lock"
    files = remote_files(card)
    assert [file.name for file in files] == ["brca_made.tar.gz"]
    assert input_files(card) == []
    fetch_all(files, folder, lock=lock, mirror=str(tmp_path / "mirror"))
    from_hub = acquire(card, Downloads(folder, lock))
    pd.testing.assert_frame_equal(from_hub.expression, from_folder.expression)
    pd.testing.assert_frame_equal(from_hub.clinical, from_folder.clinical)
    assert "brca_made.tar.gz" in from_hub.sources[0]["name"]


def test_a_study_without_patient_table_has_what_its_samples_have(study, read):
    (study / "data_clinical_patient.txt").unlink()
    death = {**DEATH, "time": {"from": "ER", "unit": "months"}, "event": {"from": "ER", "is": 1}}
    clinical = read(endpoints={"death": death})[0].clinical
    assert clinical.columns.tolist() == ["PATIENT_ID", "SAMPLE_TYPE", "ER"]


def test_two_samples_of_a_patient_stop_the_run_until_the_card_chooses(study, read, symbols):
    for exclude, right in (
        ([], False),
        ([{"samples": ["TCGA-12-06"], "reason": "metastasis"}], True),
        ([{"column": "SAMPLE_TYPE", "is": "Metastasis", "reason": "metastasis"}], True),
    ):
        acquired, card = read(exclude=exclude)
        if right:
            assert harmonise(acquired, card, symbols).adata.n_obs == 12
            continue
        with pytest.raises(InputError, match=r"(?s)1 patients with several.*TCGA-12: TCGA-12-06, TCGA-12-01"):
            harmonise(acquired, card, symbols)


def test_a_rule_on_a_column_that_names_nobody_is_refused(study, read, symbols):
    rule = {"column": "SAMPLE_TYPE", "is": "metastasis", "reason": "metastasis"}
    acquired, card = read(exclude=[rule])
    with pytest.raises(
        InputError, match=r"(?s)excludes nobody.*values that are there.*'Primary', 'Metastasis'|'M"
    ):
        harmonise(acquired, card, symbols)
    acquired, card = read(exclude=[{**rule, "column": "SAMPLE_TYP"}])
    with pytest.raises(InputError, match=r"(?s)exclude: column.*use 'SAMPLE_TYPE'"):
        harmonise(acquired, card, symbols)


def test_words_that_the_card_calls_missing_are_missing(study, read):
    acquired, _ = read(clinical=[{"source": "cbioportal", "missing": ["Negative", "10"]}])
    assert acquired.clinical["ER"].isna().sum() == 7
    assert acquired.clinical.loc["TCGA-01-01", "OS_MONTHS"] is None


def edit(name: str, *change: tuple[str, str]):
    """A function that replaces text in one file of the study."""

    def run(study: Path) -> None:
        text = (study / name).read_text()
        for old, new in change:
            assert old in text
            text = text.replace(old, new, 1)
        (study / name).write_text(text)

    return run


PATIENTS, SAMPLES = "data_clinical_patient.txt", "data_clinical_sample.txt"
# how to spoil the study, the card's settings, what the message must say, what its remedy must say
BAD = {
    "no such profile": (
        lambda study: None,
        {"profile": "data_mrna_seq_rsem.txt"},
        f"there are .*{PROFILE}",
        f"did you mean `{PROFILE}`",
    ),
    "no samples": (lambda study: (study / SAMPLES).unlink(), {}, f"the file {SAMPLES}", "did you mean"),
    "git-lfs pointer": (
        lambda study: (study / PROFILE).write_text("version https://git-lfs.github.com/spec/v1\noid x\n"),
        {},
        "the pointer that git-lfs leaves",
        "git lfs pull",
    ),
    "html": (
        lambda study: (study / PROFILE).write_text("<html>no</html>"),
        {},
        "a web page",
        "right address",
    ),
    "no sample id": (edit(SAMPLES, ("SAMPLE_ID", "SAMPLE")), {}, "header\n.*SAMPLE_ID", "rename `SAMPLE`"),
    "no patient id": (edit(PATIENTS, ("PATIENT_ID", "ID")), {}, "header\n.*PATIENT_ID", "rename|check"),
    "header without #": (edit(PATIENTS, ("#Patient", "Patient")), {}, "header\n.*PATIENT_ID", "check|rename"),
    "repeated sample": (edit(SAMPLES, ("TCGA-12-06", "TCGA-12-01")), {}, "1 repeated", "replicates"),
    "repeated patient": (edit(PATIENTS, ("TCGA-13\t", "TCGA-12\t")), {}, "patient id once", "remove"),
    "repeated column": (edit(SAMPLES, ("ER", "SAMPLE_TYPE")), {}, "every column name once", "rename"),
    "nameless patient": (edit(SAMPLES, ("TCGA-13\t", "\t")), {}, "a patient id in every place", "give each"),
    "ragged": (edit(PATIENTS, ("\t40\n", "\n")), {}, "line 6: 3 columns", "stray"),
    "other patients": (
        lambda study: (study / PATIENTS).write_text(
            (study / PATIENTS).read_text().replace("TCGA-", "MB-"),
        ),
        {},
        "none of 13 is there",
        "belong to one study",
    ),
    "contradiction": (
        lambda study: (study / PATIENTS).write_text(
            (study / PATIENTS).read_text().replace("AGE", "ER"),
        ),
        {},
        "11 samples with another one",
        "rename or remove",
    ),
    "no number": (edit(PROFILE, ("\t100\t", "\t100\tx")), {}, r"\(row IRF7, column TCGA-01-01\)", "NA"),
    "repeated expression": (
        edit(PROFILE, ("TCGA-12-06", "TCGA-12-01")),
        {},
        "every sample id once",
        "copies",
    ),
}


@pytest.mark.parametrize("form", ["folder", "archive"])
@pytest.mark.parametrize("case", BAD)
def test_bad_studies_are_refused(study, read, case, form):
    spoil, settings, said, remedy = BAD[case]
    spoil(study)
    if form == "archive":
        settings = {**settings, "path": pack(study).name}
    with pytest.raises(InputError, match=f"(?s){said}.*remedy:.*({remedy})") as caught:
        read(settings)
    place = "study.tar.gz" if form == "archive" else str(study)
    assert all(place in problem.where for problem in caught.value.problems)


def test_an_archive_is_not_trusted(study, read, tmp_path):
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        tar.add(study / PROFILE, arcname=f"../{PROFILE}")
    with pytest.raises(InputError, match="names inside the archive's folder"):
        read({"path": "evil.tar.gz"})
    (tmp_path / "no.tar.gz").write_bytes(np.arange(100).tobytes())
    with pytest.raises(InputError, match="a whole tar archive"):
        read({"path": "no.tar.gz"})
