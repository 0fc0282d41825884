"""GSVA of 50 sets in cohorts of three sizes, against gseapy and R GSVA.

The peers add up all pairs of samples, for every gene. So of larger cohorts fewer genes are scored:
all three are linear in them.
"""

from __future__ import annotations

from functools import partial

from bench.measure import Case
from bench.scores import by_gseapy, by_r, ours

N_SETS = 50
GENES = {300: 3_000, 1_000: 2_000, 3_000: 1_000}  # samples -> genes
IMPLEMENTATIONS = (("irf7bone", "", ours), ("gseapy", "gseapy", by_gseapy), ("R GSVA", "", by_r))
CASES = [
    Case(
        f"gsva, {n_samples:,} samples x {n_genes:,} genes",
        name,
        package,
        partial(run, "gsva", N_SETS, n_samples, n_genes),
    )
    for n_samples, n_genes in GENES.items()
    for name, package, run in IMPLEMENTATIONS
]
