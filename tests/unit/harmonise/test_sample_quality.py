"""Sample quality: planted faults are named, sound samples are not, and order changes nothing."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest

from irf7bone.harmonise.sample_quality import sample_quality
from irf7bone.tables.cohort import QC


@pytest.fixture
def cohort() -> ad.AnnData:
    """40 sound samples x 600 genes that share gene levels."""
    rng = np.random.default_rng(5)
    values = rng.normal(8, 2, 600) + rng.normal(0, 0.7, (40, 600))
    adata = ad.AnnData(values.astype(np.float32))
    adata.obs_names = [f"S{number:02d}" for number in range(40)]
    adata.var_names = [f"G{number:03d}" for number in range(600)]
    return adata


def test_sound_samples_are_not_flagged(cohort):
    quality = sample_quality(cohort, "made")
    QC.check(QC.cast(quality), "made")
    assert not quality["outlier"].any()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda x, rng: rng.permutation(x), "correlation with the other samples"),
        (lambda x, rng: 8 + 4 * (x - 8), "interquartile range"),
        (lambda x, rng: np.where(rng.random(600) < 0.5, np.float32(8), x), "50% of genes hold one value"),
    ],
)
def test_a_planted_fault_is_named(cohort, fault, said):
    rng = np.random.default_rng(6)
    cohort.X[3] = fault(cohort.X[3], rng)
    if "genes hold" in said:
        cohort.X[3, :300], cohort.X[3, 300:] = 8, np.linspace(2, 14, 300, dtype=np.float32)
    quality = sample_quality(cohort, "made").set_index("sample")
    assert quality.index[quality["outlier"]].tolist() == ["S03"]
    assert said in quality.loc["S03", "reason"]


def test_background_at_the_lowest_value_is_not_a_fault(cohort):
    cohort.X[cohort.X < 8] = 5.0
    quality = sample_quality(cohort, "made")
    assert (quality["filled"] == 0).all() and not quality["outlier"].any()


def test_filled_in_samples_do_not_make_the_others_outliers(cohort):
    cohort.X[:25, :350] = 8.0
    quality = sample_quality(cohort, "made")
    assert quality["outlier"].tolist() == [True] * 25 + [False] * 15


def test_order_of_samples_and_genes_changes_nothing(cohort):
    rng = np.random.default_rng(7)
    first = sample_quality(cohort, "made").set_index("sample")
    mixed = cohort[rng.permutation(40), rng.permutation(600)].copy()
    second = sample_quality(mixed, "made").set_index("sample").loc[first.index]
    numbers = ["median_log2", "iqr_log2", "pc1", "pc2", "pc1_variance", "correlation", "filled"]
    np.testing.assert_allclose(first[numbers], second[numbers], rtol=1e-6, atol=1e-6)
    assert first["outlier"].equals(second["outlier"])
