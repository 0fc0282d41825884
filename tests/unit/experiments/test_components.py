"""Components within groups: a hidden batch is named with its samples and genes, and decides nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.experiment import LIBRARY, MARKERS, UNPAIRED, as_array, make_experiment

from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.experiments.components import _best_cut
from irf7bone.report.sentences.component_words import component_words

SETTINGS = AnalysisSettings(primary_signature="IFN", gene_set_draws=100, methods=("zscore",))


def analyse(adata):
    return analyse_experiment("made", adata, [UNPAIRED], LIBRARY, MARKERS, None, SETTINGS)


def with_batch(shift: float, seed: int = 3):
    """Four of seven primaries are apart in 200 background genes."""
    adata = as_array(make_experiment(pairs=7, loss=1.0, seed=seed))
    primaries = np.flatnonzero((adata.obs["group"] == "primary").to_numpy())[:4]
    x = adata.X.copy()
    x[np.ix_(primaries, np.arange(100, 300))] += shift
    adata.X = x
    return adata, set(adata.obs_names[primaries])


def test_the_best_cut_by_hand():
    share, size = _best_cut(np.array([0.0, 0, 0, 3, 3]))
    assert share == pytest.approx(1.0) and size == 3
    # mean 2: 0.5 and 5 on the sides, 2 x 1.5^2 + 3^2 = 13.5 of 4 + 1 + 9
    share, size = _best_cut(np.array([0.0, 1, 5]))
    assert share == pytest.approx(13.5 / 14) and size == 2


def test_a_hidden_batch_is_named_with_its_samples_and_genes():
    adata, apart = with_batch(3.0)
    first = analyse(adata)["components"].iloc[0]
    assert first["named"] and first["split_group"] == "primary" and first["share"] > 0.3
    sides = [set(first[side].split(", ")) for side in ("low_samples", "high_samples")]
    assert apart in sides and len(first["genes"].split(", ")) == 20
    assert set(first["genes"].split(", ")) <= set(adata.var_names[100:300])


def test_the_row_is_shown_and_the_claim_stays_as_it_was():
    adata, _ = with_batch(3.0)
    tables = analyse(adata)
    row = tables["components"].iloc[0]
    assert row["status"] == "ok" and row["df"] == 11 and row["inflation"] >= 1
    claim, signature = tables["claim"].iloc[0], tables["signatures"].iloc[0]
    assert claim["difference"] == signature["difference"] != row["difference"]


def test_nothing_planted_is_seldom_named():
    named = [analyse(with_batch(0.0, seed)[0])["components"]["named"].any() for seed in range(12)]
    assert sum(named) <= 2


def test_few_samples_have_rows_that_say_so():
    adata = as_array(make_experiment(pairs=2))
    rows = analyse(adata)["components"]
    assert rows["component"].tolist() == [1, 2] and not rows["named"].any()
    assert rows["split_p"].isna().all() and set(rows["status"]) == {"not_available"}
    assert rows["reason"].str.contains("too few samples to adjust").all()
    assert pd.isna(rows["split_group"]).all()


def test_the_report_says_it_in_words():
    adata, apart = with_batch(3.0)
    said = component_words(analyse(adata)["components"].iloc[0].to_dict())
    assert "splits primary" in said and all(sample in said for sample in apart)
    assert "decides nothing" in said
