"""A cohort from GEO in the workflow, a folder as mirror: fetched once, locked, refused when it changes."""

from __future__ import annotations

import re
from pathlib import Path

import anndata as ad
import pytest
import yaml
from madeup.geo import ARCHIVE, gse2034_card, gse2034_files, madeup_tables, zipped

from .conftest import copy_project, gene_sets, snakemake
from .test_workflow import planned

COHORT = "results/cohorts/mine.h5ad"
FAMILY = Path("mirror", f"{ARCHIVE}/series/GSE2nnn/GSE2034/soft/GSE2034_family.soft.gz".removeprefix("/"))


@pytest.fixture(scope="module")
def fetched(tmp_path_factory) -> Path:
    """The folder of a finished run up to the cohort."""
    folder = tmp_path_factory.mktemp("geo")
    copy_project(folder / "project")
    genes = gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE") + gene_sets("PAM50_PROLIFERATION")
    clinical, probes = madeup_tables(genes)
    for name, content in gse2034_files(clinical, probes).items():
        path = folder / "mirror" / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    card = gse2034_card() | {
        "id": "mine",
        "expect": {"samples": 40, "events": {"distant": 20, "bone": 10, "brain": 2}},
    }
    (folder / "cards").mkdir()
    (folder / "cards/mine.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    study = {
        "cohorts": ["cards/mine.yaml"],
        "endpoints": ["bone", "distant"],
        "primary": {"endpoint": "bone"},
        "experiments": [],
        "cells": [],
        "mirror": "mirror",
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    run = run_to_cohort(folder)
    assert run.code == 0, run.text
    return folder


def run_to_cohort(folder: Path, *arguments: str):
    return snakemake(folder, COHORT, "--configfile", "study.yaml", *arguments, project=folder / "project")


def test_cohort_has_its_counts_and_names_where_it_came_from(fetched):
    cohort = ad.read_h5ad(fetched / COHORT)
    assert cohort.n_obs == 40
    assert int(cohort.obs["bone_event"].sum()) == 10
    assert int(cohort.obs["distant_event"].sum()) == 20
    urls = set(re.findall(r'"name": "([^"]+)"', cohort.uns["provenance"]))
    assert urls == {
        "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE2nnn/GSE2034/matrix/GSE2034_series_matrix.txt.gz",
        "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE2nnn/GSE2034/soft/GSE2034_family.soft.gz",
        "https://ftp.ncbi.nlm.nih.gov/geo/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz",
    }
    lying = sorted(path.name for path in (fetched / "project/data/downloads/mine").iterdir())
    assert lying == [
        "GPL96.platform",
        "GSE2034-GPL96_series_matrix.txt.gz",
        "GSE2034_family.soft.gz",
        "fetched.tsv",
    ]
    assert (fetched / "cards/mine.lock.tsv").read_bytes() == (
        fetched / "project/data/downloads/mine/fetched.tsv"
    ).read_bytes()


def test_second_run_does_nothing_and_an_edited_card_fetches_nothing(fetched):
    assert planned(run_to_cohort(fetched, "--dry-run").text) == {}
    card = fetched / "cards/mine.yaml"
    text = card.read_text(encoding="utf-8")
    try:
        card.write_text(text + "notes: [Edited.]\n", encoding="utf-8")
        assert set(planned(run_to_cohort(fetched, "--dry-run").text)) == {
            "acquire_cohort",
            "harmonise_cohort",
        }
    finally:
        card.write_text(text, encoding="utf-8")


def test_changed_file_stops_the_run_with_its_message(fetched):
    """Last in the module: it leaves the folder changed."""
    (fetched / FAMILY).write_bytes(zipped("^SERIES = GSE2034\n"))
    (fetched / "project/data/downloads/mine/GSE2034_family.soft.gz").unlink()
    run = run_to_cohort(fetched, "--forcerun", "fetch_cohort", "--show-failed-logs")
    assert run.code != 0
    for words in ("GSE2034_family.soft.gz", "the file locked in", "make lock STUDY=... COHORT=..."):
        assert words in run.text
    assert "Traceback" not in run.text
    assert not (fetched / "project/data/downloads/mine/GSE2034_family.soft.gz").exists()
