"""Cohorts that failed: what of a run's jobs is left, why, and the plan without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from irf7bone.base.errors import InputError
from irf7bone.study.failures import KILLED, LEFT_OUT, OPEN, cohorts_left_out, forget, leave_out, open_job
from irf7bone.study.plan import load_study
from irf7bone.study.strict_yaml import merge_config, read_config

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A folder that jobs run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_went_well_or_has_no_cohort_is_not_left_out(run):
    done = open_job("score_cohort", {"cohort": "a"}, "log")
    assert done is not None and done.is_file()
    done.unlink()
    assert (
        open_job("pool_cells", {}, "log") is None and open_job("scan_cells", {"data_set": "x"}, "log") is None
    )
    assert leave_out(run) == {} and cohorts_left_out(run) == {} and not (run / LEFT_OUT).exists()


def test_a_cohort_that_failed_is_left_out_once_with_the_end_of_its_log(run):
    messages = {
        "a": f"1 problem with the input:\n\n{run}/cards/a.yaml:3: no\n  such   column",
        "b": "",
        "c": None,
    }
    messages["d"] = "Traceback (most recent call last):\n  File x\nKeyError: 'time'\n"
    for cohort, text in messages.items():
        log = Path(f"{cohort}.log")
        open_job("harmonise_cohort", {"cohort": cohort}, log)
        if text is not None:
            log.write_text(text, encoding="utf-8")
    found = leave_out(run)
    assert found["a"] == "harmonise_cohort: 1 problem with the input: a.yaml:3: no such column"
    assert found["b"] == found["c"] == f"harmonise_cohort: {KILLED}"
    assert found["d"] == "harmonise_cohort: KeyError: 'time'"
    assert cohorts_left_out(run) == found and leave_out(run) == {}
    open_job("score_cohort", {"cohort": "e"}, "no.log")
    assert list(leave_out(run)) == ["e"] and set(cohorts_left_out(run)) == {*"abcde"}
    forget(run)
    assert cohorts_left_out(run) == {} and not (run / OPEN).exists()


def test_a_long_reason_is_cut(run):
    open_job("score_cohort", {"cohort": "a"}, "log")
    Path("log").write_text("word " * 1000, encoding="utf-8")
    [why] = leave_out(run).values()
    assert len(why) < 350 and why.endswith("...") and "\n" not in json.dumps(why)


def study(**changes):
    config = merge_config(read_config(PROJECT / "config.yaml"), changes)
    return load_study(config, root=PROJECT, files=[PROJECT / "config.yaml"])


FAILED = {"gse1992": "score_cohort: no", "simulated_bone": "score_cohort: no", "another": "of another study"}


def test_a_study_that_stops_is_planned_whole():
    whole = study()
    assert whole.without(FAILED) == whole and whole.failed_reasons == {} == whole.failed_endpoints


def test_a_study_that_reports_is_planned_without_what_failed():
    left = study(missing="report").without(FAILED)
    assert set(study().cards) - set(left.cards) == {"gse1992", "simulated_bone"}
    assert left.failed_reasons == {name: FAILED[name] for name in ("gse1992", "simulated_bone")}
    assert left.failed_endpoints == {"gse1992": ("relapse",)}, "a simulated cohort is in no verdict"
    assert left.config.cohorts == study().config.cohorts, "the settings stay what they are"


def test_nothing_is_reported_of_no_cohort():
    with pytest.raises(InputError, match="a cohort that did not fail"):
        study(missing="report").without(dict.fromkeys(study().cards, "score_cohort: no"))


def test_another_word_is_refused():
    with pytest.raises(InputError, match="missing"):
        study(missing="skip")


def test_yaml_has_the_default():
    assert yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))["missing"] == "stop"
