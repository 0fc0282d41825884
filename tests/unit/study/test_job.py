"""What every script begins with: a record at its end, and none where it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
JOB = """
from types import SimpleNamespace
from pathlib import Path
from irf7bone.study.job import begin

begin(SimpleNamespace(
    rule="second", wildcards={wildcards}, log=[{log!r}], input={inputs}, output=["results/tables/b.tsv"],
    params=SimpleNamespace(content={content}),
    resources=SimpleNamespace(mem_mb=1_000),
))
Path("results/tables/b.tsv").write_text("made")
{end}
"""
MADE_BY_FIRST = {"inputs": {}, "outputs": {"results/tables/a.tsv": "0" * 64}, "fetched": {}}


@pytest.fixture
def job(tmp_path):
    """Runs a job in a folder; its code and what it said."""
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "results/records").mkdir()
    (tmp_path / "results/tables/a.tsv").touch()

    def run(inputs=(), content=(), end="", wildcards="{}", log="log") -> tuple[int, str]:
        text = JOB.format(inputs=list(inputs), content=content, end=end, wildcards=wildcards, log=log)
        call = [sys.executable, "-c", text]
        environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
        done = subprocess.run(
            call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    return run


def test_every_script_begins_so():
    for path in SCRIPTS.glob("*.py"):
        assert "begin(snakemake)" in path.read_text(encoding="utf-8"), path


def test_a_job_that_went_well_is_recorded_under_its_wildcards(job, tmp_path):
    assert job(["results/tables/a.tsv"], wildcards="{'cohort': 'x'}") == (0, "")
    held = json.loads((tmp_path / "results/records/second/x.json").read_text(encoding="utf-8"))
    assert list(held["inputs"]) == ["results/tables/a.tsv"] and list(held["outputs"]) == [
        "results/tables/b.tsv"
    ]


@pytest.mark.parametrize("end", ["1 / 0", "import os; os.kill(os.getpid(), 9)"])
def test_a_job_that_failed_has_no_record_and_neither_has_its_result_of_before(job, tmp_path, end):
    assert job()[0] == 0 and (tmp_path / "results/records/second.json").exists()
    assert job(end=end)[0] != 0
    assert not (tmp_path / "results/records/second.json").exists()


def test_an_input_that_is_not_as_it_was_made_is_refused_by_name(job, tmp_path):
    (tmp_path / "results/records/first.json").write_text(json.dumps(MADE_BY_FIRST), encoding="utf-8")
    code, said = job(["results/tables/a.tsv"])
    assert code == 1 and said.startswith("1 problem") and "results/tables/a.tsv" in said
    assert not (tmp_path / "results/tables/b.tsv").exists()


def test_an_input_that_was_replaced_since_the_plan_is_refused(job, tmp_path):
    (tmp_path / "card.yaml").touch()
    code, said = job(["card.yaml"], content=("0" * 64,))
    assert code == 1 and "card.yaml" in said and "replaced while the run went on" in said


def test_a_record_that_cannot_be_written_fails_the_job(job, tmp_path):
    code, said = job(end="import shutil; shutil.rmtree('results/records'); Path('results/records').touch()")
    assert code == 1 and "the record of what was made could not be written" in said


def test_a_job_says_what_it_took_however_it_ends(job, tmp_path):
    log = "results/logs/second/x.log"
    (tmp_path / log).parent.mkdir(parents=True)
    work = "import time; until = time.process_time() + 0.3\nwhile time.process_time() < until: pass"
    for end in (work, f"{work}\nraise KeyError('x')"):
        assert job(wildcards="{'cohort': 'x'}", log=log, end=end)[0] == ("raise" in end)
        path = tmp_path / "results/logs/benchmarks/second/x.tsv"
        names, values = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
        took = dict(zip(names, map(float, values), strict=True))
        assert took["s"] >= 0.3 and 0.3 <= took["cpu_time"] < 30 and 5 < took["max_rss"] < 2000
        path.unlink()
