"""What every card says, of a cohort or of an experiment, typed but not checked.

Jobs read their card through here: whether it is right was found out by planning (see `card_checks`), and
no message about a wrong one is part of the code that a job runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from irf7bone.study.document import Document

# what a source's expression holds where the card does not say
DEFAULTS = {"geo": {"gene_id": "symbol"}}


class Sourced(Protocol):
    """What the adapters of sources ask of a card, be it a finished one or one that is being proposed."""

    @property
    def path(self) -> Path:
        """The card's file."""

    @property
    def expression(self) -> dict[str, Any]:
        """Source of the expression values."""

    def resolve(self, relative: str | Path) -> Path:
        """A path that the card names, which is relative to the card."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What cards of every kind say.

    Args:
        id: The name of the card's file.
        title: What the report calls it.
        citation: ``pmid``, ``doi``, ``text``; may be empty for simulated data.
        organism: ``human``; an experiment's may be ``mouse``.
        role: What the data are good for; ``simulated`` for simulated ones.
        expression: Source of the expression values, with ``source``, ``scale``, ``collapse`` and so on.
        clinical: Sources of what describes the samples, merged in this order.
        exclude: Rules with ``reason`` and what they exclude by.
        batch: Column of the batch or platform of a sample; None where there is none.
        ids: What is done to sample ids before they are matched: ``separator``, ``strip_prefix``,
            ``strip_suffix``; may be empty.
        unmatched: Whether many samples of one source are rightly not in the other.
        expect: Known counts, before exclusion; may be empty.
        notes: What a reader of the report should know.
        unverified: What the card states unchecked, and why.
        documentation: Where the meaning of the columns is documented.
        path: The card's file.
        sha256: Checksum of the card's file.
    """

    id: str
    title: str
    citation: dict[str, Any]
    organism: str
    role: str
    expression: dict[str, Any]
    clinical: tuple[dict[str, Any], ...]
    exclude: tuple[dict[str, Any], ...]
    batch: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    unmatched: bool = False
    expect: dict[str, Any]
    notes: tuple[str, ...]
    unverified: tuple[str, ...]
    documentation: str = ""
    path: Path
    sha256: str

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated."""
        return self.role == "simulated"

    def resolve(self, relative: str | Path) -> Path:
        """A path that the card names, which is relative to the card."""
        return self.path.parent / relative


def shared_parts(document: Document, *, described_by: str) -> dict[str, Any]:
    """The arguments of :class:`Card` from a document without problems.

    Args:
        document: What the card's file holds.
        described_by: The key that lists the sources of what describes the samples.
    """
    data = document.data
    return {
        **{key: data[key] for key in ("id", "title", "organism", "role")},
        "citation": data.get("citation", {}),
        "expression": {**DEFAULTS.get(data["expression"]["source"], {}), **data["expression"]},
        "clinical": tuple(data[described_by]),
        "exclude": tuple(rule_with_codes(rule) for rule in data.get("exclude", ())),
        "batch": data.get("batch", {}).get("from"),
        "ids": data.get("ids", {}),
        "unmatched": "unmatched" in data,
        "expect": data.get("expect", {}),
        "notes": tuple(data.get("notes", ())),
        "unverified": tuple(data.get("unverified", ())),
        "documentation": data.get("documentation", ""),
        "path": document.path,
        "sha256": document.sha256,
    }


def rule_with_codes(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of `exclude` with its codes as text."""
    return {key: codes(value) if key in ("is", "is_not") else value for key, value in rule.items()}


def codes(value: object) -> list[str]:
    """One code or a list as text: ``1`` and ``1.0`` are ``"1"``; true and false are in lower case."""
    return [_code(item) for item in (value if isinstance(value, list) else [value])]


def _code(value: object) -> str:
    if str(value).lower() in ("true", "false"):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
