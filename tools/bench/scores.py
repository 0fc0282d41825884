"""Named signatures: 50 and 1,000 sets by each method, against gseapy and R GSVA."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from bench.data import N_GENES, N_SAMPLES, expression, gene_sets
from bench.measure import Case, Timed, timed
from bench.r import in_r
from irf7bone.scoring.engine import Prepared, score_sets

SIZES = (50, 1000)
IN_R = {
    "zscore": 'method = "zscore"',
    "ssgsea": 'method = "ssgsea", ssgsea.norm = FALSE',
    "plage": 'method = "plage"',
    "gsva": 'method = "gsva", kcdf = "Gaussian", mx.diff = TRUE, tau = 1',
}


def ours(method: str, n_sets: int, n_samples: int = N_SAMPLES, n_genes: int = N_GENES) -> Timed:
    """Preparing the cohort is part of it."""
    table, sets = expression(n_samples, n_genes), gene_sets(n_sets, n_genes)

    def score() -> np.ndarray:
        prepared = Prepared(table)
        return score_sets(prepared, prepared.set_matrix(list(sets.values())), method)

    return Timed(*timed(score))


def by_gseapy(method: str, n_sets: int, n_samples: int = N_SAMPLES, n_genes: int = N_GENES) -> Timed:
    """Unnormalised, one thread."""
    import gseapy

    table, sets = expression(n_samples, n_genes).T, gene_sets(n_sets, n_genes)
    common = {"data": table, "gene_sets": sets, "min_size": 1, "max_size": 1000, "outdir": None, "threads": 1}

    def score() -> pd.DataFrame:
        if method == "ssgsea":
            return gseapy.ssgsea(**common, sample_norm_method="rank", weight=0.25, no_plot=True).res2d
        return gseapy.gsva(**common, kcdf="Gaussian", weight=1.0, mx_diff=True, abs_rnk=False).res2d

    seconds, result = timed(score)
    wide = result.pivot(index="Term", columns="Name", values="ES").astype(float)
    return Timed(seconds, wide.loc[list(sets), list(table.columns)].to_numpy())


def by_r(method: str, n_sets: int, n_samples: int = N_SAMPLES, n_genes: int = N_GENES) -> Timed:
    """R GSVA, one core."""
    sets = gene_sets(n_sets, n_genes)
    script = f"""
suppressMessages(library(GSVA))
x <- read("expression.tsv")
s <- read("sets.tsv")
sets <- setNames(lapply(seq_len(nrow(s)), function(k) s[k, ]), rownames(s))
task <- function() {{
  scores <- gsva(x, sets, {IN_R[method]}, min.sz = 1, verbose = FALSE, parallel.sz = 1)
  scores[names(sets), colnames(x)]
}}
"""
    tables = {
        "expression.tsv": expression(n_samples, n_genes).T,
        "sets.tsv": pd.DataFrame(list(sets.values()), index=list(sets)),
    }
    found = in_r(["GSVA"], script, tables, (n_sets, n_samples))
    if method != "plage":
        return found
    # the sign of a singular vector is free: that of its product with ours
    sign = np.sign((found.values * ours(method, n_sets).values).sum(axis=1, keepdims=True))
    return Timed(found.seconds, found.values * sign, version=found.version, peak_mb=found.peak_mb)


def _cases() -> list[Case]:
    cases = []
    for method in IN_R:
        for n_sets in SIZES:
            task = f"{method}, {n_sets:,} sets"
            cases.append(Case(task, "irf7bone", "", partial(ours, method, n_sets)))
            if method in ("ssgsea", "gsva"):
                cases.append(Case(task, "gseapy", "gseapy", partial(by_gseapy, method, n_sets)))
            cases.append(Case(task, "R GSVA", "", partial(by_r, method, n_sets)))
    return cases


CASES = _cases()
