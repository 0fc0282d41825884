"""Endpoints that columns name. None is made of columns that do not say what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from irf7bone.commands.propose.seen import as_numbers, ask
from irf7bone.harmonise.column_names import (
    EVENT_WORDS,
    KINDS,
    TIME_WORDS,
    kind_of,
    legend_of,
    meaning_of_code,
    meaning_of_word,
    plain_name,
    polarity,
    says,
    stem_of,
    unit_of,
)
from irf7bone.harmonise.named_codes import said_by_codes, stays_longer

MOST_CODES = 8
_SITES = ("bone", "brain", "lung", "liver")
# a time that is known for one outcome only, and the time of those without it: the Genomic Data Commons'
# tables
_TO_EVENT = {"death": r"days_to_death|death_days_to", "relapse": r"days_to_(recurrence|new_tumor_event)\w*"}
_TO_LAST = r"days_to_last_follow_?up|last_contact_days_to|days_to_last_known_alive"


def propose_endpoints(
    samples: pd.DataFrame, taken: set[str], described: Mapping[str, str] | None = None
) -> tuple[dict[str, Any] | str, list[str]]:
    """The card's ``endpoints``, or a question where no column names one; and remarks on what is left.

    An endpoint is proposed where exactly one column with two or more codes names it. Its definition is always
    a question; so is its time where no column of times names the same outcome, and so are its codes where the
    data or a name do not make sure of them.

    Args:
        samples: Samples x columns of text.
        taken: Columns that are covariates; they are passed over.
        described: What the source says of a column, such as the lines above a table of cBioPortal.
    """
    times, events, unnamed = _sorted_columns(samples, taken)
    all_times = [name for names in times.values() for name in names] + [
        name for name in unnamed if is_time(name, samples[name].dropna())
    ]
    proposed: dict[str, Any] = {}
    remarks = []
    for kind in KINDS:
        own = [name for name in times[kind] if not _half_known(name, kind)]
        halves = [name for name in times[kind] if _half_known(name, kind)]
        last = [name for name in all_times if plain_name(name) and _is_last(name)]
        if len(events[kind]) == 1:
            [event] = events[kind]
            joined = [*halves[:1], *last[:1]] if halves and last else []
            proposed[kind] = _endpoint(
                samples, kind, event, joined or _paired(event, own), all_times, described or {}
            )
        elif events[kind]:
            shown = "; ".join(
                f"{name}: {said_by_codes(samples[name], _one_time(samples, _paired(name, own)))}"
                for name in events[kind]
            )
            proposed[kind] = ask(
                f"several columns name {kind}. {shown}. Write definition, time and event, or remove"
            )
    for kind, rule in proposed.items():
        event = rule["event"]["from"] if isinstance(rule, dict) else ""
        if legend := legend_of(event):
            said = ", ".join(f"{code} is {meaning}" for code, meaning in legend.items())
            remarks.append(f"The codes of {kind} are read by the legend in the column's name: {said}.")
    if unnamed:
        remarks.append(f"These columns may tell an outcome, but do not say which: {', '.join(unnamed)}.")
    if proposed:
        return proposed, remarks
    said = f" ({', '.join(unnamed)} may tell one)" if unnamed else ""
    return ask(
        "which outcome was recorded? No column names one"
        + said
        + "; write bone, distant, relapse, death ... with "
        "definition, time and event as docs/user/add_a_cohort.md shows, or add a clinical source with them"
    ), remarks


def _sorted_columns(
    samples: pd.DataFrame, taken: set[str]
) -> tuple[dict[str, list[str]], dict[str, list[str]], list[str]]:
    """Columns of times and of events by the outcome that they name, and those that name none."""
    times: dict[str, list[str]] = {kind: [] for kind in KINDS}
    events: dict[str, list[str]] = {kind: [] for kind in KINDS}
    unnamed: list[str] = []
    for name in samples.columns.difference(list(taken), sort=False):
        known, kind = samples[name].dropna(), kind_of(name)
        if is_time(name, known):
            (times[kind] if kind else unnamed).append(name)
        elif kind and 2 <= known.nunique() <= MOST_CODES:
            events[kind].append(name)
        elif not kind and says(name, EVENT_WORDS + "|status|survival|outcome") and known.nunique() > 1:
            unnamed.append(name)
    return times, events, unnamed


def is_time(name: str, known: pd.Series) -> bool:
    """Whether a column is called as a time and holds numbers of 0 or more."""
    if not says(name, TIME_WORDS) or known.nunique() <= 2:
        return False
    numbers = as_numbers(known)
    return numbers is not None and bool((numbers >= 0).all())


def _half_known(name: str, kind: str) -> bool:
    """Whether a column holds the time of those with the event only."""
    return kind in _TO_EVENT and says(name, _TO_EVENT[kind])


def _is_last(name: str) -> bool:
    return says(name, _TO_LAST)


def _paired(event: str, own: list[str]) -> list[str]:
    """The times of an event's kind; where there are several, those that share its stem."""
    if len(own) < 2:
        return own
    same = [name for name in own if stem_of(name) == stem_of(event)]
    return same if len(same) == 1 else own


def _one_time(samples: pd.DataFrame, times: list[str]) -> pd.Series | None:
    """The time of each sample as numbers; the first that is known of several; None where none is sure."""
    if not times:
        return None
    numbers = samples[times].apply(pd.to_numeric, errors="coerce")
    return numbers.bfill(axis=1).iloc[:, 0].rename(times[0])


def _endpoint(
    samples: pd.DataFrame,
    kind: str,
    event: str,
    own: list[str],
    all_times: list[str],
    described: Mapping[str, str],
) -> dict[str, Any]:
    endpoint: dict[str, Any] = {
        "definition": ask(
            f"what does an event in column {event} count, where does the clock start, and what ends it?"
        )
    }
    joined = len(own) == 2 and _half_known(own[0], kind)
    sure = len(own) == 1 or joined
    if joined:
        endpoint["time"] = {"from": list(own), "unit": _unit(own[0], samples[own[0]]), **_both(samples, own)}
    elif sure:
        endpoint["time"] = {"from": own[0], "unit": _unit(own[0], samples[own[0]])}
    else:
        there = ", ".join(map(str, own or all_times)) or "none found"
        endpoint["time"] = {
            "from": ask(
                f"which column holds the time to {kind} or last follow-up? Columns of times: {there}"
            ),
            "unit": ask("months, days or years?"),
        }
    time = _one_time(samples, own if sure else all_times if len(all_times) == 1 else [])
    endpoint["event"] = _event(event, kind, samples[event], time, described.get(event, ""))
    if kind in _SITES:
        endpoint["competing"] = ask(
            "which column tells a relapse elsewhere, which stops this clock? Write from, is and else, "
            "or remove competing where there is none"
        )
    return endpoint


def _both(samples: pd.DataFrame, own: list[str]) -> dict[str, str]:
    """The question which time counts, where a sample has two that differ."""
    pair = samples[own].apply(pd.to_numeric, errors="coerce").dropna()
    differ = int((pair[own[0]] != pair[own[1]]).sum())
    if not differ:
        return {}
    return {"differ": ask(f"{differ} samples have both, and they differ: first, smallest or largest?")}


def _unit(name: str, values: pd.Series) -> str:
    unit = unit_of(name)
    if unit:
        return unit
    numbers = as_numbers(values.dropna())
    if numbers is None:
        return ask("months, days or years?")
    return ask(f"months, days or years? The values run from {numbers.min():g} to {numbers.max():g}")


def _event(name: str, kind: str, values: pd.Series, time: pd.Series | None, described: str) -> dict[str, Any]:
    """The codes, where a legend, the codes' own words or the name make sure of them and the times agree."""
    codes = sorted(values.dropna().unique(), key=str)
    legend = legend_of(name) or legend_of(described)
    meanings = {code: meaning_of_code(code, name, legend, kind) for code in codes}
    happened = [code for code, meaning in meanings.items() if meaning is True]
    rest = [code for code, meaning in meanings.items() if meaning is False]
    doubtful = time is not None and stays_longer(values.isin(happened), time)
    if (
        polarity(name) != "event"
    ):  # a yes of `relapse_free` is asked about; words and a legend say it themselves
        doubtful |= any(meaning_of_word(legend.get(str(code), str(code)), kind) is None for code in codes)
    if happened and rest and len(happened) + len(rest) == len(codes) and not doubtful:
        if {str(code) for code in codes} == {"0", "1"}:
            return {"from": name, "is": happened[0], "else": rest[0]}
        return {"from": name, "is": happened, "else": rest}
    said = said_by_codes(values, time)
    meant = (
        f" The source says: {', '.join(f'{code} is {word}' for code, word in legend.items())}."
        if legend
        else ""
    )
    return {
        "from": name,
        "is": ask(f"which codes mean that it happened? There are {said}.{meant}"),
        "else": ask("which codes mean that it did not?"),
    }
