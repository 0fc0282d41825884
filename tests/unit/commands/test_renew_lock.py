"""The lock is renewed on purpose only, and says what changed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml
from madeup.geo import ARCHIVE, gse2034_card, gse2034_files, madeup_tables, zipped

from irf7bone.download.lock import read_lock

PROJECT = Path(__file__).resolve().parents[3]
FAMILY = f"{ARCHIVE}/series/GSE2nnn/GSE2034/soft/GSE2034_family.soft.gz"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a mirror, a card and a study."""
    monkeypatch.chdir(tmp_path)
    for name, content in gse2034_files(*madeup_tables(["IRF7", "STAT1"])).items():
        path = tmp_path / "mirror" / name.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    card = gse2034_card() | {"id": "mine"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    study = {
        "cohorts": ["gse1992", "./mine.yaml"],
        "endpoints": ["bone", "relapse"],
        "primary": {"endpoint": "bone"},
        "experiments": [],
        "mirror": "mirror",
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return tmp_path


@pytest.fixture
def renew():
    spec = importlib.util.spec_from_file_location("renew_lock_tool", PROJECT / "tools" / "renew_lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_lock_is_renewed_and_changes_are_told(here, renew, capsys):
    assert renew(["study.yaml"]) == 0
    said = capsys.readouterr().out
    assert "gse1992" not in said
    assert said.count("none -> ") == 3
    lock = here / "mine.lock.tsv"
    assert set(read_lock(lock)) == {
        "GPL96.platform",
        "GSE2034-GPL96_series_matrix.txt.gz",
        "GSE2034_family.soft.gz",
    }
    assert read_lock(lock) == read_lock(here / "data/downloads/mine/fetched.tsv")
    record = here / "study/results/downloads/mine.tsv"  # of an earlier run, which the next one must not trust
    record.parent.mkdir(parents=True)
    record.touch()
    assert renew(["study.yaml", "--directory", "study"]) == 0
    assert capsys.readouterr().out == "mine\n  nothing changed\n" and not record.exists()
    (here / "mirror" / FAMILY.removeprefix("/")).write_bytes(zipped("^SERIES = GSE2034\nnew\n"))
    lock.write_text(lock.read_text() + "old.gz\t" + "0" * 64 + "\t7\thttps://host/old.gz\n")
    assert renew(["study.yaml", "--cohort", "mine"]) == 0
    said = capsys.readouterr().out
    assert "GSE2034_family.soft.gz: " in said and "old.gz: 000000000000 (7 bytes) -> none" in said
    assert "matrix" not in said
    assert "old.gz" not in read_lock(lock)


def test_file_that_is_not_there_keeps_the_old_lock_entry(here, renew, capsys):
    renew(["study.yaml"])
    before = (here / "mine.lock.tsv").read_text()
    (here / "mirror" / FAMILY.removeprefix("/")).unlink()
    capsys.readouterr()
    assert renew(["study.yaml"]) == 1
    assert "GSE2034_family.soft.gz" in capsys.readouterr().err
    assert (here / "mine.lock.tsv").read_text() == before
    assert (here / "data/downloads/mine/fetched.tsv").read_text() == before, "the old files are still there"


def test_unknown_cohort_is_named(here, renew, capsys):
    with pytest.raises(SystemExit):
        renew(["study.yaml", "--cohort", "gse9"])
    assert "no cohort gse9; it has gse1992, mine" in capsys.readouterr().err
