"""One run in a folder at a time, told from one that was killed by a lock that the kernel lets go.

Snakemake's own lock is a file, which stays where a run was killed. The lock here ends with the process that
holds it, however that ends, so whatever Snakemake's lock says while nobody holds this one is left over.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from irf7bone.study.records import RESULTS

LOCK = Path(".snakemake/irf7bone/run.lock")
JOBS = Path(".snakemake/irf7bone/jobs.lock")
INHERITED = "IRF7BONE_HOLDS_THE_RUN"  # names the file handle, in the environment
PATIENCE_SECONDS = 10.0


class RunningElsewhere(Exception):
    """Another run holds the folder."""


def hold(folder: Path = Path()) -> int | None:
    """Hold a run's folder until this process ends, and clear away what a killed run left in it.

    Args:
        folder: The folder that the workflow runs in. One that cannot be written to is held by nobody.

    Returns:
        The open file whose lock it is: a process that inherits it, and is told by :data:`INHERITED`, holds
        the folder as well.

    Raises:
        RunningElsewhere: Another process holds it, or jobs of a run that was killed still write.
    """
    if INHERITED in os.environ:
        return None
    lock = _open(folder / LOCK, make=True)
    if lock is None:
        return None
    if not _taken(lock, fcntl.LOCK_EX):
        owner = os.pread(lock, 200, 0).decode("utf-8", "replace").strip()
        os.close(lock)
        raise RunningElsewhere(
            f"another run of this study is going on here ({owner or 'its process is not known'})"
        )
    _wait_for_jobs(folder, lock)
    os.truncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()}, since {time.strftime('%H:%M on %d %B')}\n".encode(), 0)
    clear(folder)
    return lock


def note_job(folder: Path = Path()) -> None:
    """Say that a job is at work here, until this process ends."""
    jobs = _open(folder / JOBS)
    if jobs is not None:
        _taken(jobs, fcntl.LOCK_SH)


def clear(folder: Path) -> None:
    """Remove what a stopped run left behind: Snakemake's lock, copies of scripts, half-written files."""
    own = folder / ".snakemake"
    partial = (folder / RESULTS).rglob(".*.partial")
    marks = own.glob("irf7bone/jobs/*")
    for left in (*own.glob("locks/*"), *own.glob("scripts/*"), *marks, *partial):
        left.unlink(missing_ok=True)


def _wait_for_jobs(folder: Path, lock: int) -> None:
    jobs = _open(folder / JOBS)
    until = time.monotonic() + PATIENCE_SECONDS
    while jobs is not None and not _taken(jobs, fcntl.LOCK_EX):
        if time.monotonic() > until:
            os.close(jobs)
            os.close(lock)
            raise RunningElsewhere("jobs of a run that was stopped are still at work here: try again later")
        time.sleep(0.2)
    if jobs is not None:
        os.close(jobs)


def _open(path: Path, *, make: bool = False) -> int | None:
    """A handle that stays open until the process ends; None where nothing can be written."""
    try:
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None


def _taken(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: as before, Snakemake's own lock guards
        return True
    return True
