"""`make check`, `irf7bone check`: look at a study without running it; 1 where it has problems."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from irf7bone.base.called import PROJECT
from irf7bone.base.errors import InputError
from irf7bone.commands.check import check_study
from irf7bone.commands.check_screen import describe_check


def check_command(arguments: list[str] | None = None) -> int:
    """Print the screen."""
    parser = argparse.ArgumentParser(description="Look at a study without running it")
    parser.add_argument("study", nargs="?", type=Path, help="a config file to put over config.yaml")
    options = parser.parse_args(arguments)
    try:
        found = check_study(options.study, root=PROJECT)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(describe_check(found), end="")
    return 1 if found.problems else 0
