"""The probe that a card names stands for the gene, whatever the rule for all genes says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.conftest import PROJECT

from irf7bone.base.errors import InputError
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.expression import harmonise_expression
from irf7bone.harmonise.probes import choose_probes

SETTINGS = {"scale": "log2", "gene_id": "symbol", "collapse": "max_mean"}


@pytest.fixture(scope="module")
def table():
    return SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")


@pytest.fixture
def expression():
    """Two probes of IRF7, of which the louder does not measure it; one of no gene; one of MX1."""
    values = np.random.default_rng(3).normal([[9], [5], [4], [7]], 1, (4, 12))
    rows = [("loud_at", "IRF7"), ("208436_s_at", "IRF7"), ("none_at", None), ("mx_at", "MX1")]
    index = pd.MultiIndex.from_tuples(rows, names=["probe", "gene"])
    return pd.DataFrame(values, index=index, columns=[f"S{k}" for k in range(12)])


@pytest.mark.parametrize("collapse", ["max_mean", "mean", "max_variance"])
def test_the_named_probe_is_the_gene(expression, table, collapse):
    settings = SETTINGS | {"collapse": collapse, "probes": {"IRF7": "208436_s_at"}}
    found = harmonise_expression(expression, settings, table, "card")
    np.testing.assert_allclose(found.values.loc["IRF7"], expression.iloc[1], rtol=1e-6)
    assert dict(zip(found.values.index, found.source_ids, strict=True))["IRF7"] == "208436_s_at"
    assert found.dropped["another probe, named in the card, stands for the gene"] == ["loud_at"]
    plain = harmonise_expression(expression, SETTINGS | {"collapse": collapse}, table, "card")
    pd.testing.assert_series_equal(found.values.loc["MX1"], plain.values.loc["MX1"])


def test_a_probe_without_annotation_may_be_named(expression, table):
    found = harmonise_expression(expression, SETTINGS | {"probes": {"IRF7": "none_at"}}, table, "card")
    np.testing.assert_allclose(found.values.loc["IRF7"], expression.iloc[2], rtol=1e-6)


def test_a_probe_of_another_gene_or_of_none_there_is_refused_together():
    rows = pd.Index(["a_at", "b_at", "c_at"])
    current = np.array(["IRF7", "IRF7", "MX1"], dtype=object)
    with pytest.raises(InputError) as refused:
        choose_probes(rows, current, {"IRF7": "c_at", "MX1": "z_at", "OAS1": "y_at"}, "card")
    first, second, third = refused.value.problems
    assert "`c_at`, which is a probe of MX1" in first.found and "a_at, b_at" in first.remedy
    assert "does not have" in second.found and "c_at" in second.remedy
    assert "there is none" in third.remedy
    kept, lost = choose_probes(rows, current, {}, "card")
    assert kept.tolist() == current.tolist() and lost == []
