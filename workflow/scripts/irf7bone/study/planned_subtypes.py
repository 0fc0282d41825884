"""Which subtypes of tumours a study can tell: what the cards of its cohorts record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from irf7bone.base.vocabulary import HER2_POSITIVE, TRIPLE_NEGATIVE

if TYPE_CHECKING:
    from irf7bone.study.cohort_card import CohortCard


def planned_subtypes(cards: Iterable[CohortCard]) -> tuple[str, ...]:
    """HER2-positive, triple-negative and those of the field ``subtype``, where at least one card has the
    fields.

    Each of them has a row for every cohort of the study, also for those whose cards lack it.
    """
    fields = [card.fields for card in cards]
    found = [HER2_POSITIVE] if any("her2" in known for known in fields) else []
    if any({"er", "pr", "her2"} <= known.keys() for known in fields):
        found.append(TRIPLE_NEGATIVE)
    stated = [known["subtype"]["map"].values() for known in fields if "subtype" in known]
    named = sorted({str(name) for names in stated for name in names if name is not None})
    return (*found, *(name for name in named if name not in found))
