"""Run each implementation in a process of its own; compare time, peak memory and values with the first.

A topic is a module of this folder with ``CASES``. The first case of a task is ours; the others are its
peers. ``run`` makes the data, which is not timed, and returns a :class:`Timed`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

COLUMNS = ["task", "implementation", "version", "n_repeats", "seconds", "peak_mb", "bound_mb", "ratio",
           "max_abs_difference", "status", "reason"]  # fmt: skip
# a measurement is repeated this often, unless it has taken this many seconds by then
REPEATS, ENOUGH = 5, 10.0


@dataclass(frozen=True)
class Timed:
    """Processor seconds of each repeat, the values of one, and what a reader must know about them.

    Args:
        seconds: One number for each repeat.
        values: What peers must agree on, any shape; NaN where this implementation has no value.
        note: How the seconds came about where not by running the whole task; empty otherwise.
        version: Of the implementation, where no installed Python package says it.
        peak_mb: Peak memory where it is not this process's own.
        bound_mb: What it may be at most, where anything is asked.
    """

    seconds: Sequence[float]
    values: np.ndarray
    note: str = ""
    version: str = ""
    peak_mb: float = np.nan
    bound_mb: float = np.nan


class NotAvailable(Exception):
    """Why an implementation cannot be run here."""


@dataclass(frozen=True)
class Case:
    """One implementation of one task.

    Args:
        task: What is done, on what.
        implementation: Name in the table.
        package: Installed Python package whose version is given; empty where :class:`Timed` says it.
        run: Makes the data and does it.
    """

    task: str
    implementation: str
    package: str
    run: Callable[[], Timed]


def timed(function: Callable[[], np.ndarray]) -> tuple[list[float], np.ndarray]:
    """Processor seconds of a function's repeats, after one run that is not counted, and its values."""
    start = time.process_time()
    values = function()
    first = time.process_time() - start
    if first > ENOUGH:  # what a first run pays beyond the others is lost in it
        return [first], values
    seconds: list[float] = []
    while len(seconds) < REPEATS and sum(seconds) < ENOUGH:
        start = time.process_time()
        values = function()
        seconds.append(time.process_time() - start)
    return seconds, values


def measure(topic: str) -> pd.DataFrame:
    """The table of one topic, each case in a process of its own."""
    cases = import_module(f"bench.{topic}").CASES
    with tempfile.TemporaryDirectory() as folder:
        found = [_in_own_process(topic, number, Path(folder)) for number in range(len(cases))]
    return compare([(case.task, case.implementation) for case in cases], found)


def compare(named: Sequence[tuple[str, str]], found: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Set every case against the first of its task: ``ratio`` above 1 means that the first is faster.

    Args:
        named: Task and implementation of each case.
        found: What each process said: ``status`` and ``reason``, and where status is ok ``seconds``,
            ``values``, ``version`` and ``peak_mb``.
    """
    rows, first = [], {}
    for (task, implementation), case in zip(named, found, strict=True):
        row = {"task": task, "implementation": implementation, "reason": case["reason"]}
        row |= {"status": case["status"], "version": case.get("version")}
        if case["status"] == "ok":
            ours = first.setdefault(task, case)
            both = np.isfinite(ours["values"]) & np.isfinite(case["values"])
            difference = np.abs(ours["values"] - case["values"])[both]
            row |= {
                "n_repeats": len(case["seconds"]),
                "seconds": median(case["seconds"]),
                "peak_mb": case["peak_mb"],
                "bound_mb": case.get("bound_mb"),
                "ratio": median(case["seconds"]) / median(ours["seconds"]),
                "max_abs_difference": difference.max() if difference.size else np.nan,
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n_repeats": "Int64"})


def _in_own_process(topic: str, number: int, folder: Path) -> dict[str, object]:
    call = [sys.executable, "-m", "bench.child", topic, str(number), str(folder)]
    # what a case leaves there, those after it find
    shared = os.environ | {"BENCH_FOLDER": str(folder)}
    run = subprocess.run(call, capture_output=True, text=True, check=False, env=shared)
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f"ended with status {run.returncode}"]
        return {"status": "failed", "reason": lines[-1]}
    found = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
    if found["status"] == "ok":
        found["values"] = np.load(folder / f"{number}.npy")
    return found


def version_of(package: str) -> str:
    """Version of an installed package."""
    return metadata.version(package)
