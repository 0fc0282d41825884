"""Tables of the printed report: no number is broken across lines, whatever names stand beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from irf7bone.report.pdf.styles import CELL, HEAD, MARK, RULE, SMALL, WIDTH
from irf7bone.report.sentences.quote import plain

PADDING = 6.0  # points of a column that hold no text, and a little more
LONGEST_WORD = 60  # characters; a longer name is shortened, and written out below the table
KEPT = (36, 16)  # characters of its beginning and end
WIDEST_PIECE = 110.0  # points that a name may ask for in one line; numbers may ask for all they need


def grid(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    marked: Sequence[int] = (),
    share: Sequence[float] = (),
) -> Iterator[Flowable]:
    """A table over the whole width, and the names that had to be shortened in it.

    Args:
        head: Labels of the columns.
        rows: Texts, as many a row.
        marked: Rows, from 1, with a mark before them.
        share: Of the width, a column; empty: as wide as what they hold.
    """
    texts = [[plain(str(text)) for text in row] for row in (head, *rows)]
    short = {} if share else _shortened({word for row in texts for text in row for word in text.split()})
    texts = [[" ".join(short.get(word, word) for word in text.split()) for text in row] for row in texts]
    if share:
        widths = [WIDTH * part / sum(share) for part in share]
    else:
        widths = _widths([[row[column] for row in texts] for column in range(len(head))])
    body = [
        [_cell(text, HEAD if number == 0 else CELL, width) for text, width in zip(row, widths, strict=True)]
        for number, row in enumerate(texts)
    ]
    rules: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        *(("LINEBEFORE", (0, number), (0, number), 2, MARK) for number in marked),
    ]
    yield Table(body, widths, repeatRows=1, style=TableStyle(rules), hAlign="LEFT", splitInRow=1)
    for word, said in sorted(short.items()):
        yield _cell(f"{said}: {word}", SMALL, WIDTH)


def _shortened(words: set[str]) -> dict[str, str]:
    """Long word -> what stands for it, no two alike."""
    found: dict[str, str] = {}
    for word in sorted(words):
        if len(word) > LONGEST_WORD:
            said = f"{word[: KEPT[0]]}…{word[-KEPT[1] :]}"
            alike = sum(other.startswith(said) for other in found.values())
            found[word] = f"{said}({alike + 1})" if alike else said
    return found


def _widths(columns: Sequence[Sequence[str]]) -> list[float]:
    """Each column's least width, and of what is left the more the more it says."""
    least = [max(_least(text) for text in texts) + PADDING for texts in columns]
    whole = [max(_length(text, CELL) for text in texts) for texts in columns]
    wish = [most + min(said, WIDTH / 2) / 4 for most, said in zip(least, whole, strict=True)]
    if sum(least) >= WIDTH:  # more columns than a page is wide: names give way before numbers
        numbers = [max(_least(text, names=False) for text in texts) + PADDING for texts in columns]
        room = max(0.0, WIDTH - sum(numbers)) / max(1.0, sum(least) - sum(numbers))
        given = [
            number + (most - number) * min(1.0, room) for number, most in zip(numbers, least, strict=True)
        ]
        return [width * min(1.0, WIDTH / sum(given)) for width in given]
    left = (WIDTH - sum(least)) / sum(asked - most for asked, most in zip(wish, least, strict=True))
    return [most + (asked - most) * left for asked, most in zip(wish, least, strict=True)]


def _least(text: str, *, names: bool = True) -> float:
    """The longest part of a text that is not broken, in points."""
    widest = 0.0
    for word in text.split():
        if any(letter.isalpha() for letter in word):
            pieces = [_length(piece, HEAD) for piece in _pieces(word)]
            widest = max(widest, *(min(piece, WIDEST_PIECE) if names else 0.0 for piece in pieces))
        else:
            widest = max(widest, _length(word, HEAD))
    return widest


def _pieces(word: str) -> list[str]:
    """Where a name may be broken: after `_`, `/` and `-`."""
    return re.findall(r"[^_/-]*[_/-]+|[^_/-]+", word) or [word]


def _length(text: str, style: ParagraphStyle) -> float:
    return float(pdfmetrics.stringWidth(text, style.fontName, style.fontSize))


def _cell(text: str, style: ParagraphStyle, width: float) -> Paragraph:
    """A text whose names are broken where they may be, where they do not fit a line."""
    room = width - PADDING + 2
    words = [_broken(word, style, room) if _length(word, style) > room else word for word in text.split()]
    return Paragraph("<br/>".join(escape(line, quote=False) for line in " ".join(words).split("\n")), style)


def _broken(word: str, style: ParagraphStyle, room: float) -> str:
    lines = [""]
    for piece in _pieces(word):
        if lines[-1] and _length(lines[-1] + piece, style) > room:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)
