"""One input for each earlier job in the plan, every file in the job."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import InputFiles

from irf7bone.base.checksums import Checksums
from irf7bone.study import job
from irf7bone.study.job import _give_all_inputs
from irf7bone.study.thin_plan import Producers, one_of


@pytest.mark.parametrize(
    "names",
    [
        ["a"],
        ["a", "ab", "abc"],
        ["nki", "nki_2", "gse1"],
        ["x.y", "xzy"],
        ["s001", "s002", "s010"],
        ["a-1", "a]1", "a^1", "b1", "c1"],
    ],
)
def test_a_pattern_of_names_takes_each_whole_and_no_other(names):
    pattern = re.compile(one_of(names))
    assert all(pattern.fullmatch(name) for name in names)
    others = [name[:-1] for name in names] + [name + "a" for name in names] + ["", "xay", "s003"]
    assert not [name for name in others if name not in names and pattern.fullmatch(name)]


def test_a_pattern_of_many_like_names_is_short():
    assert len(one_of(f"s{number:04d}" for number in range(1000))) < 50


def test_no_names_are_a_pattern_that_no_id_has():
    assert one_of([]) == "none"


def test_one_file_of_each_job_is_left_and_what_no_job_makes():
    rules = [
        SimpleNamespace(name="first", output=["results/a/{cohort}.tsv", "results/b/{cohort,(x|y)}.tsv"]),
        SimpleNamespace(name="all", output=["results/t.tsv", "results/u.tsv"]),
    ]
    producers = Producers(rules, {"cohort": ["x", "y"]})
    asked = [
        "results/b/x.tsv",
        "results/a/x.tsv",
        "results/u.tsv",
        "results/a/y.tsv",
        "results/t.tsv",
        "card",
    ]
    assert list(producers.one_of_each(asked)) == [
        "results/b/x.tsv",
        "results/u.tsv",
        "results/a/y.tsv",
        "card",
    ]


def test_a_job_is_given_every_input_by_name_as_its_rule_has_them():
    reads = ((None, "first"), ("one", "a"), ("none", ()), ("several", ("b", "c")), (None, "last"))
    snakemake = SimpleNamespace(input=InputFiles(["a"]), params=SimpleNamespace(reads=reads))
    _give_all_inputs(snakemake)
    assert list(snakemake.input) == ["first", "a", "b", "c", "last"]
    assert snakemake.input.one == "a" and list(snakemake.input.several) == ["b", "c"]
    assert list(snakemake.input.none) == []


def test_a_result_that_the_file_system_shows_late_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "late.tsv"
    monkeypatch.setattr(job.time, "sleep", lambda seconds: path.write_text("made", encoding="utf-8"))
    assert job._once_there(str(path), Checksums()) == Checksums().of(path)
    monkeypatch.setattr(job, "LATENCY", 0)
    assert job._once_there(str(tmp_path / "never.tsv"), Checksums()) is None
