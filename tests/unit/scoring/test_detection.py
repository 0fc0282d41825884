"""Genes that lie at the floor of most samples are not read there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from irf7bone.scoring.detection import FLOOR_GENES, read_in_enough
from irf7bone.scoring.engine import SAMPLES_PER_BLOCK, Prepared


def frame(n_genes=60, n=10):
    values = np.random.default_rng(8).normal(7, 1, (n, n_genes))
    return pd.DataFrame(
        values, columns=[f"G{k:04d}" for k in range(n_genes)], index=[f"S{k}" for k in range(n)]
    )


def read(expression):
    prepared = Prepared(expression)
    return set(prepared.genes[read_in_enough(prepared)])


def test_a_sample_without_a_floor_reads_all_its_genes():
    expression = frame()
    expression.iloc[:, :FLOOR_GENES] = 0.0
    few = frame()
    few.iloc[:, : FLOOR_GENES - 1] = 0.0
    assert read(frame()) == set(frame().columns) == read(few)
    assert read(expression) == set(expression.columns[FLOOR_GENES:])


def test_half_of_the_samples_are_enough_and_the_floor_is_each_samples_own():
    expression = frame()
    low = expression.columns[:FLOOR_GENES]
    for k, sample in enumerate(expression.index):
        expression.loc[sample, low] = float(k) - 20  # another floor in each
    expression.iloc[:5, 0] = 9.0
    expression.iloc[:4, 1] = 9.0
    more = expression.columns[20:24]
    expression.loc[:, more] = expression.iloc[:, 9].to_numpy()[:, None]
    found = read(expression)
    assert "G0000" in found and "G0001" not in found and not set(more) & found
    pd.testing.assert_series_equal(
        pd.Series(sorted(found)), pd.Series(sorted(read(expression.iloc[::-1, ::-1])))
    )


def test_a_gene_of_the_smallest_group_alone_is_read_where_groups_are_compared():
    expression = frame()
    low = expression.columns[: FLOOR_GENES + 2]
    expression.loc[expression.index[3:], low] = 0.0  # three samples of ten express them
    prepared = Prepared(expression)
    assert not set(low) & set(prepared.genes[read_in_enough(prepared)])
    assert set(low) <= set(prepared.genes[read_in_enough(prepared, 0.3)])
    assert not set(low) & set(prepared.genes[read_in_enough(prepared, 0.4)])


def test_samples_are_looked_at_in_parts():
    expression = frame(60, SAMPLES_PER_BLOCK + 5)
    expression.iloc[:, -20:] = -3.0
    assert read(expression) == set(expression.columns[:-20])
