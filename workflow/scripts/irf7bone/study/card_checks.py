"""The checks of a card: a view of it that knows what broke the schema, and what every kind of card needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from irf7bone.base.errors import Problem, Problems, why_no_file
from irf7bone.base.nearest import nearest_file
from irf7bone.study.card import Card
from irf7bone.study.document import Document, KeyPath, dotted
from irf7bone.study.questions import question_problems
from irf7bone.study.schema import violations
from irf7bone.study.strict_yaml import read_yaml

FILE_SOURCES = ("table", "h5ad", "geo_file", "r_file")  # `path` is a file
C = TypeVar("C", bound=Card)


class CardView:
    """A card as its cross-checks see it, which know what of it broke the schema.

    Args:
        document: The card.
        problems: What is wrong with it so far; checks add to it.
        described_by: The key that lists the sources of what describes the samples.
    """

    def __init__(self, document: Document, problems: Problems, described_by: str):
        self.document, self.problems, self.described_by = document, problems, described_by
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


@dataclass(frozen=True)
class CardKind(Generic[C]):
    """A kind of card, and all that is asked of one before it is used.

    Args:
        what: What messages call it.
        folder: Where cards lie that a config names by their id, seen from the project.
        schema: Its schema.
        described_by: The key that lists the sources of what describes the samples.
        checks: What is asked beyond the schema, in this order.
        make: Types a document without problems.
    """

    what: str
    folder: str
    schema: str
    described_by: str
    checks: Sequence[Callable[[CardView], None]]
    make: Callable[[Document], C]

    def problems_of(self, document: Document) -> list[Problem]:
        """Everything that is wrong with a card: against the schema, against itself, files that are not there.

        A part that breaks the schema is not compared with others, so that one mistake gives one message.
        """
        problems = Problems()
        problems.extend(question_problems(document))
        asked = {problem.where for problem in problems.found}
        found = violations(document.data, self.schema, document.where)
        problems.extend(problem for problem in found if problem.where not in asked)
        view = CardView(document, problems, self.described_by)
        for check in self.checks:
            check(view)
        return sorted(problems.found, key=document.line_of)

    def load(self, path: Path) -> C:
        """Read and check one card.

        Raises:
            InputError: With everything that is wrong with it.
        """
        document = read_yaml(path, what=self.what)
        problems = Problems()
        problems.extend(self.problems_of(document))
        problems.raise_if_any()
        return self.make(document)


def check_files(card: CardView) -> None:
    """Note every source that names a file that is not there."""
    _check_file(card, ("expression",))
    for index in range(len(card.get(card.described_by, kind=list))):
        _check_file(card, (card.described_by, index))
        _check_own_path(card, (card.described_by, index))


def _check_own_path(card: CardView, at: KeyPath) -> None:
    """Note a file of R that is not named, where the expression is in none."""
    source = card.get("expression", "source", kind=str)
    if (
        card.get(*at, "source", kind=str) == "r_file"
        and "path" not in card.get(*at)
        and source not in ("", "r_file")
    ):
        card.add(
            (*at, "path"),
            expected="the key `path`, as the expression is not in a file of R",
            found="no such key",
            remedy="name the file",
        )


def check_simulated(card: CardView, noun: str, simulation: str, *, pretends: str) -> None:
    """Simulated data say that they are, and others say where they were published.

    Args:
        card: The card.
        noun: What the card is of, for messages.
        simulation: The source that simulates it.
        pretends: What simulated data must never pass for.
    """
    role, source = card.get("role", kind=str), card.get("expression", "source", kind=str)
    if role and source and (role == "simulated") != (source == simulation):
        card.add(
            ("role",),
            expected=f"`simulated` for `source: {simulation}`, and for no other source",
            found=f"role `{role}` with source `{source}`",
            remedy=f"correct one of them: a simulated {noun} must never pass for {pretends}",
        )
    if role and card.sound("role") and role != "simulated" and "citation" not in card.document.data:
        card.add(
            ("citation",),
            expected="the key `citation` with pmid, doi or text",
            found="no such key",
            remedy=f"say where the {noun} was published",
        )


def check_exclude_forms(card: CardView, forms: Collection[set[str]], expected: str) -> None:
    """Each rule of ``exclude`` has the keys of one of ``forms``, which ``expected`` says in words."""
    for index, rule in enumerate(card.get("exclude", kind=list)):
        named = set(rule) - {"reason"} if isinstance(rule, dict) else None
        if named is not None and named not in forms:
            card.add(
                ("exclude", index),
                expected=expected,
                found=", ".join(sorted(named)) or "none of them",
                remedy="write one rule an entry",
            )


def _check_file(card: CardView, at: KeyPath) -> None:
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
