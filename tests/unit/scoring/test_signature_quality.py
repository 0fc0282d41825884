"""Signature quality: worked by hand, planted programmes against random genes, metamorphic, and statuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from irf7bone.figures.plot_signature_quality import STRIPS, plot_signature_quality
from irf7bone.genes.signatures import Signature
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.score_table import score_cohort
from irf7bone.scoring.signature_quality import background_correlation, coherence, signature_quality
from irf7bone.tables.cohort import SIGNATURE_QUALITY

PROGRAMME = [f"G{i:03d}" for i in range(12)]


def signature(name, up, down=()):
    return Signature(name, tuple(up), tuple(down), "", "", "", "user", "", "", Path("made.gmt"))


def expression(n=60, n_genes=200, seed=0, strength=1.5):
    """Genes of rising level; the first twelve share a programme with IRF7."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, n_genes)) + np.linspace(2, 14, n_genes)
    values[:, :12] += strength * random.normal(size=n)[:, None]
    names = [f"G{i:03d}" for i in range(n_genes)]
    table = pd.DataFrame(values, index=[f"S{i:02d}" for i in range(n)], columns=names)
    return table.assign(IRF7=10 + table["G000"] - 2)


def quality(table, library, scale="log2", min_coverage=0.5):
    _, coverage = score_cohort(table, library, [], min_coverage)
    found = signature_quality("x", table, library, coverage.assign(cohort="x"), scale=scale)
    SIGNATURE_QUALITY.check(found, "quality")
    return found.set_index("signature")


def test_coherence_worked_by_hand():
    # Two genes in step and one against them: pairs 1, -1, -1; all variance in one direction.
    step = np.array([-1.0, 0.0, 1.0]) / np.std([-1.0, 0.0, 1.0], ddof=1)
    found = coherence(np.vstack([step, step, -step]))
    assert found["mean_correlation"] == pytest.approx(-1 / 3)
    assert found["pc1_share"] == pytest.approx(1)
    assert found["mean_median"] == found["mean_pc1"] == found["median_pc1"] == pytest.approx(1)
    mirrored = coherence(np.vstack([step, -step]))
    assert mirrored["mean_correlation"] == pytest.approx(-1)
    assert mirrored["mean_median"] == mirrored["mean_pc1"] == 0  # the mean says nothing


def test_numbers_are_those_of_plain_formulas():
    table = expression()
    found = quality(table, {"P": signature("P", PROGRAMME), "WIDE": signature("WIDE", table.columns[:150])})
    for name, genes in (("P", PROGRAMME), ("WIDE", list(table.columns[:150]))):
        z = ((table - table.mean()) / table.std())[genes]
        rho = z.corr(method="spearman").to_numpy()
        assert found.loc[name, "mean_correlation"] == pytest.approx(
            rho[np.triu_indices(len(genes), 1)].mean()
        )
        singular = np.linalg.svd(z.to_numpy(), compute_uv=False)
        assert found.loc[name, "pc1_share"] == pytest.approx(singular[0] ** 2 / (singular**2).sum())
        expected = spearmanr(z.mean(axis=1), z.median(axis=1)).statistic
        assert found.loc[name, "mean_median"] == pytest.approx(expected)
        assert found.loc[name, "irf7_correlation"] == pytest.approx(
            spearmanr(table["IRF7"], z.mean(axis=1)).statistic
        )
    rho = table.corr(method="spearman").to_numpy()
    everything = rho[np.triu_indices(len(rho), 1)].mean()
    assert background_correlation(Prepared(table)) == pytest.approx(everything)
    assert found.loc["P", "background_correlation"] == pytest.approx(everything)


def test_a_programme_stands_out_from_random_genes_and_from_the_background():
    table = expression()
    random = np.random.default_rng(1).choice(table.columns[12:], 12, replace=False)
    found = quality(table, {"P": signature("P", PROGRAMME), "R": signature("R", random)})
    assert found.loc["P", "mean_correlation"] > 0.5 > abs(found.loc["R", "mean_correlation"]) + 0.4
    assert found.loc["P", "pc1_share"] > 2 * found.loc["R", "pc1_share"]
    assert found.loc["P", "irf7_correlation"] > 0.6
    assert abs(found.loc["R", "irf7_correlation"]) < 0.4
    assert found.loc["P", "median_decile"] == 1 and found.loc["P", "share_low_expressed"] == 1
    high = quality(table, {"H": signature("H", table.columns[185:200])}).loc["H"]
    assert high["median_decile"] == 10 and high["share_low_expressed"] == 0


def test_irf7_is_held_against_the_others_and_not_itself():
    table = expression()
    own = quality(table, {"P": signature("P", [*PROGRAMME, "IRF7"])}).loc["P"]
    without = quality(table, {"P": signature("P", PROGRAMME)}).loc["P"]
    assert own["irf7_correlation"] == pytest.approx(without["irf7_correlation"], rel=1e-12)


def test_order_scale_and_reversed_genes():
    table = expression()
    library = {"P": signature("P", PROGRAMME[:6], PROGRAMME[6:])}
    turned = table.copy()
    turned[PROGRAMME[6:]] = 20 - 3 * turned[PROGRAMME[6:]]
    plain = quality(table, {"P": signature("P", PROGRAMME)}).loc["P"]
    signed = quality(turned, library).loc["P"]
    measures = ["mean_correlation", "pc1_share", "mean_median", "mean_pc1", "median_pc1", "irf7_correlation"]
    np.testing.assert_allclose(signed[measures].astype(float), plain[measures].astype(float), rtol=1e-9)
    unsigned = quality(turned, {"P": signature("P", PROGRAMME)}).loc["P"]
    assert unsigned["mean_correlation"] < 0.1
    shuffled = table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    again = quality(shuffled, {"P": signature("P", PROGRAMME[::-1])}).loc["P"]
    for name in [*measures, "median_decile", "share_low_variance", "background_correlation"]:
        assert again[name] == pytest.approx(plain[name], rel=1e-9), name


def test_log_ratios_have_no_level():
    found = quality(expression(), {"P": signature("P", PROGRAMME)}, scale="log_ratio").loc["P"]
    assert found["status"] == "ok"
    assert np.isnan(found["median_decile"]) and np.isnan(found["share_low_expressed"])
    assert found["mean_correlation"] > 0.5


def test_statuses():
    table = expression().assign(FLAT=3.0)
    library = {
        "ONE": signature("ONE", ["IRF7"]),
        "ABSENT": signature("ABSENT", ["X1", "X2", "G000"]),
        "FLAT_TOO": signature("FLAT_TOO", [*PROGRAMME, "FLAT"]),
        "LEFT_ALONE": signature("LEFT_ALONE", ["G000", "FLAT"]),
    }
    found = quality(table, library)
    assert found["status"].tolist() == ["not_available", "low_coverage", "ok", "not_available"]
    assert found.loc["ONE", "reason"].startswith("one gene") and found.loc["ONE", "coverage"] == 1
    assert "1 of 3 genes" in found.loc["ABSENT", "reason"]
    # FLAT has the lowest standard deviation there is, and is in no correlation
    assert found.loc["FLAT_TOO", "share_low_variance"] >= 1 / 13
    plain = quality(table, {"P": signature("P", PROGRAMME)}).loc["P"]
    assert found.loc["FLAT_TOO", "mean_correlation"] == pytest.approx(plain["mean_correlation"], rel=1e-12)
    few = quality(table.iloc[:9], {"P": signature("P", PROGRAMME)}).loc["P"]
    assert (few["status"], few["reason"]) == ("not_available", "9 samples, 10 needed")
    none = quality(table.drop(columns="IRF7"), {"P": signature("P", PROGRAMME)}).loc["P"]
    assert none["status"] == "ok" and np.isnan(none["irf7_correlation"])
    flat = quality(table.assign(IRF7=1.0), {"P": signature("P", PROGRAMME)}).loc["P"]
    assert flat["status"] == "ok" and np.isnan(flat["irf7_correlation"])


def test_figure_draws_every_number_and_every_reason():
    table = expression()
    library = {"P": signature("P", PROGRAMME), "ONE": signature("ONE", ["IRF7"])}
    found = quality(table, library).reset_index()
    figure = plot_signature_quality(found, simulated=False)
    assert len(figure.axes) == len(STRIPS)
    shown = {
        strip.column: np.asarray(axes.collections[-1].get_offsets())[:, 0].tolist()
        for axes, strip in zip(figure.axes, STRIPS, strict=True)
    }
    row = found.iloc[0]
    assert shown["coverage"] == [1, 1]
    assert shown["mean_correlation"] == [pytest.approx(row["mean_correlation"])]
    assert shown["agreement"] == [pytest.approx(min(row["mean_median"], row["mean_pc1"], row["median_pc1"]))]
    words = " ".join(text.get_text() for text in figure.texts)
    assert "not available: one gene" in words and "SIMULATED" not in words
    [references] = [
        axes.collections[0].get_segments() for axes, strip in zip(figure.axes, STRIPS, strict=True)
        if strip.column == "mean_correlation"
    ]  # fmt: skip
    scored = np.flatnonzero(found["status"] == "ok")
    assert [segment[:, 1].tolist() for segment in references] == [[row, row + 1] for row in scored]
    assert "SIMULATED" in " ".join(t.get_text() for t in plot_signature_quality(found, simulated=True).texts)
