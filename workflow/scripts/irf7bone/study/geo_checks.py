"""What a card may say of clinical data from the Gene Expression Omnibus."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from irf7bone.study.card_checks import CardView


def _check_values(card: CardView) -> None:
    """Values of GEO are those of a series matrix, or of a supplementary file: each has its own keys."""
    given = set(card.get("expression"))
    own = {"match", "platforms", "normalise"} if "supplementary" not in given else {"gene_column", "probes"}
    needs = "`supplementary`" if "supplementary" not in given else "the values of a series matrix"
    for key in sorted(own & given):
        card.add(
            ("expression", key),
            expected=f"`{key}` only beside {needs}",
            found="it",
            remedy="remove it",
        )
    if {"platforms", "supplementary"} <= given and "match" not in given:
        card.add(
            ("expression", "match"),
            expected="the key `match` beside `platforms`",
            found="no such key",
            remedy="name the column of the series matrix that the file's header holds, or remove `platforms`",
        )


def check_geo(card: CardView) -> None:
    """Clinical data of GEO are of one of three kinds; a table says which sample a row is of."""
    source, listed = card.get("expression", "source", kind=str), card.described_by
    if source == "geo":
        _check_values(card)
    for index, entry in enumerate(card.get(listed, kind=list)):
        if not isinstance(entry, dict) or entry.get("source") != "geo":
            continue
        at = (listed, index)
        kinds = {"table", "supplementary"} & set(entry)
        if len(kinds) == 2:
            card.add(
                at,
                expected="`table` or `supplementary`",
                found="both",
                remedy="write one entry for each",
            )
        if kinds and "key" not in entry:
            card.add(
                (*at, "key"),
                expected="the key `key`: the column that says which sample a row is of",
                found="no such key",
                remedy="name the column with the samples' accessions (GSM...), or another one with `match`",
            )
        alone = sorted({"key", "match"} & set(entry))
        if not kinds and alone:
            card.add(
                (*at, alone[0]),
                expected="`key` and `match` only beside `table` or `supplementary`",
                found=f"`{alone[0]}`",
                remedy="remove it: samples of a series matrix are known by their accessions",
            )
        if "accession" not in entry and source and source != "geo":
            card.add(
                (*at, "accession"),
                expected="the key `accession`, as the expression is not from GEO",
                found="no such key",
                remedy="name the series",
            )
