"""Covariates that a column's name and values make sure of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from irf7bone.commands.propose.seen import as_numbers, ask
from irf7bone.harmonise.column_names import plain_name
from irf7bone.harmonise.named_codes import STATUS_WORDS

_GRADES = {"1": 1, "2": 2, "3": 3, "i": 1, "ii": 2, "iii": 3, "g1": 1, "g2": 2, "g3": 3} | {
    f"grade {number}": number for number in (1, 2, 3)
}
_MISSING = ("unknown", "not available", "missing", "n/a", "na", "nd", "not done", "not determined", "?")
# standard name -> how its column is called, once words are joined with _
_NAMES = {
    "er": r"(.*_)?(er|esr1|estrogen_receptor|oestrogen_receptor)(_status)?(_by_ihc|_ihc)?",
    "her2": r"(.*_)?(her2|her2_neu|erbb2)(_status)?(_by_ihc|_ihc)?",
    "node": r"(lymph_)?node(s)?(_status)?|lymph_node_status|nodal_status|ln_status",
    "grade": r"(histological_|histologic_|tumou?r_|neoplasm_histologic_|elston_|nottingham_|bre_)?grade"
    r"|nhg|histgrade",
    "age": r"age|age_at_(initial_pathologic_)?(diagnosis|surgery|dx)|age_years|age_in_years|patient_age",
    "size_cm": r"(tumou?r_)?size(_(in_)?(?P<unit>mm|cm))?",
}
_AGES = (10.0, 120.0)
MOST_CODES = 8
MOST_CLASSES = 3  # of a pN class; a larger number is a count of nodes


def propose_fields(samples: pd.DataFrame) -> dict[str, Any]:
    """The card's ``fields``: those whose column is there, with a question for each code that is not sure."""
    fields: dict[str, Any] = {}
    for standard, pattern in _NAMES.items():
        matches = {name: re.fullmatch(pattern, plain_name(name)) for name in samples.columns}
        found = {name: match for name, match in matches.items() if match and samples[name].notna().any()}
        if len(found) > 1:
            fields[standard] = ask(
                f"which of the columns {', '.join(map(str, found))} is it? Write from and map or unit, "
                "or remove"
            )
        for name, match in found.items() if len(found) == 1 else ():
            rule = _RULES[standard](str(name), samples[name].dropna(), match)
            if rule:
                fields[standard] = rule
    return fields


def _coded(name: str, known: pd.Series, match: re.Match[str], meanings: Mapping[str, Any], asked: str) -> Any:
    values = known.value_counts()
    if len(values) > MOST_CODES:
        return None
    codes = {
        str(value): meanings[_word(value)]
        if _word(value) in meanings
        else (None if _word(value) in _MISSING else ask(f"{asked}, or null for missing? {count} samples"))
        for value, count in sorted(values.items())
    }
    return {"from": name, "map": codes}


def _word(value: object) -> str:
    word = str(value).strip().lower()
    return word.removesuffix(".0")


def _node(name: str, known: pd.Series, match: re.Match[str]) -> Any:
    """Counts of involved nodes, which go beyond a code, are positive from 1 on."""
    numbers = as_numbers(known)
    if numbers is None or numbers.max() <= MOST_CLASSES or not (numbers == numbers.round()).all():
        return _status(name, known, match)
    by_count = {str(value): "positive" if float(value) > 0 else "negative" for value in known.unique()}
    return {"from": name, "map": dict(sorted(by_count.items(), key=lambda item: float(item[0])))}


def _status(name: str, known: pd.Series, match: re.Match[str]) -> Any:
    return _coded(name, known, match, STATUS_WORDS, "positive or negative")


def _grade(name: str, known: pd.Series, match: re.Match[str]) -> Any:
    return _coded(name, known, match, _GRADES, "1, 2 or 3")


def _age(name: str, known: pd.Series, match: re.Match[str]) -> Any:
    numbers = as_numbers(known)
    if numbers is None or not numbers.between(*_AGES).all():
        return None
    return {"from": name, "unit": "years"}


def _size(name: str, known: pd.Series, match: re.Match[str]) -> Any:
    numbers = as_numbers(known)
    if numbers is None:
        return None
    asked = ask(f"cm or mm? The values run from {numbers.min():g} to {numbers.max():g}")
    return {"from": name, "unit": match["unit"] or asked}


_RULES = {"er": _status, "her2": _status, "node": _node, "grade": _grade, "age": _age, "size_cm": _size}
