"""Gene identifiers to current HGNC symbols, so that old arrays and new gene sets meet.

The table is data/genes/hgnc_symbols.tsv.gz (its README says where it comes from and what it lacks). A
current symbol wins over a previous one and a previous one over an alias, because previous symbols were
approved names of one gene while aliases were given freely. A name that two genes claim with equal right is
never resolved: it is better lost, and counted, than given to the wrong gene.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from irf7bone.base.damaged_names import looks_excel_damaged
from irf7bone.base.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

IdType = Literal["symbol", "entrez", "ensembl"]
COLUMNS = ("symbol", "hgnc_id", "entrez", "ensembl", "previous", "alias")
STATUSES = ("current", "previous", "alias", "mapped", "ambiguous", "unknown", "excel_damaged")

Answer = tuple[str | None, str]
_UNKNOWN: Answer = (None, "unknown")
_AMBIGUOUS: Answer = (None, "ambiguous")
_DAMAGED: Answer = (None, "excel_damaged")

_SEVERAL = re.compile(r"\s*(?:/{2,3}|[;,|])\s*")
_LOCUS = re.compile(r"LOC(\d+)")
_ENTREZ = re.compile(r"(\d+)(?:\.0+)?")
_ENSEMBL = re.compile(r"(ENSG\d{11})(?:\.\d+)?(?:_PAR_Y)?")
_MOUSE = re.compile(r"(?!C\d+orf)[A-Z][a-z0-9.-]*[a-z][a-z0-9.-]*")


def looks_like_mouse(name: str) -> bool:
    """Whether ``name`` is written as mouse and rat symbols are (Irf7), and not as human ones (IRF7)."""
    return bool(_MOUSE.fullmatch(name))


@dataclass(frozen=True)
class Resolution:
    """What became of a list of identifiers; both arrays are as long as the list and in its order.

    Args:
        current: Current symbol, None where there is none (object).
        status: One of ``STATUSES`` (object): the kind of name that matched (``mapped`` for ids), or
            why none did.
    """

    current: np.ndarray
    status: np.ndarray


@dataclass(frozen=True)
class _Index:
    """Names of one kind: the gene of each, and those that several genes have."""

    symbol_of: dict[str, str]
    shared: frozenset[str]

    @classmethod
    def build(cls, symbols: Sequence[str], joined: Sequence[str]) -> _Index:
        symbol_of: dict[str, str] = {}
        shared = set()
        for symbol, names in zip(symbols, joined, strict=True):
            if names:
                for name in names.split(";"):
                    if symbol_of.setdefault(name, symbol) != symbol:
                        shared.add(name)
        return cls(symbol_of, frozenset(shared))

    def get(self, name: str, status: str) -> Answer:
        if name in self.shared:
            return _AMBIGUOUS
        symbol = self.symbol_of.get(name)
        return (symbol, status) if symbol else _UNKNOWN


class SymbolTable:
    """Looks identifiers up; made once, then asked for whole columns.

    Args:
        text: Header line ``COLUMNS`` and one line a gene, tab-separated; lists are joined by ``;``.
        source: What to call the text in messages.

    Raises:
        InputError: The text has other columns.
    """

    def __init__(self, text: str, source: str = "gene table"):
        """Read the text; see the class."""
        lines = text.removesuffix("\n").split("\n")
        if tuple(lines[0].split("\t")) != COLUMNS:
            raise _unreadable(source, f"first line {lines[0][:80]!r}")
        tabs = len(COLUMNS) - 1
        ragged = [number for number, line in enumerate(lines, start=1) if line.count("\t") != tabs]
        if ragged or len(lines) == 1:
            raise _unreadable(
                source, f"another number of columns in line {ragged[0]}" if ragged else "no genes"
            )
        # cut and folded as one text, and ids indexed when asked for: row by row it takes three times as long
        columns = self._columns = _columns(text)
        folded = _columns(text.casefold())
        self._symbols = columns["symbol"]
        self._names = {
            status: _Index.build(self._symbols, folded[column])
            for status, column in (("current", "symbol"), ("previous", "previous"), ("alias", "alias"))
        }

    @cached_property
    def symbols(self) -> frozenset[str]:
        """All current symbols."""
        return frozenset(self._symbols)

    @cached_property
    def _as_written(self) -> frozenset[str]:
        columns = (self._columns[name] for name in ("symbol", "previous", "alias"))
        return frozenset(name for column in columns for names in column for name in names.split(";"))

    @cached_property
    def _entrez(self) -> _Index:
        return _Index.build(self._symbols, self._columns["entrez"])

    @cached_property
    def _ensembl(self) -> _Index:
        return _Index.build(self._symbols, self._columns["ensembl"])

    @classmethod
    def load(cls, path: Path) -> SymbolTable:
        """Read the shipped table.

        Raises:
            InputError: The file is missing, not gzip, cut off, or has other columns.
        """
        try:
            text = gzip.decompress(Path(path).read_bytes()).decode("utf-8")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise _unreadable(str(path), f"{type(error).__name__}: {error}") from error
        return cls(text, str(path))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> SymbolTable:
        """Make a table from a frame with ``symbol`` and others of ``COLUMNS`` as text; the rest is empty."""
        filled = [frame[name].fillna("") if name in frame else [""] * len(frame) for name in COLUMNS]
        return cls("\n".join("\t".join(map(str, row)) for row in (COLUMNS, *zip(*filled, strict=True))))

    def to_current(self, ids: Sequence[str], id_type: IdType) -> Resolution:
        """Bring identifiers to current symbols.

        Symbols match whatever their case, save those written as mouse symbols are, which must be known
        as they stand: Irf7 is not IRF7. ``LOC3665`` means Entrez 3665 unless it is a name of its own.
        ``A /// B``, of ids too, is resolved only if all its parts are names of one gene. Entrez ids may end
        in ``.0``; Ensembl ids may carry a version or ``_PAR_Y``.

        Args:
            ids: Identifiers; anything that is not text or an integer counts as missing.
            id_type: What they are.

        Raises:
            ValueError: ``id_type`` is none of the three.
        """
        find = {"symbol": self._find_name, "entrez": self._find_entrez, "ensembl": self._find_ensembl}.get(
            id_type
        )
        if find is None:
            raise ValueError(f"id_type is symbol, entrez or ensembl, not {id_type!r}")
        answers = [_find_several(_as_text(identifier), find) for identifier in ids]
        current = np.empty(len(answers), dtype=object)
        status = np.empty(len(answers), dtype=object)
        current[:] = [answer[0] for answer in answers]
        status[:] = [answer[1] for answer in answers]
        return Resolution(current, status)

    def current_or_same(self, names: Iterable[str]) -> list[str]:
        """Each name's current symbol, or the name itself where it is nobody's or several genes'."""
        asked = list(names)
        return [
            now or name for name, now in zip(asked, self.to_current(asked, "symbol").current, strict=True)
        ]

    def other_names(self, symbols: Collection[str]) -> dict[str, str]:
        """Earlier names and aliases of these genes, in lower case -> current symbol, by name.

        A name that several genes claim with equal right is left out, as in :meth:`to_current`.
        """
        wanted, seen, found = set(symbols), set(self._names["current"].symbol_of), {}
        for status in ("previous", "alias"):
            index = self._names[status]
            for name, symbol in index.symbol_of.items():
                if name not in seen and name not in index.shared and symbol in wanted:
                    found[name] = symbol
            seen |= index.symbol_of.keys()
        return dict(sorted(found.items()))

    def mouse_spelled(self, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that are written as mouse symbols are and in capitals are a human gene's."""
        found = []
        for name in map(_as_text, names):
            if looks_like_mouse(name) and any(
                name.casefold() in index.symbol_of for index in self._names.values()
            ):
                found.append(name)
        return found

    def _find_name(self, name: str) -> Answer:
        folded = name.casefold()
        for status, index in self._names.items():
            answer = index.get(folded, status)
            if answer is not _UNKNOWN:
                if not looks_like_mouse(name) or name in self._as_written:
                    return answer
                break
        if looks_excel_damaged(name):
            return _DAMAGED
        locus = _LOCUS.fullmatch(name)
        return self._entrez.get(locus[1], "mapped") if locus else _UNKNOWN

    def _find_entrez(self, identifier: str) -> Answer:
        number = _ENTREZ.fullmatch(identifier)
        if number is None:
            return _DAMAGED if looks_excel_damaged(identifier) else _UNKNOWN
        return self._entrez.get(number[1], "mapped")

    def _find_ensembl(self, identifier: str) -> Answer:
        stable = _ENSEMBL.fullmatch(identifier)
        return self._ensembl.get(stable[1], "mapped") if stable else _UNKNOWN


def _find_several(name: str, find: Callable[[str], Answer]) -> Answer:
    """The gene of ``A /// B``, if all its parts are names of one."""
    answer = find(name)
    if answer is not _UNKNOWN or not _SEVERAL.search(name):
        return answer
    parts = [find(part) for part in _SEVERAL.split(name) if part]
    if any(part is _DAMAGED for part in parts):
        return _DAMAGED
    if all(part is _UNKNOWN for part in parts):
        return _UNKNOWN
    if len({symbol for symbol, _ in parts}) > 1 or parts[0][0] is None:
        return _AMBIGUOUS
    return max(parts, key=lambda part: STATUSES.index(part[1]))


def _columns(text: str) -> dict[str, list[str]]:
    cells = text.removesuffix("\n").replace("\n", "\t").split("\t")
    return {name: cells[position + len(COLUMNS) :: len(COLUMNS)] for position, name in enumerate(COLUMNS)}


def _as_text(identifier: object) -> str:
    if isinstance(identifier, str):
        return identifier.strip()
    return str(identifier) if isinstance(identifier, (int, np.integer)) else ""


def _unreadable(where: str, found: str) -> InputError:
    return InputError(
        Problem(
            where,
            expected=f"a gzip file of tab-separated text with the columns {', '.join(COLUMNS)}",
            found=found,
            remedy="restore the file from the repository, or make it anew with tools/build_gene_table.py",
        )
    )
