"""Which subtypes a study plans: those that its cards can tell."""

from __future__ import annotations

from types import SimpleNamespace

from irf7bone.base.vocabulary import HER2_POSITIVE, TRIPLE_NEGATIVE
from irf7bone.study.planned_subtypes import planned_subtypes


def cards(*fields: dict) -> list[SimpleNamespace]:
    return [SimpleNamespace(fields=known) for known in fields]


def test_subtypes_are_those_of_the_cards():
    status = {"from": "x", "map": {1: "positive", 0: "negative"}}
    stated = {"from": "pam50", "map": {"A": "luminal B", "B": None, "C": "basal-like"}}
    assert planned_subtypes(cards({"er": status}, {})) == ()
    assert planned_subtypes(cards({"her2": status, "er": status})) == (HER2_POSITIVE,)
    # no single cohort has all three receptors
    assert planned_subtypes(cards({"her2": status, "er": status}, {"pr": status})) == (HER2_POSITIVE,)
    whole = {"er": status, "pr": status, "her2": status}
    assert planned_subtypes(cards({"subtype": stated}, whole)) == (
        HER2_POSITIVE,
        TRIPLE_NEGATIVE,
        "basal-like",
        "luminal B",
    )
