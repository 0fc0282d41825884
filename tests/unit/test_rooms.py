"""The floor plan: docs/development/map_of_the_code.md has the rooms in order, and the code keeps to it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from irf7bone.study.code_hash import SCRIPTS, modules_behind

MAP = SCRIPTS.parents[1] / "docs" / "development" / "map_of_the_code.md"
PACKAGE = SCRIPTS / "irf7bone"
ROOMS = re.findall(r"^\d+\. `(\w+)/`", MAP.read_text(encoding="utf-8"), re.MULTILINE)
# Two judges, of a study and of an experiment, are built alike.
ALIKE = ("verdict", "claim")
ALIKE_FILES = {"evidence", "judge", "rules", "sentences"}
# What a registry calls by one name in every module that it lists.
REGISTERED = {"scoring": {"score"}, "acquire": {"read_expression", "read_clinical"}}


def dotted(path: Path) -> str:
    parts = path.relative_to(SCRIPTS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(name: str) -> ast.Module:
    """A module, parsed."""
    return ast.parse(MODULES[name].read_bytes())


def imported(name: str) -> set[str]:
    """Modules of the package that a module imports, for types only included."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                full if (full := f"{node.module}.{alias.name}") in MODULES else node.module
                for alias in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & set(MODULES)) - {name}


def room(name: str) -> str:
    return name.split(".")[1]


def test_the_map_lists_every_room_once():
    assert sorted(ROOMS) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    assert len(ROOMS) <= 18


def test_a_room_imports_only_rooms_above_it():
    order = {name: place for place, name in enumerate(ROOMS)}
    arrows = {(name, other) for name in MODULES if "." in name for other in imported(name) if "." in other}
    assert len(arrows) > 500
    assert not [arrow for arrow in sorted(arrows) if order[room(arrow[1])] > order[room(arrow[0])]]


def test_no_modules_import_each_other_in_a_circle():
    try:
        TopologicalSorter({name: imported(name) for name in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("script", sorted(path.stem for path in SCRIPTS.glob("*.py")))
def test_no_two_modules_behind_a_rule_have_one_file_name(script):
    named = defaultdict(set)
    for name in modules_behind(script):
        if MODULES[name].name != "__init__.py" and room(name) != "tables":
            named[MODULES[name].stem].add(name)
    for stem in ALIKE_FILES:
        named[stem] = {name for name in named[stem] if name.split(".")[-2] not in ALIKE}
    assert {stem: names for stem, names in named.items() if len(names) > 1} == {}


def test_a_public_class_or_function_stands_once():
    places = defaultdict(set)
    for name in MODULES:
        for node in tree(name).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                continue
            if name.split(".")[-2] not in ALIKE and node.name not in REGISTERED.get(name.split(".")[1], ()):
                places[node.name].add(name)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
