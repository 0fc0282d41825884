"""`make oracles` installs every R package that a script here loads; stored tables name version and call."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.oracle.recompute import loaded_packages

HERE = Path(__file__).resolve().parent
STORED = HERE.parent / "data" / "oracle"
INSTALLER = HERE.parents[1] / "tools" / "install_oracles.sh"
# data that a script reads, written by R with the values beside them or drawn once
DATA_ONLY = {"gsva_expression", "gsva_sets", "null_expression", "null_patients", "null_sets"}
SCRIPTS = sorted(HERE.glob("*.R"))
MARK = "pytest.mark.oracle"  # by which `make oracles` finds them


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_script_loads_is_installed(script):
    # what comes with R, with rms (Hmisc) and with metafor (metadat)
    there = {"stats", "utils", "base", "Hmisc", "metadat"}
    loaded = set(loaded_packages(script.read_text(encoding="utf-8"))) - there
    installed = INSTALLER.read_text(encoding="utf-8")
    lacking = [name for name in loaded if not re.search(rf"r-(cran|bioc)-{name.lower()}(?![\w-])", installed)]
    assert not lacking


@pytest.mark.parametrize("path", sorted(HERE.glob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_that_runs_r_is_marked(path):
    functions = [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.FunctionDef)]
    uses = {function.name: set(map(_name, ast.walk(function))) for function in functions}
    running = {"run_r"}
    while more := {name for name, used in uses.items() if used & running} - running:
        running |= more
    unmarked = [function for function in functions if MARK not in map(ast.unparse, function.decorator_list)]
    assert [test.name for test in unmarked if test.name.startswith("test") and test.name in running] == []


def _name(node: ast.AST) -> str | None:
    """What a name or an argument (a fixture) is called."""
    return node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else None


def test_stored_values_name_version_and_call():
    for path in sorted(STORED.glob("*.tsv")):
        if path.stem in DATA_ONLY or path.stem.startswith("tmm_counts"):
            continue
        header = [line for line in path.read_text(encoding="utf-8").splitlines()[:4] if line.startswith("#")]
        assert re.search(r"R version \d+\.\d+\.\d+", header[0]), path.name
        assert len(header) > 1, path.name
