"""One tiny study, run once, that the workflow tests share."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup.made_once import made_once

PROJECT = Path(__file__).resolve().parents[2]
# where it is set, each job of each run compiles every module anew; `make` takes it out as well
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
FORKING = threading.Lock()
HOUSE = ("Snakefile", "config.yaml", "workflow", "data", "docs", "envs")


@dataclass
class Run:
    """A finished Snakemake call."""

    code: int
    text: str


# Python runs a module of this name at its start: each job leaves the names of what it imported.
NOTE_IMPORTS = """
import atexit, os, sys
from pathlib import Path


def note():
    names = sorted(name for name in sys.modules if name.split(".")[0] == "irf7bone")
    if Path(sys.argv[0]).parent.name == "scripts" and names:
        job = Path(os.environ["IMPORTED"], Path(sys.argv[0]).name + ".txt")
        job.write_text("\\n".join(names), encoding="utf-8")


atexit.register(note)
"""


def snakemake(folder: Path, *arguments: str, project: Path = PROJECT) -> Run:
    """Run Snakemake for the project in a folder of its own and return its code and all it printed."""
    call = ["--snakefile", str(project / "Snakefile"), "--directory", str(folder)]
    call += ["--cores", "2", "--scheduler", "greedy", "--nocolor", *arguments]
    noted = folder / "imported"
    noted.mkdir(exist_ok=True)
    (noted / "sitecustomize.py").write_text(NOTE_IMPORTS, encoding="utf-8")
    # the report names the revision, which a copy of the project lacks: without git all runs are alike
    environment = os.environ | {"PYTHONPATH": str(noted), "IMPORTED": str(noted), "GIT_DIR": os.devnull}
    if FORKING.acquire(blocking=False):
        try:
            return run_forked(call, folder, environment)
        finally:
            FORKING.release()
    plainly = [sys.executable, "-m", "snakemake", *call]  # beside one that is under way
    done = subprocess.run(plainly, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    return Run(done.returncode, done.stdout + done.stderr)


@cache
def forking() -> subprocess.Popen[str]:
    """The process of `forked_snakemake.py`; it ends with the tests."""
    call = [sys.executable, str(Path(__file__).with_name("forked_snakemake.py"))]
    process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def run_forked(arguments: list[str], folder: Path, environment: dict[str, str]) -> Run:
    """Run Snakemake as a fork of a process that has imported it."""
    process = forking()
    with tempfile.TemporaryDirectory() as place:
        said = {name: str(Path(place, name)) for name in ("stdout", "stderr")}
        call = {"arguments": arguments, "folder": str(folder), "environment": environment, **said}
        process.stdin.write(f"{json.dumps(call)}\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        return Run(code, "".join(Path(path).read_text(encoding="utf-8") for path in said.values()))


def imported_by_jobs(folder: Path) -> dict[str, set[str]]:
    """Modules of the package that the jobs of the runs in a folder imported, by script."""
    found: dict[str, set[str]] = {}
    for path in (folder / "imported").glob("*.txt"):
        script = path.name.split(".")[-3]  # Snakemake's own copy: <random>.<script>.py
        found.setdefault(script, set()).update(path.read_text(encoding="utf-8").split())
    return found


def gene_sets(name: str) -> list[str]:
    """Genes of a shipped signature, read without the package."""
    for path in sorted((PROJECT / "data" / "signatures").glob("*.gmt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = line.split("\t")
            if fields[0] == name:
                return fields[2:]
    raise KeyError(name)


def write_table_cohort(folder: Path, identity: str, *, seed: int, patients: int = 90) -> Path:
    """A small cohort as a user would bring it: a symbol table, a clinical table and a card."""
    rng = np.random.default_rng(seed)
    interferon, proliferation = (
        gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE"),
        gene_sets("PAM50_PROLIFERATION"),
    )
    genes = list(dict.fromkeys(interferon + proliferation + gene_sets("HALLMARK_E2F_TARGETS")))
    programme = rng.normal(size=(2, patients))
    values = 8 + rng.normal(size=(len(genes), patients))
    values[[gene in interferon for gene in genes]] += programme[0]
    values[[gene in proliferation for gene in genes]] += programme[1]
    samples = [f"{identity}-{number:03d}" for number in range(patients)]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(values, index=genes, columns=samples).round(4).to_csv(folder / f"{identity}.csv")
    relapse = rng.exponential(60 / np.exp(0.5 * programme[1]))
    censored = rng.uniform(30, 120, size=patients)
    clinical = pd.DataFrame(
        {
            "patient": samples,
            "months": np.minimum(relapse, censored).round(2) + 0.01,
            "relapsed": (relapse <= censored).astype(int),
            "in_bone": ((relapse <= censored) & (rng.random(patients) < 0.6)).astype(int),
        }
    )
    clinical.to_csv(folder / f"{identity}.clinical.tsv", sep="\t", index=False)
    card = {
        "id": identity,
        "title": f"Tiny cohort {identity}",
        "citation": {"text": "generated by the tests"},
        "organism": "human",
        "specimen": "primary",
        "role": "validation",
        "expression": {
            "source": "table",
            "path": f"{identity}.csv",
            "genes_in": "rows",
            "gene_id": "symbol",
            "scale": "log2",
            "collapse": "max_mean",
        },
        "clinical": [{"source": "table", "path": f"{identity}.clinical.tsv", "key": "patient"}],
        "fields": {},
        "exclude": [],
        "endpoints": {
            "bone": {
                "definition": "bone metastasis; the clock stops at any first relapse",
                "time": {"from": "months", "unit": "months"},
                "event": {"from": "in_bone", "is": 1},
                "competing": {"from": "relapsed", "is": 1},
            },
            "relapse": {
                "definition": "any relapse",
                "time": {"from": "months", "unit": "months"},
                "event": {"from": "relapsed", "is": 1},
            },
        },
        "expect": {"samples": patients, "events": {"relapse": int(clinical["relapsed"].sum())}},
    }
    path = folder / f"{identity}.yaml"
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return path


def write_experiment(folder: Path, identity: str, shares_patients_of: str) -> Path:
    """Counts of five pairs in which interferon genes fall in bone, as a user would bring them, and a card."""
    rng = np.random.default_rng(5)
    interferon = gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE")
    others = dict.fromkeys([*gene_sets("HALLMARK_E2F_TARGETS"), *gene_sets("HALLMARK_G2M_CHECKPOINT")])
    genes = list(dict.fromkeys([*interferon, *others]))
    level = rng.uniform(5, 11, (len(genes), 1)) + rng.normal(0, 0.3, (len(genes), 10))
    level[: len(interferon), 5:] -= 1.5
    samples = [f"{site}{number}" for site in ("primary", "bone") for number in range(1, 6)]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rng.poisson(2**level), genes, samples).to_csv(folder / f"{identity}.csv")
    described = pd.DataFrame(
        {"sample": samples, "site": ["P"] * 5 + ["B"] * 5, "patient": [f"pt{n}" for n in range(1, 6)] * 2}
    )
    described.to_csv(folder / f"{identity}.samples.tsv", sep="\t", index=False)
    card = {
        "id": identity,
        "title": "Tiny experiment",
        "citation": {"text": "generated by the tests"},
        "organism": "human",
        "role": "real",
        "expression": {
            "source": "table",
            "path": f"{identity}.csv",
            "genes_in": "rows",
            "gene_id": "symbol",
            "scale": "counts",
            "collapse": "max_mean",
        },
        "samples": [{"source": "table", "path": f"{identity}.samples.tsv", "key": "sample"}],
        "groups": {"from": "site", "map": {"P": "primary", "B": "bone"}},
        "pairs": {"from": "patient"},
        "contrasts": [
            {
                "id": "loss",
                "case": "bone",
                "reference": "primary",
                "paired": True,
                "batch": False,
                "meaning": "loss_in_bone",
            }
        ],
        "derive": {"contrast": "loss", "name": "LOST_IN_BONE", "log2_fold": 0.8, "fdr": 0.05},
        "patients_of": [shares_patients_of],
        "expect": {"samples": 10, "pairs": 5},
    }
    path = folder / f"{identity}.yaml"
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return path


def write_study(folder: Path) -> Path:
    """Two small cohorts, an experiment, and the study file that names them."""
    for identity, seed in (("tiny_a", 1), ("tiny_b", 2)):
        write_table_cohort(folder / "cards", identity, seed=seed)
    write_experiment(folder / "cards", "tiny_pairs", "tiny_b")
    study = {
        "title": "Tiny study",
        "cohorts": ["cards/tiny_a.yaml", "cards/tiny_b.yaml"],
        "experiments": ["cards/tiny_pairs.yaml"],
        "cells": [],
        "signatures": {
            "select": [
                "HALLMARK_INTERFERON_ALPHA_RESPONSE",
                "PAM50_PROLIFERATION",
                "IRF7",
                "DANAHER_NK_CELLS",
            ]
        },
        "proliferation_signature": "PAM50_PROLIFERATION",
        "methods": ["zscore", "ssgsea"],
        "endpoints": ["bone", "relapse"],
        "primary": {"endpoint": "bone"},
        "random_signatures": {"draws": 200},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory) -> Path:
    """The folder of a finished run of the tiny study; all workers share it: who runs more there copies it."""

    def make(folder: Path) -> None:
        run = snakemake(folder, "--configfile", str(write_study(folder)))
        assert run.code == 0, run.text

    return made_once(tmp_path_factory, "tiny", make)


@pytest.fixture
def project_copy(tmp_path) -> Path:
    """A copy of what the workflow needs, which a test may edit."""
    return copy_project(tmp_path / "project")


def copy_project(copy: Path, *, compiled: bool = True) -> Path:
    """A copy of what the workflow needs; nothing is fetched into the project itself.

    Args:
        copy: Where it goes.
        compiled: With what is compiled of the modules so far; without it the first jobs there compile anew.
    """
    copy.mkdir()
    # the last two are being written by another worker
    not_copied = ("downloads", "*.pyc.*", "*.tmp.*") if compiled else ("downloads", "__pycache__")
    for name in HOUSE:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns(*not_copied))
        else:
            shutil.copy(source, copy / name)
    return copy
