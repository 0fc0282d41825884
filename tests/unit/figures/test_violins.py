"""Violins and heat maps: what is drawn is what the numbers say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from irf7bone.figures.heat_map import draw_heat_map, luminance
from irf7bone.figures.violins import LOWER, ROW_SHARE, UPPER, density, draw_violins


def axes():
    return Figure().add_subplot()


def test_density_is_that_of_scipy():
    values = np.random.default_rng(1).gamma(2.0, size=40)
    at, height = density(values)
    oracle = gaussian_kde(values)(at)
    np.testing.assert_allclose(height, oracle / oracle.max(), rtol=1e-12)
    assert (at[0], at[-1]) == (values.min(), values.max())


def test_a_violin_is_as_wide_as_its_row_and_has_its_quartiles():
    drawn, values = axes(), np.random.default_rng(2).normal(size=60)
    draw_violins(drawn, [values, np.empty(0), values + 5], "red")
    bodies = [part for part in drawn.collections if isinstance(part, PolyCollection)]
    for body, place in zip(bodies, (0, 2), strict=True):
        heights = body.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(place - ROW_SHARE / 2)
        assert heights.max() == pytest.approx(place + ROW_SHARE / 2)
    lines = [line.get_xdata()[0] for line in drawn.lines[:3]]
    np.testing.assert_allclose(lines, np.percentile(values, [25, 50, 75]))


def test_halves_face_each_other_and_do_not_touch():
    drawn, values = axes(), np.random.default_rng(3).normal(size=60)
    for half in (UPPER, LOWER):
        draw_violins(drawn, [values], "red", half)
    upper, lower = (part.get_paths()[0].vertices[:, 1] for part in drawn.collections)
    assert upper.max() < 0 < lower.min()
    assert set(upper.round(9)) == set((-lower).round(9))


def test_equal_values_are_a_line():
    drawn = axes()
    draw_violins(drawn, [np.full(4, 2.0)], "red")
    assert not drawn.collections
    assert drawn.lines[0].get_xdata().tolist() == [2.0, 2.0]


def test_a_heat_map_reads_as_its_table():
    table = pd.DataFrame([[1.0, -1.0], [np.nan, 0.0]])
    words = pd.DataFrame([["a", "b"], ["c", ""]])
    drawn = axes()
    mesh = draw_heat_map(drawn, table, "RdBu_r", (-1, 1), words, 5)
    assert [(text.get_position(), text.get_text()) for text in drawn.texts] == [
        ((0.5, 0.5), "a"),
        ((1.5, 0.5), "b"),
    ]
    assert {text.get_color() for text in drawn.texts} == {"white"}  # both ends of the scale are dark
    assert drawn.get_ylim() == (2, 0)
    assert mesh.get_array().mask.tolist() == [[False, False], [True, False]]


def test_luminance_by_hand():
    assert luminance(np.array([1.0, 1.0, 1.0, 1.0])) == pytest.approx(1)
    assert luminance(np.array([0.0, 1.0, 0.0])) == pytest.approx(0.7152)
    assert luminance(np.array([0.5, 0.0, 0.0])) == pytest.approx(0.2126 * ((0.5 + 0.055) / 1.055) ** 2.4)
