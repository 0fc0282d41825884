"""Numbers of the text that know where they come from.

A sentence stays a string; a number in it carries its table, row, column and full value between characters
that no text has. On the page it becomes a ``<data>`` element with its value and where that stands, so that a
reader's tools, and the tests, can hold each against its table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from irf7bone.base.phrases import with_signature_names
from irf7bone.tables.claim import CLAIM_MODELS
from irf7bone.tables.cohort import COHORTS, FLOW
from irf7bone.tables.contract import Table
from irf7bone.tables.every_gene import EVERY_GENE
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.outcome_checks import CHECKS, CURVE_SUMMARY, GROUP_TESTS
from irf7bone.tables.pooled import POOLED
from irf7bone.tables.random_signatures import POOLED_NULL
from irf7bone.tables.verdict import CHANCES, SITE_CONTRAST, VERDICT, VERDICT_MODELS

# private-use characters, which no font draws and no table holds
_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_QUOTE = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_MIDDLE}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
TABLES: dict[str, Table] = {
    "associations": ASSOCIATIONS,
    "pooled": POOLED,
    "cohorts": COHORTS,
    "flow": FLOW,
    "pooled_null": POOLED_NULL,
    "verdict": VERDICT,
    "verdict_models": VERDICT_MODELS,
    "claim_models": CLAIM_MODELS,
    "site_contrast": SITE_CONTRAST,
    "genes": EVERY_GENE,
    "chances": CHANCES,
    "checks": CHECKS,
    "curve_summary": CURVE_SUMMARY,
    "group_tests": GROUP_TESTS,
}


def quote(said: str, table: str, row: Mapping[str, Any], column: str) -> str:
    """Say the number ``row[column]`` of a table, and where it stands.

    Args:
        said: The number as text.
        table: A key of :data:`TABLES`.
        row: A row of the table, its key columns among them.
        column: The column that is said.
    """
    place = "/".join(str(row[name]) for name in TABLES[table].key)
    return f"{_OPEN}{table}\t{place}\t{column}\t{row[column]!s}{_MIDDLE}{said}{_CLOSE}"


def as_html(value: object) -> object:
    """Text with its quoted numbers as elements and signatures by their names; anything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    value = with_signature_names(value)
    if _OPEN not in value:
        return value
    parts, last = [], 0
    for match in _QUOTE.finditer(value):
        table, row, column, number = match[1].split("\t")
        parts.append(escape(value[last : match.start()]))
        parts.append(
            Markup('<data value="{}" data-table="{}" data-row="{}" data-column="{}">{}</data>').format(
                number, table, row, column, match[2]
            )
        )
        last = match.end()
    return Markup("").join([*parts, escape(value[last:])])


def exact(text: str) -> Markup:
    """Text in which ids stay ids: cells of tables, settings, names of files."""
    return escape(text)


def plain(text: str) -> str:
    """Text without what its numbers carry, as attributes need it."""
    return _QUOTE.sub(r"\2", text)
