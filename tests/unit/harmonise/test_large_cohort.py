"""A cohort too large for memory goes from h5ad to its scores in blocks, and comes out as read whole."""

from __future__ import annotations

from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from irf7bone.acquire import h5ad, sample_blocks
from irf7bone.acquire.acquired import read_acquired, write_acquired
from irf7bone.acquire.sample_blocks import StoredExpression
from irf7bone.acquire.sources import acquire
from irf7bone.base import stored_matrix
from irf7bone.base.errors import InputError
from irf7bone.base.stored_matrix import StoredMatrix, some_samples
from irf7bone.harmonise import cohort_file, expression
from irf7bone.harmonise.cohort import Harmonised, harmonise
from irf7bone.harmonise.cohort_file import expression_of, read_cohort, write_cohort
from irf7bone.harmonise.sample_quality import sample_quality
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.scoring.registry import METHODS

N_SAMPLES, N_GENES = 47, 60


class Both(NamedTuple):
    """One cohort harmonised as it is, and as if it were large."""

    whole: Harmonised
    large: Harmonised


@pytest.fixture
def everything_is_large(monkeypatch):
    def shrink() -> None:
        for module in (h5ad, expression, cohort_file):
            monkeypatch.setattr(module, "MOST_IN_MEMORY", 0)
        monkeypatch.setattr(sample_blocks, "KEPT_BYTES", 0)
        monkeypatch.setattr(sample_blocks, "BLOCK_BYTES", 8 * N_GENES * 9)
        monkeypatch.setattr(stored_matrix, "_VALUES_AT_ONCE", N_GENES * 10)

    return shrink


@pytest.fixture
def adata(symbols) -> ad.AnnData:
    """Symbols of which one is an alias of another, one constant gene, a missing value."""
    rng = np.random.default_rng(4)
    genes = [*sorted(symbols.symbols)[::300][: N_GENES - 2], "MKI67", "ESR1"]
    values = (rng.normal(8, 2, N_GENES) + rng.normal(0, 0.7, (N_SAMPLES, N_GENES))).astype(np.float32)
    values[:, 3] = 5.0
    values[11, 8] = np.nan
    obs = {
        "months": rng.exponential(50, N_SAMPLES).round(1),
        "bone": (rng.random(N_SAMPLES) < 0.5).astype(int),
    }
    obs["relapse"] = obs["bone"]
    samples = [f"T{i:03d}" for i in range(N_SAMPLES)]
    return ad.AnnData(values, obs=pd.DataFrame(obs, index=samples), var=pd.DataFrame(index=genes))


@pytest.fixture
def card(make_card, adata, tmp_path):
    adata.write_h5ad(tmp_path / "c.h5ad")
    entry = {"source": "h5ad", "path": "c.h5ad", "matrix": "X", "gene_id": "symbol", "scale": "log2"}
    return make_card(expression={**entry, "collapse": "max_mean"}, clinical=[{"source": "h5ad"}], fields={})


@pytest.fixture
def both(card, symbols, tmp_path, everything_is_large) -> Both:
    whole = harmonise(acquire(card), card, symbols)
    everything_is_large()
    acquired = acquire(card)
    assert isinstance(acquired.expression, StoredExpression)
    paths = {name: tmp_path / f"{name}.file" for name in ("expression", "clinical", "source")}
    write_acquired(acquired, **paths)
    return Both(whole, harmonise(read_acquired(**paths), card, symbols))


@pytest.fixture
def stored(both, tmp_path) -> StoredMatrix:
    write_cohort(both.large.adata, tmp_path / "big.h5ad", both.large.planned.blocks())
    found = expression_of(read_cohort(tmp_path / "big.h5ad"))
    assert isinstance(found, StoredMatrix)
    return found


def test_harmonised_in_blocks_it_is_what_it_is_whole(both, tmp_path):
    whole, large = both.whole.adata, both.large.adata
    assert both.whole.planned is None and large.X is None
    pd.testing.assert_frame_equal(both.large.expression, whole.to_df(), check_exact=True, check_names=False)
    pd.testing.assert_frame_equal(large.obs, whole.obs)
    pd.testing.assert_frame_equal(large.var, whole.var, rtol=1e-6)
    pd.testing.assert_frame_equal(both.large.flow, both.whole.flow)
    pd.testing.assert_frame_equal(both.large.markers, both.whole.markers)
    assert large.uns["provenance"] == whole.uns["provenance"]


def test_its_file_is_read_as_any_other_and_in_blocks(both, stored, tmp_path):
    whole = both.whole.adata.to_df()
    pd.testing.assert_frame_equal(ad.read_h5ad(tmp_path / "big.h5ad").to_df(), whole, check_names=False)
    assert stored.shape == whole.shape and len(stored) == N_SAMPLES
    assert "MKI67" in stored and "NONE" not in stored
    np.testing.assert_array_equal(stored["MKI67"], whole["MKI67"])
    some = list(whole.columns[[9, 2, 30]])
    np.testing.assert_array_equal(stored[some], whole[some])
    with pytest.raises(KeyError, match="1 genes are not measured"):
        stored[["MKI67", "NONE"]]
    np.testing.assert_array_equal(some_samples(stored, 5), whole.iloc[[0, 11, 23, 34, 46]])
    assert some_samples(whole, 5) is whole


@pytest.mark.parametrize("method", METHODS)
def test_scores_and_quality_are_the_same_bytes(both, stored, tmp_path, method):
    whole = both.whole.adata
    expected, found = Prepared(whole.to_df()), Prepared(stored)
    np.testing.assert_array_equal(found.mean, expected.mean)
    np.testing.assert_array_equal(found.sd, expected.sd)
    sets = expected.set_matrix([expected.genes[3:12], expected.genes[[1, 40]]])
    np.testing.assert_array_equal(score_sets(found, sets, method), score_sets(expected, sets, method))
    if method == "zscore":
        pd.testing.assert_frame_equal(
            sample_quality(read_cohort(tmp_path / "big.h5ad"), "c"),
            sample_quality(whole, "c"),
            check_exact=True,
        )


def test_values_that_are_not_finite_are_refused_when_they_are_written(both, tmp_path):
    blocks = [(part, values * np.inf) for part, values in both.large.planned.blocks()]
    with pytest.raises(InputError, match="missing or infinite"):
        write_cohort(both.large.adata, tmp_path / "bad.h5ad", blocks)
    assert not (tmp_path / "bad.h5ad").exists()


def test_sparse_matrices_are_read_in_blocks_where_they_lie_by_sample(
    adata, card, tmp_path, monkeypatch, everything_is_large
):
    dense = adata.X.copy()
    everything_is_large()
    adata.X = sparse.csr_matrix(dense)
    adata.write_h5ad(tmp_path / "c.h5ad")
    found = acquire(card).expression
    assert isinstance(found, StoredExpression)
    np.testing.assert_array_equal(found.whole().T, dense)
    monkeypatch.setattr(h5ad, "MOST_BY_GENES", dense.size - 1)
    adata.X = sparse.csc_matrix(dense)
    adata.write_h5ad(tmp_path / "c.h5ad")
    with pytest.raises(InputError, match=r"(?s)at most 2,819 values.*remedy:.*as a csr or a dense matrix"):
        acquire(card)
