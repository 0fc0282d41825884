"""Look at a study without running it: `python tools/check_study.py [STUDY.yaml]`; 1 where it has problems."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.commands.check import check_study  # noqa: E402
from irf7bone.commands.check_screen import describe_check  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
