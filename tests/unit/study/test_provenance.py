"""Provenance: everything a run was made of, and nothing of the machine it ran on."""

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest
from madeup import study as made

from irf7bone.commands.compare_runs import PROVENANCE_PARTS
from irf7bone.study.provenance import PACKAGES, as_json, collect, file_name, git_revision


@pytest.fixture
def root(tmp_path):
    """A project folder with one signature file and one source record a cohort."""
    folder = tmp_path / "project"
    (folder / "data" / "signatures").mkdir(parents=True)
    (folder / "data" / "signatures" / "made.gmt").write_text("A\tx\tIRF7\n")
    for name in made.HAS:
        source = folder / "results" / "acquired" / name / "source.json"
        source.parent.mkdir(parents=True)
        source.write_text(json.dumps([{"role": "expression", "name": f"{name}.csv", "sha256": "2" * 64}]))
    return folder


def gather(root, derived=()) -> dict:
    gmt = root / "data" / "signatures" / "made.gmt"
    settings = made.config().signatures.__class__(select=made.SIGNATURES, files=(str(gmt),), min_coverage=0.6)
    return collect(
        made.config(signatures=settings),
        made.cards(),
        sources={name: root / "results" / "acquired" / name / "source.json" for name in made.HAS},
        experiments={},
        experiment_sources={},
        cells={},
        cell_sources={},
        signature_files=[gmt, *derived],
        root=root,
        command="make report",
    )


def git(folder, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *settings, *arguments], check=True, capture_output=True)


def test_inputs_settings_and_versions_are_all_there(root):
    found = gather(root)
    assert found["config"]["primary"]["signature"] == made.PRIMARY
    assert set(found["cohorts"]) == set(made.HAS)
    assert found["cohorts"]["beta"]["sources"][0]["sha256"] == "2" * 64
    assert found["cohorts"]["beta"]["card"]["sha256"] == "0" * 64
    text = b"A\tx\tIRF7\n"
    assert found["signatures"] == [
        {"file": "data/signatures/made.gmt", "sha256": hashlib.sha256(text).hexdigest()}
    ]
    assert set(found["packages"]) == set(PACKAGES)
    # what is recorded is compared: all but the checksums of tables and figures, which are compared themselves
    compared = {key for keys in PROVENANCE_PARTS.values() for key in keys}
    assert compared == set(found) - {"results"}
    assert found["packages"]["pandas"] != "NA"
    assert found["git_revision"] == "NA"


def test_nothing_names_the_machine_and_equal_runs_are_equal(root):
    text = as_json(gather(root))
    assert str(root) not in text and str(root.parent) not in text
    assert text == as_json(gather(root))
    assert json.loads(text)["command"] == "make report"


def test_a_derived_signature_has_one_name_wherever_the_study_runs(root, tmp_path, monkeypatch):
    derived = "results/experiments/pairs/derived/LOST.gmt"
    found = []
    for folder in (root, tmp_path / "elsewhere"):
        path = folder / derived
        path.parent.mkdir(parents=True)
        path.write_text("LOST\tx\tIRF7\n", encoding="utf-8")
        monkeypatch.chdir(folder)
        found.append(gather(root, [derived])["signatures"])
    assert found[0] == found[1] and [file["file"] for file in found[0]] == [
        "data/signatures/made.gmt", derived
    ]  # fmt: skip


def test_a_file_outside_the_project_is_known_by_its_name(tmp_path):
    assert file_name(tmp_path / "a" / "b.gmt", tmp_path) == "a/b.gmt"
    assert file_name("/elsewhere/b.gmt", tmp_path) == "b.gmt"


def test_the_revision_is_that_of_the_project_itself(root):
    git(root, "init", "--quiet")
    assert git_revision(root) == "NA"  # nothing committed yet
    git(root, "add", "data")
    git(root, "commit", "--quiet", "--message", "one")
    clean = git_revision(root)
    assert len(clean) == 40
    (root / "data" / "signatures" / "made.gmt").write_text("B\tx\tIRF7\n")
    assert git_revision(root) == f"{clean}-dirty"
    inside = root / "inner"
    inside.mkdir()
    assert git_revision(inside) == "NA"  # a checkout around a folder says nothing of the folder
