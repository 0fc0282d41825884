"""What is said when an input cannot be used: collect every problem, raise once."""

from __future__ import annotations

import os
import stat
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from irf7bone.base.machine import of_the_machine
from irf7bone.base.problem import Problem

__all__ = ["Failed", "InputError", "Problem", "Problems", "report_plainly", "why_no_file"]


class InputError(ValueError):
    """Raised when an input is refused; ``problems`` holds all that was found, not the first only."""

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(f"{head} with the input:\n\n" + "\n\n".join(map(str, self.problems)))


def why_no_file(path: str | Path) -> str:
    """What stands at ``path`` in place of a file that can be looked at; empty where one is there."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "a link to nothing" if os.path.islink(path) else "not there"
    except (OSError, ValueError) as error:  # no right to look, a name that is too long, links in a circle
        return f"out of reach ({getattr(error, 'strerror', None) or error})"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "" if stat.S_ISREG(mode) else "no ordinary file"


class Problems:
    """Collects problems over a whole check and raises them together."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(
        self,
        where: str,
        *,
        expected: str,
        found: str,
        remedy: str,
        offenders: Sequence[object] = (),
    ) -> None:
        """Note one problem and go on."""
        self.found.append(Problem(where, expected, found, remedy, tuple(offenders)))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note the problems that another check found."""
        self.found.extend(problems)

    def raise_if_any(self) -> None:
        """Raise :class:`InputError` with everything noted, if anything was."""
        if self.found:
            raise InputError(self.found)


@dataclass
class Failed:
    """Whether the running script ends by an exception."""

    is_set: bool = False


def report_plainly(log: str) -> Failed:
    """End the running script with the message alone when an input is refused; a defect keeps its trace.

    Args:
        log: File that gets the message too; it is empty after a script that went well.

    Returns:
        What becomes true when the script fails.
    """
    path, failed = Path(log), Failed()
    path.write_text("", encoding="utf-8")

    def hook(kind, error, trace):
        failed.is_set = True
        plain = str(error) if issubclass(kind, InputError) else of_the_machine(error)
        said = f"{plain}\n" if plain else "".join(traceback.format_exception(kind, error, trace))
        path.write_text(said, encoding="utf-8")
        sys.stderr.write(said)

    sys.excepthook = hook
    return failed
