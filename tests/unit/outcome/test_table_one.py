from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.outcome.table_one import table_one
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome_checks import TABLE_ONE

N = 30
SAMPLES = [f"s{i:02d}" for i in range(N)]


class Named:
    """As much of the settings as the table looks at."""

    class primary:
        signature, method = "IFN", "zscore"


def scores(z=None, status="ok"):
    z = np.arange(N, dtype=float) if z is None else z
    ok = status == "ok"
    table = pd.DataFrame(
        {
            "sample": SAMPLES,
            "signature": "IFN",
            "method": "zscore",
            "score_raw": z if ok else None,
            "score_z": z if ok else None,
            "n_genes_used": 3,
            "coverage": 1.0,
            "status": status,
            "reason": None if ok else "few genes",
        }
    )
    return SCORES.cast(table)


def obs(**columns):
    return pd.DataFrame(columns, index=SAMPLES)


def made(columns, **rules):
    table = table_one("c", obs(**columns), scores(**rules), config=Named)
    TABLE_ONE.check(table, "table one")
    return table.set_index(["characteristic", "level", "group"])


def test_groups_partition_the_patients():
    found = made({})
    counts = found.loc[("patients", "number"), "count"]
    assert counts.to_dict() == {"all": 30, "low": 10, "middle": 10, "high": 10}


def test_classes_and_missing_add_up_in_every_group():
    er = pd.Categorical(["positive"] * 12 + ["negative"] * 15 + [None] * 3)
    found = made({"er": er})
    for group in ("all", "low", "middle", "high"):
        levels = found.xs("er").xs(group, level="group")
        assert levels["count"].sum() == levels["n"].iloc[0]
    assert found.loc[("er", "not known", "all"), "count"] == 3
    assert found.loc[("er", "positive", "low"), "count"] == 10


def test_median_and_quartiles_leave_missing_values_out():
    age = [np.nan, np.nan, *np.arange(N - 2, dtype=float)]
    row = made({"age": age}).loc[("age", "median", "all")]
    assert (row["count"], row["median"], row["q1"], row["q3"]) == (28, 13.5, 6.75, 20.25)


def test_spearman_by_hand():
    # ranks reversed but for one exchanged pair of neighbours: 1 - 6 sum d^2 / (n (n^2 - 1)), negated
    age = np.arange(N, dtype=float)[::-1].copy()
    age[[0, 1]] = age[[1, 0]]
    row = made({"age": age}).loc[("age", "median", "all")]
    assert row["statistic"] == pytest.approx(-(1 - 6 * 2 / (N * (N**2 - 1))), rel=1e-12)


def test_kruskal_by_hand():
    # two classes of 15 that the score separates wholly: rank sums 120 and 345
    er = pd.Categorical(["negative"] * 15 + ["positive"] * 15)
    row = made({"er": er}).loc[("er", "negative", "all")]
    h = 12 / (N * (N + 1)) * (120**2 / 15 + 345**2 / 15) - 3 * (N + 1)
    assert row["statistic"] == pytest.approx(h, rel=1e-12)


def test_order_of_samples_changes_nothing():
    random = np.random.default_rng(1)
    columns = {
        "age": random.normal(60, 9, N),
        "er": pd.Categorical(random.choice(["negative", "positive"], N)),
    }
    table = obs(**columns)
    first = table_one("c", table, scores(), config=Named)
    again = table_one("c", table.iloc[random.permutation(N)], scores(), config=Named)
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"er": pd.Categorical(["positive"] * N)}, "fewer than two classes"),
        (
            {"er": pd.Categorical(["positive"] * (N - 2) + ["negative"] * 2)},
            "2 samples in the smallest class",
        ),
        ({"age": [50.0] * N}, "every sample has the same value"),
        ({"age": [50.0, 51.0] + [np.nan] * (N - 2)}, "2 samples with a value"),
        ({"age": [np.nan] * N}, "0 samples with a value"),
    ],
)
def test_what_cannot_be_tested_says_why(columns, reason):
    found = made(columns).drop("patients", level="characteristic")
    assert set(found["status"]) == {"not_available"}
    assert found["reason"].str.contains(reason).all()


def test_without_a_score_there_are_no_tertiles():
    found = made({"age": np.arange(N, dtype=float)}, status="low_coverage")
    assert set(found.index.get_level_values("group")) == {"all"}
    assert found.loc[("age", "median", "all"), "reason"] == "the primary signature has no score here"
