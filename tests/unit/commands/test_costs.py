"""The sums of what jobs took."""

from __future__ import annotations

import json

from irf7bone.commands.costs import BENCHMARKS, COSTS, read_costs, write_costs

HEAD = "s\tmax_rss\tcpu_time\n"


def note(folder, measured):
    """Write what jobs took, as they do."""
    for name, line in measured.items():
        path = folder / BENCHMARKS / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + line, encoding="utf-8")


def test_jobs_are_added_up_by_rule_the_costliest_first(tmp_path):
    measured = {
        "score_cohort/a": "2.0\t300.5\t1.5\n",
        "score_cohort/b": "4.0\t250.0\t3.5\n",
        "build_report": "3.0\t400.0\t9.0\n",
        "fetch_cohort/a": "0.1\t80.0\t0.0\n",
    }
    note(tmp_path, measured)
    write_costs(tmp_path)
    rows = [line.split("\t") for line in (tmp_path / COSTS).read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["rule", "jobs", "seconds", "cpu_seconds", "longest_seconds", "most_memory_mb"]
    assert rows[1:] == [
        ["build_report", "1", "3.0", "9.0", "3.0", "400.0"],
        ["score_cohort", "2", "6.0", "5.0", "4.0", "300.5"],
        ["fetch_cohort", "1", "0.1", "0.0", "0.1", "80.0"],
        ["all", "4", "9.1", "14.0", "4.0", "400.0"],
    ]


def test_without_measured_jobs_nothing_is_written(tmp_path):
    write_costs(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_jobs_of_a_cohort_that_the_study_no_longer_names_are_not_counted(tmp_path):
    line = "2.0\t300.5\t1.5\n"
    note(
        tmp_path,
        dict.fromkeys(["score_cohort/here", "score_cohort/broken", "score_cohort/gone", "judge"], line),
    )
    kinds = {"cohorts": {"here": {}}, "failed": {"broken": "why"}, "experiments": {}, "cells": {}}
    (tmp_path / "results/provenance.json").write_text(json.dumps(kinds), encoding="utf-8")
    write_costs(tmp_path)
    jobs = {rule: row["jobs"] for rule, row in read_costs(tmp_path).items()}
    assert jobs == {"score_cohort": "2", "judge": "1", "all": "3"}
