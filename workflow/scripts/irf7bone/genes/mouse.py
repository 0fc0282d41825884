"""Symbols of the mouse: taken as the source gives them, told from human ones by how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from irf7bone.base.damaged_names import looks_excel_damaged
from irf7bone.base.errors import InputError, Problem
from irf7bone.genes.symbols import IdType, Resolution, SymbolTable, looks_like_mouse

MOST, FEW = 0.5, 0.2  # shares of symbols that tell one organism from the other
_SEVERAL = re.compile(r"\s*(?:/{2,3}|[;,|])\s*")
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._()-]*")


class MouseSymbols:
    """Stands where :class:`irf7bone.genes.symbols.SymbolTable` does for human genes, but renames nothing.

    Signatures reach mouse genes through the table of orthologs, whose symbols are those of MGI.
    """

    def to_current(self, ids: Sequence[str], id_type: IdType) -> Resolution:
        """Each id that can be a symbol as it stands; several genes in one are ``ambiguous``.

        Args:
            ids: Mouse symbols.
            id_type: ``symbol``; the check of the card refuses others.
        """
        current = np.empty(len(ids), dtype=object)
        status = np.empty(len(ids), dtype=object)
        for index, name in enumerate("" if item is None else str(item).strip() for item in ids):
            if looks_excel_damaged(name):
                status[index] = "excel_damaged"
            elif len(set(_SEVERAL.split(name))) > 1:
                status[index] = "ambiguous"
            elif _SYMBOL.fullmatch(name) and not name.isdigit():
                current[index], status[index] = name, "current"
            else:
                status[index] = "unknown"
        return Resolution(current, status)


def check_organism(ids: Sequence[str], organism: str, symbols: SymbolTable, where: str) -> None:
    """Refuse symbols that are written as those of another organism than the card's.

    Args:
        ids: Symbols of the source.
        organism: ``human`` or ``mouse``, as the card states.
        symbols: Current human symbols.
        where: The card, for messages.

    Raises:
        InputError: Most symbols of a human experiment are written as mouse symbols are, or hardly any of a
            mouse experiment while many are names of human genes.
    """
    names = [name for name in ids if isinstance(name, str) and any(map(str.isalpha, name))]
    if not names:
        return
    written = sum(map(looks_like_mouse, names)) / len(names)
    if organism == "human" and written > MOST:
        other, example = "mouse", "Irf7"
    elif organism == "mouse" and written < FEW and _human_share(names, symbols) > FEW:
        other, example = "human", "IRF7"
    else:
        return
    raise InputError(
        Problem(
            f"{where}, organism",
            f"genes of the organism that the card states, {organism}",
            f"{written:.0%} of {len(names)} symbols written as mouse symbols are; "
            f"they look like {other} genes ({example})",
            f"write `organism: {other}`, or give the table of the right organism",
            tuple(names[:5]),
        )
    )


def _human_share(names: Sequence[str], symbols: SymbolTable) -> float:
    status = symbols.to_current(names, "symbol").status
    return float(np.isin(status.astype(str), ("current", "previous", "alias")).mean())
