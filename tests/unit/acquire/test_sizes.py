"""How large a card's expression is, told from its files before they are read."""

from __future__ import annotations

import gzip
from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sizes import USUAL_GENES, USUAL_SAMPLES, size_of
from irf7bone.download.lock import Locked, write_lock
from irf7bone.study.needs import OF_COHORT, OTHER_MB, Size, memory_mb


@pytest.fixture
def card(tmp_path):
    def make(expect=None, **expression):
        return SimpleNamespace(
            path=tmp_path / "a.yaml",
            expression={"source": "table", **expression},
            expect=expect or {},
            resolve=lambda name: tmp_path / name,
        )

    return make


@pytest.fixture
def values() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(1).normal(8, 2, (3_000, 70)).round(4))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz"])
@pytest.mark.parametrize("genes_in", ["rows", "columns"])
def test_text_by_the_length_of_its_first_lines(tmp_path, card, values, name, genes_in):
    content = values.to_csv(sep="\t" if ".tsv" in name else ",").encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = size_of(card(path=name, genes_in=genes_in))
    rows, columns = found if genes_in == "rows" else found[::-1]
    assert columns == 70 and rows == pytest.approx(3_000, rel=0.03)


def test_h5ad_by_its_shape_and_parquet_by_its_bytes(tmp_path, card, values):
    ad.AnnData(values.T.to_numpy()).write_h5ad(tmp_path / "a.h5ad")
    assert size_of(card(source="h5ad", path="a.h5ad", matrix="X")) == Size(3_000, 70)
    values.rename(columns=str).to_parquet(tmp_path / "a.parquet")
    found = size_of(card(path="a.parquet", expect={"samples": 70}))
    assert found.samples == 70 and 1_500 < found.genes < 9_000


def test_what_is_not_there_yet_by_its_lock_its_counts_or_a_default(tmp_path, card):
    remote = {"source": "geo", "accession": "GSE1"}
    assert size_of(card(**remote)) == Size(USUAL_GENES, USUAL_SAMPLES)
    assert size_of(card(**remote, expect={"samples": 286})) == Size(USUAL_GENES, 286)
    write_lock(tmp_path / "a.lock.tsv", {"m.gz": Locked("0" * 64, 40_000_000, "https://x.org/m.gz")})
    assert size_of(card(**remote, expect={"samples": 1_000})) == Size(20_000, 1_000)
    assert size_of(card(**remote)) == Size(USUAL_GENES, 800)
    assert size_of(card(source="simulate", n_genes=4_000, n_samples=300)) == Size(4_000, 300)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.h5ad", "a.csv"])
def test_a_file_that_cannot_be_read_is_its_own_jobs_matter(tmp_path, card, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b nothing")
    assert size_of(card(path=name, source="h5ad" if name.endswith("d") else "table")).genes > 0


def test_memory_grows_with_the_matrix_of_the_largest_cohort():
    small, large, huge = Size(20_000, 500), Size(20_000, 3_000), Size(20_000, 20_000)
    need = OF_COHORT["harmonise_cohort"]
    assert memory_mb("harmonise_cohort", [large]) == round(need.base_mb + need.of_matrix * 240)
    # what stays in its file takes less
    assert memory_mb("harmonise_cohort", [huge]) < need.base_mb + need.of_matrix * 1_600 / 2
    assert memory_mb("check_quality", [small, large]) == memory_mb("check_quality", [large])
    assert memory_mb("build_report", [large]) == OTHER_MB
