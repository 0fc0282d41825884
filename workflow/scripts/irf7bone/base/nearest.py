"""The known word that a wrong one most likely stands for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def nearest(word: object, known: Iterable[object]) -> str | None:
    """The known word that ``word`` most likely stands for, if one is close."""
    written = str(word).lower()
    by_lower = {str(item).lower(): str(item) for item in known}
    starts = [item for item in by_lower if len(written) > 2 and item.startswith(written)]
    close = starts if len(starts) == 1 else difflib.get_close_matches(written, list(by_lower), n=1)
    return by_lower[close[0]] if close else None


def nearest_file(path: Path, suffix: str = "") -> str | None:
    """The name in the folder of ``path`` that its own, which cannot be used, most likely stands for."""
    try:
        there = [item.name for item in path.parent.iterdir()]
    except (OSError, ValueError):
        return None
    return nearest(path.name, [name for name in there if name != path.name and name.endswith(suffix)])


def choose_from(word: object, known: Iterable[object]) -> str:
    """A remedy for a wrong word: the nearest known one where there is one, else all of them."""
    known = list(known)
    close = nearest(word, known)
    if close:
        return f"did you mean `{close}`?"
    return f"use one of: {', '.join(map(str, known)) or 'none are known'}"
