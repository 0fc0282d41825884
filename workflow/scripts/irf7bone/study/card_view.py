"""A card as its cross-checks see it, and the checks that every kind of card needs."""

from __future__ import annotations

from typing import Any

from irf7bone.base.errors import Problems, why_no_file
from irf7bone.study.schema import Document, KeyPath, dotted, nearest_file


class CardView:
    """A card as its cross-checks see it, which know what of it broke the schema."""

    def __init__(self, document: Document, problems: Problems):
        self.document, self.problems = document, problems
        self.broken = {problem.where.rpartition(", ")[2] for problem in problems.found}

    def sound(self, *path: str | int) -> bool:
        """Whether neither a key nor anything below it broke the schema."""
        key = dotted(path)
        return not any(wrong == key or wrong.startswith((f"{key}.", f"{key}[")) for wrong in self.broken)

    def get(self, *path: str | int, kind: type | tuple[type, ...] = dict) -> Any:
        """The value at a key path; an empty one of ``kind`` where it is absent or of another kind."""
        value: Any = self.document.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        first = kind[0] if isinstance(kind, tuple) else kind
        return value if isinstance(value, kind) else first()

    def add(self, path: KeyPath, *, expected: str, found: str, remedy: str, offenders: tuple = ()) -> None:
        """Note a problem, unless the same key already broke the schema."""
        if self.sound(*path):
            where = self.document.where(path)
            self.problems.add(where, expected=expected, found=found, remedy=remedy, offenders=offenders)


def check_id(card: CardView) -> None:
    """Note where the id of a card is not its file's name."""
    identity, stem = card.get("id", kind=str), card.document.path.stem
    if identity and identity != stem:
        card.add(
            ("id",),
            expected=f"`{stem}`, the name of the file without .yaml",
            found=f"`{identity}`",
            remedy="rename the file or change the id: config.yaml and every result know the card by it",
        )


def check_file(card: CardView, at: KeyPath) -> None:
    """Note where the entry of a source at ``at`` names a file that is not there."""
    for key in ("annotation", "patients"):
        if table := card.get(*at, key, "path", kind=str):
            _check_there(card, (*at, key, "path"), table)
    name = card.get(*at, "path", kind=str)
    if card.get(*at, "source", kind=str) not in FILE_SOURCES or not name:
        return
    _check_there(card, (*at, "path"), name)


def _check_there(card: CardView, at: KeyPath, name: str) -> None:
    path = card.document.path.parent / name
    if absence := why_no_file(path):
        close = nearest_file(path)
        card.add(
            at,
            expected="a file, relative to the card",
            found=f"{path}, which is {absence}",
            remedy=f"did you mean `{close}`?" if close else "correct the path or put the file there",
        )


FILE_SOURCES = ("table", "h5ad")  # `path` is a file
