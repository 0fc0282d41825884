"""Which subtypes a study plans: those that its cards can tell."""

from __future__ import annotations

from types import SimpleNamespace

from irf7bone.base.vocabulary import BY_CARD, BY_EXPRESSION, HER2_POSITIVE, TRIPLE_NEGATIVE
from irf7bone.study.planned_subtypes import PlannedSubtype, planned_subtypes


def cards(*fields: dict) -> list[SimpleNamespace]:
    return [SimpleNamespace(fields=known) for known in fields]


def stated(*names: str) -> tuple[PlannedSubtype, ...]:
    return tuple(PlannedSubtype(name, BY_CARD) for name in names)


def test_subtypes_are_those_of_the_cards():
    status = {"from": "x", "map": {1: "positive", 0: "negative"}}
    of_source = {"from": "pam50", "map": {"A": "luminal B", "B": None, "C": "basal-like"}}
    assert planned_subtypes(cards({"er": status}, {})) == ()
    assert planned_subtypes(cards({"her2": status, "er": status})) == stated(HER2_POSITIVE)
    # no single cohort has all three receptors
    assert planned_subtypes(cards({"her2": status, "er": status}, {"pr": status})) == stated(HER2_POSITIVE)
    whole = {"er": status, "pr": status, "her2": status}
    assert planned_subtypes(cards({"subtype": of_source}, whole)) == stated(
        HER2_POSITIVE, TRIPLE_NEGATIVE, "basal-like", "luminal B"
    )


def test_those_of_the_centroids_are_planned_where_a_card_states_none(tmp_path):
    file = tmp_path / "centroids.tsv"
    file.write_text("gene\tLumA\tBasal\nESR1\t1\t-1\n", encoding="utf-8-sig")
    of_source = {"from": "pam50", "map": {"A": "LumA"}}
    called = (PlannedSubtype("LumA", BY_EXPRESSION), PlannedSubtype("Basal", BY_EXPRESSION))
    assert planned_subtypes(cards({}), file) == called
    # one name, twice planned: what a card states and what is called are two things
    assert planned_subtypes(cards({"subtype": of_source}, {}), file) == (*stated("LumA"), *called)
    assert planned_subtypes(cards({"subtype": of_source}), file) == stated("LumA")
    assert planned_subtypes((), file) == ()
