"""What is outdated by the records of a run: changed, replaced, from something else, of unknown making."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.io import temp
from snakemake.settings.types import StorageSettings

from irf7bone.base.checksums import Checksums
from irf7bone.study.freshness import Freshness, _look_for_nothing_temporary
from irf7bone.study.records import Record, is_result, read_records, record_path

FETCHED, FIRST, SECOND = "results/downloads/a.tsv", "results/cohorts/a.h5ad", "results/tables/t.tsv"


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A run of three jobs, each from what the one before made."""
    monkeypatch.chdir(tmp_path)
    for path in (FETCHED, FIRST, SECOND, "downloads/a/values.gz"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path, encoding="utf-8")
    of = Checksums().of
    fetched = {"a/values.gz": of("downloads/a/values.gz")}
    Record({}, {FETCHED: of(FETCHED)}, fetched).write(record_path("fetch", ["a"]))
    Record({FETCHED: of(FETCHED)}, {FIRST: of(FIRST)}).write(record_path("first", ["a"]))
    Record({FIRST: of(FIRST)}, {SECOND: of(SECOND)}).write(record_path("second", []))
    return tmp_path


def outdated() -> dict[str, list[str]]:
    return Freshness(Path("downloads")).outdated()


def test_a_run_as_it_was_made_has_nothing_outdated(run):
    assert outdated() == {} and len(read_records()) == 3


def test_a_changed_result_is_made_anew_by_its_own_job(run):
    Path(FIRST).write_text("changed", encoding="utf-8")
    assert outdated() == {FIRST: [f"{FIRST} is not as it was made"]}


def test_a_result_made_again_before_the_run_ended_outdates_what_was_made_from_it(run):
    Path(FIRST).write_text("new", encoding="utf-8")
    Record({FETCHED: Checksums().of(FETCHED)}, {FIRST: Checksums().of(FIRST)}).write(
        record_path("first", ["a"])
    )
    assert outdated() == {SECOND: [f"{FIRST} was made again"]}


def test_a_download_that_was_replaced_is_fetched_again_and_one_that_was_removed_is_not(run):
    Path("downloads/a/values.gz").write_text("another", encoding="utf-8")
    assert outdated() == {FETCHED: ["downloads/a/values.gz is not as it was fetched"]}
    Path("downloads/a/values.gz").unlink()
    assert outdated() == {}


@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_a_lost_record_makes_its_results_ones_of_unknown_making(run, damage):
    path = record_path("second", [])
    text = path.read_text(encoding="utf-8")
    path.unlink() if damage == "gone" else path.write_text(text[:40] if damage == "cut" else "{}", "utf-8")
    assert outdated() == {SECOND: [f"{SECOND} has no record"]}


def test_a_missing_result_is_left_to_the_plan(run):
    Path(SECOND).unlink()
    assert outdated() == {}


def test_a_result_whose_job_made_others_that_are_there_is_made_anew(run):
    both = {SECOND: Checksums().of(SECOND), "results/tables/u.tsv": "0" * 64}
    Record({}, both).write(record_path("second", []))
    assert outdated() == {path: ["results/tables/u.tsv is not there any more"] for path in both}


def test_what_a_job_made_is_told_from_what_a_user_brings(run):
    assert is_result("x/results/a", Path("x")) and not is_result("results/a", Path("x"))
    assert is_result("results/a") and not is_result("cards/results/a") and not is_result("/x/results/a")
    freshness = Freshness(Path("downloads"))
    assert freshness.content([FIRST, "downloads/a/values.gz"]) == (Checksums().of("downloads/a/values.gz"),)


@pytest.mark.parametrize("spared", [True, False])
def test_temporary_files_are_looked_for_where_a_rule_has_one(spared):
    outputs = [FIRST], [SECOND if spared else temp(SECOND)]
    rules = [SimpleNamespace(output=output) for output in outputs]
    workflow = SimpleNamespace(rules=rules, storage_settings=StorageSettings())
    _look_for_nothing_temporary(workflow)
    assert workflow.storage_settings.notemp == spared
