"""The specification curve: what is in it, its order, its shares by hand, and the figure."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings

from irf7bone.figures.plot_specification import plot_specifications
from irf7bone.pool.specification import specification_curve, summarise_specifications
from irf7bone.tables.pooled import POOLED, SPECIFICATION_SUMMARY, SPECIFICATIONS

CONFIG = settings(primary=primary(signature="OWN"))
ROLES = {"OWN": "user", "IFN": "interferon", "IRF7": "irf7", "PROLIF": "proliferation", "NK": "immune"}
LOG_HR = {  # by signature, method; unadjusted as here, adjusted 0.05 less
    ("OWN", "zscore"): -0.30, ("OWN", "ssgsea"): -0.20,
    ("IFN", "zscore"): 0.10, ("IFN", "ssgsea"): 0.40,
    ("IRF7", "zscore"): -0.05, ("IRF7", "ssgsea"): None,
}  # fmt: skip


def pooled_table(log_hr=LOG_HR, se=0.12):
    """Every planned pooled row; those of no interest have a huge effect that must not show."""
    rows = []
    for signature, method, endpoint, model in itertools.product(
        ROLES, ("zscore", "ssgsea"), ("bone", "death"), ("unadjusted", "proliferation")
    ):
        row = {"signature": signature, "method": method, "endpoint": endpoint, "model": model}
        value = log_hr.get((signature, method), 5.0) if endpoint == "bone" else 5.0
        if value is None:
            row |= {"k": 0, "n": 0, "n_events": 0, "status": "not_available", "reason": "no cohort"}
        else:
            value -= 0.05 * (model == "proliferation")
            p = 0.01 if abs(value) > 1.96 * se else 0.5
            row |= {"k": 3, "n": 300, "n_events": 60, "log_hr": value, "se": se, "p": p, "status": "ok"}
            row |= {"ci_low": value - 9 * se, "ci_high": value + 9 * se}  # Knapp-Hartung, drawn by nothing
            row |= {"bayes_log_hr": value, "bayes_low": value - 2 * se, "bayes_high": value + 2 * se}
        rows.append(row)
    table = POOLED.cast(pd.DataFrame(rows).reindex(columns=POOLED.names))
    POOLED.check(table, "made by the test")
    return table


def test_the_curve_holds_the_question_and_nothing_else():
    curve = specification_curve(pooled_table(), ROLES, config=CONFIG)
    SPECIFICATIONS.check(curve, "curve")
    assert set(curve["signature"]) == {"OWN", "IFN", "IRF7"}
    assert set(curve["endpoint"]) == {"bone"}
    assert len(curve) == 3 * 2 * 2
    assert curve["rank"].tolist() == [*range(1, 11), pd.NA, pd.NA]
    values = curve["log_hr"].to_numpy()[:10]
    assert (np.diff(values) >= 0).all() and values[0] == pytest.approx(-0.35)
    assert curve["reason"].tolist()[10:] == ["no cohort"] * 2
    named = curve[curve["is_primary"]]
    assert named[["signature", "method", "model"]].to_numpy().tolist() == [["OWN", "zscore", "unadjusted"]]


def test_what_simulated_samples_derive_is_no_specification_of_patients():
    roles = {**ROLES, "SIMULATED_IFN": "derived", "PAIRS_LOST": "derived"}
    pooled = pooled_table()
    more = [
        pooled[pooled["signature"] == "IFN"].assign(signature=name)
        for name in ("SIMULATED_IFN", "PAIRS_LOST")
    ]
    curve = specification_curve(pd.concat([pooled, *more]), roles, config=CONFIG)
    assert set(curve["signature"]) == {"OWN", "IFN", "IRF7", "PAIRS_LOST"}


def test_order_of_the_pooled_rows_changes_only_ties():
    pooled = pooled_table()
    curve = specification_curve(pooled, ROLES, config=CONFIG)
    again = specification_curve(pooled.sample(frac=1, random_state=3), ROLES, config=CONFIG)
    key = list(POOLED.key)
    assert curve["log_hr"].tolist()[:10] == again["log_hr"].tolist()[:10]
    merged = curve.merge(again, on=key, suffixes=("", "_again"))
    assert len(merged) == len(curve) and (merged["is_primary"] == merged["is_primary_again"]).all()


def test_shares_worked_by_hand():
    # Ten estimates: OWN -0.30 -0.35 -0.20 -0.25, IFN 0.10 0.05 0.40 0.35, IRF7 -0.05 -0.10;
    # those beyond 0.24 either way have an interval without 1.
    summary = summarise_specifications(specification_curve(pooled_table(), ROLES, config=CONFIG))
    SPECIFICATION_SUMMARY.check(summary, "summary")
    whole = summary.iloc[0]
    assert (whole["choice"], whole["level"]) == ("none", "all")
    assert (whole["n_planned"], whole["n_estimated"]) == (12, 10)
    assert whole["share_below_1"] == pytest.approx(0.6)
    assert whole["share_apart"] == pytest.approx(0.5)
    assert whole["share_apart_below"] == pytest.approx(0.3)
    assert whole["share_apart_above"] == pytest.approx(0.2)
    assert whole["median_log_hr"] == pytest.approx((-0.10 - 0.05) / 2)
    assert (whole["lowest_log_hr"], whole["highest_log_hr"]) == (pytest.approx(-0.35), pytest.approx(0.40))
    parts = summary.set_index(["choice", "level"])
    assert parts.loc[("signature", "IFN"), "share_below_1"] == 0
    assert parts.loc[("method", "ssgsea"), "n_estimated"] == 4
    assert parts.loc[("model", "unadjusted"), "median_log_hr"] == pytest.approx(-0.05)
    assert len(parts) == 1 + 3 + 2 + 2


def test_mirrored_effects_mirror_the_curve():
    mirrored = {key: None if value is None else -value for key, value in LOG_HR.items()}
    flat = pooled_table(mirrored)
    flat = flat[flat["model"] == "unadjusted"]
    here = pooled_table()
    here = here[here["model"] == "unadjusted"]
    one = specification_curve(here, ROLES, config=CONFIG)
    other = specification_curve(flat, ROLES, config=CONFIG)
    assert one["signature"].tolist()[:5] == other["signature"].tolist()[:5][::-1]
    np.testing.assert_allclose(one["log_hr"][:5], -other["log_hr"][:5][::-1])
    a, b = (summarise_specifications(curve).iloc[0] for curve in (one, other))
    assert a["share_below_1"] == pytest.approx(1 - b["share_below_1"])
    assert a["median_log_hr"] == pytest.approx(-b["median_log_hr"])


def test_nothing_estimated_has_a_reason():
    curve = specification_curve(pooled_table(dict.fromkeys(LOG_HR)), ROLES, config=CONFIG)
    SPECIFICATIONS.check(curve, "curve")
    summary = summarise_specifications(curve)
    SPECIFICATION_SUMMARY.check(summary, "summary")
    assert set(summary["status"]) == {"not_available"} and set(summary["reason"]) == {"no cohort"}
    figure = plot_specifications(curve, summary, title="x")
    assert "no cohort" in figure.axes[0].texts[0].get_text()


def test_figure_shows_every_estimate_and_rings_the_primary():
    curve = specification_curve(pooled_table(), ROLES, config=CONFIG)
    figure = plot_specifications(curve, summarise_specifications(curve), title="Bone")
    points, ring = figure.axes[0].collections[1:3]
    np.testing.assert_allclose(np.asarray(points.get_offsets())[:, 1], np.exp(curve["log_hr"][:10]))
    assert np.asarray(ring.get_offsets())[0, 1] == pytest.approx(np.exp(-0.30))
    marks = sum(len(mark.get_offsets()) for mark in figure.axes[1].collections)
    assert marks == 10 * 3
    said = [text.get_text() for text in figure.texts]
    assert any("10 of 12 specifications estimated; median HR 0.93; HR < 1 in 60%" in words for words in said)
