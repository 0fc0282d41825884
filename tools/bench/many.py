"""Studies of many simulated cohorts: planning, what a process does before its job, and the whole of it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import yaml

from bench.measure import Case, Timed

PROJECT = Path(__file__).resolve().parents[2]
CARD = PROJECT / "data/cohorts/simulated_bone.yaml"
SAMPLES, GENES, DRAWS = 120, 2_000, 1_000
ENDPOINTS = ["bone", "relapse"]
MODEL = {"method": "zscore", "endpoint": "bone", "model": "proliferation"}
RUN, TARGET = (20, 40), 200


def planning(k: int) -> Timed:
    """Processor time of `snakemake -n`, all cards read and checked."""
    spent, _ = _snakemake(_study(k), "--dry-run", "--quiet", "all", "--cores", "1")
    return Timed([spent], np.array([np.nan]), f"{k} cards, all of them checked")


def start(k: int) -> Timed:
    """What a process that runs one job of a cluster spends before it beyond Snakemake itself."""
    folder = _study(k)
    one = ("--dry-run", "--quiet", "all", "--cores", "1", "--mode", "remote")
    asked = ("--allowed-rules", "acquire_cohort", "--target-jobs", "acquire_cohort:cohort=s0000")
    spent, _ = _snakemake(folder, *one, *asked)
    (folder / "empty.smk").write_text("rule all:\n    shell:\n        'true'\n", encoding="utf-8")
    bare, _ = _run([*_call(folder / "empty.smk"), *one, "--directory", str(folder)])
    return Timed([spent - bare], np.array([np.nan]), f"of {spent:.2f} s; Snakemake alone takes {bare:.2f} s")


def whole(k: int) -> Timed:
    """Processor time of the whole study on two cores; its wall time is noted."""
    folder = _study(k)
    spent, wall = _snakemake(folder, "--quiet", "all", "--cores", "2")
    page = (folder / "results/report/index.html").stat().st_size / 1e6
    _noted(k).write_text(json.dumps([spent, wall, page]), encoding="utf-8")
    return Timed([spent], np.array([np.nan]), f"{wall:,.0f} s of wall time; page of {page:.1f} MB")


def estimated(k: int) -> Timed:
    """The same of more cohorts, on the line through the two that ran."""
    small, large = (np.array(json.loads(_noted(each).read_text(encoding="utf-8"))) for each in RUN)
    spent, wall, _ = large + (large - small) * (k - RUN[1]) / (RUN[1] - RUN[0])
    said = f"{wall:,.0f} s of wall time; the line through {RUN[0]} and {RUN[1]} cohorts, not run"
    return Timed([spent], np.array([np.nan]), said)


def _noted(k: int) -> Path:
    return Path(os.environ["BENCH_FOLDER"], f"many_{k}.json")


def _study(k: int) -> Path:
    """Write a study of k small simulated cohorts that differ by their seeds."""
    folder = Path(os.environ["BENCH_FOLDER"], f"many_{k}")
    if folder.is_dir():
        return folder
    folder.mkdir()
    card = yaml.safe_load(CARD.read_text(encoding="utf-8"))
    names = [f"s{number:04d}" for number in range(k)]
    for number, name in enumerate(names):
        made = card | {"id": name, "title": f"Made up {number}"}
        made["expression"] |= {"seed": number, "n_samples": SAMPLES, "n_genes": GENES}
        made.pop("expect", None)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    study = {
        "title": "Many cohorts",
        "cohorts": [f"./{name}.yaml" for name in names],
        "experiments": [],
        "cells": [],
        "malignant_part": {"of": []},
        "endpoints": ENDPOINTS,
        "primary": MODEL,
        "random_signatures": {"draws": DRAWS},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    return folder


def _call(snakefile: Path) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--scheduler", "greedy"]


def _snakemake(folder: Path, *arguments: str) -> tuple[float, float]:
    where = ["--directory", str(folder), "--configfile", str(folder / "study.yaml")]
    return _run([*_call(PROJECT / "Snakefile"), *arguments, *where])


def _run(call: list[str]) -> tuple[float, float]:
    """Processor and wall time of a call and of all that it starts."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip()[-2_000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, time.perf_counter() - began


CASES = [
    *(Case(f"planning {k:,} cohorts", "irf7bone", "", partial(planning, k)) for k in (TARGET, 1_000)),
    Case(f"start of a job of {TARGET} cohorts", "irf7bone", "", partial(start, TARGET)),
    *(Case(f"whole study of {k} cohorts", "irf7bone", "", partial(whole, k)) for k in RUN),
    Case(f"whole study of {TARGET} cohorts", "irf7bone", "", partial(estimated, TARGET)),
]
