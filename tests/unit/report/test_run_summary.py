"""The run in a machine's words: it keeps to its schema, equals the tables, and MultiQC can show it."""

from __future__ import annotations

import json

import pytest
from madeup import study as made
from madeup.report import make_inputs

from irf7bone.base.vocabulary import VERDICTS
from irf7bone.report.run_summary import ESTIMATES, json_text, multiqc_content, run_summary
from irf7bone.study.schema import load_schema, violations


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


@pytest.fixture(scope="module")
def summary(inputs) -> dict:
    return json.loads(json_text(run_summary(inputs)))


def test_it_keeps_to_its_schema_and_the_schema_can_refuse(summary):
    assert violations(summary, "summary", str) == []
    broken = summary | {"verdict": summary["verdict"] | {"word": "yes", "cohorts": -1}, "more": 1}
    assert len(violations(broken, "summary", str)) == 3


def test_the_schema_has_every_word():
    assert set(load_schema("summary")["$defs"]["verdict"]["properties"]["word"]["enum"]) == set(VERDICTS)


def test_its_numbers_are_those_of_the_tables(inputs, summary):
    said = {item["endpoint"]: item for item in (summary["verdict"], *summary["other_endpoints"])}
    assert len(said) == len(inputs.verdict)
    for row in inputs.verdict.to_dict("records"):
        item = said[row["endpoint"]]
        assert (item["word"], item["rule"], item["cohorts"], item["events"]) == (
            row["verdict"], row["rule"], row["k"], row["n_events"],
        )  # fmt: skip
        for name, columns in ESTIMATES.items():
            for end, column in zip(("value", "low", "high"), columns, strict=True):
                assert item["estimates"][name][end] == (None if row[column] != row[column] else row[column])
    assert summary["primary_analysis"] == vars(inputs.config.primary)
    assert [cohort["id"] for cohort in summary["cohorts"] if cohort["simulated"]] == ["made"]


def test_equal_runs_give_equal_bytes(inputs):
    assert json_text(run_summary(inputs)) == json_text(run_summary(inputs))


def test_multiqc_gets_a_table_with_a_row_an_endpoint(inputs):
    content = multiqc_content(inputs)
    assert {"id", "section_name", "description", "plot_type", "pconfig", "headers", "data"} == set(content)
    assert content["plot_type"] == "table" and content["pconfig"]["id"] != content["id"]
    assert len(content["data"]) == len(made.ENDPOINTS)
    for row in content["data"].values():
        assert set(row) == set(content["headers"])
    assert json.loads(json_text(content)) == content
