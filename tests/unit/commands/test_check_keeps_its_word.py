"""`make check`: "no problems" means that the run ends and that the primary analysis exists."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup.cases import PRIMARY, Case

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from irf7bone.commands.check import check_study  # noqa: E402
from irf7bone.commands.check_screen import describe_check  # noqa: E402
from irf7bone.genes.signatures import load_library  # noqa: E402


@pytest.fixture
def study(case, tmp_path, monkeypatch):
    """A function that checks a study of the case, with changes to the study file."""
    monkeypatch.chdir(tmp_path)

    def check(**changes):
        case.write()
        path = tmp_path / "study.yaml"
        primary = {"endpoint": "bone", "model": "unadjusted"}
        settings = {"title": "T", "cohorts": ["./base.yaml"], "endpoints": ["bone"], "experiments": [],
                    "cells": [], "primary": primary, **changes}  # fmt: skip
        path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        return check_study(path, root=PROJECT)

    return check


def without_signature(case: Case, symbols, keep: int) -> None:
    genes = load_library([PROJECT / "data" / "signatures"], symbols)[PRIMARY].genes
    case.expression = case.expression.drop(index=[g for g in genes if g in case.expression.index][keep:])


def test_a_sound_study_has_no_problems(study):
    found = study()
    said = describe_check(found)
    assert (
        not found.problems and "behind it: 86 events in 1 cohort" in said and said.endswith("no problems\n")
    )


def test_a_cohort_that_cannot_score_the_primary_signature_is_not_counted(study, case, symbols):
    """At 6 % coverage it was counted as the events behind the primary analysis."""
    without_signature(case, symbols, keep=6)
    found = study()
    said = describe_check(found)
    assert "behind it: 0 events in 0 cohorts" in said
    [problem] = found.problems
    assert "study.yaml:" not in problem.found and PRIMARY in problem.expected
    assert problem.offenders == (f"base: no score of {PRIMARY}",)


def test_too_few_events_are_no_primary_analysis(study, case):
    case.clinical["status"] = case.clinical["status"].where(
        case.clinical["status"].ne("bone") | (np.arange(200) < 8), "free"
    )
    left = int((case.clinical["status"] == "bone").sum())
    found = study(min_events=left + 1)
    assert [problem.offenders for problem in found.problems] == [(f"base: {left} events",)]
    assert not study(min_events=left).problems


def write_experiment(case: Case, folder: Path, **changes) -> None:
    groups = pd.Series(["primary"] * 6 + ["bone"] * 6, index=case.expression.columns[:12], name="site")
    groups.to_csv(folder / "samples.tsv", sep="\t", index_label="sample")
    card = {
        "id": "ours", "title": "T", "citation": {"text": "x"}, "documentation": "x", "organism": "human",
        "role": "real",
        "expression": {**case.card["expression"]},
        "samples": [{"source": "table", "path": "samples.tsv", "key": "sample"}],
        "unmatched": "expected",
        "groups": {"from": "site", "map": {"primary": "primary", "bone": "bone"}},
        "contrasts": [{"id": "c", "case": "bone", "reference": "primary", "paired": False, "batch": False,
                       "meaning": "loss_in_bone"}],
        **changes,
    }  # fmt: skip
    (folder / "ours.yaml").write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")


def test_experiments_are_read_as_cohorts_are(study, case, tmp_path):
    write_experiment(case, tmp_path)
    found = study(experiments=["./ours.yaml"])
    assert not found.problems
    assert "experiment ours: 6 samples of primary, 6 samples of bone; " in describe_check(found)
    write_experiment(case, tmp_path, groups={"from": "sites", "map": {"primary": "primary", "bone": "bone"}})
    [problem] = study(experiments=["./ours.yaml"]).problems
    assert "groups.from" in problem.where and "did you mean `site`" in problem.remedy
    line = next(
        n
        for n, text in enumerate((tmp_path / "ours.yaml").read_text(encoding="utf-8").splitlines(), 1)
        if text.strip() == "from: sites"
    )
    assert f"ours.yaml:{line}, " in problem.where
    write_experiment(case, tmp_path, groups={"from": "site", "map": {"primary": "primary", "Bone": "bone"}})
    [problem] = study(experiments=["./ours.yaml"]).problems
    assert "6 samples with another code" in problem.found


def test_missing_values_unmatched_ids_and_doubtful_codes_are_listed(study, case):
    case.clinical.loc[case.clinical.index[:10], "months"] = None
    case.clinical["patient_id"] = [f"P{i // 2}" for i in range(200)]
    case.card["fields"] = {"er": {"from": "er", "map": {"+": "positive", "-": "negative"}}}
    case.clinical.loc[case.clinical.index[10:15], "er"] = None
    case.expression = case.expression.iloc[:, :-7]
    said = describe_check(study())
    assert "samples in one source only: base 7" in said
    assert "samples that stay without a value: base bone 10, base er 5" in said
    assert "have no expression: is the expression complete?" not in said
    case.expression = case.expression.iloc[:, 60:]
    said_of_more = describe_check(study()).replace("\n  ", " ")
    assert (
        "67 of 200 samples of the clinical data have no expression: is the expression complete?"
        in said_of_more
    )
    assert "column 'patient_id' names 100 patients for 200 samples: say" in said.replace("\n  ", " ")


def test_an_event_that_comes_later_than_the_censoring_is_warned_of(study, case):
    """An inverted code of a status whose name says nothing: the commoner code, with the longer times."""
    case.clinical["state"] = np.where(case.clinical["status"] == "bone", "2", "1")
    case.bone["event"] = {"from": "state", "is": "1", "else": "2"}
    said = describe_check(study()).replace("\n  ", " ")
    assert "114 of 200 have the event of bone, and later (median" in said
    assert "are `is` and `else` the right way round?" in said
    case.bone["event"] = {"from": "state", "is": "2", "else": "1"}
    assert "the right way round" not in describe_check(study())


def test_a_table_of_rs_write_csv_is_read(study, case, tmp_path):
    case.write()
    table = (tmp_path / "clinical.tsv").read_text(encoding="utf-8")
    (tmp_path / "r.csv").write_text('""' + table.removeprefix("sample").replace("\t", ","), encoding="utf-8")
    case.card["clinical"] = [{"source": "table", "path": "r.csv", "key": "row_names"}]
    assert not study().problems


def test_each_key_is_named_with_the_study_file_and_the_line_that_set_it(study):
    found = study(primary={"endpoint": "bone", "signature": "NO_SUCH"}, methods=["zscoree"])
    where = sorted(problem.where for problem in found.problems)
    assert any(item == "study.yaml:10, primary.signature" for item in where), where
    assert any(item.startswith("study.yaml:") and item.endswith(", methods[0]") for item in where), where
