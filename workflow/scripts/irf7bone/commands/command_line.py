"""`irf7bone run|check|card|compare|lock|verify|crate`: the commands of `make`, in any folder."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "run": ("run_workflow", "run a study: irf7bone run study.yaml [--cores 4]"),
    "check": ("check_command", "look at a study without running it: irf7bone check study.yaml"),
    "card": (
        "card_command",
        "a card for new data: irf7bone card --accession GSE12345 | --from data --out card.yaml",
    ),
    "compare": ("compare_command", "what changed between two runs: irf7bone compare A B"),
    "lock": ("lock_command", "fetch again and lock what comes: irf7bone lock study.yaml [--cohort ID]"),
    "verify": ("verify_command", "whether results are as they were made: irf7bone verify study/results"),
    "crate": ("crate_command", "a finished run as an RO-Crate: irf7bone crate --directory study"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; its code."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in COMMANDS:
        asked = bool(given) and given[0] in ("-h", "--help")
        said = [f"irf7bone {name:<8} {words}" for name, (_, words) in COMMANDS.items()]
        print(*said, sep="\n", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    # only what is asked for is imported: none but `run` needs psutil, none but `compare` the tables
    module = import_module(f"irf7bone.commands.{COMMANDS[given[0]][0]}")
    return int(getattr(module, f"{given[0]}_command")(given[1:]))
