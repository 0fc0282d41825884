"""Single genes that a study asks for: what they are called now, and names that no gene has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.genes.symbols import SymbolTable

_WHY = {
    "ambiguous": "several genes claim the name {name} with equal right: write the current symbol",
    "excel_damaged": "{name} is what a spreadsheet makes of a symbol: write the symbol",
}
_NOBODYS = "no gene is or was called {name}"
_MOST_LIKE = 3


def nobodys_names(names: Iterable[str], symbols: SymbolTable) -> dict[str, str]:
    """Those of ``names`` that are no gene's, each with why in words."""
    asked = list(names)
    found = symbols.to_current(asked, "symbol")
    return {
        name: _WHY.get(status, _NOBODYS).format(name=name)
        for name, current, status in zip(asked, found.current, found.status, strict=True)
        if current is None
    }


def like(name: str, known: Collection[str]) -> list[str]:
    """At most three of the ``known`` names that are spelt much as ``name`` is."""
    return get_close_matches(name.upper(), sorted(known), n=_MOST_LIKE, cutoff=0.7)


def genes_with_curves(
    named: Sequence[str], library: Mapping[str, Signature], select: Sequence[str], primary: str
) -> list[str]:
    """Genes that get curves, each once: those named, those of the primary signature, of the other selected.

    Args:
        named: Current symbols, or names as they were written.
        library: Signatures by name.
        select: Names of the selected signatures.
        primary: Name of the primary one.
    """
    order = sorted(select, key=lambda name: name != primary)
    return list(dict.fromkeys([*named, *(gene for name in order for gene in library[name].genes)]))
