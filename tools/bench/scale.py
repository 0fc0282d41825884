"""From h5ad, 20,000 samples to the report and 100,000 to the scores: time and memory of each job."""

from __future__ import annotations

from functools import partial

from bench.cohort_run import Size, job
from bench.measure import Case
from bench.memory import JOBS

LARGE = Size(20_000, "h5ad", ("zscore", "ssgsea", "singscore", "gsva"))
LARGEST = Size(100_000, "h5ad", ("zscore", "ssgsea", "singscore"))
TO_REPORT = {
    **JOBS,
    "audit_cohorts": "results/tables/audit.tsv",
    "examine_pooled": "results/tables/genes.tsv.gz",
    "plot_cohort": "results/figures/big",
    "print_report": "results/report/report.pdf",
    "build_report": "results/report/index.html",
}
TO_SCORES = {name: JOBS[name] for name in ("acquire_cohort", "harmonise_cohort", "score_cohort")}
CASES = [
    Case(f"{name}, {cohort.samples:,} samples", "irf7bone", "", partial(job, cohort, name, target, bound_mb))
    for cohort, jobs, bound_mb in ((LARGE, TO_REPORT, 6_000), (LARGEST, TO_SCORES, 8_000))
    for name, target in jobs.items()
]
