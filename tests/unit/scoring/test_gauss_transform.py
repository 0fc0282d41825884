"""The fast Gauss transform is the direct sum over all pairs, at any shape of a gene's values."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit, ndtr

from irf7bone.scoring import gauss_transform, gsva
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.scoring.gauss_transform import smooth_log_odds


def shares(values: np.ndarray) -> np.ndarray:
    """The kernel estimate summed over all pairs."""
    width = values.std(axis=1, ddof=1) / 4
    apart = (values[:, :, None] - values[:, None, :]) / width[:, None, None]
    return ndtr(apart).mean(axis=2)


SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "two modes": lambda rng, n: rng.normal(size=n) + 9 * (rng.random(n) < 0.3),
    "far outlier": lambda rng, n: np.where(np.arange(n) == 7, 500.0, rng.normal(size=n)),
    "heavy tails": lambda rng, n: rng.standard_t(2, size=n),
    "few levels": lambda rng, n: rng.integers(0, 3, n).astype(float),
    "one differs": lambda rng, n: (np.arange(n) == 0).astype(float),
}


@pytest.mark.parametrize("n", [2, 60, 700])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_direct_sum(shape, n):
    values = np.array([SHAPES[shape](np.random.default_rng(seed), max(n, 8))[:n] for seed in (1, 2)])
    if (values.std(axis=1) == 0).any():
        values[:, 0] += 1
    found = 1 / (1 + np.exp(-smooth_log_odds(values)))
    np.testing.assert_allclose(found, shares(values), rtol=1e-12, atol=1e-14)


def test_scale_and_shift_change_nothing_but_rounding():
    values = np.random.default_rng(3).normal(size=(3, 500))
    np.testing.assert_allclose(smooth_log_odds(values), smooth_log_odds(8 + 2.5 * values), atol=1e-9)
    assert np.isfinite(logit(shares(values))).all()


def test_gsva_scores_by_either_way_agree_to_what_the_table_is_off(monkeypatch):
    """R's table is off by up to 4e-4 of a sample; a gene changes places only with one as near."""
    rng = np.random.default_rng(4)
    factor = rng.normal(size=(300, 1))
    values = rng.normal(size=(300, 800)) + 0.7 * factor * (np.arange(800) < 40)
    table = pd.DataFrame(values, [f"S{i}" for i in range(300)], [f"G{i:03d}" for i in range(800)])
    sets = [table.columns[:40], table.columns[400:430]]

    def scores() -> np.ndarray:
        prepared = Prepared(table)
        return score_sets(prepared, prepared.set_matrix(sets), "gsva")

    looked_up = scores()
    monkeypatch.setattr(gsva, "LOOKED_UP_SAMPLES", 0)
    transformed = scores()
    assert np.abs(looked_up - transformed).max() < 0.005
    assert np.corrcoef(looked_up[0], transformed[0])[0, 1] > 0.9999
    shuffled = table.iloc[rng.permutation(300), rng.permutation(800)]
    prepared = Prepared(shuffled)
    again = score_sets(prepared, prepared.set_matrix(sets), "gsva")
    at = [list(shuffled.index).index(name) for name in table.index]
    np.testing.assert_array_equal(again[:, at], transformed)


def test_several_threads_give_the_bytes_of_one(monkeypatch):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(450, 300))).rename(index="S{}".format, columns="G{}".format)
    used = set()

    def noted(values: np.ndarray) -> np.ndarray:
        used.add(threading.get_ident())
        time.sleep(0.01)  # lets the others begin
        return smooth_log_odds(values)

    monkeypatch.setattr(gauss_transform, "smooth_log_odds", noted)
    scores = []
    for threads in (1, 3):
        used.clear()
        prepared = Prepared(table, threads)
        scores.append(score_sets(prepared, prepared.set_matrix([table.columns[:30]]), "gsva"))
        assert len(used) == threads
    np.testing.assert_array_equal(*scores)


def test_what_fails_in_a_thread_is_raised():
    def fail(part: slice) -> None:
        raise ValueError(f"{part.start} to {part.stop}")

    with pytest.raises(ValueError, match="0 to 2"):
        Prepared(pd.DataFrame(np.eye(3)), threads=2).in_parts(fail, 3, 2)
