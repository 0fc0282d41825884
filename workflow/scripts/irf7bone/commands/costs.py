"""What the jobs of a run took, by rule: time, processor time and memory.

Each job leaves what it took in ``results/logs/benchmarks/``. The sums lie beside them and not in
provenance.json, which is the same for equal runs wherever they are made; a crate of the run has them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from irf7bone.base.whole_file import whole_file
from irf7bone.study.job_costs import BENCHMARKS
from irf7bone.study.records import LOGS, RESULTS

COSTS = f"{LOGS}/costs.tsv"
PROVENANCE = f"{RESULTS}/provenance.json"
COLUMNS = ("rule", "jobs", "seconds", "cpu_seconds", "longest_seconds", "most_memory_mb")


def write_costs(folder: Path) -> None:
    """Write ``results/logs/costs.tsv``: a row for each rule, the costliest first, and one for all.

    Args:
        folder: The folder that the workflow ran in; without measured jobs nothing is written. Jobs of a
            cohort or data set that the study no longer names are not counted.
    """
    named = _named(folder)
    measured: dict[str, list[dict[str, str]]] = {}
    for path in sorted((folder / BENCHMARKS).rglob("*.tsv")):
        rule, *of = path.relative_to(folder / BENCHMARKS).with_suffix("").parts
        if named is not None and not named.issuperset(of):
            continue
        with path.open(encoding="utf-8", newline="") as stream:
            measured.setdefault(rule, []).extend(csv.DictReader(stream, delimiter="\t"))
    if not measured:
        return
    rows = [_row(rule, jobs) for rule, jobs in measured.items()]
    rows.sort(key=lambda row: -float(row[COLUMNS.index("cpu_seconds")]))
    rows.append(_row("all", [job for jobs in measured.values() for job in jobs]))
    with whole_file(folder / COSTS) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])


def _named(folder: Path) -> set[str] | None:
    """Cohorts and data sets of the finished run in a folder; None where no provenance tells."""
    try:
        content = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {name for kind in ("cohorts", "failed", "experiments", "cells") for name in content.get(kind, ())}


def read_costs(folder: Path) -> dict[str, dict[str, str]]:
    """Rule, or ``all`` -> its row of ``results/logs/costs.tsv``; nothing where it was not written.

    Args:
        folder: The folder that the workflow ran in.
    """
    if not (folder / COSTS).is_file():
        return {}
    with (folder / COSTS).open(encoding="utf-8", newline="") as stream:
        return {row["rule"]: row for row in csv.DictReader(stream, delimiter="\t")}


def _row(rule: str, jobs: list[dict[str, str]]) -> tuple[str, ...]:
    seconds, cpu, memory = ([float(job[name]) for job in jobs] for name in ("s", "cpu_time", "max_rss"))
    return (
        rule,
        str(len(jobs)),
        *(f"{value:.1f}" for value in (sum(seconds), sum(cpu), max(seconds), max(memory))),
    )
