"""The works that are cited: data/references.bib read as data, and written out to be cited again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.base.errors import InputError, Problem

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.study.card import Card

FIELDS = ("author", "title", "journal", "publisher", "year", "volume", "pages", "doi", "pmid", "url", "note")
# What tells one work from another; titles are compared by their letters and digits.
IDENTITY = ("doi", "pmid", "title")
_ENTRY = re.compile(r"@(article|book|misc)\{([a-z]+\d{4}[a-z]?),")
_FIELD = re.compile(r"  ([a-z]+) = \{(.+)\},")
_PLAIN = str.maketrans("", "", "{}\\")
_ESCAPED = {letter: f"\\{letter}" for letter in "&%_#{}"}


@dataclass(frozen=True)
class Work:
    """One work.

    Args:
        key: What it is cited by.
        kind: Its BibTeX type.
        fields: Values as BibTeX has them, without the outer braces, by names of :data:`FIELDS`.
    """

    key: str
    kind: str
    fields: Mapping[str, str]

    def plain(self, name: str) -> str:
        """A field without braces and escapes; empty where there is none."""
        return self.fields.get(name, "").translate(_PLAIN).replace("--", "-")

    @property
    def text(self) -> str:
        """The work as a list of references has it: Authors. Title. Journal year;volume:pages. doi PMID."""
        parts = [_names(self.plain("author")), self.plain("title"), self._place(), self.plain("note")]
        parts += [f"{said}:{self.plain(name)}" for name, said in (("doi", "doi"), ("pmid", "PMID"))]
        parts.append(self.plain("url"))
        filled = [part.rstrip(".") for part in parts if part and not part.endswith(":")]
        return " ".join(part if part.endswith("?") else f"{part}." for part in filled)

    @property
    def bibtex(self) -> str:
        """The work as an entry."""
        body = "".join(f"  {name} = {{{value}}},\n" for name, value in self.fields.items())
        return f"@{self.kind}{{{self.key},\n{body}}}\n"

    def _place(self) -> str:
        place = " ".join(filter(None, (self.plain("journal") or self.plain("publisher"), self.plain("year"))))
        volume, pages = self.plain("volume"), self.plain("pages")
        return place + (f";{volume}" if volume else "") + (f":{pages}" if pages else "")


@dataclass(frozen=True)
class Works:
    """All works of the list.

    Args:
        by_key: In the order of the file.
    """

    by_key: Mapping[str, Work]

    def of_card(self, card: Card) -> Work | None:
        """The work that a card gives: of the list where its doi or PMID is there, else as the card has it."""
        said = {name: str(value) for name, value in card.citation.items()}
        if not said:
            return None
        return self._find(said) or _misc(card.id, said)

    def of_signature(self, signature: Signature) -> tuple[Work, ...]:
        """Those that a signature's provenance gives; none where no source is stated."""
        found = [self._find({"pmid": pmid}) for pmid in signature.pmids]
        if found and all(found):
            return tuple(work for work in found if work)
        said = {"text": signature.citation, "pmid": " ".join(signature.pmids)}
        return (_misc(signature.name, said),) if signature.citation else ()

    def _find(self, said: Mapping[str, str]) -> Work | None:
        for work in self.by_key.values():
            for name in ("doi", "pmid"):
                if said.get(name) and work.plain(name).lower() == said[name].lower():
                    return work
        return None


class Citations:
    """Numbers works in the order in which the text first cites them."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.cited: list[Work] = []

    def __call__(self, *cited: str | Work) -> str:
        """The bracketed numbers of works, each given by its key in the list or itself.

        Raises:
            KeyError: The list has no such key.
        """
        numbers = []
        for item in cited:
            work = self.works.by_key[item] if isinstance(item, str) else item
            texts = [known.text for known in self.cited]
            if work.text not in texts:
                self.cited.append(work)
                texts.append(work.text)
            numbers.append(texts.index(work.text) + 1)
        return f"[{', '.join(map(str, sorted(set(numbers))))}]"


def _misc(key: str, said: Mapping[str, str]) -> Work:
    """A work that only its citer knows, in the citer's own words."""
    note = "".join(_ESCAPED.get(letter, letter) for letter in said.get("text", "").rstrip("."))
    fields = {"note": note, "doi": said.get("doi", ""), "pmid": said.get("pmid", "")}
    return Work(key, "misc", {name: value for name, value in fields.items() if value})


def _names(author: str) -> str:
    """``Bidwell, B. N. and Slaney, C. Y. and others`` as ``Bidwell BN, Slaney CY, et al``."""
    names = []
    for name in filter(None, author.split(" and ")):
        family, _, given = name.partition(", ")
        initials = "".join(letter for letter in given if letter.isupper())
        names.append("et al" if name == "others" else f"{family} {initials}".rstrip())
    return ", ".join(names)


def as_bibtex(works: Iterable[Work]) -> str:
    """Entries in the order of ``works``."""
    return "\n".join(work.bibtex for work in works)


def read_works(path: Path) -> Works:
    """Read a list of works, in the part of BibTeX that it keeps to.

    An entry is ``@article{key,``, ``@book{key,`` or ``@misc{key,``, then one line ``  name = {value},`` for
    each field, then ``}``. Between entries stand empty lines and lines that begin with ``%``.

    Raises:
        InputError: A line is none of these, a key or a field stands twice, an entry lacks authors, title,
            journal or publisher, year, or all of doi, PMID and URL, or two entries are one work.
    """
    problems: list[Problem] = []
    works: dict[str, Work] = {}
    key = kind = ""
    fields: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        where = f"{path}, line {number}"
        if not key and (not line.strip() or line.startswith("%")):
            continue
        entry, field = _ENTRY.fullmatch(line), _FIELD.fullmatch(line)
        if not key and entry:
            kind, key, fields = entry[1], entry[2], {}
        elif key and line == "}":
            problems += _faults(str(path), key, fields, works)
            works[key] = Work(key, kind, fields)
            key = ""
        elif key and field and field[1] in FIELDS and field[1] not in fields and _balanced(field[2]):
            fields[field[1]] = field[2]
        else:
            expected = (
                f"a field ({', '.join(FIELDS)}), each once" if key else "an entry, such as @article{cox1972,"
            )
            problems.append(Problem(where, expected, line.strip() or "an empty line", "mend the line"))
    if key:
        problems.append(Problem(str(path), "a } behind each entry", f"none behind {key}", "add it"))
    if problems:
        raise InputError(problems)
    return Works(works)


def _balanced(value: str) -> bool:
    depth = 0
    for letter in value:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def _faults(path: str, key: str, fields: Mapping[str, str], works: Mapping[str, Work]) -> list[Problem]:
    """What is wrong with an entry, alone and beside the entries before it."""
    needs = {
        "title": ("title",),
        "authors": ("author",),
        "a journal or publisher": ("journal", "publisher"),
        "a year": ("year",),
        "a doi, PMID or URL": ("doi", "pmid", "url"),
    }
    lacks = [said for said, names in needs.items() if not any(name in fields for name in names)]
    found = [(f"entry {key}", "all of " + ", ".join(needs), f"it lacks {item}", "add it") for item in lacks]
    if key in works:
        found.append((f"entry {key}", "each key once", "it stands twice", "remove one or rename it"))
    for other in works.values():
        same = [name for name in IDENTITY if name in fields and _same(name, fields[name], other.plain(name))]
        if same:
            said = f"{other.key} with the same {' and '.join(same)}"
            found.append((f"entry {key}", "each work once", said, "keep one, and cite it by one key"))
    return [Problem(f"{path}, {where}", *rest) for where, *rest in found]


def _same(name: str, one: str, other: str) -> bool:
    def bare(value: str) -> str:
        if name == "title":
            return "".join(filter(str.isalnum, value)).lower()
        return value.lower()

    return bare(one) == bare(other)
