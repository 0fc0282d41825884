"""One cohort of 20,000 samples from an h5ad file: processor time and peak memory of each job."""

from __future__ import annotations

from functools import partial

from bench.cohort_run import Size, job
from bench.measure import Case
from bench.memory import JOBS

COHORT = Size(20_000, "h5ad")
CASES = [
    Case(f"{name}, 20,000 samples", "irf7bone", "", partial(job, COHORT, name, target))
    for name, target in JOBS.items()
]
