"""10,000 random ssGSEA signatures, each scored and fitted, against gseapy and statsmodels one by one."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from bench.data import SET_SIZE, expression, follow_up
from bench.measure import Case, Timed, timed
from irf7bone.outcome.models import MODELS, Cohort
from irf7bone.random_signatures.fits import random_estimates
from irf7bone.random_signatures.sampling import set_matrix
from irf7bone.scoring.engine import Prepared

TASK = "10,000 random signatures: ssGSEA and Cox"
N_DRAWS = 10_000
# the peer is measured on these many and scaled: gseapy's time beyond its start, and every fit
FEW, MANY, FITS = 50, 300, 300


def members(n_genes: int) -> np.ndarray:
    """Positions of the genes of each random signature."""
    random = np.random.default_rng(4)
    return np.sort([random.choice(n_genes, SET_SIZE, replace=False) for _ in range(N_DRAWS)], axis=1)


def ours() -> Timed:
    """From the expression matrix to log hazard ratio and standard error, shape (10,000, 2)."""
    table, (months, event, _) = expression(), follow_up()
    rows, samples = members(table.shape[1]), np.arange(len(table))

    def null() -> np.ndarray:
        design = MODELS["unadjusted"].design(
            Cohort(pd.DataFrame(index=table.index), months, event, None, None)
        )
        prepared = Prepared(table)
        sets = [set_matrix(side, prepared.n_genes) for side in (rows, rows[:, :0])]
        ((estimates, _),) = random_estimates(prepared, sets, "ssgsea", [(samples, design)])
        return np.column_stack([estimates.log_hr, estimates.se])

    return Timed(*timed(null))


def one_by_one() -> Timed:
    """gseapy's scores and a statsmodels fit for each, measured on a part."""
    import gseapy
    from statsmodels.duration.hazard_regression import PHReg

    table, (months, event, _) = expression(), follow_up()
    rows = members(table.shape[1])
    names = table.columns.to_numpy()

    def scores(n_sets: int) -> tuple[float, np.ndarray]:
        sets = {f"S{k}": list(names[rows[k]]) for k in range(n_sets)}
        start = time.process_time()
        result = gseapy.ssgsea(
            data=table.T,
            gene_sets=sets,
            sample_norm_method="rank",
            weight=0.25,
            min_size=1,
            max_size=1000,
            outdir=None,
            no_plot=True,
            threads=1,
        ).res2d
        spent = time.process_time() - start
        wide = result.pivot(index="Term", columns="Name", values="ES").astype(float)
        return spent, wide.loc[list(sets), list(table.index)].to_numpy()

    of_few, _ = scores(FEW)
    of_many, found = scores(MANY)
    values = np.full((N_DRAWS, 2), np.nan)
    start = time.process_time()
    for k, score in enumerate(found[:FITS]):
        z = (score - score.mean()) / score.std(ddof=1)
        fit = PHReg(months, z[:, None], status=event, ties="efron").fit()
        values[k] = fit.params[0], fit.bse[0]
    fits = time.process_time() - start
    whole = of_few + (of_many - of_few) * (N_DRAWS - FEW) / (MANY - FEW) + fits * N_DRAWS / FITS
    note = f"scaled from {FEW} and {MANY} scores and {FITS} fits"
    return Timed([whole], values, note)


CASES = [Case(TASK, "irf7bone", "", ours), Case(TASK, "gseapy + statsmodels", "gseapy", one_by_one)]
