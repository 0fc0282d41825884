"""A run that is stopped again and again, by every signal, ends with the bytes of one that nobody stopped.

Five seeded moments; `KILLS=25` tries so many for each signal.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import PROJECT, copy_project, snakemake, write_study

KILLS = int(os.environ.get("KILLS", "0"))
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PLANS = {f"25 of {kind.name}": [kind] * KILLS for kind in (signal.SIGKILL, *STOPS)} if KILLS else {
    "each": [signal.SIGKILL, *STOPS, signal.SIGKILL]
}  # fmt: skip
LONGEST_SECONDS = 900
READY_MADE = '#!/bin/sh\nexec {python} "$@"\n'


@pytest.fixture
def project(tmp_path) -> Iterator[Path]:
    """A copy of the project with the environment that the tests run in; nothing is left at work there."""
    # where many stops are tried, some fall into the compiling
    copy = copy_project(tmp_path / "project", compiled=not KILLS)
    shutil.copy(PROJECT / "Makefile", copy)
    shutil.copytree(PROJECT / "tools", copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tools/setup_environment.sh").write_text("exit 0\n", encoding="utf-8")
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(READY_MADE.format(python=sys.executable), encoding="utf-8")
    python.chmod(0o755)
    yield copy
    for process in psutil.process_iter(["cmdline"]):
        if str(tmp_path) in " ".join(process.info["cmdline"] or ()) and process.pid != os.getpid():
            process.kill()


def make_report(project: Path, study: Path, said: str = "said") -> subprocess.Popen[bytes]:
    """Start `make report` in a session of its own; what it says goes to a file beside the project."""
    with (project.parent / said).open("wb") as errors:
        return subprocess.Popen(
            ["make", "report", f"STUDY={study}", f"DIR={study.parent}", "CORES=2"],
            cwd=project,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_hears,
        )


def _hears() -> None:
    """Whoever runs the tests in the background has signals ignored, which is inherited and respected."""
    for kind in STOPS:
        signal.signal(kind, signal.SIG_DFL)


def wait_for_end(folder: Path, seconds: float = 30) -> list[str]:
    """What is still at work in a folder after a while; nothing as soon as nothing is."""
    until = time.monotonic() + seconds
    while (left := at_work(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    return left


def wait_for_jobs(run: subprocess.Popen[bytes], folder: Path, count: int) -> bool:
    """Until so many jobs of the study have ended; False where the run ended before."""
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until and run.poll() is None:
        if len([*(folder / "results/records").rglob("*.json")]) >= count:
            return True
        time.sleep(0.1)
    return False


def holds(run: subprocess.Popen[bytes], folder: Path) -> bool:
    """Whether a run has come so far that it holds its folder; waited for."""
    for _ in range(600):
        if run.poll() is not None:
            return False
        owner = (folder / ".snakemake/irf7bone/run.lock").read_text(encoding="utf-8").partition(",")[0]
        own = [run.pid, *(child.pid for child in psutil.Process(run.pid).children(recursive=True))]
        if owner in {f"process {number}" for number in own}:
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
        if path.is_file() and "logs" not in path.parts and path.name != ".snakemake_timestamp"
    }


@pytest.mark.parametrize("plan", PLANS)
def test_a_run_that_is_stopped_again_and_again_gives_the_same_bytes(plan, tiny_run, tmp_path, project):
    signals, draw = PLANS[plan], random.Random(14)
    jobs = len([*(tiny_run / "results/records").rglob("*.json")])
    moments = sorted(draw.uniform(0, jobs - 3) for _ in signals)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    study = write_study(folder)
    said = tmp_path / "said"
    for number, (kind, moment) in enumerate(zip(signals, moments, strict=True)):
        run = make_report(project, study)
        assert wait_for_jobs(run, folder, int(moment)), said.read_text(encoding="utf-8")
        time.sleep(3 * (moment % 1))
        if number == 1 and holds(run, folder):
            second = make_report(project, study, "second")
            assert second.wait(120) == 2
            message = (tmp_path / "second").read_text(encoding="utf-8")
            assert message.startswith("irf7bone: another run of this study is going on here (process ")
        os.killpg(run.pid, kind)
        run.wait(120)
        assert wait_for_end(folder) == [], (kind, moment)
        if kind in STOPS:
            text = said.read_text(encoding="utf-8")
            lines = [line for line in text.splitlines() if not re.match(r"make(\[\d+\])?: \*\*\*", line)]
            assert [line for line in lines if line.startswith("irf7bone: stopped by")] == lines[-1:]
            assert "Traceback" not in text
            assert leftovers(folder) == []
    run = make_report(project, study)
    assert run.wait(LONGEST_SECONDS) == 0, said.read_text(encoding="utf-8")
    assert leftovers(folder) == []
    first, second = digests(tiny_run), digests(folder)
    assert {name.rpartition(".")[2] for name in first} >= {"tsv", "svg", "html", "json"}
    assert first == second


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A run's folder whose results lie on a disk of 100 kB."""
    results = tmp_path / "run/results"
    results.mkdir(parents=True)
    call = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(results)]
    if os.geteuid() != 0 or subprocess.run(call, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield results.parent
    subprocess.run(["umount", str(results)], check=True)


def test_a_full_disk_is_one_message_and_the_run_goes_on_once_there_is_room(small_disk, tiny_run):
    study = str(write_study(small_disk))
    target = "results/acquired/tiny_a/expression.parquet"
    run = snakemake(small_disk, target, "--configfile", study)
    assert run.code != 0 and "Traceback" not in run.text
    assert "expected: room for this file" in run.text and "No space left on device" in run.text
    assert not (small_disk / target).exists()
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk / "results")], check=True)
    run = snakemake(small_disk, target, "--configfile", study)
    assert run.code == 0, run.text
    assert (small_disk / target).read_bytes() == (tiny_run / target).read_bytes()


NOBODY = 65534


@pytest.fixture
def of_nobody() -> Iterator[Path]:
    """A folder of a user who can write nowhere else but where everybody can."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can run as somebody else")
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


def test_somebody_without_a_home_runs_and_writes_in_the_folder_of_the_run_alone(of_nobody, tiny_run):
    study, target = write_study(of_nobody), "results/cohorts/tiny_a.h5ad"
    for path in (of_nobody, *of_nobody.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    call = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable]
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    if subprocess.run([*call, "-c", start], cwd="/", capture_output=True, check=False).returncode:
        pytest.skip("another user may not use this Python")
    call += [str(PROJECT / "tools/make_report.py"), "--cores", "1", "--directory", str(of_nobody)]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_DIR": os.devnull}
    run = subprocess.run(
        [*call, "--configfile", str(study), "--", target],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (of_nobody / target).read_bytes() == (tiny_run / target).read_bytes()
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm")]
    left = [path for place in places if place.is_dir() for path in place.iterdir() if path != of_nobody]
    assert [path for path in left if path.lstat().st_uid == NOBODY] == []
