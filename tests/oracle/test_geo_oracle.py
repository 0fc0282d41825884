"""Reading GEO against GEOquery and GEOparse, on the real files that Debian's GEOquery ships, read in place.

GEOquery 2.66 reads series matrices and SOFT, GEOparse 2.0 only SOFT. The real file is a family SOFT file
(GSE781: kidney tumours on GPL96 and GPL97), so the series matrix is written from its sample tables, number
by number as they stand there.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup.geo import matrix_text, zipped
from tests.oracle.recompute import run_r

from irf7bone.acquire.series_matrix import read_series_matrix
from irf7bone.acquire.soft import read_probe_genes

SHIPPED = Path("/usr/lib/R/site-library/GEOquery/extdata")
FAMILY, ANNOTATION = "GSE781_family.soft.gz", "GPL97.annot.gz"


def shipped(name: str) -> Path:
    """A real file of Debian's r-bioc-geoquery."""
    path = SHIPPED / name
    if not path.is_file():
        pytest.skip(f"no {name} of Debian's r-bioc-geoquery")
    return path


def geoquery(folder: Path, *arguments: object) -> None:
    """Run geo.R."""
    run_r("geo.R", folder, *arguments)


def read(path: Path) -> pd.DataFrame:
    """A table that geo.R wrote, as text."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)


def sample_tables(platform: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Values of the family file as text, probes x samples, and the samples' titles; by code of its own."""
    columns, titles, wanted = {}, {}, False
    with gzip.open(shipped(FAMILY), "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("^SAMPLE"):
                sample = line.split("=")[1].strip()
            elif line.startswith("!Sample_title"):
                title = line.partition("=")[2].strip()
            elif line.startswith("!Sample_platform_id"):
                wanted = line.split("=")[1].strip() == platform
            elif line.startswith("!sample_table_begin") and wanted:
                titles[sample] = title
                next(lines)
                rows = {}
                for row in lines:
                    if row.startswith("!sample_table_end"):
                        break
                    probe, value = row.rstrip("\n").split("\t")[:2]
                    rows[probe] = value
                columns[sample] = rows
    return pd.DataFrame(columns), titles


@pytest.fixture(scope="module")
def matrices(tmp_path_factory) -> dict[str, Path]:
    """The series matrix of each platform of GSE781, with its real values and titles."""
    folder = tmp_path_factory.mktemp("gse781")
    paths = {}
    for platform in ("GPL96", "GPL97"):
        values, titles = sample_tables(platform)
        text = matrix_text(
            values,
            accession="GSE781",
            platform=platform,
            characteristics=[[f"tissue: {title.split(' ', 1)[1]}" for title in titles.values()]],
        )
        paths[platform] = folder / f"GSE781-{platform}_series_matrix.txt.gz"
        paths[platform].write_bytes(zipped(text))
    return paths


@pytest.mark.oracle
def test_series_matrix_against_geoquery(matrices, tmp_path):
    geoquery(tmp_path, *matrices.values())
    for platform, path in matrices.items():
        ours = read_series_matrix(path, platform)
        values = read(tmp_path / f"GSE781-{platform}.values.tsv")
        theirs = values.map(lambda word: np.nan if word == "NA" else float.fromhex(word)).to_numpy()
        assert ours.values.shape == theirs.shape and theirs.shape[0] > 22_000
        np.testing.assert_array_equal(ours.values, theirs)
        assert values.columns.tolist() == ours.samples.index.tolist()
        samples = read(tmp_path / f"GSE781-{platform}.samples.tsv")
        assert samples["title"].tolist() == ours.samples["title"].tolist()
        assert samples["tissue:ch1"].tolist() == ours.samples["tissue"].tolist()


@pytest.mark.oracle
def test_characteristics_against_geoquery(tmp_path):
    """Shifted, repeated, empty and second-channel characteristics."""
    samples = [f"GSM{i}" for i in range(1, 7)]
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.normal(8, 1, (5, 6)), index=[f"p{i}" for i in range(5)], columns=samples)
    text = matrix_text(
        values,
        characteristics=[
            ["er: +", "grade: 2", "er: -", "er:-", "", "bone relapses (1=yes, 0=no): 1"],
            ["grade: 3", "er: -", "drug: A", "time: 12:30", "er: +", "er: +"],
            ["", "", "drug: B", "grade: 1", "", "grade: 2"],
        ],
        attributes={"characteristics_ch2": ["er: none"] * 6},
    )
    path = tmp_path / "GSE1_series_matrix.txt.gz"
    path.write_bytes(zipped(text))
    geoquery(tmp_path, path)
    theirs = read(tmp_path / "GSE1.samples.tsv").set_index("sample").drop(columns="title")
    ours = read_series_matrix(path, "GPL96").samples
    assert len(theirs.columns) == 6
    for name in theirs.columns:
        column = ours[name.removesuffix(":ch1")]
        assert column.fillna("NA").tolist() == theirs[name].tolist(), name


@pytest.mark.oracle
def test_platform_annotation_against_geoquery(tmp_path):
    path = shipped(ANNOTATION)
    geoquery(tmp_path, "--platform", path)
    theirs = read(tmp_path / "platform.tsv")
    for column in ("Gene symbol", "Gene ID"):
        ours = read_probe_genes(path, "GPL97", column)
        assert list(ours) == theirs["ID"].tolist()
        assert [gene or "" for gene in ours.values()] == theirs[column].replace("NA", "").tolist()
    assert len(ours) > 22_000 and sum(gene is not None for gene in ours.values()) > 10_000


@pytest.mark.oracle
def test_family_file_against_geoparse(matrices):
    import GEOparse as geoparse

    geoparse.logger.set_verbosity("ERROR")
    series = geoparse.get_GEO(filepath=str(shipped(FAMILY)), silent=True)
    for platform, path in matrices.items():
        ours = read_series_matrix(path, platform)
        for column, sample in enumerate(ours.samples.index):
            theirs = series.gsms[sample].table.set_index("ID_REF")["VALUE"].loc[ours.probes]
            np.testing.assert_allclose(ours.values[:, column], theirs.to_numpy(), rtol=1e-15)
        table = series.gpls[platform].table
        genes = read_probe_genes(shipped(FAMILY), platform)
        assert list(genes) == table["ID"].tolist()
        assert [gene or "" for gene in genes.values()] == table["Gene Symbol"].fillna("").tolist()
