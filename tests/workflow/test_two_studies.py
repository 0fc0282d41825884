"""Two studies of one card at the same time: a folder each, files fetched once, the same numbers."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from madeup.geo import gse2034_card, gse2034_files, madeup_tables

from .conftest import copy_project, gene_sets, snakemake, write_study


def test_two_studies_at_the_same_time(tmp_path):
    project = copy_project(tmp_path / "project")
    genes = gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE") + gene_sets("PAM50_PROLIFERATION")
    for name, content in gse2034_files(*madeup_tables(genes)).items():
        path = tmp_path / "mirror" / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    expected = {"samples": 40, "events": {"distant": 20, "bone": 10, "brain": 2}}
    card = yaml.safe_dump(gse2034_card() | {"id": "shared", "expect": expected})
    (project / "data/cohorts/shared.yaml").write_text(card, encoding="utf-8")
    study = yaml.safe_load(write_study(tmp_path).read_text(encoding="utf-8"))
    study |= {"cohorts": ["shared"], "experiments": [], "mirror": "mirror", "endpoints": ["bone", "distant"]}
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(study | {"title": name}), encoding="utf-8")
        (tmp_path / name).mkdir()

    def run(name: str):
        target = "results/associations/shared.tsv"
        return snakemake(tmp_path / name, target, "--configfile", f"../{name}.yaml", project=project)

    with ThreadPoolExecutor(2) as both:
        for done in both.map(run, ("one", "two")):
            assert done.code == 0, done.text
    assert not (project / "results").exists() and not (project / ".snakemake").exists()
    assert {path.name for path in (project / "data/downloads").iterdir()} == {"shared", ".shared.lock"}
    assert all((tmp_path / name / ".snakemake").is_dir() for name in ("one", "two"))

    def tables(name: str) -> dict[Path, str]:
        folder = tmp_path / name / "results"
        return {
            path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.suffix in (".tsv", ".json", ".h5ad", ".parquet") and "logs" not in path.parts
        }

    assert tables("one") == tables("two")
    assert {Path("downloads/shared.tsv"), Path("associations/shared.tsv")} <= set(tables("one"))


def test_a_study_is_not_run_in_the_place_of_the_default_one(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "mine.yaml").write_text("title: Mine\n", encoding="utf-8")
    run = snakemake(project, "--dry-run", "--configfile", "mine.yaml", project=project)
    assert run.code != 0 and "a folder of its own to run in" in run.text and "--directory" in run.text
    (project / "results/mine").mkdir(parents=True)
    run = snakemake(project / "results/mine", "--dry-run", "--configfile", "../../mine.yaml", project=project)
    assert run.code != 0 and "outside the results of the default study" in run.text
