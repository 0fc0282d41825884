"""`make verify`, `irf7bone verify`: what of a results folder is not as it was made; 1 where anything is."""

from __future__ import annotations

import argparse
import sys

from irf7bone.base.called import call_of
from irf7bone.base.errors import InputError
from irf7bone.commands.verify import verify_results


def verify_command(arguments: list[str] | None = None) -> int:
    """Print one line a finding."""
    parser = argparse.ArgumentParser(description="Whether results are as they were made")
    parser.add_argument("results", nargs="?", default="results", help="a folder; default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        found = verify_results(options.results)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    for finding in found.findings:
        print(finding)
    n = len(found.findings)
    said = f"{n} not as they were made: `{call_of('run')}` makes them anew" if n else "all as they were made"
    print(f"irf7bone: {found.n_files} files of {options.results}, {said}")
    return 1 if n else 0
