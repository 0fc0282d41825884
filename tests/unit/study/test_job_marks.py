"""Of a job that was killed it is known afterwards which it was and what it held."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from irf7bone.study.job_marks import MARKS, killed_jobs

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
JOB = """
import os, time
from irf7bone.study.job_marks import mark
mark("harmonise_cohort a", needs_mb=250)
held = b"x" * 300_000_000
time.sleep(1.5)
{end}
"""


def run(folder: Path, end: str) -> None:
    call = [sys.executable, "-c", JOB.format(end=end)]
    subprocess.run(call, cwd=folder, env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, check=False)


def test_a_killed_job_is_named_with_what_it_held(tmp_path):
    run(tmp_path, "os.kill(os.getpid(), 9)")
    [killed] = killed_jobs(tmp_path)
    assert killed.job == "harmonise_cohort a" and 300 < killed.held_mb < 600
    assert "(it may need 250 MB), most often because memory ran out" in str(killed)
    assert killed_jobs(tmp_path) == []


@pytest.mark.parametrize("end", ["", "raise ValueError"])
def test_a_job_that_ends_by_itself_leaves_no_mark(tmp_path, end):
    run(tmp_path, end)
    assert list((tmp_path / MARKS).iterdir()) == [] == killed_jobs(tmp_path)


def test_a_job_at_work_is_not_called_killed(tmp_path):
    (tmp_path / MARKS).mkdir(parents=True)
    (tmp_path / MARKS / str(os.getpid())).write_text("10 0 a", encoding="utf-8")
    assert killed_jobs(tmp_path) == []
