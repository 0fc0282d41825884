"""The immune link: planted links and confounders, shared genes, statuses, and what pooling does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings

from irf7bone.figures.plot_immune_link import plot_immune
from irf7bone.genes.signatures import Signature
from irf7bone.outcome.immune_link import immune_link
from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.statistics.partial_correlation import partial_correlation
from irf7bone.statistics.random_effects import random_effects
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.outcome import ADJUSTMENTS, IMMUNE_LINKS
from irf7bone.tables.pooled import IMMUNE_POOLED

GENES = {
    "IFN": [f"I{i}" for i in range(10)],
    "IRF7": ["IRF7"],
    "NK": ["N1", "N2", "N3"],
    "CD8": ["C1", "C2"],
    "PROLIF": [f"P{i}" for i in range(6)],
}
KINDS = {"IFN": "interferon", "IRF7": "irf7", "NK": "immune", "CD8": "immune", "PROLIF": "proliferation"}
CONFIG = settings(
    signatures=SignatureSettings(tuple(GENES), (), 0.5),
    methods=("zscore",),
    endpoints=("bone",),
    models=("unadjusted",),
    primary=Primary("IFN", "zscore", "bone", "unadjusted"),
    proliferation_signature="PROLIF",
)
BOTH = "proliferation,leukocytes"


def signature(name, genes, role):
    return Signature(name, tuple(genes), (), "", "", "", role, "", "", Path("made.gmt"))


def library(**genes):
    return {name: signature(name, genes.get(name, GENES[name]), KINDS[name]) for name in GENES}


def expression(n=400, seed=0, *, leukocytes=0.0, direct=0.0, proliferation=0.0):
    """Interferon, NK and CD8 genes that share leukocyte content, proliferation, or a link of their own."""
    random = np.random.default_rng(seed)
    total, growth, link = random.normal(size=(3, n))
    ifn = leukocytes * total + proliferation * growth + direct * link + random.normal(size=n)
    nk = leukocytes * total + proliferation * growth + direct * link + random.normal(size=n)
    cd8 = leukocytes * total + random.normal(size=n)
    own = random.normal(size=n)
    programme = {"IFN": ifn, "IRF7": own, "NK": nk, "CD8": cd8, "PROLIF": growth}
    columns = {
        gene: 8 + programme[name] + 0.2 * random.normal(size=n)
        for name, genes in GENES.items()
        for gene in genes
    }
    columns["PTPRC"] = 9 + total
    columns |= {f"B{i}": random.normal(7, 1, n) for i in range(30)}
    return pd.DataFrame(columns, index=[f"S{i:03d}" for i in range(n)])


def link(table, genes=None, config=CONFIG, cohort="x"):
    found = immune_link(cohort, table, genes or library(), config=config)
    IMMUNE_LINKS.check(found, "links")
    return found


def one(found, signature="IFN", immune="NK", adjustment="none"):
    keep = (
        (found["signature"] == signature) & (found["immune"] == immune) & (found["adjustment"] == adjustment)
    )
    [row] = found[keep].to_dict("records")
    return row


def test_every_pair_and_adjustment_has_a_row_with_the_correlation_of_its_scores():
    table = expression(direct=1.0)
    found = link(table)
    assert len(found) == 2 * 2 * len(ADJUSTMENTS)
    z = (table - table.mean()) / table.std()
    scores = {name: z[genes].mean(axis=1) for name, genes in GENES.items()}
    row = one(found)
    assert row["r"] == pytest.approx(np.corrcoef(scores["IFN"], scores["NK"])[0, 1], rel=1e-9)
    assert (row["n"], row["n_shared"], row["shared_genes"], row["explained"]) == (400, 0, None, 0)
    design = np.column_stack([np.ones(400), scores["PROLIF"], table["PTPRC"]])
    left = [y - design @ np.linalg.lstsq(design, y, rcond=None)[0] for y in (scores["IFN"], scores["NK"])]
    assert one(found, adjustment=BOTH)["r"] == pytest.approx(np.corrcoef(*left)[0, 1], rel=1e-9)


def test_a_link_through_leukocytes_alone_disappears_and_a_direct_one_stays():
    unadjusted, adjusted = (one(link(expression(leukocytes=1.0)), adjustment=name) for name in ("none", BOTH))
    assert unadjusted["r"] > 0.35 and unadjusted["p"] < 1e-6
    assert abs(adjusted["r"]) < 0.12 and adjusted["p"] > 0.01
    direct = one(link(expression(leukocytes=1.0, direct=1.0)), adjustment=BOTH)
    assert direct["r"] > 0.35 and direct["p"] < 1e-6
    confounded = link(expression(proliferation=1.5))
    assert one(confounded)["r"] > 0.5
    assert abs(one(confounded, adjustment="proliferation")["r"]) < 0.15


def test_p_is_uniform_and_the_interval_covers_without_a_partial_link():
    random = np.random.default_rng(7)
    covered, p = [], []
    for _ in range(600):
        held = list(random.normal(size=(2, 40)))
        x, y = random.normal(size=(2, 40)) + held[0] - 0.5 * held[1]
        found = partial_correlation(x, y, held)
        covered.append(found.ci_low <= 0 <= found.ci_high)
        p.append(found.p)
    assert 0.925 <= np.mean(covered) <= 0.97
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.075
    assert 0.46 <= np.mean(p) <= 0.54


def test_shared_genes_are_taken_out_whatever_they_are():
    table = expression()
    plain = one(link(table))
    more = library(IFN=[*GENES["IFN"], "N1", "P0", "PTPRC"])
    found = link(table, more)
    row = one(found)
    assert row["shared_genes"] == "N1,P0,PTPRC" and row["n_shared"] == 3
    assert row["share_shared"] == pytest.approx(3 / 13)
    assert row["r"] == pytest.approx(plain["r"], rel=1e-12)
    other = one(found, immune="CD8")
    assert other["shared_genes"] == "P0,PTPRC" and abs(other["r"]) < 1
    # kept, the shared gene alone would have made a correlation
    z = (table - table.mean()) / table.std()
    kept = np.corrcoef(z[[*GENES["IFN"], "N1"]].mean(axis=1), z[GENES["NK"]].mean(axis=1))[0, 1]
    assert kept > plain["r"] + 0.05


def test_signs_orders_and_scales():
    table = expression(direct=1.0, leukocytes=0.5)
    found = link(table)
    shuffled = link(table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2))
    key = list(IMMUNE_LINKS.key)
    numbers = ["r", "ci_low", "ci_high", "p", "explained"]
    np.testing.assert_allclose(
        found.sort_values(key)[numbers], shuffled.sort_values(key)[numbers], rtol=1e-7, atol=1e-12
    )
    flipped = table.copy()
    flipped[GENES["NK"]] = 20 - 3 * flipped[GENES["NK"]]
    for adjustment in ADJUSTMENTS:
        a, b = one(found, adjustment=adjustment), one(link(flipped), adjustment=adjustment)
        assert (b["r"], b["ci_low"]) == (
            pytest.approx(-a["r"], rel=1e-9),
            pytest.approx(-a["ci_high"], rel=1e-9),
        )
        assert b["p"] == pytest.approx(a["p"], rel=1e-6)


def test_what_a_cohort_lacks_ends_in_a_reason():
    table = expression()
    missing = link(table.drop(columns="PTPRC"))
    assert one(missing)["status"] == one(missing, adjustment="proliferation")["status"] == "ok"
    assert one(missing, adjustment=BOTH)["reason"] == "PTPRC, the leukocyte total, is not measured"
    flat = one(link(table.assign(PTPRC=5.0)), adjustment=BOTH)
    assert (flat["status"], flat["reason"]) == (
        "not_available", "PTPRC, the leukocyte total, is the same in all samples",
    )  # fmt: skip
    low = one(link(table.drop(columns=["N1", "N2"])))
    assert low["status"] == "low_coverage" and "1 of 3 genes" in low["reason"]
    slow = link(table.drop(columns=GENES["PROLIF"][1:]))
    assert one(slow)["status"] == "ok"
    assert one(slow, adjustment="proliferation")["reason"].startswith("PROLIF: coverage 0.17 is too low")
    few = one(link(table.iloc[:12]), adjustment="proliferation")
    assert few["reason"] == "12 samples leave 9 degrees of freedom, 10 needed"
    assert one(link(table.iloc[:12]))["status"] == "ok"


def test_a_derived_signature_without_genes_ends_in_a_reason():
    row = one(link(expression(60), library(IRF7=())), "IRF7")
    assert row["status"] == "low_coverage" and row["share_shared"] == 0 and pd.isna(row["r"])


def test_overlaps_that_cannot_be_mended_end_in_a_reason():
    table = expression()
    leaking = link(table, library(NK=["N1", "N2", "PTPRC"]))
    assert one(leaking)["status"] == "ok"
    assert one(leaking, adjustment=BOTH)["reason"] == "NK shares PTPRC with PTPRC, held constant"
    inside = one(link(table, library(IFN=["N1", "N2"])))
    assert inside["status"] == "not_available" and "no score is left" in inside["reason"]
    signed = library()
    signed["IFN"] = replace(signed["IFN"], down=("N1", "N2"))
    assert "no score is left" in one(link(table, signed))["reason"]


def test_degenerate_numbers_end_in_a_reason():
    random = np.random.default_rng(1)
    x, y, w = random.normal(size=(3, 50))
    assert "same but for scale" in partial_correlation(x, 3 - 2 * x, []).reason
    assert "collinear" in partial_correlation(x, y, [w, 1 + w * 2]).reason
    assert "covariates explain" in partial_correlation(x, y, [x + 0.01 * w]).reason
    assert "covariates explain" in partial_correlation(x, y, [y]).reason
    assert np.isnan(partial_correlation(x, x, []).p)


def test_pooling_is_random_effects_on_fisher_z_of_the_real_cohorts():
    roles = {f"c{i}": "validation" for i in range(3)} | {"made": "simulated"}
    parts = [link(expression(80 + 40 * i, i, direct=0.8), cohort=f"c{i}") for i in range(3)]
    made = link(expression(500, 9, direct=5.0), cohort="made")
    pooled = pool_immune(pd.concat([*parts, made]), roles)
    IMMUNE_POOLED.check(pooled, "pooled")
    pd.testing.assert_frame_equal(pooled, pool_immune(pd.concat(parts), roles))
    for adjustment, held in ADJUSTMENTS.items():
        rows = [one(part, adjustment=adjustment) for part in parts]
        z = np.arctanh([row["r"] for row in rows])
        expected = random_effects(z, [(row["n"] - len(held) - 3) ** -0.5 for row in rows])
        row = one(pooled, adjustment=adjustment)
        assert (row["k"], row["n"]) == (3, 80 + 120 + 160)
        for name, theirs in (("r", "log_hr"), ("ci_low", "ci_low"), ("pi_high", "pi_high")):
            assert row[name] == pytest.approx(np.tanh(getattr(expected, theirs)), rel=1e-10)
        assert row["p"] == pytest.approx(expected.p, rel=1e-10)
    ordered = pooled.sort_values("p")
    raw = ordered["p"].to_numpy() * len(pooled) / np.arange(1, len(pooled) + 1)
    np.testing.assert_allclose(
        ordered["q"], np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1), rtol=1e-10
    )


def test_one_cohort_none_and_nothing_asked():
    part = link(expression(direct=0.8).drop(columns="PTPRC"), cohort="c")
    alone = pool_immune(part, {"c": "validation"})
    IMMUNE_POOLED.check(alone, "pooled")
    for name in ("r", "ci_low", "ci_high", "p"):
        assert one(alone)[name] == pytest.approx(one(part)[name], rel=1e-10)
    assert one(alone, adjustment=BOTH)["reason"].startswith("no real cohort with an estimate (c: PTPRC")
    made = pool_immune(part, {"c": "simulated"})
    assert set(made["reason"]) == {"no real cohort in this run"}
    select = SignatureSettings(("IFN", "IRF7", "PROLIF"), (), 0.5)
    nothing = link(expression(60), config=CONFIG._replace(signatures=select))
    assert nothing.empty and pool_immune(nothing, {}).empty


def test_figure_draws_every_estimate():
    roles = {"c0": "validation", "c1": "validation", "made": "simulated"}
    links = pd.concat(link(expression(100, i, direct=1.0), cohort=name) for i, name in enumerate(roles))
    links = links.assign(status=links["status"])
    pooled = pool_immune(links, roles)
    figure = plot_immune(links, pooled, roles, "IFN")
    assert len(figure.axes) == len(ADJUSTMENTS)
    for axes, adjustment in zip(figure.axes, ADJUSTMENTS, strict=True):
        points = np.concatenate([np.asarray(each.get_offsets())[:, 0] for each in axes.collections])
        wanted = links[(links["signature"] == "IFN") & (links["adjustment"] == adjustment)]["r"]
        assert set(np.round(points, 9)) == set(np.round(wanted.astype(float), 9))
        assert len(axes.patches) >= 2  # a diamond for each immune signature
    words = " ".join(text.get_text() for text in plot_immune(links, pooled, roles, "ABSENT").axes[0].texts)
    assert "ABSENT" in words


def test_a_withheld_signature_has_no_link_and_the_others_keep_theirs():
    table = expression(leukocytes=1.0)
    found = immune_link("x", table, library(), config=CONFIG, withheld={"IFN": "its own patients"})
    IMMUNE_LINKS.check(found, "links")
    own = found["signature"] == "IFN"
    assert set(found.loc[own, "status"]) == {"not_available"} and found.loc[own, "r"].isna().all()
    assert set(found.loc[own, "reason"]) == {"its own patients"}
    pd.testing.assert_frame_equal(found[~own], link(table)[lambda rows: rows["signature"] != "IFN"])
