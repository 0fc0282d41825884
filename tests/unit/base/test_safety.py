"""Nothing that was fetched is executed or unpickled; YAML is read by loaders that make plain values only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from irf7bone.base.errors import InputError
from irf7bone.study.strict_yaml import read_config, read_yaml

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = [*(PROJECT / "workflow" / "scripts").rglob("*.py"), *(PROJECT / "tools").glob("*.py")]
UNPICKLES = (
    "workflow/scripts/irf7bone/acquire/package.py"  # after a checksum, and only numpy and pandas parts
)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file under its dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_no_source_executes_or_unpickles_what_it_reads():
    forbidden = ("eval", "exec", "pickle.load", "pickle.loads", "pd.read_pickle", "os.system")
    for path in SOURCES:
        for name, call in calls(path):
            assert name not in forbidden, f"{path}: {name}"
            assert not any(keyword.arg == "allow_pickle" for keyword in call.keywords), path
            assert not any(keyword.arg == "shell" for keyword in call.keywords), path
        if "workflow" in path.parts and path.relative_to(PROJECT).as_posix() != UNPICKLES:
            assert "import pickle" not in path.read_text(encoding="utf-8"), path


def test_yaml_is_loaded_safely_everywhere():
    loads = [(path, call) for path in SOURCES for name, call in calls(path) if name == "yaml.load"]
    assert loads
    for path, call in loads:
        [loader] = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "Loader"]
        assert "SafeLoader" in loader or loader == "PLAIN_LOADER", path
    for path in SOURCES:
        assert not any(name in ("yaml.unsafe_load", "yaml.full_load") for name, _ in calls(path)), path


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['touch owned']", "!!python/name:os.system", "!!set {a, b}"]
)
def test_a_tag_makes_nothing(tmp_path, monkeypatch, tag):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(f"title: {tag}\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_yaml(Path("c.yaml"), what="cohort card")
    with pytest.raises(InputError, match="the YAML tag"):
        read_config(Path("c.yaml"))
    if "python" in tag:
        with pytest.raises(yaml.YAMLError):
            yaml.safe_load((tmp_path / "c.yaml").read_text(encoding="utf-8"))
    assert not (tmp_path / "owned").exists()
