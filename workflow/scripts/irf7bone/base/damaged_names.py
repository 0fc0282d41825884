"""What programs make of names of genes and samples: dates, dots for dashes, numbers behind copies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# months as spreadsheets shorten them in nine languages, without accents
_MONTH = (
    "janv?|feb|fevr?|mar|may|june?|july?|aug|sept?|oct|nov|dec"  # English, with forms that others share
    "|marz|mrz|mai|okt|dez|mars|avr|avril|juin|juil|aout"  # German, French
    "|ene|abr|apr|ago|dic|set|gen|mag|giu|lug|ott|out|mrt|mei|maj|des"  # Spanish, Italian, Dutch, Danish ...
)
_DATE = re.compile(
    rf"""(?ix)
    # 2-Sep, 01. Mrz, 1-mars, 2-Sep-21
    \d{{1,2}} \.? [-\s/]? \s? (?<=[-\s/.]) (?:{_MONTH}) \.? (?: [-\s/] \d{{2,4}} )?
    | (?:{_MONTH}) [-\s/] \d{{2}} (?:\d{{2}})?               # Mar-01; but OCT-4 is an alias, not a date
    | \d{{4}} [-/.] \d{{1,2}} [-/.] \d{{1,2}} (?: [T\s] [\d:.]+ )?    # 2001/3/1, 2001-03-01 00:00:00
    | \d{{1,2}} [-/.] \d{{1,2}} [-/.] (?:\d{{2}}|\d{{4}})    # 1/3/2001, 01.03.01
    """
)
_SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+")
# Excel counts days from 1900: 1990-01-01 to 2049-12-31, the years in which a name can have become a date
_SERIALS = range(32874, 54789)


def looks_excel_damaged(name: str) -> bool:
    """Whether ``name`` is what a spreadsheet makes of one: a date, a date's number, or 2.31E+13."""
    if name.isascii() and name.isdigit():
        return len(name) == 5 and int(name) in _SERIALS
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    return bool(_DATE.fullmatch(plain.strip()) or _SCIENTIFIC.fullmatch(plain))


# rule -> what a name was before, or itself: R's make.names and make.unique, pandas' copies, joined
# identifiers
REPAIRS: dict[str, Callable[[str], str]] = {
    "dots": lambda name: name.replace(".", "-"),
    "copy_number": lambda name: re.sub(r"[.-]\d{1,2}$", "", name),
    "symbol_and_id": lambda name: re.sub(r"^([^|]+)\|[\d?.]+$", r"\1", name),
    "ensembl_and_symbol": lambda name: re.sub(r"^ENSG\d{11}(?:\.\d+)?[_|](.+)$", r"\1", name),
    "version": lambda name: re.sub(r"^([A-Z]{3,}\d+)_\d+$", r"\1", name),
}
REPAIR_WORDS = {
    "dots": "a dot for every dash, as R's make.names writes them (HLA.A)",
    "copy_number": "a number behind, as R's make.unique and pandas give copies (IRF7.1, IRF7-1)",
    "symbol_and_id": "an Entrez id behind the symbol (IRF7|3665)",
    "ensembl_and_symbol": "an Ensembl id before the symbol (ENSG00000185507_IRF7)",
    "version": "a version behind an underscore (ENSG00000185507_12)",
}
