"""Covariates and endpoints from clinical text, by what the card writes out; nothing else is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.acquire.thousands import thousands_among
from irf7bone.base.errors import Problems
from irf7bone.harmonise.cohort_file import CATEGORIES, RANGES, SUBTYPE_FIELD
from irf7bone.harmonise.named_codes import columns_of
from irf7bone.harmonise.time_codes import ask_about_codes

MONTHS_IN = {"months": 1.0, "days": 12 / 365.25, "years": 12.0}
LONGEST_MONTHS = 720.0  # sixty years of follow-up: beyond, days were taken for months
UNITS = {"mm": 0.1, "cm": 1.0, "years": 1.0}
_WHOLE_AS_DECIMAL = re.compile(r"([-+]?\d+)\.0+")
# how a value that is no number looks -> what to do about it
_NO_NUMBERS = (
    (
        re.compile(r"(1899|1900|1904)-\d\d-\d\d.*|\d\d?[./-]\d\d?[./-](1899|1900|1904)"),
        "a date of 1900 is what a spreadsheet makes of 0 or of nothing",
    ),
    (re.compile(r"[-+]?\d*,\d+"), "decimals take a point, not a comma"),
    (re.compile(r"[-+]?\d+([.,]\d+)?\s*[A-Za-z]+\.?"), "numbers only; put the unit in the card"),
)


def code(value: object) -> str:
    """A code as text: ``1.0`` is ``1`` and ``TRUE`` is ``true``; which of them is stored is an accident."""
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    whole = _WHOLE_AS_DECIMAL.fullmatch(text)
    return whole[1] if whole else text


def find_column(clinical: pd.DataFrame, name: str, where: str, problems: Problems) -> pd.Series | None:
    """A column of the clinical data; noted as a problem, with the nearest name, where there is none."""
    if name in clinical.columns:
        return clinical[name]
    near = get_close_matches(name, clinical.columns.tolist(), n=1)
    listed = ", ".join(clinical.columns[:12]) + (" ..." if clinical.shape[1] > 12 else "")
    problems.add(
        where,
        expected="a column of the clinical data",
        found=f"{name!r}; there are {listed or 'none'}",
        remedy=f"use {near[0]!r}" if near else "correct the column",
    )
    return None


def _numbers(values: pd.Series, where: str, problems: Problems) -> pd.Series:
    numbers = pd.to_numeric(values.astype("object"), errors="coerce").astype("float64")
    numbers = numbers.where(np.isfinite(numbers))
    wrong = values.notna() & numbers.isna()
    if wrong.any():
        words = [str(value).strip() for value in values[wrong]]
        advice = [remedy for look, remedy in _NO_NUMBERS if any(map(look.fullmatch, words))]
        advice.append("correct them in the source table, or write NA where the value is not known")
        problems.add(
            where,
            expected="numbers",
            found=f"{int(wrong.sum())} values of column {values.name!r} that are none",
            remedy="; ".join(advice),
            offenders=[f"{sample}: {value!r}" for sample, value in values[wrong].items()],
        )
    elif thousands := thousands_among(map(str, values.dropna())):
        problems.add(
            where,
            expected="numbers whose points are decimal points",
            found=f"whole numbers below 1,000 in column {values.name!r}, and beside them {len(thousands)} "
            "with three decimals",
            remedy="write the column without a mark for thousands: here 1.234 seems to be 1234",
            offenders=thousands,
        )
    return numbers


def build_fields(clinical: pd.DataFrame, fields: Mapping[str, Mapping[str, Any]], where: str) -> pd.DataFrame:
    """Covariates under their standard names.

    Args:
        clinical: Samples x columns of text or None.
        fields: The card's ``fields``: standard name -> ``from`` and ``map`` or ``unit``.
        where: The card, for messages.

    Returns:
        Samples x fields: er, her2, node (and what is there to exclude by) as text or None; grade, size_cm and
        age as float64.

    Raises:
        InputError: A column is missing, a code is not in its map, a number is none or impossible.
    """
    problems = Problems()
    out = pd.DataFrame(index=clinical.index)
    for name, rule in fields.items():
        at = f"{where}, fields.{name}"
        values = find_column(clinical, rule["from"], f"{at}.from", problems)
        if values is None:
            continue
        if "map" in rule:
            values = _mapped(values, rule["map"], f"{at}.map", problems)
        if name in RANGES:
            scaled = _numbers(values, at, problems) * UNITS[rule.get("unit", "cm")]
            out[name] = _in_range(scaled, *RANGES[name], at, problems)
        else:
            out[name] = values
    problems.raise_if_any()
    return out


def _mapped(
    values: pd.Series, meanings: Mapping[object, object], where: str, problems: Problems
) -> pd.Series:
    meaning_of: dict[str, object] = {}
    clashes = []
    for key, meaning in meanings.items():
        if meaning_of.setdefault(code(key), meaning) != meaning:
            clashes.append(f"{key!r}, which is read as {code(key)!r}")
    if clashes:
        problems.add(
            where,
            expected="one meaning for each code",
            found=f"{len(clashes)} codes with two",
            remedy="1 and 1.0 are one code, and so are TRUE and true: give them one meaning",
            offenders=clashes,
        )
    codes = [None if pd.isna(value) else code(value) for value in values]
    unknown = list(dict.fromkeys(item for item in codes if item is not None and item not in meaning_of))
    if unknown:
        problems.add(
            where,
            expected=f"every code of column {values.name!r}; the map has {', '.join(meaning_of)}",
            found=f"{len(unknown)} codes that the map lacks",
            remedy="add each code with its meaning, or with null for missing",
            offenders=[f"{item!r} ({codes.count(item)} samples)" for item in unknown],
        )
    return pd.Series(
        [None if item is None else meaning_of.get(item) for item in codes],
        index=values.index,
        name=values.name,
        dtype=object,
    )


def _in_range(values: pd.Series, low: float, high: float, where: str, problems: Problems) -> pd.Series:
    wrong = values.notna() & ~values.between(low, high)
    if wrong.any():
        problems.add(
            where,
            expected=f"values between {low:g} and {high:g} in column {values.name!r}",
            found=f"{int(wrong.sum())} outside",
            remedy="check the unit and the column; write NA for values that the source got wrong",
            offenders=[f"{sample}: {value:g}" for sample, value in values[wrong].items()],
        )
    return values


def as_categories(fields: pd.DataFrame) -> pd.DataFrame:
    """The columns that the cohort file carries, categories in the contract's order."""
    carried = (*CATEGORIES, *RANGES, SUBTYPE_FIELD)
    out = fields[[name for name in fields.columns if name in carried]].copy()
    for name in out.columns.intersection(list(CATEGORIES)):
        out[name] = pd.Categorical(out[name], categories=CATEGORIES[name])
    if SUBTYPE_FIELD in out:
        out[SUBTYPE_FIELD] = pd.Categorical(out[SUBTYPE_FIELD], sorted(set(out[SUBTYPE_FIELD].dropna())))
    return out


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of a cohort.

    Args:
        columns: Samples x ``<name>_time_months``, ``<name>_event`` and, where the card states them,
            ``<name>_competing`` and ``<name>_entry_months``; float64, missing together.
        incomplete: Samples with some but not all of time and status; they count as missing.
        missing: Samples with neither.
        at_zero: Samples with time 0, which no model that starts its clock at 0 can use for an event.
        not_after_entry: Samples whose time is not after their entry: never seen at risk, they have no
            endpoint.
        seen: Samples x ``time`` in months and ``event``, each as far as the source has it.
    """

    columns: pd.DataFrame
    incomplete: list[str]
    missing: list[str]
    at_zero: list[str]
    not_after_entry: list[str]
    seen: pd.DataFrame


def build_endpoints(
    clinical: pd.DataFrame, endpoints: Mapping[str, Mapping[str, Any]], where: str, *, forgiven: pd.Index
) -> dict[str, Endpoint]:
    """Time in months and status of every endpoint of the card.

    Days become months by 12 / 365.25. A sample with the event never has the competing event. A sample whose
    status is not complete (event unknown, or no event and competing event unknown) has no endpoint.

    Args:
        clinical: Samples x columns of text or None.
        endpoints: The card's ``endpoints``.
        where: The card, for messages.
        forgiven: Samples that the card excludes by name or column: what is impossible in them is taken for
            missing.

    Raises:
        InputError: A column is missing; a time is no number, negative or beyond belief; a code is neither in
            ``is`` nor in ``else``; no sample has a known outcome.
    """
    problems = Problems()
    out = {}
    for name, rule in endpoints.items():
        at, n_before = f"{where}, endpoints.{name}", len(problems.found)
        time = _months(clinical, rule["time"], f"{at}.time", problems, forgiven)
        event = _happened(clinical, rule["event"], f"{at}.event", problems, forgiven)
        status = {f"{name}_event": event}
        if "competing" in rule:
            competing = _happened(clinical, rule["competing"], f"{at}.competing", problems, forgiven)
            status[f"{name}_competing"] = competing.mask(event == 1, 0.0)
        if "entry" in rule:
            status[f"{name}_entry_months"] = _months(
                clinical, rule["entry"], f"{at}.entry", problems, forgiven
            )
        columns = pd.DataFrame({f"{name}_time_months": time, **status})
        something = columns.isna().any(axis=1)
        nothing = columns[[f"{name}_time_months", f"{name}_event"]].isna().all(axis=1)
        unknown = something.drop(forgiven)
        if len(problems.found) == n_before and len(unknown) and unknown.all():
            _nobody_known(columns.drop(forgiven), rule, at, problems)
        columns.loc[something] = np.nan
        ids = columns.index
        late = pd.Series(False, index=ids)
        if "entry" in rule:
            late = columns[f"{name}_time_months"] <= columns[f"{name}_entry_months"]
            columns.loc[late] = np.nan
        out[name] = Endpoint(
            columns,
            ids[something & ~nothing].tolist(),
            ids[nothing].tolist(),
            ids[columns[f"{name}_time_months"] == 0].tolist(),
            ids[late].tolist(),
            pd.DataFrame({"time": time, "event": event}),
        )
    problems.raise_if_any()
    return out


def _nobody_known(known: pd.DataFrame, rule: Mapping[str, Any], where: str, problems: Problems) -> None:
    """Note that no sample has the endpoint, and in which columns of the clinical data nothing is."""
    parts = [part for part in ("time", "event", "competing", "entry") if part in rule]
    empty = [part for part, column in zip(parts, known, strict=True) if known[column].isna().all()]
    columns = [name for part in empty or parts for name in columns_of(rule[part])]
    named = ", ".join(dict.fromkeys(map(repr, columns)))
    problems.add(
        where,
        expected="samples whose outcome is known",
        found=f"no value in column {named} of the clinical data in any sample with expression"
        if empty
        else f"no sample with a value in all of the columns {named} of the clinical data",
        remedy="remove the endpoint from the card, or correct the column that it names",
    )


def _months(
    clinical: pd.DataFrame, rule: Mapping[str, Any], where: str, problems: Problems, forgiven: pd.Index
) -> pd.Series:
    columns = [find_column(clinical, name, f"{where}.from", problems) for name in columns_of(rule)]
    known = [values for values in columns if values is not None]
    if len(known) < len(columns):
        return pd.Series(np.nan, index=clinical.index)
    for values in known:
        times = _numbers(values.drop(forgiven), where, Problems())
        ask_about_codes(times.rename(values.name), rule.get("real", ()), where, problems)
    return _joined(
        [_months_of(values, rule["unit"], where, problems, forgiven) for values in known],
        rule,
        where,
        problems,
    )


# which of several times counts where two are known and differ
_CHOICES = {
    "first": lambda times: times.bfill(axis=1).iloc[:, 0],
    "smallest": lambda times: times.min(axis=1),
    "largest": lambda times: times.max(axis=1),
}


def _joined(times: list[pd.Series], rule: Mapping[str, Any], where: str, problems: Problems) -> pd.Series:
    """One time for each sample: the only one that is known, or by the card's rule where known ones differ."""
    if len(times) == 1:
        return times[0]
    table = pd.concat(times, axis=1, keys=range(len(times)))
    differ = table.index[table.max(axis=1) > table.min(axis=1)]
    if len(differ) and "differ" not in rule:
        problems.add(
            where,
            expected=f"one time for each sample in {' and '.join(map(repr, columns_of(rule)))}",
            found=f"{len(differ)} samples with two that differ",
            remedy="say beside `from` which counts: `differ: first` (in the order of the columns), smallest "
            "or largest",
            offenders=[
                f"{sample}: {' and '.join(f'{t:.4g}' for t in table.loc[sample].dropna())} months"
                for sample in differ
            ],
        )
    return _CHOICES[rule.get("differ", "first")](table).rename(None)


def _months_of(values: pd.Series, unit: str, where: str, problems: Problems, forgiven: pd.Index) -> pd.Series:
    """One column of times in months; what is impossible is noted and taken for missing."""
    found = Problems()
    _numbers(values.drop(forgiven), where, found)
    problems.extend(found.found)
    months = _numbers(values, where, Problems()) * MONTHS_IN[unit]
    for wrong, expected, remedy in (
        (
            months < 0,
            "times of 0 or more",
            "exclude these samples by name in the card, with the reason; a code for unknown, such as -1, "
            "stands among `missing` of the clinical source",
        ),
        (
            months > LONGEST_MONTHS,
            f"at most {LONGEST_MONTHS / 12:g} years of follow-up in {unit}",
            "check the unit that the card states",
        ),
    ):
        offenders = values[wrong].drop(forgiven, errors="ignore")
        if len(offenders):
            problems.add(
                where,
                expected=expected,
                found=f"{len(offenders)} others in column {values.name!r}",
                remedy=remedy,
                offenders=[f"{sample}: {value}" for sample, value in offenders.items()],
            )
        months = months.mask(wrong)
    return months


def _happened(
    clinical: pd.DataFrame, rule: Mapping[str, Any], where: str, problems: Problems, forgiven: pd.Index
) -> pd.Series:
    """1 for the codes of ``is``, 0 for those of ``else``, missing where the source has nothing."""
    values = find_column(clinical, rule["from"], f"{where}.from", problems)
    if values is None:
        return pd.Series(np.nan, index=clinical.index)
    meaning = {code(item): 0.0 for item in rule["else"]} | {code(item): 1.0 for item in rule["is"]}
    codes = values[values.notna()].map(code)
    other = codes[~codes.isin(list(meaning))].drop(forgiven, errors="ignore")
    if len(other):
        counts = other.value_counts(sort=False)
        problems.add(
            where,
            expected=f"in column {rule['from']!r} only {', '.join(meaning)} (those of `is` and `else`)",
            found=f"{len(other)} samples with other values",
            remedy="add the values to `is` or `else`; missing values are NA in the source table",
            offenders=[f"{value!r} ({count} samples)" for value, count in counts.items()],
        )
    return codes.map(meaning).astype("float64").reindex(clinical.index)
