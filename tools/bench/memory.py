"""Peak memory of each job on one cohort against the size of its matrix, from text, at three sizes."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.cohort_run import N_GENES, Size, job
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
BOUNDED = ("acquire_cohort", "harmonise_cohort", "check_quality")


def bound(n_samples: int, name: str) -> float:
    """Megabytes that a job may take: 2.5 times the matrix in float32, and 500; NaN where none is asked."""
    return 500 + 2.5 * 4e-6 * N_GENES * n_samples if name in BOUNDED else np.nan


CASES = [
    Case(
        f"{name}, {n:,} samples", "irf7bone", "", partial(job, Size(n, "table"), name, target, bound(n, name))
    )
    for n in SIZES
    for name, target in JOBS.items()
]
