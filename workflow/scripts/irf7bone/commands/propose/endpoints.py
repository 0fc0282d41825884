"""Endpoints that columns name. None is made of columns that do not say what they are about."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from irf7bone.commands.propose.fields import plain_name
from irf7bone.commands.propose.seen import as_numbers, ask

MOST_CODES = 8
# what a name says it is about, the narrower first: a column belongs to the first that it matches
_KINDS = {
    "bone": r"bone|osseous|skeletal",
    "brain": r"brain",
    "lung": r"lung",
    "liver": r"liver",
    "distant": r"dmfs|distant|metastas[ei]s_free|mfs",
    "death": r"os|overall_survival|death|dead|died|vital|deceased",
    "relapse": r"rfs|dfs|efs|pfs|relapses?|recurrence|(disease|relapse|recurrence|event)_free",
}
_SITES = ("bone", "brain", "lung", "liver")
_UNITS = {"months": r"months?|mo|mths", "days": r"days?", "years": r"years?|yrs?"}
_TIME = r"time|months?|mo|mths|days?|years?|yrs?|t|survival_time|follow_?up|fu"
# 0 and 1 tell whether it happened only where the name is that of the event itself
_EVENT_NAMES = r"relapses?|recurrence|metastas[ei]s|death|dead|died|deceased|event|e"
_YES = {
    "yes", "true", "y", "dead", "deceased", "died", "event", "relapse", "relapsed", "recurred", "recurrence",
    "progressed", "recurred/progressed", "1:deceased", "1:recurred/progressed", "1:recurred", "1:progression",
    "1:event",
}  # fmt: skip
_NO = {
    "no", "false", "n", "alive", "living", "censored", "no event", "no relapse", "diseasefree",
    "disease free", "relapse free", "0:living", "0:alive", "0:diseasefree", "0:not recurred", "0:censored",
}  # fmt: skip


def propose_endpoints(samples: pd.DataFrame, taken: set[str]) -> tuple[dict[str, Any] | str, list[str]]:
    """The card's ``endpoints``, or a question where no column names one; and remarks on what is left.

    Columns that are ``taken`` for covariates are passed over.

    An endpoint is proposed where exactly one column with two or more codes names it. Its definition is always
    a question; so is its time where no column of times names the same outcome.
    """
    times: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    events: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    unnamed: list[str] = []
    for name in samples.columns.difference(list(taken), sort=False):
        known = samples[name].dropna()
        kind = next((kind for kind, words in _KINDS.items() if _says(name, words)), None)
        if _is_time(name, known):
            (times[kind] if kind else unnamed).append(name)
        elif kind and 2 <= known.nunique() <= MOST_CODES:
            events[kind].append(name)
        elif not kind and _says(name, _EVENT_NAMES + "|status|survival|outcome") and known.nunique() > 1:
            unnamed.append(name)
    proposed: dict[str, Any] = {}
    remarks = []
    all_times = [name for names in times.values() for name in names] + [
        name for name in unnamed if _is_time(name, samples[name].dropna())
    ]
    for kind in _KINDS:
        if len(events[kind]) == 1:
            [event] = events[kind]
            proposed[kind] = _endpoint(samples, kind, event, times[kind], all_times)
        elif events[kind]:
            proposed[kind] = ask(
                f"several columns name {kind}: {', '.join(events[kind])}. "
                "Write definition, time and event, or remove"
            )
    if unnamed:
        remarks.append(f"These columns may tell an outcome, but do not say which: {', '.join(unnamed)}.")
    if proposed:
        return proposed, remarks
    said = f" ({', '.join(unnamed)} may tell one)" if unnamed else ""
    return ask(
        "which outcome was recorded? No column names one"
        + said
        + "; write bone, distant, relapse, death ... with "
        "definition, time and event as docs/add_a_cohort.md shows, or add a clinical source that has them"
    ), remarks


def _says(name: str, words: str) -> bool:
    """Whether one of the words, or of the runs of words, stands in a name."""
    return re.search(rf"(^|_)({words})(_|$)", plain_name(name)) is not None


def _is_time(name: str, known: pd.Series) -> bool:
    if not _says(name, _TIME) or known.nunique() <= 2:
        return False
    numbers = as_numbers(known)
    return numbers is not None and bool((numbers >= 0).all())


def _endpoint(
    samples: pd.DataFrame, kind: str, event: str, own: list[str], all_times: list[str]
) -> dict[str, Any]:
    endpoint: dict[str, Any] = {
        "definition": ask(
            f"what does an event in column {event} count, where does the clock start, and what ends it?"
        )
    }
    if len(own) == 1:
        endpoint["time"] = {"from": own[0], "unit": _unit(own[0], samples[own[0]])}
    else:
        there = ", ".join(map(str, own or all_times)) or "none found"
        endpoint["time"] = {
            "from": ask(
                f"which column holds the time to {kind} or last follow-up? Columns of times: {there}"
            ),
            "unit": ask("months, days or years?"),
        }
    endpoint["event"] = _event(event, samples[event].dropna())
    if kind in _SITES:
        endpoint["competing"] = ask(
            "which column tells a relapse elsewhere, which stops this clock? Write from, is and else, "
            "or remove competing where there is none"
        )
    return endpoint


def _unit(name: str, values: pd.Series) -> str:
    for unit, words in _UNITS.items():
        if _says(name, words):
            return unit
    numbers = as_numbers(values.dropna())
    if numbers is None:
        return ask("months, days or years?")
    return ask(f"months, days or years? The values run from {numbers.min():g} to {numbers.max():g}")


def _event(name: str, known: pd.Series) -> dict[str, Any]:
    codes = sorted(known.unique(), key=str)
    words = {code: str(code).strip().lower() for code in codes}
    if set(words.values()) == {"0", "1"} and _says(name, _EVENT_NAMES):
        return {"from": name, "is": "1", "else": "0"}
    happened = [code for code, word in words.items() if word in _YES]
    not_happened = [code for code, word in words.items() if word in _NO]
    if happened and not_happened and len(happened) + len(not_happened) == len(codes):
        return {"from": name, "is": happened, "else": not_happened}
    counts = ", ".join(f"{code} ({(known == code).sum()})" for code in codes)
    return {
        "from": name,
        "is": ask(f"which codes mean that it happened? There are {counts}"),
        "else": ask("which codes mean that it did not?"),
    }
