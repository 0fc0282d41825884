"""The command that makes a run again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from irf7bone.study.places import study_folder
from irf7bone.study.provenance import file_name

MODULE = "that of the workflow which uses this one as a module; the settings stand under config"


def command_for(files: Sequence[Path], root: Path, given: Mapping[str, Any], *, module: bool) -> str:
    """What to type in the project's folder to make a run again.

    Files outside the project are called by their names, as no result names the machine: put them into
    the project's folder, with what they name.

    Args:
        files: Config files beside the project's own, each put over those before it.
        root: The project's folder.
        given: Keys that were set on the command line.
        module: Whether another workflow uses this one as a module.
    """
    if module:
        return MODULE
    named = [Path(file_name(path, root)) for path in files]
    folder = ["--directory", str(study_folder(named[-1]))] if named else []
    configs = ["--configfile", *map(str, named)] if named else []
    keys = ["--config", *(f"{key}={_as_typed(value)}" for key, value in given.items())] if given else []
    return shlex.join(["snakemake", "--cores", "all", *folder, *configs, *keys])


def _as_typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
