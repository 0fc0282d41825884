"""Subtypes by nearest centroid against the published rule, and genefu's, by hand in R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.genes.centroids import Centroids
from irf7bone.scoring.subtypes import call_subtypes

KINDS = ("Basal", "Her2", "LumA", "LumB", "Normal")
TABLES = ("subtypes_data.tsv", "subtypes_calls.tsv")


def compare(folder: Path) -> None:
    data, theirs = (read_table(folder / name) for name in TABLES)
    theirs = theirs.set_index("sample")
    genes = tuple(data["gene"])
    expression = data[theirs.index].T.set_axis(genes, axis=1)
    centroids = Centroids(genes, KINDS, data[list(KINDS)].to_numpy())
    ours = call_subtypes("made", expression, theirs["er"], centroids).set_index("sample").loc[theirs.index]
    # genefu names the nearest centroid even where the correlation with it is negative
    alike = theirs["correlation"] > 0
    assert ours["subtype"].tolist() == theirs["subtype"].where(alike, None).tolist() and alike.sum() > 40
    assert ours["runner_up"].tolist() == theirs["runner_up"].tolist()
    np.testing.assert_allclose(ours["correlation"].astype(float), theirs["correlation"], rtol=1e-12)
    np.testing.assert_allclose(
        ours["margin"].astype(float), theirs["correlation"] - theirs["second"], rtol=1e-9, atol=1e-12
    )
    # noise enough that some are called otherwise, so that the rule is tried where it is close
    assert 0.6 < (theirs["subtype"] == theirs["truth"]).mean() < 1
    # and the centre decides: with other tumours for ER-positive and ER-negative the correlations are others
    other = call_subtypes("made", expression, theirs["er"].iloc[::-1].set_axis(theirs.index), centroids)
    assert np.abs(other["correlation"].astype(float) - theirs["correlation"].to_numpy()).max() > 0.01


def test_r_as_stored():
    header = (STORED / "subtypes_calls.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert header[0].startswith("# R version 4") and "spearman" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_r_recomputed(tmp_path):
    run_r("subtypes.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, TABLES, rtol=1e-12)
