"""Where things lie: the folder that a study runs in, and the files that a config names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from irf7bone.base.called import INSTALLED, call_of
from irf7bone.base.errors import InputError, Problem
from irf7bone.study.strict_yaml import read_config

RESULTS = "results"


def from_here(path: Path) -> Path:
    """A path relative to the current folder where it lies inside it, so that no result names the machine."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def study_folder(file: Path) -> Path:
    """The folder that a study runs in unless another is named: beside its file, called as it without ending.

    It holds the study's ``results/`` and Snakemake's own ``.snakemake/``.
    """
    return file.with_suffix("")


def downloads_folder(root: Path, below: str) -> Path:
    """Where what is fetched goes: into the project, for all studies; of an installed one, beside the results.

    Args:
        root: The project's folder.
        below: The folder's path in either.
    """
    return Path(below) if root.name == INSTALLED else root / below


def folder_problem(here: Path, root: Path, files: Sequence[Path]) -> Problem | None:
    """What is wrong with running a study here; None where nothing is.

    Args:
        here: The folder that the workflow runs in.
        root: The project's folder, which the default study alone runs in.
        files: The config files; the first is the project's own.
    """
    here, root = here.resolve(), root.resolve()
    own = [file for file in files if file.resolve() != root / "config.yaml"]
    if own and here == root:
        folder = study_folder(own[-1])
        return Problem(
            str(own[-1]),
            expected="a folder of its own to run in: results/ is that of the default study",
            found=f"the project's folder, {here}",
            remedy=f"`{call_of('run', own[-1])}`, or `snakemake --directory {folder} --configfile {own[-1]}`",
        )
    if here.is_relative_to(root / RESULTS):
        return Problem(
            str(here),
            expected="a folder outside the results of the default study",
            found=f"one inside {root / RESULTS}",
            remedy="name another: DIR=... of make, --directory of snakemake or irf7bone run",
        )
    return None


class Named:
    """Finds the files that a config names.

    Args:
        root: The project's folder.
        files: The config files, each put over those before it; a list replaces an earlier one as a whole.
    """

    def __init__(self, root: Path, files: Sequence[Path]):
        self.root, self.files = root, [Path(file) for file in files]
        self._data = {file: _read(file) for file in self.files}

    def candidates(self, entry: str, key: Sequence[str | int]) -> list[Path]:
        """Where a path of the config is looked for, in this order.

        Beside the file that names it, in the project, in the current folder.

        Args:
            entry: The path as the config has it.
            key: The key that it stands under.
        """
        keys = [part for part in key if isinstance(part, str)]
        naming = [file.parent for file in reversed(self.files) if _has(self._data[file], keys)]
        return [folder / entry for folder in (*naming[:1], self.root, Path())]

    def find(self, entry: str, key: Sequence[str | int]) -> Path:
        """The first candidate that is there; the first of all where none is."""
        candidates = self.candidates(entry, key)
        return next((path for path in candidates if path.exists()), candidates[0])


def _read(file: Path) -> Mapping[str, Any]:
    """A config file's content; nothing where it cannot be read, which is noted elsewhere."""
    try:
        return read_config(file)
    except InputError:
        return {}


def _has(data: object, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(data, Mapping) or key not in data:
            return False
        data = data[key]
    return True
