"""Several data sets together: pooled as cohorts are, simulated ones apart, the word by the pooled value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.cells_vocabulary import POOLED_RULES
from irf7bone.cells.pool_cells import pool_data_sets
from irf7bone.cells.pooled_claim import PooledEvidence, decide_pooled
from irf7bone.statistics.hedges import hedges_g
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.tables.cells import CELL_CLAIM, CELL_SIGNATURES, CYTOTOXIC_LINK
from irf7bone.tables.pooled_cells import POOLED_CELL_TABLES

IFN = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
REAL = {"one": "real", "two": "real", "three": "real"}


def made(table, rows):
    return table.cast(pd.DataFrame(rows).reindex(columns=table.names))


def data_set(name, malignant=(-1.0, 0.4), bulk=(-1.2, 0.4), rho=(0.6, 12), contrast="bone", **claim):
    """Tables of one data set: g and its error in malignant cells and bulk, correlation and patients."""
    common = {
        "data_set": name, "contrast": contrast, "method": "zscore", "signature": IFN, "n_patients": 8,
        "n_case": 8, "n_reference": 8, "n_pairs": 8, "difference": -1.0, "se": 0.3, "ci_low": -1.6,
        "ci_high": -0.4, "df": 7, "p": 0.01, "min_p": 0.008, "status": "ok",
    }  # fmt: skip
    scores = [
        common | {"compartment": kind, "hedges_g": g, "hedges_se": se}
        if g is not None
        else {
            k: v for k, v in common.items() if k not in ("difference", "se", "ci_low", "ci_high", "df", "p")
        }
        | {"compartment": kind, "status": "too_few_patients", "reason": "2 patients"}
        for kind, (g, se) in {"malignant": malignant, "bulk": bulk}.items()
    ]
    said = {
        **common, "compartment": "malignant", "meaning": "loss_in_bone", "expected": "falls",
        "sentence": "x.", "verdict": "in the tumour cells", "verdict_in_compartment": "supported",
        "rule": "malignant_supported",
    }  # fmt: skip
    link = {
        "data_set": name, "stratum": "primary", "group": "primary", "measure": "clr_cytotoxic",
        "rho": rho[0],
        "n_patients": rho[1], "status": "ok" if rho[1] >= 8 else "too_few_patients",
        "ci_low": 0.1, "ci_high": 0.9,
    }  # fmt: skip
    return {
        "signatures": made(CELL_SIGNATURES, scores),
        "claim": made(CELL_CLAIM, [said | claim]),
        "immune": made(CYTOTOXIC_LINK, [link]),
    }


def together(roles, **sets):
    tables = {
        kind: {name: found[kind] for name, found in sets.items()}
        for kind in ("signatures", "claim", "immune")
    }
    found = pool_data_sets(roles, tables)
    for name, table in found.items():
        POOLED_CELL_TABLES[name].check(table, name)
    return found


def test_contrasts_are_pooled_by_the_cohorts_pool():
    found = together(
        REAL,
        one=data_set("one", (-1.0, 0.4)),
        two=data_set("two", (-0.5, 0.3)),
        three=data_set("three", (-1.8, 0.6)),
    )
    row = found["contrasts"].query("compartment == 'malignant'").iloc[0]
    pool = pool_normal_normal(np.array([[-1.0, -0.5, -1.8]]), np.array([[0.4, 0.3, 0.6]]), scale=0.5)
    assert row["estimate"] == pytest.approx(pool.mu.centre[0]) and row["k"] == 3 and row["n_patients"] == 24
    assert row["ci_high"] == pytest.approx(pool.mu.quantile(0.975)[0])
    assert row["further_low"] < row["ci_low"] < row["ci_high"] < row["further_high"]
    claim = found["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"]) == ("in the tumour cells", "pooled_expected")


def test_correlations_are_pooled_as_fishers_z_and_untested_ones_are_not_counted():
    found = together(
        REAL,
        one=data_set("one", rho=(0.6, 12)),
        two=data_set("two", rho=(0.2, 20)),
        three=data_set("three", rho=(-0.9, 6)),
    )
    row = found["links"].iloc[0]
    z, se = np.arctanh([[0.6, 0.2]]), np.sqrt(1.06 / np.array([[9, 17]]))
    assert row["estimate"] == pytest.approx(np.tanh(pool_normal_normal(z, se, scale=0.5).mu.centre[0]))
    assert row["k"] == 2 and row["data_sets"] == "one, two" and row["n_patients"] == 32


def test_simulated_data_sets_stand_apart_and_one_is_no_pool():
    roles = {"one": "real", "made": "simulated", "more": "simulated"}
    found = together(
        roles, one=data_set("one"), made=data_set("made", (3.0, 0.1)), more=data_set("more", (3.0, 0.1))
    )
    claim = found["claim"].set_index("role")
    assert claim.loc["real", ["status", "verdict", "k"]].tolist() == [
        "too_few_data_sets",
        "too little data",
        1,
    ]
    assert pd.isna(claim.loc["real", "estimate"]) and claim.loc["simulated", "estimate"] > 2.5
    assert claim.loc["simulated", "verdict"] == "contradicted in the tumour cells"
    assert set(found["contrasts"].query("role == 'real'")["status"]) == {"too_few_data_sets"}


def test_a_data_set_without_an_estimate_has_a_row_in_the_forest_and_none_in_the_pool():
    found = together(
        REAL, one=data_set("one"), two=data_set("two", malignant=(None, None)), three=data_set("three")
    )
    assert found["claim"]["data_sets"].iloc[0] == "one, three"
    rows = found["forest"].query("panel == 'malignant'")
    assert rows["data_set"].tolist() == ["one", "two", "three", "pooled"]
    assert rows["status"].tolist() == ["ok", "too_few_patients", "ok", "ok"]
    assert rows["estimate"].isna().tolist() == [False, True, False, False]


def test_a_data_set_counts_once_and_meanings_are_not_mixed():
    twice = data_set("one")
    again = data_set("one", (5.0, 0.1), contrast="bone_unpaired")
    other = data_set("one", (5.0, 0.1), contrast="other", meaning="other")
    tables = {
        kind: pd.concat([twice[kind], again[kind], other[kind]], ignore_index=True)
        for kind in ("signatures", "claim")
    }
    found = together(
        REAL, one=tables | {"immune": twice["immune"]}, two=data_set("two"), three=data_set("three")
    )
    assert found["claim"]["meaning"].tolist() == ["loss_in_bone"]
    assert found["claim"]["k"].iloc[0] == 3 and found["claim"]["estimate"].iloc[0] < 0


def test_the_order_of_data_sets_changes_no_number_and_swapped_groups_turn_the_word():
    sets = {name: data_set(name, (-1.0 - i / 5, 0.3 + i / 10)) for i, name in enumerate(REAL)}
    one = together(REAL, **sets)["claim"].iloc[0]
    other = together(dict(reversed(REAL.items())), **sets)["claim"].iloc[0]
    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-12)
    turned = {name: data_set(name, (1.0 + i / 5, 0.3 + i / 10), (1.2, 0.4)) for i, name in enumerate(REAL)}
    assert together(REAL, **turned)["claim"]["estimate"].iloc[0] == pytest.approx(-one["estimate"])


def test_what_ambient_rna_could_explain_does_not_decide():
    clean = {name: data_set(name, (-1.0, 0.3)) for name in ("one", "two")}
    found = together(REAL, **clean, three=data_set("three", (-1.0, 0.3), ambient_alpha_to_null=0.02))
    assert found["claim"][["verdict", "n_ambient"]].iloc[0].tolist() == ["in the tumour cells", 1]
    soiled = {name: data_set(name, (-1.0, 0.3), ambient_alpha_to_null=0.02) for name in ("one", "two")}
    found = together(REAL, **soiled, three=data_set("three", (-1.0, 0.3)))
    assert found["claim"]["verdict"].iloc[0] == "ambient could explain it"
    unspecific = {
        name: data_set(name, (-1.0, 0.3), verdict_in_compartment="not specific") for name in ("one", "two")
    }
    found = together(REAL, **unspecific, three=data_set("three", (-1.0, 0.3)))
    assert found["claim"]["verdict"].iloc[0] == "not specific"


FALL, NONE, WIDE, RISE = (-1.5, -0.5), (-0.6, 0.5), (-1.4, 0.5), (0.4, 1.0)
CASES = [
    ((None, FALL, None, None), "too_few_data_sets", "too little data"),
    ((FALL, FALL, None, FALL), "not_without_unspecific", "not specific"),
    ((FALL, FALL, FALL, WIDE), "not_without_ambient", "ambient could explain it"),
    ((FALL, FALL, FALL, FALL), "pooled_expected", "in the tumour cells"),
    ((RISE, FALL, RISE, RISE), "pooled_opposite", "contradicted in the tumour cells"),
    ((WIDE, FALL, WIDE, WIDE), "pooled_wide", "too little data"),
    ((NONE, FALL, NONE, NONE), "bulk_alone", "not in the tumour cells"),
    ((NONE, NONE, NONE, NONE), "pooled_excludes_1_sd", "no evidence"),
]


@pytest.mark.parametrize(("intervals", "rule", "verdict"), CASES, ids=[case[1] for case in CASES])
def test_each_word_on_its_case_and_mirrored(intervals, rule, verdict):
    mirrored = [None if i is None else (-i[1], -i[0]) for i in intervals]
    assert decide_pooled(PooledEvidence(-1, *intervals)) == (verdict, rule)
    assert decide_pooled(PooledEvidence(1, *mirrored)) == (verdict, rule)


def test_every_rule_has_a_case():
    assert tuple(case[1] for case in CASES) == POOLED_RULES


@pytest.mark.parametrize(("k", "n"), [(2, 4), (3, 4), (5, 6)])
def test_where_nothing_is_planted_the_pool_sees_little(k, n):
    """2,000 studies of k data sets of n against n patients: the 95 % interval excludes 0 in 6 % at most."""
    rng = np.random.default_rng(8)
    case, reference = rng.normal(size=(2, 2000, k, n))
    sd = np.sqrt((case.var(axis=-1, ddof=1) + reference.var(axis=-1, ddof=1)) / 2)
    g, se = hedges_g(
        case.mean(axis=-1) - reference.mean(axis=-1), sd, sd * np.sqrt(2 / n), df=2 * n - 2, n=2 * n
    )
    pool = pool_normal_normal(g, se, scale=0.5)
    wrong = (pool.mu.quantile(0.025) > 0) | (pool.mu.quantile(0.975) < 0)
    assert wrong.mean() < 0.06
