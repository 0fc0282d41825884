"""Gene ids that programs changed: which rule would give many of them back, and what a stated rule makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from irf7bone.base.damaged_names import REPAIR_WORDS, REPAIRS
from irf7bone.base.errors import InputError, Problem

if TYPE_CHECKING:
    from irf7bone.genes.mouse import MouseSymbols
    from irf7bone.genes.symbols import IdType, Resolution, SymbolTable

# what a rule must give back for a table to be damaged by it, and not to hold a few odd names
LEAST_GENES, LEAST_SHARE = 5, 0.002
ABSENT = ("unknown", "ambiguous")  # IRF7|3665 counts as two names


def repaired(ids: Sequence[Any], rules: Sequence[str], status: np.ndarray) -> list[Any]:
    """The ids, those that are no gene's name as they stand with the rules applied to them in this order.

    Args:
        ids: As in the source.
        rules: Names in :data:`irf7bone.base.damaged_names.REPAIRS`.
        status: What became of each id, of :class:`irf7bone.genes.symbols.Resolution`.
    """
    out = []
    for name, found in zip(ids, status, strict=True):
        if found in ABSENT and isinstance(name, str):
            for rule in rules:
                name = REPAIRS[rule](name)
        out.append(name)
    return out


def rescuing_rules(
    ids: Sequence[Any], status: np.ndarray, symbols: SymbolTable | MouseSymbols, id_type: IdType
) -> dict[str, list[str]]:
    """Rules that would each make genes of many ids that are none, the one that gives back the most first.

    Args:
        ids: As in the source.
        status: What became of each.
        symbols: The table that they went through.
        id_type: symbol, entrez or ensembl.

    Returns:
        Rule -> the ids that it would give back.
    """
    lost = [str(name) for name, found in zip(ids, status, strict=True) if found in ABSENT]
    rescued: dict[str, list[str]] = {}
    for rule, repair in REPAIRS.items():
        changed = [name for name in lost if repair(name) != name]
        if len(changed) < LEAST_GENES:
            continue
        answers = symbols.to_current([repair(name) for name in changed], id_type).current
        found = [name for name, current in zip(changed, answers, strict=True) if current is not None]
        if len(found) >= max(LEAST_GENES, LEAST_SHARE * len(ids)):
            rescued[rule] = found
    return dict(sorted(rescued.items(), key=lambda item: -len(item[1])))


def translated(
    ids: Sequence[Any], settings: Mapping[str, Any], symbols: SymbolTable | MouseSymbols, where: str
) -> tuple[Resolution, int]:
    """What became of the ids, after the card's rules of ``repair``, and how many these gave back.

    Args:
        ids: As in the source.
        settings: The card's ``expression``: ``gene_id`` and perhaps ``repair``.
        symbols: Current symbols and what leads to them.
        where: The card's key, for messages.

    Raises:
        InputError: A rule that the card does not state would give many ids back.
    """
    kind, rules = settings["gene_id"], settings.get("repair")
    resolution = symbols.to_current(list(ids), kind)
    if rules is not None:
        changed = symbols.to_current(repaired(ids, rules, resolution.status), kind)
        gained = sum(
            new is not None and old is None
            for new, old in zip(changed.current, resolution.current, strict=True)
        )
        return changed, gained
    rescued = rescuing_rules(ids, resolution.status, symbols, kind)
    if rescued:  # the rule that gives back the most is named: others may be parts of it
        rule, names = next(iter(rescued.items()))
        raise InputError(
            Problem(
                where,
                "gene ids as their source writes them",
                f"{len(names)} with {REPAIR_WORDS[rule]}",
                f"export the table again without it, or state `repair: [{rule}]` in the card's expression to "
                "undo it; `repair: []` leaves these genes out",
                tuple(names),
            )
        )
    return resolution, 0
