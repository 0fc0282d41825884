"""What a job took, noted by itself when it ends: time, processor time and memory.

Columns are called as in Snakemake's benchmark files. Its own measure looks at a job every half second, which
cost 10 ms each time and 2 % of a run; this one reads what the kernel has counted, once.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from irf7bone.study.job_marks import held_most
from irf7bone.study.records import LOGS

BENCHMARKS = f"{LOGS}/benchmarks"


def note_costs(log: str | Path) -> None:
    """Write what this process has taken so far, to where its log has its place below :data:`BENCHMARKS`.

    Args:
        log: The job's log, below ``results/logs/``; of another place nothing is noted.
    """
    name = Path(log)
    if not name.is_relative_to(LOGS):
        return
    took = os.times()
    cpu = took.user + took.system + took.children_user + took.children_system
    line = f"{_seconds_since_start():.2f}\t{held_most() / 2**20:.1f}\t{cpu:.2f}\n"
    path = Path(BENCHMARKS, name.relative_to(LOGS)).with_suffix(".tsv")
    with contextlib.suppress(OSError):  # what a job took is no reason to fail it
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\tcpu_time\n{line}", encoding="utf-8")


def _seconds_since_start() -> float:
    """Since this process was started; where that is not told, since Python's clock began to count it."""
    try:
        status = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        # counted from the end of the name in brackets, which may hold spaces; the 22nd field of all, in ticks
        start = int(status.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - start
    except (OSError, AttributeError, IndexError, ValueError):  # no Linux
        return time.process_time()
