"""The light reader of cohort files against anndata's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.harmonise.cohort_matrix import read_matrix, read_symbols

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"


def written(path):
    obs = pd.DataFrame(
        {
            "er": pd.Categorical(["positive", None, "negative"], ["negative", "positive"]),
            "grade": pd.Categorical([1, 2, 1], [1, 2, 3], ordered=True),
            "batch": ["first", "second", "third"],
            "age": [50.0, np.nan, 61.5],
            "flag": [True, False, True],
        },
        index=pd.Index(["s1", "s2", "ü3"], name="sample"),
    )
    var = pd.DataFrame({"source_ids": ["1,2", "3"], "mean_log2": [1.0, 2.0]}, index=["A", "B"])
    adata = ad.AnnData(np.arange(6, dtype=np.float32).reshape(3, 2), obs, var, {"provenance": '{"a": 1}'})
    adata.write_h5ad(path)
    return ad.read_h5ad(path)


def test_every_part_is_as_anndata_reads_it(tmp_path):
    theirs, ours = written(tmp_path / "a.h5ad"), read_matrix(tmp_path / "a.h5ad")
    assert ours.X.dtype == theirs.X.dtype
    np.testing.assert_array_equal(ours.X, theirs.X)
    pd.testing.assert_frame_equal(ours.obs, theirs.obs)
    pd.testing.assert_frame_equal(ours.var, theirs.var)
    pd.testing.assert_frame_equal(ours.to_df(), theirs.to_df())
    assert ours.uns == theirs.uns == {"provenance": '{"a": 1}'}
    assert (ours.n_obs, ours.obs_names.tolist()) == (3, theirs.obs_names.tolist())
    assert read_symbols(tmp_path / "a.h5ad") == ["A", "B"]


def test_reading_a_cohort_imports_no_anndata(tmp_path):
    written(tmp_path / "a.h5ad")
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from irf7bone.harmonise.cohort_matrix import read_matrix\n"
        "import irf7bone.harmonise.cohort_file, irf7bone.outcome.loss_table, irf7bone.outcome.audit\n"
        f"read_matrix({str(tmp_path / 'a.h5ad')!r})\n"
        "assert not {'anndata', 'scanpy', 'scipy.stats', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
