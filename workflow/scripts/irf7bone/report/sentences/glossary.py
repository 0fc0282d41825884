"""The field's words: their meanings as tooltips of the page, and the phrases that they stand in place of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from irf7bone.base.errors import Problems

COLUMNS = ("Term", "Meaning", "Not")
# text in these is no sentence, or is a link or a label already
_SKIPPED = {
    *("table", "script", "noscript", "svg", "a", "summary"),
    *("button", "select", "h2", "h3", "h4", "pre", "code"),
}
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-z0-9]+)")


@dataclass(frozen=True)
class Glossary:
    """Term -> meaning, and the phrases that the report and the messages do without."""

    meanings: Mapping[str, str] = field(default_factory=dict)
    avoided: tuple[str, ...] = ()


def read_glossary(path: Path) -> Glossary:
    """Read the table of docs/user/glossary.md.

    Args:
        path: Markdown with one table of the columns Term, Meaning, Not (phrases parted by semicolons).

    Raises:
        InputError: The table is not there, or a row has no meaning.
    """
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    problems = Problems()
    if not rows or tuple(rows[0]) != COLUMNS:
        problems.add(
            where=str(path),
            expected=f"a table with the columns {', '.join(COLUMNS)}",
            found=", ".join(rows[0]) if rows else "no table",
            remedy="write it as | Term | Meaning | Not |",
        )
        problems.raise_if_any()
    for row in rows[2:]:
        if len(row) != len(COLUMNS) or not row[0] or not row[1]:
            problems.add(
                where=str(path),
                expected="a term and its meaning in each row",
                found=" | ".join(row),
                remedy="fill the first two columns",
            )
    problems.raise_if_any()
    avoided = [phrase.strip() for row in rows[2:] for phrase in row[2].split(";")]
    return Glossary({row[0]: row[1] for row in rows[2:]}, tuple(filter(None, avoided)))


def mark_terms(page: str, glossary: Glossary) -> str:
    """Markup in which the first occurrence of each term is a link to its meaning, shown as a tooltip.

    Args:
        page: Markup of the sections; its tables, headings, links and figures stay as they are.
        glossary: The terms.
    """
    waiting = dict(glossary.meanings)
    depth = 0
    parts = _TAG.split(page)
    for i, part in enumerate(parts):
        if part.startswith("<"):
            name = _NAME.match(part)
            if name and name[1] in _SKIPPED and not part.endswith("/>"):
                depth += -1 if part.startswith("</") else 1
        elif depth == 0 and waiting and part.strip():
            parts[i] = _mark(part, waiting)
    return "".join(parts)


def _mark(text: str, waiting: dict[str, str]) -> str:
    """Mark, and take out of ``waiting``, the terms in a text between two tags, longest first."""
    found: list[tuple[int, int, str]] = []
    for term in sorted(waiting, key=len, reverse=True):
        for match in re.finditer(rf"(?<![\w-]){re.escape(escape(term))}(?![\w-])", text):
            if not any(match.start() < end and start < match.end() for start, end, _ in found):
                found.append((match.start(), match.end(), term))
                break
    for start, end, term in sorted(found, reverse=True):
        meaning = escape(waiting.pop(term), quote=True)
        link = f'<a class="term" href="#term-{term_id(term)}" data-says="{meaning}">{text[start:end]}</a>'
        text = text[:start] + link + text[end:]
    return text


def term_id(term: str) -> str:
    """The end of the id of a term's entry on the page."""
    return re.sub(r"[^a-z0-9]+", "-", term.lower())
