"""A made-up cohort of any size, and the workflow's jobs on it: processor time and peak memory of each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import yaml

from bench.measure import Timed

PROJECT = Path(__file__).resolve().parents[2]
N_GENES, FACTORS = 20_000, 10
STEP = 37  # genes by which the noise of a sample is displaced against that of the one before
METHODS = ("zscore", "ssgsea", "singscore", "gsva", "plage")
SETS = ["HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_E2F_TARGETS", "PAM50_PROLIFERATION", "IRF7"]

# Python runs a module of this name at its start: each job leaves its processor time and peak memory.
NOTE = """
import atexit, os, sys
from pathlib import Path


def note():
    name = Path(sys.argv[0])
    if name.parent.name == "scripts":
        held = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
        spent = sum(os.times()[:4])
        Path(os.environ["MEASURED"], name.name.split(".")[-2]).write_text(f"{spent} {held}")


atexit.register(note)
"""


class Size(NamedTuple):
    """What is made.

    Args:
        samples: Their number; genes are 20,000.
        source: ``table`` (comma-separated text) or ``h5ad``.
        methods: Scoring methods.
        draws: Random signatures.
    """

    samples: int
    source: str
    methods: tuple[str, ...] = METHODS
    draws: int = 1_000


def job(size: Size, script: str, target: str, bound_mb: float = np.nan) -> Timed:
    """Run the workflow up to one job, of whose earlier ones the results are there, and say what it took.

    Args:
        size: The cohort; made where it is not there yet.
        script: The job's script.
        target: A file that it makes.
        bound_mb: Megabytes that it may take.
    """
    folder = Path(os.environ["BENCH_FOLDER"], f"{size.source}_{size.samples}")
    if not folder.is_dir():
        call = f"from bench.cohort_run import Size, make; make({size!r}, {str(folder)!r})"
        subprocess.run([sys.executable, "-c", call], check=True)
    environment = os.environ | {
        "PYTHONPATH": str(folder / "noting"),
        "MEASURED": str(folder / "noting"),
    }
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile"), "--cores", "1"]
    call += ["--scheduler", "greedy", "--quiet", "all", "--directory", str(folder)]
    run = subprocess.run(
        [*call, target, "--configfile", str(folder / "study.yaml")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError((run.stdout + run.stderr).strip()[-2_000:])
    spent, held = (folder / "noting" / script).read_text(encoding="utf-8").split()
    matrix = 4e-6 * N_GENES * size.samples
    peak = int(held) * 1024 / 1e6
    note = f"{(peak - 500) / matrix:.2f} x the matrix of {matrix:,.0f} MB in float32, and 500 MB"
    return Timed([float(spent)], np.array([peak]), note, peak_mb=peak, bound_mb=bound_mb)


def make(size: Size, folder: str) -> None:
    """Write the cohort, its card and a study of it alone."""
    path = Path(folder)
    (path / "noting").mkdir(parents=True)
    (path / "noting/sitecustomize.py").write_text(NOTE, encoding="utf-8")
    rng = np.random.default_rng(size.samples)
    genes, samples = symbols(), [f"T{i:06d}" for i in range(size.samples)]
    months = rng.exponential(60, size.samples).round(2) + 0.01
    event = (rng.random(size.samples) < 0.4).astype(int)
    clinical = pd.DataFrame({"months": months, "event": event.astype(str)}, index=samples)
    expression = {"source": size.source, "gene_id": "symbol", "scale": "log2", "collapse": "max_mean"}
    if size.source == "h5ad":
        obs = clinical.assign(months=months)
        ad.AnnData(obs=obs, var=pd.DataFrame(index=genes)).write_h5ad(path / "big.h5ad")
        _write_matrix(path / "big.h5ad", rng, size.samples)
        expression |= {"path": "big.h5ad", "matrix": "X"}
        described: dict[str, str] = {"source": "h5ad"}
    else:
        columns = {"gene": pa.array(genes)}
        for part, values in _blocks(rng, size.samples):
            for name, row in zip(samples[part], values, strict=True):
                columns[name] = pa.array(row.astype(float).round(4))
        pa_csv.write_csv(pa.table(columns), path / "big.csv")
        clinical.to_csv(path / "big.tsv", sep="\t", index_label="sample")
        expression |= {"path": "big.csv", "genes_in": "rows"}
        described = {"source": "table", "path": "big.tsv", "key": "sample"}
    card = {
        "id": "big",
        "title": f"{size.samples} made-up samples",
        "citation": {"text": "made for a benchmark"},
        "organism": "human",
        "specimen": "primary",
        "role": "validation",
        "expression": expression,
        "clinical": [described],
        "fields": {},
        "endpoints": {
            "distant": {
                "definition": "made up",
                "time": {"from": "months", "unit": "months"},
                "event": {"from": "event", "is": 1},
            }
        },
    }
    study = {
        "title": "A benchmark",
        "cohorts": ["./big.yaml"],
        "experiments": [],
        "cells": [],
        "signatures": {"select": SETS},
        "proliferation_signature": "PAM50_PROLIFERATION",
        "methods": list(size.methods),
        "endpoints": ["distant"],
        "primary": {"endpoint": "distant"},
        "random_signatures": {"draws": size.draws},
    }
    for name, content in (("big", card), ("study", study)):
        (path / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _blocks(rng: np.random.Generator, n_samples: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Log2 values of some samples (samples x genes, float32) with ten shared patterns, block by block.

    What is a sample's own is a piece of one long row of noise, which no two samples have at the same place.
    """
    level = rng.normal(8, 2, N_GENES).astype(np.float32)
    loadings = rng.normal(0, 0.3, (FACTORS, N_GENES)).astype(np.float32)
    noise = rng.standard_normal(N_GENES + STEP * n_samples, dtype=np.float32) * np.float32(0.7)
    for start in range(0, n_samples, 500):
        part = slice(start, min(start + 500, n_samples))
        values = rng.standard_normal((part.stop - start, FACTORS), dtype=np.float32) @ loadings
        values += level
        for row, sample in zip(values, range(start, part.stop), strict=True):
            row += noise[STEP * sample : STEP * sample + N_GENES]
        yield part, values


def _write_matrix(path: Path, rng: np.random.Generator, n_samples: int) -> None:
    """``X`` of an h5ad file, lightly packed, of values in steps of 1/64."""
    with h5py.File(path, "r+") as file:
        stored = file.create_dataset(
            "X", (n_samples, N_GENES), "f4", chunks=(50, N_GENES), compression="lzf", shuffle=True
        )
        stored.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        for part, values in _blocks(rng, n_samples):
            stored[part] = np.round(values * 64) / 64


def symbols() -> list[str]:
    """20,000 current symbols, those of the signatures among them."""
    table = pd.read_csv(PROJECT / "data/genes/hgnc_symbols.tsv.gz", sep="\t", usecols=["symbol"], dtype=str)
    wanted = []
    for file in sorted((PROJECT / "data/signatures").glob("*.gmt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            wanted += line.split("\t")[2:]
    known = [gene for gene in dict.fromkeys(wanted) if gene in set(table["symbol"])]
    return list(dict.fromkeys([*known, *table["symbol"]]))[:N_GENES]
