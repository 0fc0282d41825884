"""A stand-in for GEO and cBioPortal: files of the public cohorts in their layout, with made-up values.

Names of columns and codes are those of the cards, which is what the cards claim about the sources; counts
are the published ones where a card enforces them.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from madeup.geo import ARCHIVE, annotation_text, family_text, matrix_text, zipped

DATAHUB = "/datahub.assets.cbioportal.org"


def write_mirror(folder: Path, genes: pd.DataFrame) -> None:
    """Fill a mirror with everything that the cards of public cohorts fetch.

    Args:
        folder: The mirror; files land at ``<folder>/HOST/PATH``.
        genes: Columns symbol and entrez, one row a gene; every array measures all of them.
    """
    files = {
        **_platform("GPL96", genes),
        **_platform("GPL570", genes),
        **_gse2034(genes),
        **_gse2603(genes),
        **_gse5327(genes),
        **_gse12276(genes),
        **_metabric(genes),
        **_tcga(genes),
    }
    for name, content in files.items():
        path = folder / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _probes(genes: pd.DataFrame) -> list[str]:
    return [f"{200000 + number}_at" for number in range(len(genes))]


def _platform(platform: str, genes: pd.DataFrame) -> dict[str, bytes]:
    table = genes.set_axis(_probes(genes), axis=0)
    path = f"{ARCHIVE}/platforms/GPLnnn/{platform}/annot/{platform}.annot.gz"
    return {path: zipped(annotation_text(table, platform))}


def _intensities(genes: pd.DataFrame, n_samples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.uniform(5, 11, (len(genes), 1))
    return np.round(2 ** (level + rng.normal(0, 0.8, (len(genes), n_samples))), 1)


def _matrix(
    accession: str,
    samples: Sequence[str],
    genes: pd.DataFrame,
    characteristics: Mapping[str, Sequence[object]],
    seed: int,
    platform: str = "GPL96",
) -> dict[str, bytes]:
    values = pd.DataFrame(_intensities(genes, len(samples), seed), _probes(genes), list(samples))
    cells = [[f"{key}: {value}" for value in column] for key, column in characteristics.items()]
    text = matrix_text(values, accession=accession, platform=platform, characteristics=cells)
    folder = f"{ARCHIVE}/series/{accession[:-3]}nnn/{accession}"
    return {f"{folder}/matrix/{accession}_series_matrix.txt.gz": zipped(text)}


def _gse2034(genes: pd.DataFrame) -> dict[str, bytes]:
    samples = [f"GSM{36777 + number}" for number in range(286)]
    bone = [1] * 69 + [0] * 217
    brain = [0] * 69 + [1] * 10 + [0] * 207
    relapse = [1] * 107 + [0] * 179
    rng = np.random.default_rng(11)
    table = pd.DataFrame(
        {
            "PID": range(1, 287),
            "GEO asscession number": samples,
            "lymph node status": "negative",
            "time to relapse or last follow-up (months)": rng.integers(2, 171, 286),
            "relapse (1=True)": relapse,
            "ER Status": np.where(np.arange(286) % 4, "ER+", "ER-"),
            "Brain relapses (1=yes, 0=no)": brain,
        },
        dtype=object,
    ).astype(str)
    soft = f"{ARCHIVE}/series/GSE2nnn/GSE2034/soft/GSE2034_family.soft.gz"
    flags = {"bone relapses (1=yes, 0=no)": bone}
    return {
        **_matrix("GSE2034", samples, genes, flags, 12),
        soft: zipped(family_text(table.sample(frac=1, random_state=1), "GSE2034")),
    }


def _gse2603(genes: pd.DataFrame) -> dict[str, bytes]:
    """Tumours with and without follow-up, then cell lines; what is not known stands as ``--``."""
    n_followed, n_lost, n_lines = 40, 6, 8
    samples = [f"GSM{49944 + number}" for number in range(n_followed + n_lost + n_lines)]
    rng = np.random.default_rng(21)
    unknown = ["--"] * (n_lost + n_lines)
    bone = [*([1] * 9 + [0] * 31), *unknown]
    distant = [*([1] * 15 + [0] * 25), *unknown]
    years = np.round(rng.uniform(0.5, 12, n_followed), 2).tolist()
    return _matrix(
        "GSE2603",
        samples,
        genes,
        {
            "tissue type": ["primary breast cancer"] * (n_followed + n_lost)
            + ["MDA-MB-231 subline"] * n_lines,
            "path er status": [*["P", "N"] * 20, *["P"] * n_lost, *["--"] * n_lines],
            "met event": distant,
            "mfs (yr)": [*years, *unknown],
            "bm event": bone,
            "bmfs (yr)": [*years, *unknown],
        },
        22,
    )


def _gse5327(genes: pd.DataFrame) -> dict[str, bytes]:
    samples = [f"GSM{120648 + number}" for number in range(58)]
    years = np.round(np.random.default_rng(31).uniform(0.3, 14, 58), 2)
    event = [1] * 11 + [0] * 47
    characteristics = {"metastasis": event, "metastasis free survival (yr)": years}
    return _matrix("GSE5327", samples, genes, characteristics, 32)


def _gse12276(genes: pd.DataFrame) -> dict[str, bytes]:
    """What GEO has of this series; the sites are the user's."""
    samples = [f"GSM{307962 + number}" for number in range(30)]
    flags = {"site of relapse (brain or other)": ["other"] * 30}
    return _matrix("GSE12276", samples, genes, flags, 61, "GPL570")


def write_your_files(folder: Path, genes: pd.DataFrame) -> None:
    """The files that the notes of gse12276 and nki337 ask their user for."""
    rng = np.random.default_rng(71)
    sites = pd.DataFrame(
        {
            "gsm": [f"GSM{307962 + number}" for number in range(30)],
            "months_to_relapse": np.round(rng.uniform(2, 90, 30), 1),
            "relapse": 1,
            "bone": [1, 0, 0, 1, 0] * 6,
            "brain": [0, 0, 1, 0, 0] * 6,
        }
    )
    sites.to_csv(folder / "gse12276.sites.tsv", sep="\t", index=False)
    names = [f"NKI_{number}" for number in range(1, 26)]
    ratios = pd.DataFrame(rng.normal(0, 0.4, (len(genes), 25)).round(3), columns=names)
    ratios.insert(0, "gene", genes["symbol"].to_numpy())
    ratios.to_csv(folder / "nki337.expression.csv", index=False)
    clinical = pd.DataFrame(
        {
            "samplename": names,
            "size": rng.uniform(0.5, 5, 25).round(1),
            "age": rng.integers(28, 54, 25),
            "er": [1, 1, 0, 1, None] * 5,
            "grade": [1, 2, 3, 3, 2] * 5,
            "node": [0, 1, 0, 1, 0] * 5,
            "t.dmfs": rng.integers(100, 6000, 25),
            "e.dmfs": [0, 1, 0, 0, 1] * 5,
            "t.os": rng.integers(100, 6000, 25),
            "e.os": [0, 1, 0, 0, 0] * 5,
        }
    )
    clinical.to_csv(folder / "nki337.clinical.csv", index=False, na_rep="NA")


def _tar(study: str, tables: Mapping[str, str]) -> dict[str, bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in {**tables, "meta_study.txt": "type_of_cancer: brca\n"}.items():
            member = tarfile.TarInfo(f"{study}/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return {f"{DATAHUB}/{study}.tar.gz": buffer.getvalue()}


def _tsv(table: pd.DataFrame, *, explained: bool = False) -> str:
    """A table of a study; clinical ones open with four lines that explain the columns."""
    text = table.to_csv(sep="\t", index=False, lineterminator="\n")
    names = "\t".join(table.columns)
    head = f"#{names}\n#{names}\n#{names.replace('ER', 'STRING')}\n#{names}\n" if explained else ""
    return head + text


def _profile(genes: pd.DataFrame, samples: Sequence[str], values: np.ndarray) -> str:
    table = pd.DataFrame(values, columns=list(samples))
    table.insert(0, "Entrez_Gene_Id", genes["entrez"].to_numpy())
    table.insert(0, "Hugo_Symbol", genes["symbol"].to_numpy())
    return _tsv(table)


def _metabric(genes: pd.DataFrame) -> dict[str, bytes]:
    patients = [f"MB-{number:04d}" for number in range(50)]
    n, rng = len(patients), np.random.default_rng(41)
    clinical = pd.DataFrame(
        {
            "PATIENT_ID": patients,
            "AGE_AT_DIAGNOSIS": np.round(rng.uniform(30, 85, n), 2),
            "OS_MONTHS": np.round(rng.uniform(5, 300, n), 4),
            "OS_STATUS": ["1:DECEASED", "0:LIVING"] * 25,
            "RFS_MONTHS": np.round(rng.uniform(5, 300, n), 2),
            "RFS_STATUS": ["1:Recurred", "0:Not Recurred", "0:Not Recurred", "", "1:Recurred"] * 10,
        }
    )
    samples = pd.DataFrame(
        {
            "PATIENT_ID": patients,
            "SAMPLE_ID": patients,
            "ER_STATUS": ["Positive", "Negative"] * 25,
            "HER2_STATUS": ["Negative"] * 40 + ["Positive"] * 10,
            "GRADE": ["1.0", "2.0", "3.0", "", "3.0"] * 10,
            "TUMOR_SIZE": np.round(rng.uniform(5, 60, n), 1),
            "SAMPLE_TYPE": "Primary",
        }
    )
    measured = patients[:45]  # the others have clinical data only
    values = np.round(np.log2(_intensities(genes, len(measured), 42)), 6)
    return _tar(
        "brca_metabric",
        {
            "data_clinical_patient.txt": _tsv(clinical, explained=True),
            "data_clinical_sample.txt": _tsv(samples, explained=True),
            "data_mrna_illumina_microarray.txt": _profile(genes, measured, values),
        },
    )


def _tcga(genes: pd.DataFrame) -> dict[str, bytes]:
    """Forty patients, two of them with a metastasis besides; profiles by Entrez id."""
    patients = [f"TCGA-A1-A{number:03d}" for number in range(40)]
    n, rng = len(patients), np.random.default_rng(51)
    clinical = pd.DataFrame(
        {
            "PATIENT_ID": patients,
            "OS_MONTHS": np.round(rng.uniform(1, 120, n), 2),
            "OS_STATUS": ["1:DECEASED", "0:LIVING", "0:LIVING", "0:LIVING"] * 10,
            "DFS_MONTHS": [*np.round(rng.uniform(1, 120, n - 4), 2), *["[Not Available]"] * 4],
            "DFS_STATUS": [*["1:Recurred/Progressed", "0:DiseaseFree", "0:DiseaseFree"] * 12, *[""] * 4],
            "ER_STATUS_BY_IHC": ["Positive", "Negative", "Indeterminate", "[Not Available]"] * 10,
        }
    )
    ids = [f"{patient}-01" for patient in patients] + [f"{patient}-06" for patient in patients[:2]]
    samples = pd.DataFrame(
        {
            "SAMPLE_ID": ids,
            "PATIENT_ID": [name[:-3] for name in ids],
            "SAMPLE_TYPE": ["Primary"] * 40 + ["Metastasis"] * 2,
        }
    )
    values = _intensities(genes, len(ids), 52)
    return _tar(
        "brca_tcga",
        {
            "data_clinical_patient.txt": _tsv(clinical, explained=True),
            "data_clinical_sample.txt": _tsv(samples),
            "data_mrna_seq_v2_rsem.txt": _profile(genes, ids, values),
        },
    )
