"""`make compare`, `irf7bone compare`: say what changed between two runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from irf7bone.base.errors import InputError
from irf7bone.commands.compare_runs import TOLERANCE, compare_runs, describe
from irf7bone.tables.comparison import COMPARISON
from irf7bone.tables.register import REGISTER, RESULTS


def compare_command(arguments: list[str] | None = None) -> int:
    """Print the comparison; with --out also write every change."""
    parser = argparse.ArgumentParser(description="What changed between two runs")
    parser.add_argument("a", metavar="A", help="a results folder")
    parser.add_argument("b", metavar="B", help="another")
    parser.add_argument("--tolerance", type=_tolerance, default=TOLERANCE, help="default: %(default)g")
    parser.add_argument("--out", help="write every change to this tsv")
    options = parser.parse_args(arguments)
    tables = {path.removeprefix(RESULTS): table for path, table in REGISTER.items()}
    try:
        found = compare_runs(options.a, options.b, tables=tables, tolerance=options.tolerance)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    if options.out:
        if Path(options.out).is_dir():
            print(f"{options.out} is a folder: name a file", file=sys.stderr)
            return 1
        try:
            COMPARISON.write(found.changes, options.out)
        except OSError as error:
            print(f"{options.out} cannot be written ({error.strerror}): name another file", file=sys.stderr)
            return 1
    print(describe(found), end="")
    return 0


def _tolerance(word: str) -> float:
    """A share of 0 or more; with one that is no number nothing would ever differ."""
    number = float(word)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"a number of 0 or more is needed, not {word}")
    return number
