from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.errors import InputError
from irf7bone.commands.compare_runs import compare_runs, describe
from irf7bone.tables.comparison import COMPARISON
from irf7bone.tables.contract import Column, Table

EFFECTS = Table(
    "effects",
    key=("cohort", "signature"),
    columns=(
        Column("cohort", "text", "cohort"),
        Column("signature", "text", "signature"),
        Column("log_hr", "number", "effect", nullable=True),
        Column("reason", "text", "why not", nullable=True),
    ),
)
VERDICT = Table("verdict", key=("endpoint",), columns=(Column("endpoint", "text", "endpoint"),))
TABLES = {
    "tables/effects.tsv": EFFECTS,
    "outcome/{cohort}/effects.tsv": EFFECTS,
    "tables/verdict.tsv": VERDICT,
    "tables/genes.tsv.gz": EFFECTS,
}
ROWS = [("a", "IRF7", -0.25, None), ("a", "NK", None, "no events"), ("b", "IRF7", 12.0, None)]


@pytest.fixture
def make_run(tmp_path):
    def make(name, rows=ROWS, *, provenance=None, verdict="no evidence"):
        folder = tmp_path / name
        EFFECTS.write(pd.DataFrame(rows, columns=EFFECTS.names), folder / "tables" / "effects.tsv")
        (folder / "tables" / "verdict.tsv").write_text(f"endpoint\tverdict\nbone\t{verdict}\n")
        held = {"packages": {"numpy": "2"}, "config": {"methods": ["zscore"]}} | (provenance or {})
        (folder / "provenance.json").write_text(json.dumps(held))
        return folder

    return make


def changes(a, b, **options):
    found = compare_runs(a, b, tables=TABLES, **options)
    COMPARISON.check(found.changes, "comparison")
    return [tuple(row) for row in found.changes[["item", "column", "a", "b"]].to_numpy()]


def test_equal_runs_differ_in_nothing(make_run):
    found = compare_runs(make_run("a"), make_run("b"), tables=TABLES)
    assert found.changes.empty
    assert (found.n_tables, found.n_numbers) == (2, 2)
    assert "nothing differs" in describe(found)


def test_rows_are_matched_by_key_and_not_by_position(make_run):
    assert changes(make_run("a"), make_run("b", ROWS[::-1])) == []


def test_a_number_that_moved_is_listed_with_its_difference(make_run):
    moved = [("a", "IRF7", 0.5, None), *ROWS[1:]]
    found = compare_runs(make_run("a"), make_run("b", moved), tables=TABLES).changes
    assert found["item"].tolist() == ["a / IRF7"]
    assert found["difference"].tolist() == [0.75]


def test_a_packed_table_is_compared_as_any_other(make_run):
    moved = [("a", "IRF7", 0.5, None), *ROWS[1:]]
    a, b = make_run("a"), make_run("b")
    for folder, rows in ((a, ROWS), (b, moved)):
        EFFECTS.write(pd.DataFrame(rows, columns=EFFECTS.names), folder / "tables" / "genes.tsv.gz")
    found = compare_runs(a, b, tables=TABLES).changes
    assert found[["file", "item", "difference"]].to_numpy().tolist() == [
        ["tables/genes.tsv.gz", "a / IRF7", 0.75]
    ]


@pytest.mark.parametrize(("step", "listed"), [(0.5e-3, False), (2e-3, True), (-2e-3, True)])
def test_tolerance_is_absolute_below_one(make_run, step, listed):
    b = make_run("b", [("a", "IRF7", -0.25 + step, None), *ROWS[1:]])
    assert bool(changes(make_run("a"), b, tolerance=1e-3)) == listed


@pytest.mark.parametrize(("step", "listed"), [(0.011, False), (0.013, True)])
def test_tolerance_is_relative_above_one(make_run, step, listed):
    b = make_run("b", [*ROWS[:2], ("b", "IRF7", 12 + step, None)])
    assert bool(changes(make_run("a"), b, tolerance=1e-3)) == listed


def test_an_estimate_that_was_lost_is_listed_whatever_the_tolerance(make_run):
    lost = [("a", "IRF7", None, "separated"), *ROWS[1:]]
    assert changes(make_run("a"), make_run("b", lost), tolerance=1e9) == [
        ("a / IRF7", "log_hr", "-0.25", "NA"),
        ("a / IRF7", "reason", "NA", "separated"),
    ]


def test_rows_that_one_run_lacks_are_listed_once_for_each(make_run):
    b = make_run("b", [*ROWS[1:], ("c", "NK", 1.0, None)])
    assert changes(make_run("a"), b) == [
        ("a / IRF7", "row", "present", "(absent)"),
        ("c / NK", "row", "(absent)", "present"),
    ]


def test_a_table_that_one_run_lacks_is_listed(make_run):
    a, b = make_run("a"), make_run("b")
    EFFECTS.write(pd.DataFrame(ROWS, columns=EFFECTS.names), a / "outcome" / "gse1" / "effects.tsv")
    assert changes(a, b) == [("the whole table", "row", "present", "(absent)")]


def test_settings_versions_and_verdict_come_first(make_run):
    b = make_run(
        "b",
        provenance={"packages": {"numpy": "3"}, "config": {"methods": ["zscore", "gsva"]}},
        verdict="supported",
    )
    found = compare_runs(make_run("a"), b, tables=TABLES)
    said = describe(found)
    assert "packages.numpy: 2 -> 3" in said
    assert "config.methods[gsva]: (absent) -> gsva" in said
    assert said.index("bone: no evidence -> supported") < said.index("packages.numpy")


def test_largest_moves_are_shown_and_the_rest_counted(make_run):
    names = [f"s{i:02d}" for i in range(30)]
    a = make_run("a", [("a", name, 0.0, None) for name in names])
    b = make_run("b", [("a", name, float(i), None) for i, name in enumerate(names)])
    said = describe(compare_runs(a, b, tables=TABLES), most=3)
    assert [f"s{i}" in said for i in (29, 28, 27, 26)] == [True, True, True, False]
    assert "and 26 more" in said


def test_a_folder_without_results_is_refused(make_run, tmp_path):
    with pytest.raises(InputError, match=r"provenance\.json"):
        compare_runs(make_run("a"), tmp_path / "nothing", tables=TABLES)


def test_swapping_the_runs_swaps_the_sign(make_run):
    a, b = make_run("a"), make_run("b", [("a", "IRF7", 1.0, None), *ROWS[1:]])
    there, back = (compare_runs(*pair, tables=TABLES).changes["difference"] for pair in ((a, b), (b, a)))
    np.testing.assert_array_equal(there, -back)
