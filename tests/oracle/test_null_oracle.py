"""The null against R (stored, and recomputed where R is) and, one by one, gseapy and statsmodels."""

from __future__ import annotations

from functools import cache

import gseapy
import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.outcome.models import MODELS, Cohort
from irf7bone.random_signatures.cohort import place, share_significant
from irf7bone.random_signatures.fits import random_estimates
from irf7bone.random_signatures.sampling import positions, set_matrix
from irf7bone.scoring.engine import Prepared

TABLES = ("null_expression", "null_patients", "null_sets", "null_log_hr")


@cache
def read(name, folder=STORED):
    return pd.read_csv(folder / f"{name}.tsv", sep="\t", comment="#")


def cohort():
    """Samples x genes, members of the sets, and the two models."""
    expression = read("null_expression").set_index("gene").T
    patients = read("null_patients")
    members = read("null_sets")["genes"].str.split(",")
    models = [
        MODELS[name].design(
            Cohort(
                patients[[]],
                patients["time"].to_numpy(dtype=float),
                patients["event"].to_numpy(dtype=float),
                patients["proliferation"].to_numpy(),
                None,
            )
        )
        for name in ("unadjusted", "proliferation")
    ]
    return expression, list(members), models


def ours(expression, members, method, models):
    prepared = Prepared(expression)
    rows = np.array([positions(prepared.genes, genes) for genes in members])
    sets = [set_matrix(side, prepared.n_genes) for side in (rows, rows[:, :0])]
    samples = np.arange(len(expression))
    fitted = random_estimates(prepared, sets, method, [(samples, model) for model in models])
    return [plain for plain, _ in fitted]


@pytest.mark.parametrize("method", ["zscore", "ssgsea"])
def test_random_signatures_as_r(method):
    expression, members, models = cohort()
    found = ours(expression, members, method, models)
    for estimates, model in zip(found, ("unadjusted", "proliferation"), strict=True):
        table = read("null_log_hr")
        rows = table[(table["method"] == method) & (table["model"] == model)]
        for name in ("log_hr", "se", "p"):
            expected = rows.set_index("set")[name].loc[read("null_sets")["set"]].to_numpy()
            assert getattr(estimates, name) == pytest.approx(expected, rel=1e-6), name
        # the empirical p, counted from R's numbers
        log_hr = rows["log_hr"].to_numpy()
        as_low, as_high = (log_hr[1:] <= log_hr[0]).sum(), (log_hr[1:] >= log_hr[0]).sum()
        percentile, p = place(estimates.log_hr[0], estimates.log_hr[1:])
        assert p == pytest.approx(min(1, 2 * (1 + min(as_low, as_high)) / 60), rel=1e-12)
        assert percentile == pytest.approx(as_low / 59, rel=1e-12)
        assert share_significant(estimates.p) == pytest.approx((rows["p"] < 0.05).mean(), rel=1e-12)


@pytest.mark.oracle
def test_stored_tables_are_what_r_gives(tmp_path):
    run_r("null.R", tmp_path)
    compare_tables(tmp_path, [f"{name}.tsv" for name in TABLES], rtol=1e-9)


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # pandas 3.1, inside gseapy
def test_random_ssgsea_as_gseapy_and_statsmodels_one_by_one():
    from statsmodels.duration.hazard_regression import PHReg

    expression, members, models = cohort()
    members, names = members[:12], [f"S{k}" for k in range(12)]
    table = gseapy.ssgsea(
        data=expression.T,
        gene_sets=dict(zip(names, members, strict=True)),
        sample_norm_method="rank",
        weight=0.25,
        min_size=1,
        max_size=expression.shape[1],
        outdir=None,
        no_plot=True,
        threads=1,
    ).res2d.pivot(index="Term", columns="Name", values="ES")
    scores = table.loc[names, list(expression.index)].to_numpy(dtype=float)
    patients = read("null_patients")
    for estimates, adjust in zip(ours(expression, members, "ssgsea", models), (False, True), strict=True):
        for k, score in enumerate(scores):
            columns = [(score - score.mean()) / score.std(ddof=1)]
            columns += [patients["proliferation"].to_numpy()] if adjust else []
            fit = PHReg(
                patients["time"], np.column_stack(columns), status=patients["event"], ties="efron"
            ).fit()
            expected = [fit.params[0], fit.bse[0], fit.pvalues[0]]
            found = [estimates.log_hr[k], estimates.se[k], estimates.p[k]]
            assert found == pytest.approx(expected, rel=1e-6)
