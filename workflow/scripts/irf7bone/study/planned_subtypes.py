"""Which subtypes of tumours a study can tell: what the cards of its cohorts record, and what is called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from irf7bone.base.vocabulary import BY_CARD, BY_EXPRESSION, HER2_POSITIVE, TRIPLE_NEGATIVE

if TYPE_CHECKING:
    from irf7bone.study.cohort_card import CohortCard


class PlannedSubtype(NamedTuple):
    """A subtype, and who says which tumours are of it.

    Args:
        name: Its name.
        source: One of :data:`irf7bone.base.vocabulary.SUBTYPE_SOURCES`.
    """

    name: str
    source: str


def planned_subtypes(
    cards: Iterable[CohortCard], centroids: Path | None = None
) -> tuple[PlannedSubtype, ...]:
    """HER2-positive, triple-negative and those of the field ``subtype``, where at least one card has the
    fields; then those of the file of centroids, where at least one card states no subtype.

    Each of them has a row for every cohort of the study, also for those whose cards lack it. A subtype that
    is stated and one that is called are two, whatever their names.

    Args:
        cards: Those of the study.
        centroids: The file that subtypes are called by, where there is one.
    """
    fields = [card.fields for card in cards]
    found = [HER2_POSITIVE] if any("her2" in known for known in fields) else []
    if any({"er", "pr", "her2"} <= known.keys() for known in fields):
        found.append(TRIPLE_NEGATIVE)
    stated = [known["subtype"]["map"].values() for known in fields if "subtype" in known]
    named = sorted({str(name) for names in stated for name in names if name is not None})
    found += [name for name in named if name not in found]
    called = _names(centroids) if centroids and len(stated) < len(fields) else []
    return (
        *(PlannedSubtype(name, BY_CARD) for name in found),
        *(PlannedSubtype(name, BY_EXPRESSION) for name in called),
    )


def _names(centroids: Path) -> list[str]:
    """The subtypes of a file of centroids, from its first line; the job that calls them checks the file."""
    with centroids.open(encoding="utf-8-sig") as lines:
        return list(dict.fromkeys(filter(None, lines.readline().rstrip("\r\n").split("\t")[1:])))
