"""The locks, what they were made from, what a run imports, and the conda environment say the same."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from irf7bone.study.provenance import PACKAGES

PROJECT = Path(__file__).resolve().parents[3]
ENVS = PROJECT / "envs"
RUN, TESTS = "requirements", "requirements-tests"
BUILDER = "setuptools"
# Imported by the workflow, and without a say in any number or picture.
WITHOUT_A_SAY = {"jsonschema", "markupsafe", "psutil", "referencing", "rocrate", "tqdm"}
# Asked for by name and not imported: SurvSet holds data.
NOT_IMPORTED = {"survset", BUILDER}
CONDA_NAMES = {"snakemake-minimal": "snakemake"}


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    asked_for: frozenset[str]


def read_lock(name: str) -> list[Locked]:
    """Every package of a lock, in file order."""
    text = (ENVS / f"{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert blocks[0].startswith("#")
    packages = []
    for block in blocks[1:]:
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)(?: ; [^\\\n]+)? \\\n", block)
        assert found, f"not a pinned package with hashes: {block.splitlines()[0]}"
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})(?= \\\n|\n)", block + "\n")
        asked_for = frozenset(re.findall(r"-r envs/(\S+)\.in\b", block))
        packages.append(Locked(canonicalize_name(found[1]), found[2], tuple(hashes), asked_for))
    return packages


def names_in(file: str) -> list[Requirement]:
    """The requirements of a file with one a line and comments."""
    lines = (line.split("#")[0].strip() for line in (ENVS / file).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


@cache
def installed() -> set[str]:
    """Distributions that are here."""
    return {canonicalize_name(name) for owners in packages_distributions().values() for name in owners}


def by_name(requirements: list[Requirement]) -> dict[str, Requirement]:
    """The same by the name that a lock gives them."""
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


LOCKS = {lock: {package.name: package for package in read_lock(lock)} for lock in (RUN, TESTS)}
LOCK = LOCKS[RUN] | LOCKS[TESTS]
ASKED = {lock: by_name(names_in(f"{lock}.in")) for lock in (RUN, TESTS)}
EXCLUDED = set(by_name(names_in("excluded.txt")))
OVERRIDES = by_name(names_in("overrides.txt"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_once_with_hashes(lock):
    assert [package.name for package in read_lock(lock)] == sorted(LOCKS[lock])  # one version for all Pythons
    assert [package.name for package in LOCKS[lock].values() if not package.hashes] == []


def test_no_package_is_in_both_locks():
    assert set(LOCKS[RUN]) & set(LOCKS[TESTS]) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_place(lock):
    text = (ENVS / f"{lock}.lock").read_text(encoding="utf-8")
    assert (
        re.findall(
            r"\w+:/{2}|--(?:extra-)?index|--find-links|--trusted-host|(?m:^-)|(?<=\s)[~/]\S+| @ ", text
        )
        == []
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_was_made_from_the_requirements(lock):
    assert {package.name for package in LOCK.values() if lock in package.asked_for} == set(ASKED[lock])
    for name, requirement in ASKED[lock].items():
        assert requirement.specifier.contains(LOCKS[lock][name].version), (
            f"{requirement} but {LOCKS[lock][name].version} is locked"
        )


def test_the_locks_hold_what_their_packages_ask_for():
    found = []
    for package in LOCK.values():
        if package.name not in installed():
            continue  # for another system than this one
        reachable = LOCKS[RUN] if package.name in LOCKS[RUN] else LOCK
        for requirement in map(Requirement, requires(package.name) or []):
            name = canonicalize_name(requirement.name)
            if name in EXCLUDED or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            bound = OVERRIDES.get(name, requirement).specifier
            if name not in reachable or not bound.contains(reachable[name].version):
                found.append(f"{package.name} asks for {requirement}")
    assert found == []


def modules_of(packages: set[str]) -> list[str]:
    """What can be imported from these packages and from no other, at the top."""
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if {canonicalize_name(owner) for owner in owners} <= packages
    )


def run_without(modules: list[str], code: str) -> None:
    """Run Python code where these modules cannot be imported."""
    block = f"import sys; sys.modules.update(dict.fromkeys({modules}))\n"
    done = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_excluded_is_not_missed():
    assert EXCLUDED.isdisjoint(LOCK)
    run_without(
        sorted(name.replace("-", "_") for name in EXCLUDED),
        "import sksurv.compare, sksurv.linear_model, sksurv.metrics, sksurv.nonparametric, infercnvpy",
    )


def test_what_is_used_of_a_package_whose_bound_is_not_followed_works():
    from comprisk import FineGrayRegression, gray_test

    time, cause, group = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 2, 1, 0, 1, 2], [0, 1, 0, 1, 1, 0]
    assert 0 < gray_test(time, cause, group).pvalue < 1
    assert FineGrayRegression().fit([[value] for value in group], time=time, event=cause).coef_.shape == (1,)


def test_every_module_of_the_package_can_be_imported_without_the_test_tools():
    run_without(
        modules_of(set(LOCKS[TESTS])),
        "import pkgutil, importlib\n"
        f"sys.path.insert(0, {str(PROJECT / 'workflow' / 'scripts')!r})\n"
        "import irf7bone\n"
        "for module in pkgutil.walk_packages(irf7bone.__path__, 'irf7bone.'):\n"
        "    importlib.import_module(module.name)\n",
    )


@cache
def imported() -> frozenset[str]:
    """The packages that any file of the workflow imports, inside functions as well."""
    modules = set()
    for path in (PROJECT / "workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.split(".")[0])
    for path in [PROJECT / "Snakefile", *(PROJECT / "workflow").rglob("*.smk")]:
        modules |= set(re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    owners = packages_distributions()
    others = modules - set(sys.stdlib_module_names) - {"irf7bone"}
    return frozenset(canonicalize_name(owner) for module in others for owner in owners[module])


def test_a_run_imports_nothing_beyond_its_lock_and_asks_for_nothing_else():
    assert imported() - set(LOCKS[RUN]) == set()
    assert set(ASKED[RUN]) - imported() <= NOT_IMPORTED


def test_the_report_names_the_versions_of_what_a_run_imports():
    named = {canonicalize_name(name) for name in PACKAGES}
    assert len(named) == len(PACKAGES)
    assert named == imported() - WITHOUT_A_SAY | {"survset"}


@pytest.mark.parametrize("name", sorted(ASKED[RUN] | ASKED[TESTS]))
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
    assert set(ASKED[RUN]) - {BUILDER} <= set(pins) <= set(LOCKS[RUN])
    assert python in supported_pythons()


def supported_pythons() -> list[str]:
    """The Python versions that the set-up accepts."""
    setup = (PROJECT / "tools" / "setup_environment.sh").read_text(encoding="utf-8")
    return re.search(r'^supported="([\d. ]+)"', setup, re.MULTILINE)[1].split()


def test_lock_and_style_are_for_the_oldest_supported_python():
    oldest = supported_pythons()[0]
    locking = (PROJECT / "tools" / "lock_environment.sh").read_text(encoding="utf-8")
    assert re.findall(r"--python-version (\S+)", locking) == [oldest]
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
