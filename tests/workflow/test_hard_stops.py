"""A run that is stopped again and again, by every signal, ends with the bytes of one that nobody stopped.

Five seeded moments; `KILLS=25` tries so many for each signal.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from .conftest import PROJECT, copy_project, write_study

KILLS = int(os.environ.get("KILLS", "0"))
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PLANS = {f"25 of {kind.name}": [kind] * KILLS for kind in (signal.SIGKILL, *STOPS)} if KILLS else {
    "each": [signal.SIGKILL, *STOPS, signal.SIGKILL]
}  # fmt: skip
JOBS = 32
LONGEST_SECONDS = 900
READY_MADE = '#!/bin/sh\nexec {python} "$@"\n'


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the project whose environment is the one that the tests run in."""
    copy = copy_project(tmp_path / "project")
    shutil.copy(PROJECT / "Makefile", copy)
    shutil.copytree(PROJECT / "tools", copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tools/setup_environment.sh").write_text("exit 0\n", encoding="utf-8")
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(READY_MADE.format(python=sys.executable), encoding="utf-8")
    python.chmod(0o755)
    return copy


def make_report(project: Path, study: Path) -> subprocess.Popen[str]:
    """Start `make report` in a session of its own."""
    return subprocess.Popen(
        ["make", "report", f"STUDY={study}", f"DIR={study.parent}", "CORES=2"],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def wait_for_jobs(run: subprocess.Popen[str], folder: Path, count: int) -> bool:
    """Until so many jobs of the study have ended; False where the run ended before."""
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until and run.poll() is None:
        if len([*(folder / "results/records").rglob("*.json")]) >= count:
            return True
        time.sleep(0.1)
    return False


def at_work(folder: Path) -> list[str]:
    """Processes that have to do with a folder."""
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(folder) in line and process.pid != os.getpid():
            lines.append(line)
    return lines


def leftovers(folder: Path) -> list[Path]:
    """What a stopped run may have left."""
    own = folder / ".snakemake"
    return [*own.glob("locks/*"), *own.glob("scripts/*"), *(folder / "results").rglob(".*.partial")]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file() and path.suffix != ".log" and path.name != ".snakemake_timestamp"
    }


@pytest.mark.parametrize("plan", PLANS)
def test_a_run_that_is_stopped_again_and_again_gives_the_same_bytes(plan, tiny_run, tmp_path, project):
    signals, draw = PLANS[plan], random.Random(14)
    moments = sorted(draw.uniform(0, JOBS - 3) for _ in signals)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    study = write_study(folder)
    for number, (kind, moment) in enumerate(zip(signals, moments, strict=True)):
        run = make_report(project, study)
        if not wait_for_jobs(run, folder, int(moment)):
            pytest.fail(f"the run ended by itself: {run.communicate()[1]}")
        time.sleep(3 * (moment % 1))
        if number == 1:
            second = make_report(project, study)
            _, said = second.communicate(timeout=60)
            assert second.returncode == 2
            assert said.startswith("irf7bone: another make report is running here (process ")
        os.killpg(run.pid, kind)
        _, said = run.communicate(timeout=60)
        if kind in STOPS:
            lines = [line for line in said.splitlines() if not line.startswith("make: ***")]
            assert [line for line in lines if line.startswith("irf7bone: stopped by")] == lines[-1:]
            assert "Traceback" not in said
            assert leftovers(folder) == []
        assert at_work(folder) == []
    run = make_report(project, study)
    _, said = run.communicate(timeout=LONGEST_SECONDS)
    assert run.returncode == 0, said
    assert leftovers(folder) == []
    first, second = digests(tiny_run), digests(folder)
    assert {name.rpartition(".")[2] for name in first} >= {"tsv", "svg", "html", "json"}
    assert first == second
