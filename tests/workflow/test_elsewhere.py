"""The workflow inside another one, and as an installed command: one cohort, and the bytes of a plain run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from .conftest import PROJECT, copy_project, snakemake, write_table_cohort

TARGETS = ("results/associations/tiny_a.tsv", "results/cohorts/tiny_a.summary.tsv")
STUDY = {
    "title": "One cohort",
    "cohorts": ["cards/tiny_a.yaml"],
    "experiments": [],
    "cells": [],
    "signatures": {"select": ["HALLMARK_INTERFERON_ALPHA_RESPONSE", "PAM50_PROLIFERATION"]},
    "proliferation_signature": "PAM50_PROLIFERATION",
    "methods": ["zscore"],
    "endpoints": ["bone"],
    "models": ["unadjusted", "proliferation"],
    "primary": {"method": "zscore", "endpoint": "bone", "model": "proliferation"},
    "malignant_part": {"of": []},
    "random_signatures": {"draws": 100},
}
OUTER = """
configfile: "config.yaml"


module irf7bone:
    snakefile:
        "{snakefile}"
    config:
        config["irf7bone"]
{prefix}

use rule * from irf7bone as irf7bone_*
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The folder of a plain run of one cohort, up to its associations."""
    folder = tmp_path_factory.mktemp("plain")
    write_table_cohort(folder / "cards", "tiny_a", seed=1, patients=60)
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    run = snakemake(folder, *TARGETS, "--configfile", "study.yaml")
    assert run.code == 0, run.text
    return folder


def made(folder: Path) -> dict[str, str]:
    """Every result of a run but logs and records, with its checksum."""
    results = folder / "results"
    files = [path for path in results.rglob("*") if path.is_file() and path.name != ".snakemake_timestamp"]
    names = {path.relative_to(results).as_posix(): path for path in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names.items()
        if not name.startswith(("logs/", "records/"))
    }


def write_outer(folder: Path, plain: Path, prefix: str = "") -> None:
    """A workflow of somebody else that uses this one with a few keys of its own config."""
    folder.mkdir()
    shutil.copytree(plain / "cards", folder / "cards")
    (folder / "config.yaml").write_text(yaml.safe_dump({"theirs": 1, "irf7bone": STUDY}), encoding="utf-8")
    text = OUTER.format(snakefile=PROJECT / "workflow/Snakefile", prefix=prefix)
    (folder / "Snakefile").write_text(text, encoding="utf-8")


def jobs(text: str) -> dict[str, str]:
    """Jobs a rule, from the table that Snakemake prints."""
    rows = [line.split() for line in text.splitlines()]
    return {row[0].removeprefix("irf7bone_"): row[1] for row in rows if len(row) == 2 and row[1].isdigit()}


def test_a_module_with_a_partial_config_plans_what_a_plain_run_does(plain, tmp_path):
    write_outer(tmp_path / "outer", plain)
    there = snakemake(tmp_path / "outer", "--dry-run", project=tmp_path / "outer")
    (tmp_path / "here").mkdir()
    here = snakemake(tmp_path / "here", "--dry-run", "--configfile", str(plain / "study.yaml"))
    assert there.code == here.code == 0, there.text + here.text
    assert jobs(there.text) == jobs(here.text) and len(jobs(here.text)) > 10


def test_a_module_with_a_prefix_makes_the_same_bytes_below_it(plain, tmp_path):
    outer = tmp_path / "outer"
    write_outer(outer, plain, prefix='    prefix:\n        "parts/inner"\n')
    targets = [f"parts/inner/{target}" for target in TARGETS]
    run = snakemake(outer, *targets, project=outer)
    assert run.code == 0, run.text
    assert made(outer / "parts/inner") == made(plain) and not (outer / "results").exists()
    assert not (PROJECT / "parts").exists()
    again = snakemake(outer, *targets, "--dry-run", project=outer)
    assert "Nothing to be done" in again.text, again.text
    with (outer / targets[0]).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    touched = snakemake(outer, *targets, "--dry-run", project=outer)
    assert jobs(touched.text).get("associate_cohort") == "1", touched.text
    assert "acquire_cohort" not in jobs(touched.text)


def test_what_a_module_cannot_move_is_refused(plain, tmp_path):
    write_outer(tmp_path / "outer", plain, prefix='    replace_prefix:\n        {"results/": "other/"}\n')
    run = snakemake(tmp_path / "outer", "--dry-run", project=tmp_path / "outer")
    assert run.code != 0 and "`replace_prefix:` is not supported" in run.text


def git(folder: Path, *arguments: str) -> None:
    """Call git in a folder, as nobody in particular."""
    named = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


DEPLOYED = """
configfile: "config/config.yaml"


module irf7bone:
    snakefile:
        github("somebody/irf7bone", path="workflow/Snakefile", tag="v1")
    config:
        config


use rule * from irf7bone
"""


def test_a_workflow_deployed_from_a_git_host_plans_and_runs(plain, tmp_path, monkeypatch):
    """As `snakedeploy deploy-workflow` writes it; the repository is in Snakemake's cache as if cloned."""
    project = copy_project(tmp_path / "project", compiled=False)
    shutil.rmtree(project / "data/nki")
    for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-qm", "all"), ("tag", "v1")):
        git(project, *words)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = (
        tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/somebody/irf7bone"
    )
    clone.parent.mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(project), str(clone))
    shutil.rmtree(project)
    here = tmp_path / "here"
    (here / "config").mkdir(parents=True)
    (here / "workflow").mkdir()
    shutil.copytree(plain / "cards", here / "cards")
    (here / "config/config.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    (here / "Snakefile").write_text(DEPLOYED, encoding="utf-8")
    whole = snakemake(here, "--dry-run", project=here)
    assert whole.code == 0 and jobs(whole.text)["print_report"] == "1", whole.text
    run = snakemake(here, TARGETS[1], project=here)
    assert run.code == 0, run.text
    found = made(here)
    assert found.items() <= made(plain).items() and "cohorts/tiny_a.h5ad" in found


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder that the wheel was installed into; beside it lies the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = copy_project(folder / "project", compiled=False)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, copy)
    for name in ("tools/wheel", "tools/terminal"):
        shutil.copytree(PROJECT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, copy]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = folder.glob("irf7bone-*.whl")
    target = ["--target", folder / "site", wheel]
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--no-index", *target], check=True, capture_output=True
    )
    return folder / "site"


def irf7bone(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the installed command in a folder."""
    call = [sys.executable, str(installed / "bin/irf7bone"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(installed), "GIT_DIR": os.devnull}
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_all_that_the_workflow_has(installed):
    [wheel] = installed.parent.glob("irf7bone-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix("irf7bone_workflow/") for name in archive.namelist()}
    listed = subprocess.run(
        ["git", "ls-files", "workflow", "data", "tools/terminal", "config.yaml", "Snakefile"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {name for name in listed if (PROJECT / name).exists()} - names == set()
    assert {"envs/irf7bone.yaml", "docs/user/glossary.md"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("data/downloads")]


def test_the_installed_command_makes_the_same_bytes_in_any_folder(installed, plain, tmp_path):
    shutil.copytree(plain / "cards", tmp_path / "cards")
    shutil.copy(plain / "study.yaml", tmp_path)
    whole = irf7bone(installed, tmp_path, "run", "study.yaml", "--dry-run")
    assert whole.returncode == 0 and jobs(whole.stdout + whole.stderr)["print_report"] == "1", whole.stderr
    done = irf7bone(installed, tmp_path, "run", "study.yaml", "--cores", "2", *TARGETS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert made(tmp_path / "study") == made(plain)
    assert {path.name for path in tmp_path.iterdir()} == {"cards", "study.yaml", "study"}


def test_the_other_installed_commands(installed, plain, tmp_path):
    checked = irf7bone(installed, plain, "check", "study.yaml")
    assert checked.returncode == 0 and "tiny_a" in checked.stdout, checked.stderr
    compared = irf7bone(installed, plain, "compare", "results", "results")
    assert compared.returncode == 1 and "results, with provenance.json" in compared.stderr
    for name in ("tiny_a.csv", "tiny_a.clinical.tsv"):
        shutil.copy(plain / "cards" / name, tmp_path)
    tables = ("--from", "tiny_a.csv", "--clinical", "tiny_a.clinical.tsv")
    card = irf7bone(installed, tmp_path, "card", *tables, "--out", "new.yaml")
    assert card.returncode == 0 and (tmp_path / "new.yaml").is_file(), card.stderr
    # it says how it is called here, where there is no make
    assert "irf7bone check new_study.yaml" in card.stderr and "make " not in card.stderr
    assert "`irf7bone check`" in (tmp_path / "new.yaml").read_text(encoding="utf-8")
    locked = irf7bone(installed, plain, "lock", "study.yaml")
    assert locked.returncode == 0 and "nothing to lock" in locked.stdout, locked.stderr
    verified = irf7bone(installed, plain, "verify", "results")
    assert verified.returncode == 0 and "all as they were made" in verified.stdout, verified.stderr
    crate = irf7bone(installed, plain, "crate")  # of a run that did not get as far as its provenance
    assert crate.returncode == 1 and "no results/provenance.json" in crate.stderr, crate.stderr
    assert irf7bone(installed, tmp_path).returncode == 2
    said = irf7bone(installed, tmp_path, "run", "nowhere.yaml")
    assert said.returncode == 2 and "no such file" in said.stderr
