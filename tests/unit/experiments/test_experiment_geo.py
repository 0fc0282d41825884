"""Experiments get the sources of cohorts: the card of GSE37975 on files in GEO's layout, values made up."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import geo as madeup_geo

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, fetch_all
from irf7bone.download.lock import lock_path
from irf7bone.experiments.design import build_designs
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.study.experiment_checks import load_experiment

PROJECT = Path(__file__).resolve().parents[3]
GENES = [
    "Irf7",
    "Stat1",
    "Mx1",
    "Isg15",
    "Oas1a",
    "Trp53",
    "Egfr",
    "Gata3",
    "Esr1",
    "Krt5",
    "Rigi",
    "Gm1 /// Gm2",
]


def write_mirror(folder: Path, tissues: list[str]) -> None:
    """The series matrix and the platform's annotation, where GEO keeps them."""
    half = len(tissues) // 2
    probes = [f"14{number:05d}_at" for number in range(len(GENES))]
    samples = [f"GSM9{number:02d}" for number in range(len(tissues))]
    values = pd.DataFrame(np.random.default_rng(6).normal(8, 1, (len(GENES), len(samples))), probes, samples)
    cells = [
        [f"tissue: {tissue}" for tissue in tissues],
        [f"mouse: m{n % half}" for n in range(len(tissues))],
    ]
    matrix = madeup_geo.matrix_text(
        values.round(3), accession="GSE37975", platform="GPL1261", characteristics=cells
    )
    named = pd.DataFrame({"symbol": GENES, "entrez": ""}, index=probes)
    files = {
        "series/GSE37nnn/GSE37975/matrix/GSE37975_series_matrix.txt.gz": matrix,
        "platforms/GPL1nnn/GPL1261/annot/GPL1261.annot.gz": madeup_geo.annotation_text(named, "GPL1261"),
    }
    for name, text in files.items():
        path = folder / madeup_geo.ARCHIVE.lstrip("/") / name
        path.parent.mkdir(parents=True)
        path.write_bytes(madeup_geo.zipped(text))


def harmonised(folder: Path, tissues: list[str], symbols):
    write_mirror(folder / "mirror", tissues)
    card_file = folder / "gse37975.yaml"
    shutil.copy(PROJECT / "data" / "experiments" / "gse37975.yaml", card_file)
    card, downloads = load_experiment(card_file), folder / "downloads"
    fetch_all(remote_files(card), downloads, lock=lock_path(card_file), mirror=str(folder / "mirror"))
    acquired = acquire(card, Downloads(downloads, lock_path(card_file)))
    return harmonise_experiment(acquired, card, symbols)


def test_probes_of_mice_become_genes_and_pairs(tmp_path, symbols):
    made = harmonised(tmp_path, ["primary tumour"] * 4 + ["bone metastasis"] * 4, symbols).adata
    assert made.shape == (8, 11) and made.uns["organism"] == "mouse"
    assert made.var.loc["Irf7", "source_ids"] == "1400000_at"
    assert made.obs["group"].value_counts().to_dict() == {"primary": 4, "bone": 4}
    assert made.obs["pair"].tolist() == ["m0", "m1", "m2", "m3"] * 2
    assert "counts" not in made.layers


def of_shipped_card(folder: Path, name: str, matrices: list[dict], symbols, table: tuple = ()):
    """What a run makes of a shipped card from matrices and a supplementary file with made-up values."""
    card_file, mirror = folder / f"{name}.yaml", folder / "mirror"
    shutil.copy(PROJECT / "data" / "experiments" / card_file.name, card_file)
    card, downloads = load_experiment(card_file), folder / "downloads"
    accession = card.expression["accession"]
    home = f"series/{madeup_geo.thousand(accession)}/{accession}"
    files = {}
    for parts in matrices:
        genes, platform, ids = parts.pop("genes", []), parts.get("platform", "GPL1"), parts.pop("ids")
        probes = [f"p{number}" for number in range(len(genes))]
        drawn = np.random.default_rng(8).normal(8, 1, (len(genes), len(ids))).round(3)
        values = pd.DataFrame(2**drawn if card.expression["scale"] == "linear" else drawn, probes, ids)
        several = f"-{platform}" if len(matrices) > 1 else ""
        files[f"{home}/matrix/{accession}{several}_series_matrix.txt.gz"] = madeup_geo.matrix_text(
            values, accession=accession, **parts
        )
        column = card.expression.get("gene_column", "Gene symbol")
        named = pd.DataFrame({"symbol": genes, "entrez": ""}, probes)
        text = madeup_geo.annotation_text(named, platform).replace("Gene symbol", column)
        files[f"platforms/{madeup_geo.thousand(platform)}/{platform}/annot/{platform}.annot.gz"] = text
    if table:
        rows, columns = table
        drawn = np.random.default_rng(9).normal(8, 1, (len(rows), len(columns))).round(3)
        drawn = 2**drawn if card.expression["scale"] == "linear" else drawn
        text = pd.DataFrame(drawn, rows, columns).to_csv(sep="\t")
        files[f"{home}/suppl/{card.expression['supplementary']}"] = text
    for path, text in files.items():
        place = mirror / madeup_geo.ARCHIVE.lstrip("/") / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(madeup_geo.zipped(text))
    fetch_all(remote_files(card), downloads, lock=lock_path(card_file), mirror=str(mirror))
    acquired = acquire(card, Downloads(downloads, lock_path(card_file)))
    return card, harmonise_experiment(acquired, card, symbols).adata


HUMAN = ["IRF7", "STAT1", "MX1", "ISG15", "OAS1", "TP53", "EGFR", "GATA3", "ESR1", "KRT5", "RIGI", "PGR"]


def ids(n: int) -> list[str]:
    return [f"GSM{number + 1}" for number in range(n)]


def test_the_card_of_autopsies_correlates_patients(tmp_path, symbols):
    """GSE110590: two matrices without values, one table with titles and symbol|Entrez."""
    patients, sites = (
        ["A1", "A1", "A2", "A2", "A3", "A3", "A4", "A5"],
        ["PRIMARY", "RIB"] * 3 + ["PRIMARY"] * 2,
    )
    titles = [f"{patient}-{site}-RNA" for patient, site in zip(patients, sites, strict=True)]
    matrices = []
    for platform, part in (("GPL11154", slice(0, 4)), ("GPL16791", slice(4, 8))):
        cells = [
            [f"patient id: {name}" for name in patients[part]],
            [f"tumor location: {site}" for site in sites[part]],
        ]
        text = {"ids": ids(8)[part], "platform": platform, "characteristics": cells}
        matrices.append(text | {"titles": titles[part]})
    table = ([f"{gene}|{number}" for number, gene in enumerate(HUMAN)], titles)
    card, made = of_shipped_card(tmp_path, "gse110590", matrices, symbols, table)
    assert made.obs["unit"].tolist() == patients and made.n_vars == 12
    [design] = build_designs(card.id, made.obs, card.contrasts)
    assert design.layout == "both" and design.n_blocks == 5


def test_the_card_of_aurora_reads_barcodes_in_titles(tmp_path, symbols):
    """GSE209998: normal tissue is left out, whatever its tissue."""
    tissues = ["Breast"] * 4 + ["Bone"] * 2 + ["Liver"] * 2
    diseases = ["Primary", "Primary", "Primary", "Normal tissue", *["Metastatic"] * 4]
    barcodes = [f"AUR-AF{number}-TT{number}-R" for number in range(8)]
    cells = [[f"disease: {word}" for word in diseases], [f"tissue: {word}" for word in tissues]]
    matrix = {"ids": ids(8), "characteristics": cells, "titles": [f"Tumour [{code}]" for code in barcodes]}
    _, made = of_shipped_card(tmp_path, "gse209998", [matrix], symbols, (HUMAN, barcodes))
    assert made.obs["group"].value_counts().to_dict() == {"primary": 3, "bone": 2, "other organ": 2}


@pytest.mark.parametrize(
    ("name", "platform", "words"),
    [("gse46141", "GPL10379", ["breast", "bone", "liver"]), ("gse14018", "GPL96", ["Bone", "Brain", "Lung"])],
)
def test_the_cards_of_arrays_read_the_source_of_the_sample(tmp_path, symbols, name, platform, words):
    matrix = {"ids": ids(6), "platform": platform, "genes": HUMAN, "sources": words * 2}
    card, made = of_shipped_card(tmp_path, name, [matrix], symbols)
    assert made.shape == (6, 12) and (made.obs["group"] == "bone").sum() == 2
    assert len(build_designs(card.id, made.obs, card.contrasts)) == len(card.contrasts)


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "data" / "experiments").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_shipped_card_loads_and_says_what_it_guesses(path):
    card = load_experiment(path)
    assert card.simulated or "not within reach" in card.unverified[0]


def test_a_code_that_was_guessed_wrong_stops_with_the_codes_that_are_there(tmp_path, symbols):
    with pytest.raises(InputError) as caught:
        harmonised(tmp_path, ["primary tumour"] * 4 + ["spine"] * 4, symbols)
    [problem] = caught.value.problems
    assert problem.where.endswith("groups.map") and problem.offenders[0] == "GSM904: spine"
