"""What a run was made of: settings, checksums of every input, versions. No dates, no paths of the machine."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irf7bone.base.checksums import files_in
from irf7bone.study.settings import MalignantPartSettings, Primary, SignatureSettings, VerdictSettings

if TYPE_CHECKING:
    from irf7bone.study.cells_card import CellsCard
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.study.settings import Config

# Packages that a run imports and whose version can change a number or a picture, by their names on the
# package index; SurvSet for its data.
PACKAGES = (
    "anndata", "firthmodels", "fonttools", "gseapy", "h5py", "Jinja2", "matplotlib", "numba", "numpy",
    "pandas", "pyarrow", "pydeseq2", "pylimma", "pypdf", "PyYAML", "rdata", "reportlab",
    "scanpy", "scikit-learn", "scipy", "seaborn", "snakemake", "statsmodels", "SurvSet",
)  # fmt: skip
UNKNOWN = "NA"
PARTS = (
    SignatureSettings,
    Primary,
    VerdictSettings,
    MalignantPartSettings,
)  # of the settings, to be written key by key


def collect(
    config: Config,
    cards: Mapping[str, CohortCard],
    *,
    sources: Mapping[str, str | Path],
    experiments: Mapping[str, ExperimentCard],
    experiment_sources: Mapping[str, str | Path],
    cells: Mapping[str, CellsCard],
    cell_sources: Mapping[str, str | Path],
    signature_files: Sequence[str | Path],
    results: Sequence[str | Path] = (),
    failed: Mapping[str, str] | None = None,
    root: str | Path,
    command: str,
) -> dict[str, Any]:
    """Gather what is needed to reproduce a run and to see what changed between two.

    Args:
        config: The settings.
        cards: Cohort id -> card.
        sources: Cohort id -> its ``source.json``, a list of role, name and sha256.
        experiments: Experiment id -> card.
        experiment_sources: The same as ``sources`` by experiment id.
        cells: Id of a single-cell data set -> card.
        cell_sources: The same as ``sources`` by its id.
        signature_files: GMT files that were read, those that experiments and cells derived among them, which
            lie below the folder of the run and are named from there.
        results: Tables, and folders of figures, whose checksums are listed.
        failed: Cohorts whose jobs failed -> rule and reason.
        root: The project's folder, for the git revision and for file names relative to it.
        command: The command that makes the run again.

    Returns:
        Only text, numbers, lists and dicts; equal runs give equal values wherever they are made.
    """
    root = Path(root).resolve()
    settings = {
        name: dataclasses.asdict(value) if isinstance(value, PARTS) else value
        for name, value in config._asdict().items()
    }
    settings["signatures"]["files"] = [file_name(path, root) for path in settings["signatures"]["files"]]
    return {
        "command": command,
        "git_revision": git_revision(root),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "config": json.loads(json.dumps(settings)),
        "cohorts": {name: _origin(card, sources[name], root) for name, card in cards.items()},
        "failed": dict(failed or {}),
        "experiments": {
            name: _origin(card, experiment_sources[name], root) for name, card in experiments.items()
        },
        "cells": {name: _origin(card, cell_sources[name], root) for name, card in cells.items()},
        "signatures": [
            {
                "file": file_name(path, root) if Path(path).is_absolute() else Path(path).as_posix(),
                "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
            }
            for path in signature_files
        ],
        "results": {
            str(file): hashlib.sha256(file.read_bytes()).hexdigest()
            for path in map(Path, results)
            for file in (files_in(path) if path.is_dir() else [path])
        },
    }


def _origin(card: CohortCard | ExperimentCard | CellsCard, source: str | Path, root: Path) -> dict[str, Any]:
    """Card and sources, with their checksums."""
    return {
        "card": {"file": file_name(card.path, root), "sha256": card.sha256},
        "sources": json.loads(Path(source).read_text(encoding="utf-8")),
    }


def as_json(provenance: Mapping[str, Any]) -> str:
    """The text of ``results/provenance.json``."""
    return json.dumps(provenance, indent=1, ensure_ascii=False) + "\n"


def file_name(path: str | Path, root: Path) -> str:
    """A file's path below ``root``; only its name where it lies elsewhere."""
    absolute = Path(path).resolve()
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.name


def git_revision(root: Path) -> str:
    """The commit that ``root`` is at, ``-dirty`` after it where tracked files differ; NA outside a checkout.

    A checkout that merely contains the project's folder does not count: its revision says nothing of it.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        return UNKNOWN
    return _git(root, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or UNKNOWN


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):  # no git, not a checkout, or no commit yet
        return None
    return done.stdout.strip()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return UNKNOWN
