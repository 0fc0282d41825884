"""Files out of reach, reserved names and arguments that cannot be used are said, not tripped over."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

import compare_runs  # noqa: E402
import propose_card  # noqa: E402

from irf7bone.acquire import table  # noqa: E402
from irf7bone.acquire.sources import acquire  # noqa: E402
from irf7bone.base.errors import InputError, why_no_file  # noqa: E402
from irf7bone.harmonise.cohort import harmonise  # noqa: E402
from irf7bone.study.cohort_checks import load_card  # noqa: E402


def test_why_no_file(tmp_path):
    (tmp_path / "there").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    os.mkfifo(tmp_path / "pipe")
    said = {name: why_no_file(tmp_path / name) for name in ("there", "gone", "link", "circle", "pipe", ".")}
    assert said.pop("circle").startswith("out of reach")
    assert said == {
        "there": "",
        "gone": "not there",
        "link": "a link to nothing",
        "pipe": "no ordinary file",
        ".": "a folder",
    }
    assert why_no_file(tmp_path / ("x" * 5000)).startswith("out of reach")


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"gene": [], "P1": []})])
def test_parquet_with_nothing_in_it(tmp_path, frame):
    frame.to_parquet(tmp_path / "e.parquet")
    card = SimpleNamespace(path=tmp_path / "card.yaml", resolve=lambda name: tmp_path / name)
    with pytest.raises(InputError, match="columns of numbers, and rows"):
        table.read_expression(card, {"path": "e.parquet", "genes_in": "rows"})


def test_true_and_false_are_no_expression(tmp_path):
    pd.DataFrame({"gene": ["IRF7"], "P1": [True]}).to_parquet(tmp_path / "e.parquet")
    card = SimpleNamespace(path=tmp_path / "card.yaml", resolve=lambda name: tmp_path / name)
    with pytest.raises(InputError, match="1 columns that hold no numbers"):
        table.read_expression(card, {"path": "e.parquet", "genes_in": "rows"})


def test_brackets_without_end_and_utf_16(tmp_path):
    path = tmp_path / "card.yaml"
    for brackets in ("[" * 5000, "[" * 300_000 + "]" * 300_000):
        path.write_text(brackets, encoding="utf-8")
        with pytest.raises(InputError, match="brackets within brackets"):
            load_card(path)
    path.write_text("id: card\n", encoding="utf-16")
    with pytest.raises(InputError, match="iconv -f UTF-16"):
        load_card(path)


@pytest.mark.parametrize("name", ["pooled", "experiments"])
def test_reserved_ids(tmp_path, name):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"id: {name}\n", encoding="utf-8")
    with pytest.raises(InputError, match="reserved are pooled, experiments"):
        load_card(path)


def test_a_rule_that_leaves_nobody(make_card, symbols, clinical):
    column = next(name for name in clinical.columns if name != "sample")
    card = make_card(exclude=[{"column": column, "is_not": "no such code", "reason": "a slip"}])
    with pytest.raises(InputError, match="this rule excludes everybody"):
        harmonise(acquire(card), card, symbols)


@pytest.mark.parametrize("name", ["card.txt", "My Card.yaml", "pooled.yaml"])
def test_a_card_that_could_not_be_used_is_not_proposed(tmp_path, capsys, name):
    out = tmp_path / name
    assert propose_card.main(["--from", str(tmp_path), "--out", str(out)]) == 1
    assert "name another" in capsys.readouterr().err or out.suffix != ".yaml"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["nan", "-1", "inf", "abc"])
def test_tolerance_that_hides_differences(word):
    with pytest.raises(SystemExit):
        compare_runs.main(["a", "b", "--tolerance", word])


def test_damaged_provenance(tmp_path, capsys):
    for name, content in (("a", json.dumps({})), ("b", '{"a":')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "provenance.json").write_text(content, encoding="utf-8")
    assert compare_runs.main([str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert "no JSON" in capsys.readouterr().err


def test_an_accent_stored_in_two_ways(make_card, symbols, clinical):
    card = make_card(patients=clinical.assign(sample="e\u0301" + clinical["sample"]))
    acquired = acquire(card)
    composed = acquired.expression.rename(columns=lambda name: f"\u00e9{name}")
    with pytest.raises(InputError, match="how an accent is stored"):
        harmonise(replace(acquired, expression=composed), card, symbols)
