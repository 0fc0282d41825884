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


def test_a_code_that_was_guessed_wrong_stops_with_the_codes_that_are_there(tmp_path, symbols):
    with pytest.raises(InputError) as caught:
        harmonised(tmp_path, ["primary tumour"] * 4 + ["spine"] * 4, symbols)
    [problem] = caught.value.problems
    assert problem.where.endswith("groups.map") and problem.offenders[0] == "GSM904: spine"
