"""Peak memory of each job on one cohort against the size of its matrix, from text, at three sizes."""

from __future__ import annotations

from functools import partial

from bench.cohort_run import Size, job
from bench.measure import Case

SIZES = (500, 2_000, 5_000)
# in this order each finds the results of those before
JOBS = {
    "acquire_cohort": "results/acquired/big/expression.parquet",
    "harmonise_cohort": "results/cohorts/big.h5ad",
    "check_quality": "results/qc/big.tsv",
    "score_cohort": "results/scores/big.parquet",
    "associate_cohort": "results/associations/big.tsv",
}
CASES = [
    Case(f"{name}, {n:,} samples", "irf7bone", "", partial(job, Size(n, "table"), name, target))
    for n in SIZES
    for name, target in JOBS.items()
]
