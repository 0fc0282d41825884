"""One run in a folder at a time, told from one that was killed by a lock that the kernel lets go.

Snakemake's own lock is a file, which stays where a run was killed. The lock here ends with the process that
holds it, however that ends, so whatever Snakemake's lock says while nobody holds this one is left over.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from irf7bone.study.records import RESULTS

LOCK = Path(".snakemake/irf7bone/run.lock")
JOBS = Path(".snakemake/irf7bone/jobs.lock")
PATIENCE_SECONDS = 10.0
_held: list[IO[str]] = []  # open until the process ends


class RunningElsewhere(Exception):
    """Another run holds the folder."""


def hold(folder: Path = Path()) -> None:
    """Hold a run's folder until this process ends, and clear away what a killed run left in it.

    Args:
        folder: The folder that the workflow runs in. One that cannot be written to is held by nobody.

    Raises:
        RunningElsewhere: Another process holds it, or jobs of a run that was killed still write.
    """
    try:
        (folder / LOCK).parent.mkdir(parents=True, exist_ok=True)
        lock, jobs = (folder / LOCK).open("a+"), (folder / JOBS).open("a")
    except OSError:
        return
    if not _taken(lock, fcntl.LOCK_EX):
        raise RunningElsewhere(f"another make report is running here ({_owner(lock)})")
    until = time.monotonic() + PATIENCE_SECONDS
    while not _taken(jobs, fcntl.LOCK_EX):
        if time.monotonic() > until:
            raise RunningElsewhere("jobs of a run that was stopped are still at work here: try again later")
        time.sleep(0.2)
    jobs.close()
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, since {time.strftime('%H:%M on %d %B')}\n")
    lock.flush()
    _held.append(lock)
    clear(folder)


def free(folder: Path) -> None:
    """Say at once where another run holds a folder.

    Raises:
        RunningElsewhere: One does.
    """
    try:
        with (folder / LOCK).open("a+") as lock:
            if not _taken(lock, fcntl.LOCK_EX):
                raise RunningElsewhere(f"another make report is running here ({_owner(lock)})")
    except OSError:  # never run here, or not to be written to
        return


def note_job(folder: Path = Path()) -> None:
    """Say that a job is at work here, until this process ends."""
    try:
        jobs = (folder / JOBS).open("a")
    except OSError:
        return
    _taken(jobs, fcntl.LOCK_SH)
    _held.append(jobs)


def clear(folder: Path) -> None:
    """Remove what a stopped run left behind: Snakemake's lock, copies of scripts, half-written files."""
    own = folder / ".snakemake"
    for left in (*own.glob("locks/*"), *own.glob("scripts/*"), *(folder / RESULTS).rglob(".*.partial")):
        left.unlink(missing_ok=True)


def _taken(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: as before, Snakemake's own lock guards
        return True
    return True


def _owner(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "its process is not known"
