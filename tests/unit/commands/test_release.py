"""What is released agrees with itself: one version, the same in changelog, citation and wheel."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import yaml

import irf7bone
from irf7bone.study.plan import load_study
from irf7bone.study.strict_yaml import merge_config, read_config

PROJECT = Path(__file__).resolve().parents[3]
CITATION = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
NEWEST = re.search(r"^## (\S+) \((\S+)\)$", CHANGELOG, re.MULTILINE)


def test_changelog_and_citation_name_this_version():
    assert NEWEST and NEWEST[1] == irf7bone.__version__ == CITATION["version"]


def test_a_release_has_one_date_and_what_is_not_released_has_none():
    assert NEWEST
    if NEWEST[2] == "unreleased":
        assert "date-released" not in CITATION
    else:
        assert NEWEST[2] == str(CITATION["date-released"])


def test_the_config_that_is_deployed_with_a_module_is_a_sound_study():
    config = merge_config(read_config(PROJECT / "config.yaml"), read_config(PROJECT / "config/config.yaml"))
    study = load_study(config, root=PROJECT, files=[PROJECT / "config.yaml"])
    assert len(study.cards) == 6 and not study.cells and not study.malignant_parts


def test_the_version_stands_in_one_place():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"] and "version" not in project["project"]
    module = project["tool"]["setuptools"]["dynamic"]["version"]["attr"].removesuffix(".__version__")
    source = (PROJECT / module.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")
    found = [
        node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    ]
    assert found == [irf7bone.__version__]
