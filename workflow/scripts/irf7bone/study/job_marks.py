"""What a job leaves while it is at work, so that one that was killed can be told from one that failed."""

from __future__ import annotations

import atexit
import errno
import os
import resource
import threading
from pathlib import Path
from typing import NamedTuple

MARKS = Path(".snakemake/irf7bone/jobs")
EVERY_SECONDS = 0.5


class Killed(NamedTuple):
    """A job that ended without a word.

    Args:
        job: Its rule and wildcards.
        held_mb: Memory that it held at most when it was last seen.
        needs_mb: What it was planned to need; 0 where nobody said.
    """

    job: str
    held_mb: int
    needs_mb: int = 0

    def __str__(self) -> str:
        needs = f" (it may need {self.needs_mb:,} MB)" if self.needs_mb else ""
        return (
            f"{self.job} was killed when it held {self.held_mb:,} MB{needs}, most often because memory ran "
            "out: run fewer jobs at once (CORES=1), or on a machine with more; what is done stays"
        )


def mark(job: str, folder: Path = Path(), needs_mb: int = 0) -> None:
    """Note this process's job and the memory that it holds, until it ends by itself.

    Args:
        job: Rule and wildcards.
        folder: The folder that the workflow runs in.
        needs_mb: What it was planned to need; 0 where nobody said.
    """
    path = folder / MARKS / str(os.getpid())
    ended = threading.Event()

    def write() -> None:
        held = 0
        while True:
            now = held_most() // 1_000_000
            if now > 1.05 * held:
                held = now
                path.write_text(f"{held} {needs_mb} {job}", encoding="utf-8")
            if ended.wait(EVERY_SECONDS):
                return

    def end() -> None:
        ended.set()
        writing.join()
        path.unlink(missing_ok=True)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    atexit.register(end)


def killed_jobs(folder: Path) -> list[Killed]:
    """Jobs whose process is gone and whose mark is not; takes the marks away."""
    found = []
    for path in sorted((folder / MARKS).glob("*")):
        if _is_there(int(path.name)):
            continue
        held, needs, job = (path.read_text(encoding="utf-8") or "0 0 a job").split(" ", 2)
        found.append(Killed(job, int(held), int(needs)))
        path.unlink(missing_ok=True)
    return found


def held_most() -> int:
    """Bytes that this process held at most."""
    try:
        # getrusage would count what the process that started this one held
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    except (OSError, IndexError):  # no Linux
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno != errno.ESRCH  # somebody else's is there
    return True
