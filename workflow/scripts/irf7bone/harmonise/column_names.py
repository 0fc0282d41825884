"""What a clinical column's name, its legend and its words say: outcome, unit, and which code is the event.

One place for what `make card` fills in and what harmonising, and so `make check`, holds a card to. Names are
read by their words: ``BoneRelapse``, ``bone relapse`` and ``bone_relapse`` are one name, and ``OSmonths`` is
``os_months``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

# what a name says it is about, the narrower first: a column belongs to the first that it matches
KINDS = {
    "bone": r"bone|osseous|skeletal",
    "brain": r"brain",
    "lung": r"lung",
    "liver": r"liver",
    "distant": r"dmfs|drfs|ddfs|distant|metastas[ei]s_free|mfs",
    "death": r"os|dss|bcss|overall_survival|death|dead|died|vital|deceased|alive|living",
    "relapse": r"rfs|dfs|dfi|efs|pfs|pfi|relapse[ds]?|recurrence|recurred"
    r"|(disease|relapse|recurrence|event)_free",
}
UNIT_WORDS = {"months": r"months?|mo|mos|mths|mnths", "days": r"days?", "years": r"years?|yrs?|y"}
TIME_WORDS = r"time|months?|mo|mos|mths|mnths|days?|years?|yrs?|t|survival_time|follow_?up|fu"
# 0 and 1 tell whether it happened only where the name is that of the event itself
EVENT_WORDS = r"relapse[ds]?|recurrence|recurred|metastas[ei]s|death|dead|died|deceased|event|e"
_ABSENCE = r"free|no|non|not|without|alive|living|survivors?|surviving|ned"
_UNCLEAR = r"cens|censor|censored|censoring|censorship|survival|survived"
_PATIENT = re.compile(
    r"(\w+_)?(patient|case|subject|individual|participant|donor|person)(_(id|no|nr|number|code|name))?"
)
MOST_KNOWN = 0.5  # share of samples whose patient is named, for the column to be that of patients
Polarity = Literal["event", "absence", "unclear"]

_ACRONYM = re.compile(r"(?<![A-Za-z])(OS|RFS|DFS|DMFS|MFS|EFS|PFS|DSS|ER|PR|PGR)(?=[a-z]{3})")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TO = re.compile(r"(?i)\b(months?|days?|years?|yrs?|time|t)2(?=[a-z])")
_JOINED = re.compile(
    r"(os|rfs|dfs|dmfs|mfs|efs|pfs|dss|survival|relapse|death|follow_?up)"
    r"(months?|mo|days?|years?|yrs?|time|event|status|cens\w*)"
)
_NUMBERED = re.compile(r"\s*\d+\s*[:=(]\s*(.+?)\)?\s*")
_CODE = r"[A-Za-z0-9.+-]{1,12}"
_MEANING = r"[A-Za-z][A-Za-z /_-]*"
_PAIR = re.compile(rf"(?<![A-Za-z0-9.])({_CODE})\s*(?:=|:)\s*({_MEANING})(?=$|[,;)\]|]|\s+\d)")
_TURNED = re.compile(rf"({_MEANING})\s*(?:=|:)\s*(\d+)(?![A-Za-z0-9.])")
_LEGEND = re.compile(r"\([^()]*[=:][^()]*\)|\[[^][]*[=:][^][]*\]")

_YES, _NO = ("yes", "true", "y", "t", "1", "positive"), ("no", "false", "n", "f", "0", "negative")
_HAPPENED = {
    "death": r"dead|death|deceased|died|expired|dod|doc",
    "": r"events?|relapsed?|recurr(ed|ence)|progress(ed|ion)|metasta(sis|ses|tic|sized)|failed|failure",
}
_NOT = {
    "death": r"alive|living|lived|survived",
    "": r"no|not|non|without|never|free|censor(ed)?|diseasefree|disease_?free|none|ned",
}


def plain_name(name: str) -> str:
    """A column's name in lower case, its words joined with ``_``."""
    text = _TO.sub(r"\1_to_", _ACRONYM.sub(r"\1_", str(name)))
    words = re.split(r"[^a-z0-9+]+", _CAMEL.sub("_", text).lower())
    return "_".join(
        _JOINED.sub(r"\1_\2", word) if _JOINED.fullmatch(word) else word for word in words if word
    )


def bare_name(name: str) -> str:
    """A column's name without a legend of its codes."""
    return _LEGEND.sub(" ", str(name)).strip()


def says(name: str, words: str) -> bool:
    """Whether one of the words, or of the runs of words, stands in a name without its legend."""
    return re.search(rf"(^|_)({words})(_|$)", plain_name(bare_name(name))) is not None


def kind_of(name: str) -> str | None:
    """The endpoint that a name is about; None where it names none."""
    return next((kind for kind, words in KINDS.items() if says(name, words)), None)


def unit_of(name: str) -> str | None:
    """months, days or years, where exactly one of them stands in a name of a time."""
    found = [unit for unit, words in UNIT_WORDS.items() if says(name, words)]
    return found[0] if len(found) == 1 else None


def stem_of(name: str) -> frozenset[str]:
    """The words of a name without those for time, unit and event: what a time and its event share."""
    aside = (
        rf"{TIME_WORDS}|event|e|status|to|or|last|cens|code|indicator|followup|follow|up|of|in|the|at|until"
    )
    return frozenset(word for word in plain_name(bare_name(name)).split("_") if not re.fullmatch(aside, word))


def polarity(name: str) -> Polarity:
    """Whether yes or 1 in a column of this name means the event, its absence, or cannot be told."""
    unclear = says(name, _UNCLEAR)
    if says(name, _ABSENCE):
        return "unclear" if unclear or says(name, "events?|status") else "absence"
    return "event" if says(name, EVENT_WORDS) and not unclear else "unclear"


def patient_column(samples: pd.DataFrame) -> str | None:
    """The column of patients, where exactly one is called so and a patient has several samples."""
    found = []
    for name in samples.columns:
        known = samples[name].dropna()
        named = _PATIENT.fullmatch(plain_name(name)) and len(known) > MOST_KNOWN * len(samples)
        if named and 1 < known.nunique() < len(known):
            found.append(str(name))
    return found[0] if len(found) == 1 else None


def legend_of(text: str) -> dict[str, str]:
    """Code -> meaning, as a name or a header line spells it: ``(0=alive, 1=dead)``; empty for none."""
    parts = [match[0][1:-1] for match in _LEGEND.finditer(text)] or [text]
    found: dict[str, str] = {}
    for part in parts:
        pairs = [(code, meaning) for code, meaning in _PAIR.findall(part) if not _word(code)]
        if not pairs:
            pairs = [(code, meaning) for meaning, code in _TURNED.findall(part)]
        for code, meaning in pairs:
            if found.setdefault(code, meaning.strip()) != meaning.strip():
                return {}
    return found


def _word(code: str) -> bool:
    return re.fullmatch(r"[A-Za-z][A-Za-z_-]{3,}", code) is not None and code.lower() not in ("true", "false")


def meaning_of_word(word: str, kind: str | None) -> bool | None:
    """Whether a value in words says that an event happened, whatever its column is called; None: not said.

    Args:
        word: A code such as ``dead``, ``1:DECEASED`` or ``relapse free``.
        kind: The endpoint; alive and dead tell of death alone. None for a competing event, which may be a
            death.
    """
    numbered = _NUMBERED.fullmatch(str(word))
    plain = plain_name(numbered[1] if numbered else str(word))
    if not plain or plain in _YES or plain in _NO:
        return None
    died = _has(plain, _HAPPENED["death"])
    yes = _has(plain, _HAPPENED[""]) or (died and kind in ("death", None))
    no = _has(plain, _NOT[""]) or (kind == "death" and _has(plain, _NOT["death"]))
    negated = re.match(r"(no|not|non|without|never)_", plain) or re.search(r"_free$|^free_", plain)
    if no and yes:
        return False if negated and (kind == "death" or not died) else None
    return no is False if yes or no else None


def _has(plain: str, words: str) -> bool:
    return re.search(rf"(^|_)({words})(_|$)", plain) is not None


def meaning_of_code(code: str, name: str, legend: dict[str, str], kind: str | None) -> bool | None:
    """Whether a code says that the event happened: by the column's legend, its own word or the column's name.

    Args:
        code: The code, as text.
        name: The column.
        legend: Of :func:`legend_of`, of the name or of the source's header; empty for none.
        kind: The endpoint.

    Returns:
        None where nothing says it: a bare number of a status, a yes in a column named after both.
    """
    word = str(code).strip()
    said = {plain_name(key): meaning for key, meaning in legend.items()}.get(plain_name(word))
    if said is None and any(plain_name(meaning) not in (*_YES, *_NO) for meaning in legend.values()):
        return None
    word = word if said is None else said
    absolute = meaning_of_word(word, kind)
    if absolute is not None:
        return absolute
    numbered = _NUMBERED.fullmatch(word)
    return _by_name(plain_name(numbered[1] if numbered else word), polarity(name))


def _by_name(word: str, direction: Polarity) -> bool | None:
    if direction == "unclear" or word not in (*_YES, *_NO):
        return None
    return (word in _YES) == (direction == "event")
