"""What a room offers to Python programs outside the workflow: names, imported when they are asked for.

A room's ``__init__`` is behind every job, so it names the modules without importing them, and by their file
alone: a job's code hash follows whole module names, and would count all of them for every job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def offered(room: str, names: Mapping[str, str]) -> tuple[list[str], Callable[[str], Any]]:
    """The ``__all__`` and the ``__getattr__`` of a room.

    Args:
        room: Its dotted name.
        names: Public name -> file of the room that has it, without its ending.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{names[name]}"), name)

    return sorted(names), find
