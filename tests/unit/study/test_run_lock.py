"""A run's folder is held by one process; what a killed one left there is cleared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from irf7bone.study import run_lock
from irf7bone.study.homes import CACHE, own_homes
from irf7bone.study.run_lock import RunningElsewhere, clear, hold

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
KEEP = """
import sys
from pathlib import Path
from irf7bone.study import run_lock
run_lock.{what}(Path({folder!r}))
print("held", flush=True)
sys.stdin.read()
"""


def other(folder: Path, what: str) -> subprocess.Popen[str]:
    """Another process that holds the folder, or is a job in it, until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP.format(what=what, folder=str(folder))],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_folder_that_another_process_holds_is_refused_until_it_is_killed(tmp_path):
    running = other(tmp_path, "hold")
    with pytest.raises(RunningElsewhere, match=rf"process {running.pid}, since \d\d:\d\d"):
        hold(tmp_path)
    end(running)
    os.close(hold(tmp_path))


def test_jobs_that_outlived_their_run_are_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "PATIENCE_SECONDS", 0.5)
    (tmp_path / ".snakemake/irf7bone").mkdir(parents=True)
    job = other(tmp_path, "note_job")
    with pytest.raises(RunningElsewhere, match="still at work"):
        hold(tmp_path)
    end(job)


def test_what_a_stopped_run_left_is_cleared_and_nothing_else(tmp_path):
    left = [".snakemake/locks/0.output.lock", ".snakemake/scripts/tmp1.py", "results/tables/.a.tsv.partial"]
    kept = [".snakemake/metadata/x", "results/tables/a.tsv"]
    for name in (*left, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    clear(tmp_path)
    assert not any((tmp_path / name).exists() for name in left)
    assert all((tmp_path / name).exists() for name in kept)


def test_a_folder_that_cannot_be_written_to_is_held_by_nobody(tmp_path):
    (tmp_path / "file").touch()
    assert hold(tmp_path / "file") is None


def test_tools_write_below_the_runs_folder(tmp_path):
    with own_homes(tmp_path, {"HOME": "/nonexistent", "PATH": "/bin"}) as homes:
        assert homes["PATH"] == "/bin"
        for name in ("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
            assert Path(homes[name]).is_relative_to(tmp_path / CACHE)
    with own_homes(tmp_path, {"HOME": str(tmp_path)}) as homes:
        assert homes["HOME"] == str(tmp_path)


def test_a_closed_folder_is_lent_a_place_for_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with own_homes(tmp_path, {}) as homes:
        place = Path(homes["XDG_CACHE_HOME"])
        assert place.is_dir() and not place.is_relative_to(tmp_path / CACHE)
    assert not place.exists()
