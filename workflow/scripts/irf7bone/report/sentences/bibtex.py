"""The references of a run as BibTeX, for a paper that takes over its methods text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WHERE = r"(?P<journal>[^.;?]+?) (?P<year>\d{4});(?P<volume>[^:;]+):(?P<pages>[\w.-]*\w)"
_LINKS = r"\.?(?:\s+doi:(?P<doi>\S+?))?\.?(?:\s+PMID:(?P<pmid>\d+))?\.?\s*$"
# "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220."
_FULL = re.compile(rf"^(?P<author>.+?)\. (?P<title>.+[.?]) {_WHERE}{_LINKS}")
# "Liberzon 2015 Cell Syst 1:417"
_SHORT = re.compile(
    rf"^(?P<author>[^\d,]+?) (?P<year>\d{{4}}) (?P<journal>[^\d;:]+) (?P<volume>\d+):(?P<pages>\w+){_LINKS}"
)
_SPECIAL = str.maketrans({"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "{": r"\{", "}": r"\}"})


def bibtex(references: Iterable[str]) -> str:
    """Entries in the order of ``references``, each with a key of its own.

    A reference in the form "Authors. Title. Journal year;volume:pages." becomes an ``@article``, as does the
    short form "Author year Journal volume:page"; any other, such as a cohort's own words, a ``@misc`` with
    the reference as its note, so that none is lost or guessed at.

    Args:
        references: As the methods text numbers them.
    """
    entries, keys = [], set()
    for reference in references:
        kind, fields = _parse(reference)
        key = _key(fields, keys)
        keys.add(key)
        body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        entries.append(f"@{kind}{{{key},\n{body}}}\n")
    return "\n".join(entries)


def _parse(reference: str) -> tuple[str, dict[str, str]]:
    found = _FULL.match(reference) or _SHORT.match(reference)
    if not found:
        return "misc", {"note": reference.translate(_SPECIAL)}
    parts = {name: value for name, value in found.groupdict().items() if value}
    title = parts.get("title", "").removesuffix(".")
    fields = {
        "author": _authors(parts["author"]),
        # braces keep the capitals of gene symbols and names
        "title": f"{{{title.translate(_SPECIAL)}}}" if title else "",
        "journal": parts["journal"].translate(_SPECIAL),
        "year": parts["year"],
        "volume": parts["volume"],
        "pages": parts["pages"].replace("-", "--"),
        "doi": parts.get("doi", ""),
        "pmid": parts.get("pmid", ""),
    }
    return "article", fields


def _authors(said: str) -> str:
    """``Bidwell BN, Slaney CY, et al`` as ``Bidwell, B. N. and Slaney, C. Y. and others``."""
    names = []
    for name in re.sub(r",? et al\.?$", ", et al", said).split(", "):
        if name == "et al":
            names.append("others")
            continue
        family, _, initials = name.rpartition(" ")
        if family and initials.isupper() and len(initials) <= 3:
            names.append(f"{family}, {' '.join(f'{letter}.' for letter in initials)}")
        else:
            names.append(name)
    if len(names) == 1 and "," not in names[0]:
        names.append("others")  # the short form names the first author only
    return " and ".join(names)


def _key(fields: dict[str, str], taken: set[str]) -> str:
    """``bidwell2012``, or ``bidwell2012b`` where that is taken; ``reference`` where there is no author."""
    family = re.split(r",| and ", fields.get("author", "reference"))[0]
    plain = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z]", "", plain.lower()) + fields.get("year", "")
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}{chr(96 + number)}" if number <= 26 else f"{stem}x{number}"
    return key
