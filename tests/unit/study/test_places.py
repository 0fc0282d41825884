"""Where a study runs, and where the files that it names are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from irf7bone.base import called
from irf7bone.commands.command_line import COMMANDS
from irf7bone.study.places import Named, downloads_folder, folder_problem, study_folder


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A project with a default config and a study in a folder of its own, and a third folder to run in."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project/config.yaml").write_text("cohorts: [a]\nmirror: m\nsignatures: {files: [s]}\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/study.yaml").write_text("cohorts: [c/x.yaml]\nsignatures: {select: [IRF7]}\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "project"


def files(root: Path) -> list[Path]:
    return [root / "config.yaml", root.parent / "mine/study.yaml"]


def test_a_study_runs_beside_its_file():
    assert study_folder(Path("mine/study.yaml")) == Path("mine/study")


def test_downloads_are_shared_by_the_studies_of_a_project_and_kept_out_of_an_installed_one(tmp_path):
    assert downloads_folder(tmp_path / "project", "data/d") == tmp_path / "project/data/d"
    assert downloads_folder(tmp_path / called.INSTALLED, "data/d") == Path("data/d")


def test_a_path_is_looked_for_beside_the_file_that_names_it_first(root):
    named = Named(root, files(root))
    beside, project, here = named.candidates("c/x.yaml", ("cohorts", 0))
    assert (beside, project, here) == (root.parent / "mine/c/x.yaml", root / "c/x.yaml", Path("c/x.yaml"))
    for place in (here, project, beside):  # each goes before those that are there already
        place.parent.mkdir(exist_ok=True)
        place.touch()
        assert named.find("c/x.yaml", ("cohorts", 0)) == place


def test_keys_that_the_study_leaves_alone_are_named_by_the_default(root):
    named = Named(root, files(root))
    (root.parent / "mine/s").mkdir()
    (root.parent / "mine/m").mkdir()
    assert named.candidates("s", ("signatures", "files", 0))[0] == root / "s"
    assert named.candidates("m", ("mirror",))[0] == root / "m"


def test_a_path_of_the_command_line_is_seen_from_project_and_current_folder(root):
    assert Named(root, ()).candidates("c/x.yaml", ("cohorts", 0)) == [root / "c/x.yaml", Path("c/x.yaml")]


def test_only_the_default_study_runs_in_the_project_and_none_in_its_results(root):
    default, study = files(root)
    assert folder_problem(root, root, [default]) is None
    assert folder_problem(root.parent / "mine/study", root, [default, study]) is None
    said = folder_problem(root, root, [default, study])
    assert "--directory" in said.remedy and str(study_folder(study)) in said.remedy
    for inside in ("results", "results/mine"):
        assert "outside the results" in folder_problem(root / inside, root, [default, study]).expected
    assert folder_problem(root / "results_of_mine", root, [default, study]) is None


def test_a_command_is_named_as_it_is_called_here(monkeypatch):
    assert called.call_of("run", "mine.yaml") == "make report STUDY=mine.yaml"
    assert called.call_of("lock", "mine.yaml", cohort="ours") == "make lock STUDY=mine.yaml COHORT=ours"
    assert called.call_of("verify", results="sent") == "make verify RESULTS=sent"
    monkeypatch.setattr(called, "PROJECT", Path("site-packages") / called.INSTALLED)
    assert called.call_of("run", "mine.yaml") == "irf7bone run mine.yaml"
    assert called.call_of("lock", "mine.yaml", cohort="ours") == "irf7bone lock mine.yaml --cohort ours"
    assert called.call_of("verify", results="sent") == "irf7bone verify sent"


def test_every_command_is_one_of_make_and_of_the_installed_command():
    made = (called.PROJECT / "Makefile").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n{called.call_of(name).removeprefix('make ')}:" in made
