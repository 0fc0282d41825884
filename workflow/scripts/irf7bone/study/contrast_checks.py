"""Checks of the contrasts of a card, of an experiment's or of a set of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from irf7bone.base.nearest import choose_from
from irf7bone.study.card_checks import CardView
from irf7bone.study.document import KeyPath


def groups_of(card: CardView) -> list[str]:
    """Groups that the card's map names, each once."""
    return list(dict.fromkeys(name for name in card.get("groups", "map").values() if isinstance(name, str)))


def contrasts_of(card: CardView) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The contrasts that are mappings, and where they stand."""
    for index, contrast in enumerate(card.get("contrasts", kind=list)):
        if isinstance(contrast, dict):
            yield ("contrasts", index), contrast


def check_contrasts(card: CardView, needs: Mapping[str, str]) -> None:
    """Each contrast has an id of its own, two groups of the card, and what its switches need.

    Args:
        card: The card.
        needs: Switch of a contrast -> the key of the card that it needs.
    """
    groups, seen = groups_of(card), set[str]()
    for at, contrast in contrasts_of(card):
        name = contrast.get("id")
        if isinstance(name, str) and name in seen:
            card.add(
                (*at, "id"),
                expected="each contrast id once",
                found=f"`{name}` again",
                remedy="give one of them another id",
            )
        if isinstance(name, str):
            seen.add(name)
        for side in ("case", "reference"):
            if groups and isinstance(contrast.get(side), str) and contrast[side] not in groups:
                card.add(
                    (*at, side),
                    expected=f"a group of this card: {', '.join(groups)}",
                    found=f"`{contrast[side]}`",
                    remedy=choose_from(contrast[side], groups),
                )
        if isinstance(contrast.get("case"), str) and contrast["case"] == contrast.get("reference"):
            card.add(
                (*at, "case"),
                expected="two different groups",
                found=f"`{contrast['case']}` on both sides",
                remedy="name the group that the case is held against as reference",
            )
        for switch, key in needs.items():
            if contrast.get(switch) is True and key not in card.document.data:
                card.add(
                    (*at, switch),
                    expected=f"`false`, as the card has no `{key}`",
                    found="`true`",
                    remedy=f"add `{key}: {{from: <column>}}`, or write `{switch}: false`",
                )
