"""A cohort read a few samples at a time is the one read whole: same genes, same bytes, same refusals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire import sample_blocks
from irf7bone.acquire.acquired import Acquired, read_acquired, write_acquired
from irf7bone.acquire.sample_blocks import StoredExpression
from irf7bone.base.errors import InputError
from irf7bone.harmonise import sample_rules
from irf7bone.harmonise.expression import harmonise_expression

SETTINGS = {"gene_id": "symbol", "collapse": "max_mean", "scale": "log2"}
N_SAMPLES = 23


@pytest.fixture
def values(expression) -> pd.DataFrame:
    """Genes x 23 samples of which some genes have two rows."""
    rng = np.random.default_rng(3)
    genes = [*expression.index, *expression.index[:40]]
    level = rng.normal(8, 2, (len(genes), 1))
    samples = [f"S{i}.x" for i in range(N_SAMPLES)]
    return pd.DataFrame(level + rng.normal(0, 0.7, (len(genes), N_SAMPLES)), genes, samples)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A function that writes values as acquiring does and opens them, four samples to a block."""

    def put(values: pd.DataFrame) -> StoredExpression:
        paths = {name: tmp_path / f"{name}.file" for name in ("expression", "clinical", "source")}
        write_acquired(Acquired(values, pd.DataFrame(index=values.columns), []), **paths)
        monkeypatch.setattr(sample_blocks, "KEPT_BYTES", 0)
        monkeypatch.setattr(sample_blocks, "BLOCK_BYTES", 8 * len(values) * 4)
        found = read_acquired(**paths).expression
        assert isinstance(found, StoredExpression) and found.shape == values.shape
        assert [part.stop for part, _ in sample_blocks.sample_blocks(found)] == [4, 8, 12, 16, 20, 23]
        return found

    return put


@pytest.mark.parametrize("collapse", ["max_mean", "max_variance", "mean"])
@pytest.mark.parametrize("scale", ["log2", "linear", "counts", "tmm"])
def test_blocks_of_a_file_give_what_the_whole_gives(values, stored, symbols, scale, collapse):
    settings = SETTINGS | {"scale": scale, "collapse": collapse}
    if scale == "tmm":
        settings |= {"scale": "counts", "normalise": "tmm"}
    if scale != "log2":
        values = (2**values).round()
    values.iloc[5, 3] = np.nan
    whole = harmonise_expression(values, settings, symbols, "card")
    by_blocks = harmonise_expression(stored(values), settings, symbols, "card")
    pd.testing.assert_frame_equal(whole.values, by_blocks.values, check_exact=True)
    assert whole.values.dtypes.unique().tolist() == [np.float32]
    assert (whole.source_ids, whole.scale) == (by_blocks.source_ids, by_blocks.scale)
    assert whole.dropped == by_blocks.dropped and "missing values" in whole.dropped
    assert whole.remarks == by_blocks.remarks and "S3.x" in whole.remarks[0]


def test_samples_are_chosen_and_renamed_before_they_are_read(values, stored):
    found = stored(values).renamed(pd.Index([name.removesuffix(".x") for name in values]))
    chosen = found[pd.Index(["S7", "S2"])]
    np.testing.assert_array_equal(chosen.whole(), values[["S7.x", "S2.x"]])
    assert chosen.whole().columns.tolist() == ["S7", "S2"] and len(chosen) == len(values)


def spoil(values: pd.DataFrame, how: str) -> pd.DataFrame:
    values = values.copy()
    if how == "infinite":
        values.iloc[2, 21] = values.iloc[1, 9] = np.inf
    elif how == "identical":
        values["S20.x"] = values["S1.x"]
    elif how == "constant":
        values["S13.x"] = 7.0
    else:
        values.iloc[: len(values) - 9, 4:9] = np.nan
    return values


@pytest.mark.parametrize("how", ["infinite", "identical", "constant", "missing"])
def test_refusals_are_the_same(values, stored, symbols, how):
    spoilt = spoil(values, how)
    said = []
    for expression in (spoilt, stored(spoilt)):
        with pytest.raises(InputError) as error:
            harmonise_expression(expression, SETTINGS, symbols, "card")
        said.append(str(error.value))
    assert said[0] == said[1]
    expected = {"infinite": f"{values.index[1]} in S9.x", "identical": "S1.x = S20.x", "constant": "S13.x: 7"}
    assert expected.get(how, "S4.x") in said[0]


def test_many_samples_are_correlated_with_some_of_the_others(monkeypatch):
    """The outlier is as far away, and no sample is held against itself."""
    rng = np.random.default_rng(8)
    values = (rng.normal(8, 2, 400) + rng.normal(0, 0.7, (120, 400))).astype(np.float32)
    values[17] = rng.permutation(values[17])
    whole = sample_rules.measure(values)
    monkeypatch.setattr(sample_rules, "AT_ONCE_VALUES", 0)
    monkeypatch.setattr(sample_rules, "BLOCK_VALUES", 400 * 7)
    everyone = sample_rules.measure(values)
    np.testing.assert_allclose(everyone.correlation, whole.correlation, atol=1e-6)
    np.testing.assert_array_equal(everyone.spread, whole.spread)
    monkeypatch.setattr(sample_rules, "SAMPLES_ASKED", 40)
    some = sample_rules.measure(values)
    sound = np.arange(120) != 17
    assert np.abs(some.correlation - whole.correlation)[sound].max() < 0.02
    assert some.correlation[17] < 0.2 and (some.correlation[sound] > 0.8).all()
    assert json.dumps(sample_rules.broken_rules(some)["correlation"]).count("lies") == 1
