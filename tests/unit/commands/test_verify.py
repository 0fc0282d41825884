"""`make verify`: what of a folder of results is not as it was made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import verify_results as tool

from irf7bone.base.checksums import Checksums
from irf7bone.base.errors import InputError
from irf7bone.commands.verify import verify_results
from irf7bone.study.records import Record, record_path


@pytest.fixture
def sent(tmp_path, monkeypatch) -> Path:
    """Results that were sent to somebody, under another name."""
    monkeypatch.chdir(tmp_path)
    for name in ("tables/a.tsv", "tables/b.tsv", "figures/pooled/f.svg"):
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).write_text(name, encoding="utf-8")
    of = Checksums().of
    listed = {"results/tables/a.tsv": of("results/tables/a.tsv")}
    Path("results/provenance.json").write_text(json.dumps({"results": listed}), encoding="utf-8")
    tables = {path: of(path) for path in ("results/tables/a.tsv", "results/provenance.json")}
    made = {
        "results/tables/b.tsv": of("results/tables/b.tsv"),
        "results/figures/pooled": of("results/figures/pooled"),
    }
    Record({}, tables).write(record_path("first", []))
    Record({"results/tables/a.tsv": tables["results/tables/a.tsv"]}, made).write(record_path("second", []))
    Path("results/logs").mkdir()
    Path("results/logs/first.log").touch()
    return Path(shutil.move("results", "theirs"))


def found(folder: Path) -> set[tuple[str, str]]:
    return {(finding.path, finding.kind) for finding in verify_results(folder).findings}


def test_results_as_they_were_made(sent):
    assert verify_results(sent).findings == [] and verify_results(sent).n_files == 4


def test_each_way_to_differ_is_named(sent):
    (sent / "tables/b.tsv").write_text("edited", encoding="utf-8")
    (sent / "figures/pooled/f.svg").unlink()
    (sent / "tables/mine.tsv").touch()
    assert found(sent) == {
        ("results/tables/b.tsv", "changed"),
        ("results/figures/pooled", "changed"),
        ("results/tables/mine.tsv", "unrecorded"),
    }
    (sent / "tables/b.tsv").unlink()
    assert ("results/tables/b.tsv", "missing") in found(sent)


def test_a_table_exchanged_with_its_record_still_differs_from_what_was_made_of_it(sent):
    path = sent / "records/first.json"
    before = Checksums().of(sent / "tables/a.tsv")
    (sent / "tables/a.tsv").write_text("of another run", encoding="utf-8")
    after = Checksums().of(sent / "tables/a.tsv")
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    kinds = {("results/tables/b.tsv", "outdated"), ("results/figures/pooled", "outdated")}
    assert found(sent) == kinds | {("results/tables/a.tsv", "unlisted")}


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(InputError, match="no records"):
        verify_results(tmp_path)


def test_the_command_ends_with_1_where_anything_differs(sent, capsys):
    assert tool.main([str(sent)]) == 0
    assert "4 files of theirs, all as they were made" in capsys.readouterr().out
    (sent / "tables/b.tsv").write_text("edited", encoding="utf-8")
    assert tool.main([str(sent)]) == 1
    assert "results/tables/b.tsv is not as its job made it" in capsys.readouterr().out
    assert tool.main(["nowhere"]) == 1 and "no records" in capsys.readouterr().err
