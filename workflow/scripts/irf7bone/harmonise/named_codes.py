"""Whether what a card states of a column agrees with the column's name, its legend and its own words.

`make card` fills in what these make sure of; here a card that says the opposite is refused, unless it says
why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.harmonise.column_names import bare_name, legend_of, meaning_of_code, says, unit_of

DESPITE = "despite_name"
# words that mean the same in every source; what a bare 1 means, the source must say
STATUS_WORDS = {
    "positive": "positive", "pos": "positive", "+": "positive", "er+": "positive", "her2+": "positive",
    "er positive": "positive", "negative": "negative", "neg": "negative", "-": "negative", "er-": "negative",
    "her2-": "negative", "er negative": "negative", "node-negative": "negative", "node-positive": "positive",
}  # fmt: skip
SIZE_UNITS = {"mm": r"mm|millimet(er|re)s?", "cm": r"cm|centimet(er|re)s?"}


def said_by_codes(values: pd.Series, time: pd.Series | None) -> str:
    """Every code with the count of its samples and, where the time is known, their median time, in words."""
    parts = []
    for code in sorted(values.dropna().unique(), key=str):
        has = values == code
        middle = (
            ""
            if time is None or time[has].notna().sum() == 0
            else f", median {time.name} {time[has].median():g}"
        )
        parts.append(f"{code} ({int(has.sum())} samples{middle})")
    return ", ".join(parts)


def stays_longer(event: pd.Series, time: pd.Series) -> bool:
    """Whether those with the event are the more and their times the longer, as of an inverted code.

    Args:
        event: Whether the sample has the code of the event.
        time: Time of each sample, in any unit; missing where it is not known.
    """
    known = time.notna()
    with_event, rest = time[known & event], time[known & ~event]
    return len(with_event) > len(rest) > 0 and bool(with_event.median() > rest.median())


def check_against_names(
    clinical: pd.DataFrame,
    fields: Mapping[str, Mapping[str, Any]],
    endpoints: Mapping[str, Mapping[str, Any]],
    described: Mapping[str, str],
    where: str,
) -> Problems:
    """What a card states against the names, legends and words of its columns.

    Args:
        clinical: Samples x columns of text or None.
        fields: The card's ``fields``.
        endpoints: The card's ``endpoints``, codes as lists of text.
        described: What the source says of a column, such as the lines above a table of cBioPortal.
        where: The card, for messages.

    Returns:
        Every contradiction; a rule with ``despite_name`` has none.
    """
    problems = Problems()
    for name, rule in endpoints.items():
        at = f"{where}, endpoints.{name}"
        for part in ("time", "entry"):
            _check_unit(rule.get(part), f"{at}.{part}", problems)
        for part, kind in (("event", name), ("competing", None)):
            if part in rule and DESPITE not in rule[part] and rule[part]["from"] in clinical:
                legend = legend_of(rule[part]["from"]) or legend_of(described.get(rule[part]["from"], ""))
                _check_codes(clinical, rule[part], kind, legend, f"{at}.{part}", problems)
    for name, rule in fields.items():
        if DESPITE not in rule:
            _check_field(name, rule, f"{where}, fields.{name}", problems)
    return problems


def _check_codes(
    clinical: pd.DataFrame,
    rule: Mapping[str, Any],
    kind: str | None,
    legend: dict[str, str],
    at: str,
    problems: Problems,
) -> None:
    column = rule["from"]
    wrong = list(_contradictions(rule, kind, legend))
    if not wrong:
        return
    says_so = "its legend says" if legend else "their words, or the column's name, say"
    values = clinical[column]
    problems.add(
        at,
        expected=f"codes of column {column!r} as {says_so}",
        found=f"{len(wrong)} the other way round; there are {said_by_codes(values, None)}",
        remedy=f"correct `is` and `else`, or say in `{DESPITE}` beside them why the name misleads",
        offenders=wrong,
    )


def _contradictions(rule: Mapping[str, Any], kind: str | None, legend: dict[str, str]) -> Iterator[str]:
    meaning = {
        part: [meaning_of_code(code, rule["from"], legend, kind) for code in rule[part]]
        for part in ("is", "else")
    }
    yield from (
        f"{code!r} in `is`" for code, said in zip(rule["is"], meaning["is"], strict=True) if said is False
    )
    if True not in meaning["is"]:  # else: `dead of other causes` beside an event `dead of disease`
        yield from (
            f"{code!r} in `else`"
            for code, said in zip(rule["else"], meaning["else"], strict=True)
            if said is True
        )


def _check_unit(rule: Mapping[str, Any] | None, at: str, problems: Problems) -> None:
    """The unit of a time against that which its column's name states."""
    for column in () if rule is None or DESPITE in rule else columns_of(rule):
        named = unit_of(column)
        if rule is not None and named and named != rule["unit"]:
            problems.add(
                f"{at}.unit",
                expected=f"{named}, as column {column!r} is called",
                found=str(rule["unit"]),
                remedy=f"correct the unit, or say in `{DESPITE}` beside it why the name misleads",
            )


def columns_of(rule: Mapping[str, Any]) -> list[str]:
    """The columns that a time is read from, in the order in which they count."""
    return list(rule["from"]) if isinstance(rule["from"], list) else [rule["from"]]


def _check_field(name: str, rule: Mapping[str, Any], at: str, problems: Problems) -> None:
    if name == "size_cm":
        named = [unit for unit, words in SIZE_UNITS.items() if says(rule["from"], words)]
        if len(named) == 1 and rule.get("unit") != named[0]:
            problems.add(
                f"{at}.unit",
                expected=f"{named[0]}, as column {rule['from']!r} is called",
                found=str(rule.get("unit")),
                remedy=f"correct the unit, or say in `{DESPITE}` beside it why the name misleads",
            )
    wrong = [
        f"{code!r}: {meaning}"
        for code, meaning in rule.get("map", {}).items()
        if meaning in ("positive", "negative")
        and STATUS_WORDS.get(str(code).strip().lower(), meaning) != meaning
    ]
    if wrong:
        problems.add(
            f"{at}.map",
            expected="codes that are words to mean what they say",
            found=f"{len(wrong)} the other way round in column {bare_name(rule['from'])!r}",
            remedy=f"correct the map, or say in `{DESPITE}` beside it why the words mislead",
            offenders=wrong,
        )


def unlikely_events(columns: pd.DataFrame, name: str) -> str:
    """A warning where those with an endpoint's event are the more and were watched longer; empty otherwise.

    Args:
        columns: Samples x ``<name>_time_months`` and ``<name>_event``.
        name: The endpoint.
    """
    time, event = columns[f"{name}_time_months"], columns[f"{name}_event"] == 1
    known = columns[f"{name}_event"].notna()
    if not stays_longer(event[known], time[known]):
        return ""
    n, of = int(event[known].sum()), int(known.sum())
    middle = [float(np.nanmedian(time[known & mask])) for mask in (event, ~event)]
    return (
        f"{n} of {of} have the event of {name}, and later (median {middle[0]:.0f} months) than the others "
        f"were watched ({middle[1]:.0f}): are `is` and `else` the right way round?"
    )
