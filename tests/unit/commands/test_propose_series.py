"""`make card KIND=experiment ACCESSION=...` on stand-ins for the layouts of public series, values made up.

Each layout is that of a series as public code reads it: values in a supplementary file alone (GSE209998), one
such file for two platforms (GSE110590), two platforms in a series of series (GSE14020), keys that differ
between samples, mice (GSE37975).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup import geo as madeup_geo

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.commands.card_command import card_command
from irf7bone.download.fetch import Downloads, fetch_all
from irf7bone.download.lock import lock_path
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.study.experiment_checks import load_experiment
from irf7bone.study.questions import MARK

HUMAN = ["IRF7", "STAT1", "MX1", "ISG15", "OAS1", "TP53", "EGFR", "GATA3", "ESR1", "KRT5", "RIGI", "PGR"]
MOUSE = ["Irf7", "Stat1", "Mx1", "Isg15", "Oas1a", "Trp53", "Egfr", "Gata3", "Esr1", "Krt5", "Rigi", "Pgr"]
SITES = ["PRIMARY", "PRIMARY", "PRIMARY", "RIB", "SPINAL", "SKULL", "LIVER"]
PATIENTS = ["A1", "A2", "A3", "A1", "A2", "A3", "A3"]


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mirror"


def folder_of(mirror: Path, accession: str) -> Path:
    return mirror / madeup_geo.ARCHIVE.lstrip("/") / "series" / madeup_geo.thousand(accession) / accession


def write(
    mirror: Path,
    accession: str,
    samples: Sequence[str],
    characteristics: Sequence[Sequence[str]],
    *,
    platform: str = "GPL96",
    named: bool = False,
    genes: Sequence[str] | None = HUMAN,
    attributes: Mapping[str, Sequence[str]] | None = None,
    series: Sequence[tuple[str, str]] = (),
    species: str = "Homo sapiens",
) -> None:
    """A series matrix, without values where there are no genes, and the platform's annotation."""
    probes = [f"14{number:05d}_at" for number in range(len(genes or []))]
    values = np.random.default_rng(6).normal(8, 1, (len(probes), len(samples))).round(3)
    text = madeup_geo.matrix_text(
        pd.DataFrame(values, probes, samples),
        accession=accession,
        platform=platform,
        characteristics=characteristics,
        attributes={"organism_ch1": [species] * len(samples), **(attributes or {})},
        series=series,
    )
    name = f"{accession}-{platform}" if named else accession
    table = madeup_geo.annotation_text(pd.DataFrame({"symbol": genes or [], "entrez": ""}, probes), platform)
    annotated = (
        mirror
        / madeup_geo.ARCHIVE.lstrip("/")
        / "platforms"
        / madeup_geo.thousand(platform)
        / platform
        / "annot"
    )
    for path, content in (
        (folder_of(mirror, accession) / "matrix" / f"{name}_series_matrix.txt.gz", text),
        (annotated / f"{platform}.annot.gz", table),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(madeup_geo.zipped(content))


def propose(accession: str, *more: str) -> tuple[dict, str]:
    """The card that is proposed, and its text."""
    out = Path(f"{accession.lower()}.yaml")
    arguments = ["--accession", accession, "--mirror", "mirror", "--experiment", "--out", str(out), *more]
    assert card_command(arguments) == 0
    text = out.read_text(encoding="utf-8")
    return yaml.safe_load(text), text


def ids(n: int, first: int = 1) -> list[str]:
    return [f"GSM{900 + first + number}" for number in range(n)]


def harmonised(card: dict, symbols):
    """What a run makes of an answered card, with everything from the mirror."""
    path = Path(f"{card['id']}.yaml")
    path.write_text(yaml.safe_dump(card), encoding="utf-8")
    lock_path(path).unlink(missing_ok=True)
    read, downloads = load_experiment(path), Path("downloads")
    fetch_all(remote_files(read), downloads, lock=lock_path(path), mirror="mirror")
    return harmonise_experiment(acquire(read, Downloads(downloads, lock_path(path))), read, symbols)


def answered(card: dict, **more: object) -> dict:
    contrast = {
        "id": "bone_vs_primary",
        "case": "bone",
        "reference": "primary",
        "paired": True,
        "batch": False,
    }
    own = {
        "citation": {"text": "made up"},
        "documentation": "this test",
        "pairs": {"from": "patient id"},
        "contrasts": [{**contrast, "meaning": "loss_in_bone"}],
    }
    return {**card, **own, **more}


def write_table(
    mirror: Path, accession: str, name: str, genes: Sequence[str], columns: Sequence[str]
) -> None:
    values = np.random.default_rng(7).normal(8, 1, (len(genes), len(columns))).round(3)
    path = folder_of(mirror, accession) / "suppl" / name
    path.parent.mkdir(parents=True)
    table = pd.DataFrame(values, genes, columns).to_csv(sep="\t", index_label="NAME")
    path.write_bytes(gzip.compress(table.encode(), mtime=0) if name.endswith(".gz") else table.encode())


def test_values_in_a_supplementary_file_alone_are_proposed_and_run(mirror, symbols):
    """As GSE209998: an empty matrix, two descriptions, the header's names within titles."""
    barcodes = [f"AUR-AF{number}-TT{kind}1" for kind in "PM" for number in range(3)]
    file = "GSE209998_AUR_129_UQN.txt.gz"
    write(
        mirror,
        "GSE209998",
        ids(6),
        [
            [f"tissue: {site}" for site in ["Breast"] * 3 + ["Bone"] * 3],
            [f"patient id: {p}" for p in "123123"],
        ],
        genes=None,
        attributes={"description": [f"tumour [{code}]" for code in barcodes]},
        series=[
            ("supplementary_file", f"ftp://ftp.ncbi.nlm.nih.gov/geo/series/GSE209nnn/GSE209998/suppl/{file}")
        ],
    )
    write_table(mirror, "GSE209998", file, HUMAN, barcodes)
    card, text = propose("GSE209998")
    expression = card["expression"]
    assert expression["supplementary"] == file and "The series matrix holds no values" in text
    assert card["groups"] == {"from": "tissue", "map": {"Breast": "primary", "Bone": "bone"}}
    assert all(expression[key].startswith(MARK) for key in ("match", "gene_id", "scale"))
    expression |= {"match": "description", "gene_id": "symbol", "scale": "log2"}
    made = harmonised(answered(card), symbols).adata
    assert made.shape == (6, 12) and list(made.obs_names) == ids(6)
    assert made.obs["group"].tolist() == ["primary"] * 3 + ["bone"] * 3
    expression["match"] = "title"
    with pytest.raises(Exception, match="names that stand in 'title' of one sample"):
        harmonised(answered(card), symbols)


def test_two_platforms_share_a_supplementary_file(mirror, symbols):
    """As GSE110590: a matrix a platform without values, one file for both, with symbol|Entrez in its rows."""
    titles = [f"{patient}-{site}-RNA" for patient, site in zip(PATIENTS, SITES, strict=True)]
    for platform, rows in (("GPL11154", slice(0, 4)), ("GPL16791", slice(4, 7))):
        cells = [
            [f"patient id: {name}" for name in PATIENTS[rows]],
            [f"tumor location: {site}" for site in SITES[rows]],
        ]
        write(
            mirror,
            "GSE110590",
            ids(7)[rows],
            cells,
            platform=platform,
            named=True,
            genes=None,
            attributes={"description": titles[rows]},
        )
    rows = [f"{gene}|{number + 10}" for number, gene in enumerate(HUMAN)]
    write_table(mirror, "GSE110590", "RAP.tsv.gz", rows, titles)
    assert card_command(["--accession", "GSE110590", "--mirror", "mirror", "--experiment"]) == 1
    card, _ = propose("GSE110590", "--platform", "GPL11154")
    assert "which of the files on its page" in card["expression"]["supplementary"]
    assert card["groups"]["from"] == "tumor location" and card["groups"]["map"]["RIB"] == "bone"
    card["expression"] = {
        **{key: card["expression"][key] for key in ("source", "accession", "collapse")},
        "supplementary": "RAP.tsv.gz",
        "match": "description",
        "platforms": ["GPL11154", "GPL16791"],
        "gene_id": "symbol",
        "scale": "log2",
        "repair": ["symbol_and_id"],
    }
    card["samples"] = [{"source": "geo", "platform": name} for name in card["expression"]["platforms"]]
    card["groups"]["map"] = {
        "PRIMARY": "primary",
        "RIB": "bone",
        "SPINAL": "bone",
        "SKULL": "bone",
        "LIVER": None,
    }
    made = harmonised(answered(card), symbols).adata
    assert made.obs["group"].value_counts().to_dict() == {"primary": 3, "bone": 3}
    assert made.obs["pair"].tolist() == PATIENTS[:6] and made.n_vars == 12


def test_a_platform_of_several_is_named_and_a_series_of_series_says_so(mirror, capsys):
    """As GSE14020: matrices carry the platform's name, and the samples are those of two other series."""
    relation = [("relation", "SuperSeries of: GSE14017"), ("relation", "SuperSeries of: GSE14018")]
    sites = [f"metastatic site: {site}" for site in ("bone", "bone", "lung", "brain") * 2]
    write(mirror, "GSE14020", ids(8), [sites], named=True, series=relation)
    assert card_command(["--accession", "GSE14020", "--mirror", "mirror", "--experiment"]) == 1
    assert "name one with PLATFORM=GPL" in capsys.readouterr().err
    card, text = propose("GSE14020", "--platform", "GPL96")
    assert card["expression"]["platform"] == "GPL96"
    assert "holds the samples of GSE14017, GSE14018: the same samples" in text
    assert card["groups"]["from"].startswith(MARK) and "metastatic site" in card["groups"]["from"]


def test_keys_that_differ_between_samples_stay_apart(mirror):
    """A line of characteristics holds what comes next in each sample, not one key for all."""
    first = ["tissue: primary tumour", "tissue: primary tumour", "er: positive", "tissue: bone metastasis"]
    second = ["er: positive", "er: negative", "tissue: bone metastasis", ""]
    write(mirror, "GSE77001", ids(4), [first, second])
    card, _ = propose("GSE77001")
    assert card["groups"]["from"] == "tissue"
    assert card["groups"]["map"] == {"bone metastasis": "bone", "primary tumour": "primary"}


def test_mice_are_an_experiment_of_mice(mirror, symbols):
    """As GSE37975: probes are no symbols, so the samples' species says it; a cohort of mice is refused."""
    cells = [
        [f"tissue: {site}" for site in ["primary tumour"] * 3 + ["spine metastasis"] * 3],
        [f"patient id: m{number % 3}" for number in range(6)],
    ]
    write(mirror, "GSE37975", ids(6), cells, platform="GPL1261", genes=MOUSE, species="Mus musculus")
    card, _ = propose("GSE37975")
    assert card["organism"] == "mouse" and card["groups"]["map"]["spine metastasis"] == "bone"
    card["expression"]["scale"] = "log2"
    made = harmonised(answered(card), symbols).adata
    assert made.uns["organism"] == "mouse" and made.shape == (6, 12)
    assert card_command(["--accession", "GSE37975", "--mirror", "mirror", "--id", "other"]) == 1
