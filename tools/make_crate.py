"""Write a finished run as a Workflow Run RO-Crate.

usage: python tools/make_crate.py [--directory DIR] [--out results.crate.zip]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.commands.crate import write_crate  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
