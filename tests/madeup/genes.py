"""Single genes of the made-up study, as the workflow would have fitted them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from madeup import study as made
from scipy.stats import norm

from irf7bone.pool.pool_genes import pool_genes, ranked
from irf7bone.tables.every_gene import (
    EVERY_GENE,
    GENE_FOLLOW_UP,
    GENE_MODELS,
    GENE_TERTILES,
    OF_POOLS,
    TERTILES,
)
from irf7bone.tables.study_tables import join

NAMES = ("IRF7", "RSAD2", "ISG15", "MKI67", *(f"GENE{i:03d}" for i in range(60)))


def genes(cohorts: list[str]) -> pd.DataFrame:
    """Every gene in the real cohorts of the made-up study, and pooled; IRF7 is another's row in gamma."""
    random = np.random.default_rng(12)
    parts = []
    for cohort in (name for name in cohorts if made.ROLES[name] != "simulated"):
        for endpoint in made.HAS[cohort]:
            for model in GENE_MODELS:
                parts.append(_family(cohort, endpoint, model, random))
    whole = ranked(join(EVERY_GENE, [*parts, *pool_genes(join(EVERY_GENE, parts), scale=0.5)]))
    whole["interferon"] = whole["gene"].isin(["IRF7", "RSAD2", "ISG15"])
    return EVERY_GENE.cast(whole)


def follow_up(cohorts: list[str]) -> pd.DataFrame:
    """Patients behind curves of genes, in order of time; those of death have competing events."""
    random = np.random.default_rng(3)
    parts = []
    for cohort, endpoint in _recorded(cohorts):
        n = made.SIZES[cohort]
        frame = pd.DataFrame({"cohort": cohort, "endpoint": endpoint, "place": range(1, n + 1)})
        frame = frame.assign(sample=[f"{cohort}{i}" for i in range(n)], entry_months=np.nan)
        frame = frame.assign(time_months=np.sort(random.integers(1, 120, n)))
        parts.append(frame.assign(cause=random.choice(3 if endpoint == "death" else 2, n)))
    return join(GENE_FOLLOW_UP, parts)


def tertiles(cohorts: list[str]) -> pd.DataFrame:
    """Thirds of IRF7, which gamma has not, and of RSAD2."""
    random = np.random.default_rng(4)
    rows = []
    for cohort, endpoint in _recorded(cohorts):
        for gene in ("IRF7", "RSAD2"):
            n = made.SIZES[cohort]
            row = {"cohort": cohort, "endpoint": endpoint, "gene": gene, "n": n, "n_events": n // 3}
            if (cohort, gene) == ("gamma", "IRF7"):
                row |= {"status": "not_measured", "reason": "IRF7 correlates with other genes instead"}
            else:
                row |= {"status": "ok", "tertiles": "".join(random.choice(list(TERTILES), n))}
            rows.append(row)
    return GENE_TERTILES.cast(pd.DataFrame(rows, columns=GENE_TERTILES.names))


def _recorded(cohorts: list[str]) -> list[tuple[str, str]]:
    real = (name for name in cohorts if made.ROLES[name] != "simulated")
    return [(cohort, endpoint) for cohort in real for endpoint in made.HAS[cohort]]


def _family(cohort: str, endpoint: str, model: str, random: np.random.Generator) -> pd.DataFrame:
    n = len(NAMES)
    log_hr, se = random.normal(0, 0.25, n), random.uniform(0.14, 0.2, n)
    frame = pd.DataFrame({"gene": NAMES, "cohort": cohort, "endpoint": endpoint, "model": model, "k": 1})
    frame = frame.assign(n=made.SIZES[cohort], n_events=made.SIZES[cohort] // 3, estimator="cox")
    frame = frame.assign(log_hr=log_hr, se=se, ci_low=log_hr - 1.96 * se, ci_high=log_hr + 1.96 * se)
    frame = frame.assign(p=2 * norm.sf(np.abs(log_hr / se)), status="ok", reason=None)
    frame = frame.assign(**dict.fromkeys(OF_POOLS, np.nan))
    if cohort == "gamma":
        lost = frame["gene"] == "IRF7"
        frame.loc[lost, ["n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p"]] = np.nan
        frame.loc[lost, ["k", "estimator", "status"]] = [0, None, "not_measured"]
        frame.loc[lost, "reason"] = "IRF7 correlates with other genes instead"
    return EVERY_GENE.cast(frame)
