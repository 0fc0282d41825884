"""Open questions in a card: what `make card` could not know, and what no run starts with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from irf7bone.base.errors import Problem
from irf7bone.study.document import Document, KeyPath

MARK = "QUESTION:"


def question_problems(document: Document) -> list[Problem]:
    """One problem for each value of a card that is still a question."""
    return [
        Problem(
            document.where(at),
            expected="an answer",
            found=f"the open question: {text.removeprefix(MARK).strip()}",
            remedy=f"put the answer in place of the text that starts with {MARK}",
        )
        for at, text in _questions(document.data, ())
    ]


def _questions(value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _questions(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _questions(item, (*at, index))
    elif isinstance(value, str) and value.lstrip().startswith(MARK):
        yield at, value.strip()
