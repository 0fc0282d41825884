"""The table of what differs between two runs."""

from __future__ import annotations

from irf7bone.tables.contract import Column, Table

KINDS = ("provenance", "row", "text", "number")

COMPARISON = Table(
    "comparison of two runs",
    key=("file", "item", "column"),
    columns=(
        Column("file", "text", "file below the results, the same in both runs"),
        Column("item", "text", "the row's key, or the key in provenance.json"),
        Column("column", "text", "column that differs; 'row' where one run lacks the whole row"),
        Column("kind", "text", "what differs: provenance, row, text or number", allowed=KINDS),
        Column("a", "text", "value in run A; '(absent)' where there is none"),
        Column("b", "text", "value in run B; '(absent)' where there is none"),
        Column("difference", "number", "B - A where both are numbers", nullable=True),
    ),
)
