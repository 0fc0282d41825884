"""Profiles name rules that exist, and no group waits for what only another of its kind can give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
PROFILES = sorted((PROJECT / "workflow/profiles").glob("*/config.yaml"))
RULES = {
    name
    for path in (PROJECT / "workflow/rules").glob("*.smk")
    for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
}
OF_RULES = ("groups", "set-threads", "set-resources")


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_profiles_and_rules():
    assert {path.parent.name for path in PROFILES} == {"default", "slurm"} and len(RULES) > 25


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_each_rule_that_a_profile_names_exists(path):
    profile = read(path)
    named = {rule for key in OF_RULES for rule in profile.get(key, {})}
    assert named - RULES == set()
    assert set(profile.get("groups", {}).values()) == set(profile.get("group-components", {}))


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_each_option_of_a_profile_is_one_of_snakemake(path):
    from snakemake.cli import get_argument_parser

    known = {
        option.removeprefix("--")
        for action in get_argument_parser()._actions
        for option in action.option_strings
    }
    assert {key for key in read(path) if not key.startswith("slurm-")} <= known


def test_no_group_of_cohorts_spans_a_job_over_all_cohorts():
    """Else the group would wait for the job, and the job for the group."""
    groups = read(PROJECT / "workflow/profiles/slurm/config.yaml")["groups"]
    before_agreement = {"acquire_cohort", "harmonise_cohort"}
    of_cohorts = {rule: group for rule, group in groups.items() if rule.endswith("_cohort")}
    parts = [
        {group for rule, group in of_cohorts.items() if (rule in before_agreement) == side}
        for side in (True, False)
    ]
    assert parts[0].isdisjoint(parts[1])


def test_what_needs_the_network_runs_where_snakemake_does():
    """In the rule, since a list of local rules is lost where another workflow renames them."""
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "workflow/rules").glob("*.smk"))
    bodies = dict(re.findall(r"^rule (\w+):\n(.*?)(?=^rule |^def |\Z)", rules, re.MULTILINE | re.DOTALL))
    local = {name for name, body in bodies.items() if "localrule: True" in body}
    assert local == {name for name in bodies if name.startswith("fetch_")} and "localrules:" not in rules
