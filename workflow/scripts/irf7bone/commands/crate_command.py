"""`make crate`, `irf7bone crate`: write a finished run as a Workflow Run RO-Crate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from irf7bone.base.called import PROJECT
from irf7bone.base.errors import InputError
from irf7bone.commands.crate import write_crate


def crate_command(arguments: list[str] | None = None) -> int:
    """Write it and say where it is."""
    parser = argparse.ArgumentParser(description="A finished run as a Workflow Run RO-Crate")
    parser.add_argument("--directory", type=Path, default=Path(), help="the folder that the workflow ran in")
    parser.add_argument("--out", type=Path, help="the zip file; default: results.crate.zip in that folder")
    options = parser.parse_args(arguments)
    try:
        written = write_crate(
            options.directory, options.out or options.directory / "results.crate.zip", root=PROJECT
        )
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"irf7bone: the crate is {written.absolute()}")
    return 0
