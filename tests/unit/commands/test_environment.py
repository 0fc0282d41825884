"""The lock, what it was made from, and the conda environment say the same."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[3]
ENVS = PROJECT / "envs"
TOOLS = {
    "axe-playwright-python",
    "geoparse",
    "hypothesis",
    "playwright",
    "pytest",
    "pytest-xdist",
    "ruff",
    "setuptools",
    "six",
    "snakefmt",
}
CONDA_NAMES = {"snakemake-minimal": "snakemake"}


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    asked_for: bool


def read_lock() -> list[Locked]:
    """Every package of the lock, in file order."""
    text = (ENVS / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert blocks[0].startswith("#")
    packages = []
    for block in blocks[1:]:
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)(?: ; [^\\\n]+)? \\\n", block)
        assert found, f"not a pinned package with hashes: {block.splitlines()[0]}"
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})(?= \\\n|\n)", block + "\n")
        asked_for = "-r envs/requirements.in" in block
        packages.append(Locked(canonicalize_name(found[1]), found[2], tuple(hashes), asked_for))
    return packages


def names_in(file: str) -> list[Requirement]:
    """The requirements of a file with one a line and comments."""
    lines = (line.split("#")[0].strip() for line in (ENVS / file).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


LOCK = {package.name: package for package in read_lock()}
REQUIREMENTS = {
    canonicalize_name(requirement.name): requirement for requirement in names_in("requirements.in")
}


def test_every_package_is_locked_once_with_hashes():
    assert [package.name for package in read_lock()] == sorted(LOCK)  # one version for all Pythons
    assert [package.name for package in LOCK.values() if not package.hashes] == []


def test_lock_names_no_place():
    text = (ENVS / "requirements.lock").read_text(encoding="utf-8")
    assert (
        re.findall(r"\w+://|--(?:extra-)?index|--find-links|--trusted-host|(?m:^-)|(?<=\s)[~/]\S+| @ ", text)
        == []
    )


def test_lock_was_made_from_the_requirements():
    assert {package.name for package in LOCK.values() if package.asked_for} == set(REQUIREMENTS)
    for name, requirement in REQUIREMENTS.items():
        assert requirement.specifier.contains(LOCK[name].version), (
            f"{requirement} but {LOCK[name].version} is locked"
        )


def test_solvers_nobody_calls_are_left_out_and_not_missed():
    excluded = {requirement.name for requirement in names_in("excluded.txt")}
    assert excluded.isdisjoint(LOCK)
    block = f"import sys; sys.modules.update(dict.fromkeys({sorted(excluded)}))\n"
    code = "import sksurv.compare, sksurv.linear_model, sksurv.metrics, sksurv.nonparametric"
    done = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_tests_run_with_the_locked_version(name):
    assert version(name) == LOCK[name].version


def test_conda_environment_has_the_locked_versions():
    environment = yaml.safe_load((ENVS / "irf7bone.yaml").read_text(encoding="utf-8"))
    [from_index] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    from_conda = [entry for entry in environment["dependencies"] if isinstance(entry, str) and entry != "pip"]
    pins = dict(re.fullmatch(r"(\S+) ==?(\S+)", entry).groups() for entry in from_conda)
    python = pins.pop("python")
    pins |= {name: pin for name, pin in (entry.split("==") for entry in from_index)}
    pins = {CONDA_NAMES.get(name, name): pin for name, pin in pins.items()}
    assert pins == {name: LOCK[name].version for name in pins}
    assert set(pins) >= set(REQUIREMENTS) - TOOLS
    assert python in supported_pythons()


def supported_pythons() -> list[str]:
    """The Python versions that the set-up accepts."""
    setup = (PROJECT / "tools" / "setup_environment.sh").read_text(encoding="utf-8")
    return re.search(r'^supported="([\d. ]+)"', setup, re.MULTILINE)[1].split()


def test_lock_and_style_are_for_the_oldest_supported_python():
    oldest = supported_pythons()[0]
    assert (
        f"--python-version {oldest} "
        in (ENVS / "requirements.lock").read_text(encoding="utf-8").splitlines()[1]
    )
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
