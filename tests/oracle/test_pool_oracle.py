"""Pooling against metafor, and against pooled values published with the real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.random_effects import combine, leave_one_cohort_out, random_effects

LOO = ["loo_low", "loo_high"]


def compare(folder: Path) -> None:
    """Ours against every column of the table, 1e-6 relative, or 1e-8 where the value is near 0."""
    oracle = read_table(folder / "metafor_pooled.tsv").set_index("case")
    studies = read_table(folder / "metafor_studies.tsv")
    assert len(oracle) == studies["case"].nunique() >= 14
    for case, rows in studies.groupby("case"):
        ours = vars(random_effects(rows["log_hr"], rows["se"]))
        low, high = leave_one_cohort_out([rows["log_hr"]], [rows["se"]])
        ours |= {"loo_low": low[0], "loo_high": high[0]}
        theirs = oracle.loc[case]
        for name in oracle.columns:
            # With two studies metafor still prints a prediction interval; we give none.
            expected = np.nan if name.startswith("pi_") and theirs["k"] < 3 else theirs[name]
            np.testing.assert_allclose(ours[name], expected, rtol=1e-6, atol=1e-8, err_msg=f"{case}, {name}")


def test_metafor_as_stored():
    header = (STORED / "metafor_pooled.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "metafor 3.8.1" in header[0] and "method='REML', test='adhoc'" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_metafor_recomputed(tmp_path):
    run_r("metafor.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, ("metafor_pooled.tsv", "metafor_studies.tsv"), rtol=1e-6, atol=1e-8)


def test_known_answers_of_six_cohorts(realdata):
    # The table has DerSimonian and Laird's tau2, which is put in, 1.96 for its normal quantile, and
    # Knapp-Hartung without the floor.
    cohorts = pd.read_csv(realdata / "known_answers" / "survcomp7_cox_per_sd.csv")
    known = pd.read_csv(realdata / "known_answers" / "survcomp7_meta.csv")
    assert len(known) == 5
    for expected in known.itertuples():
        rows = cohorts[(cohorts["gene"] == expected.gene) & (cohorts["adj"] == expected.adj)]
        y, v = rows["loghr"].to_numpy()[None], rows["se"].to_numpy()[None] ** 2
        (fixed,), (variance,), (factor,) = combine(y, v, np.zeros(1))
        theirs = [expected.fixed_hr, expected.fixed_se, expected.Q]
        np.testing.assert_allclose([np.exp(fixed), variance**0.5, 5 * factor], theirs, rtol=1e-9)
        (mean,), (variance,), (factor,) = combine(y, v, np.array([expected.tau2]))
        dl, hk = 1.96 * variance**0.5, t.ppf(0.975, 5) * (factor * variance) ** 0.5
        ours = np.exp([mean, mean - dl, mean + dl, mean - hk, mean + hk])
        theirs = [expected.re_hr, expected.dl_lo, expected.dl_hi, expected.hk_lo, expected.hk_hi]
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
        assert random_effects(y[0], v[0] ** 0.5).q == pytest.approx(expected.Q, rel=1e-9)


@pytest.mark.parametrize(
    ("gene", "adjusted", "hr", "low", "high"),
    [
        ("AURKA", (), 1.48, 1.30, 1.68),
        ("STAT1", (), 1.08, 0.95, 1.23),
        ("STAT1", ("AURKA", "ESR1"), 0.91, 0.79, 1.03),
    ],
)
def test_known_hazard_ratios_from_patients_to_pooled_value(realdata, gene, adjusted, hr, low, high):
    """Six cohorts fitted and pooled here: the values of the design, whose intervals are Knapp-Hartung's."""
    table = pd.read_csv(realdata / "known_answers" / "survcomp_breast7g_1500.csv")
    answers = pd.read_csv(realdata / "known_answers" / "survcomp7_cox_per_sd.csv")
    names = dict(answers[["cohort", "endpoint"]].drop_duplicates().to_numpy())
    assert len(names) == 6
    fits = []
    for cohort, endpoint in names.items():
        columns = [f"t.{endpoint}", f"e.{endpoint}", gene, *adjusted]
        rows = table.loc[table["cohort"] == cohort, columns].dropna(subset=columns[:2])
        z = (rows[columns[2:]] - rows[columns[2:]].mean()) / rows[columns[2:]].std()
        rows, z = rows[z.notna().all(axis=1)], z.dropna()
        problem = CoxProblem(rows[columns[0]], rows[columns[1]], z[list(adjusted)].to_numpy())
        fits.append(fit_cox(problem, z[gene].to_numpy()))
    log_hr, se = (np.array([getattr(fit, name)[0] for fit in fits]) for name in ("log_hr", "se"))
    ours = random_effects(log_hr, se)
    assert round(np.exp(ours.log_hr), 2) == hr
    (mean,), (variance,), (factor,) = combine(log_hr[None], se[None] ** 2, np.array([ours.tau2]))
    half = t.ppf(0.975, 5) * (factor * variance) ** 0.5
    # the design's tau2 is DerSimonian and Laird's, which moves the ends by less than a hundredth
    assert np.exp([mean - half, mean + half]) == pytest.approx([low, high], abs=0.01)
    # the floor of the variance factor can only widen the interval
    assert ours.ci_low <= mean - half + 1e-12 and ours.ci_high >= mean + half - 1e-12
