"""From what was seen to the text of a card."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import yaml

from irf7bone.base.called import call_of
from irf7bone.commands.propose.endpoints import propose_endpoints
from irf7bone.commands.propose.fields import propose_fields
from irf7bone.commands.propose.seen import Seen, ask
from irf7bone.harmonise.column_names import patient_column
from irf7bone.study.questions import MARK

WIDTH = 10_000  # no question is broken into lines
_NOT_TUMOURS = re.compile(r"normal|healthy|control|cell.?line|adjacent|benign", re.IGNORECASE)
_ORDER = (
    "id", "title", "citation", "documentation", "organism", "specimen", "role", "expression", "clinical",
    "patient", "fields", "exclude", "endpoints",
)  # fmt: skip
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
_COMMENTS = {
    "role": "validation is pooled; discovery, where a signature was found in it, is shown alone",
    "fields": "covariates whose column is there; remove those that are not what their name says",
    "endpoints": "outcomes that a column names; none was made up",
}


class _Dumper(yaml.SafeDumper):
    """Writes text in double quotes wherever the card's reader could take it for anything else."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # the card is read by YAML 1.2, whose words and numbers are not PyYAML's; quotes are always right
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./ ,-]*", text) and text.lower() not in (
        "true",
        "false",
        "null",
        "no",
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def card_text(identity: str, seen: Seen) -> str:
    """The text of a proposed card: sure where the source is, a question everywhere else."""
    fields = propose_fields(seen.samples)
    taken = {rule["from"] for rule in fields.values() if isinstance(rule, dict)}
    patient = patient_column(seen.samples)
    endpoints, remarks = propose_endpoints(seen.samples, taken, seen.described)
    card: dict[str, Any] = {
        "id": identity,
        "title": ask("what shall the report call the cohort?"),
        "citation": {"text": ask("where was the cohort published? pmid, doi or text")},
        "documentation": ask("where are the columns and their codes documented?"),
        "organism": "human",
        "specimen": ask("primary or metastasis? What all samples that stay in are"),
        "role": "validation",
        "expression": dict(seen.expression),
        "clinical": [dict(entry) for entry in seen.clinical],
        **({"patient": patient} if patient else {}),
        "fields": fields,
        **_exclude(seen.samples),
        "endpoints": endpoints,
    } | dict(seen.stated)
    head = [
        f"Proposed from the data. What starts with {MARK} is not known from them: answer each, or remove",
        f"what does not apply, as the question says. `{call_of('check')}` lists those that are left.",
        *seen.remarks,
        *remarks,
    ]
    parts = ["".join(f"# {line}\n" for line in head)]
    for key in _ORDER:
        if key in card:
            comment = f"# {_COMMENTS[key]}\n" if key in _COMMENTS else ""
            parts.append(comment + dump({key: card[key]}))
    return "".join(parts)


def dump(value: dict[str, Any]) -> str:
    """Keys of a card as YAML, text in quotes wherever it could be taken for anything else."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)


def _exclude(samples: pd.DataFrame) -> dict[str, Any]:
    """A question about samples that may be no tumours, where a value says so."""
    rules = []
    for name in samples.columns:
        counts = samples[name].dropna().value_counts()
        if len(counts) > len(samples) / 4:
            continue
        suspects = {
            str(value): int(count) for value, count in counts.items() if _NOT_TUMOURS.search(str(value))
        }
        if suspects:
            said = ", ".join(f"{value} ({count} samples)" for value, count in suspects.items())
            rules.append(
                {
                    "column": str(name),
                    "is": list(suspects),
                    "reason": ask(f"{said}: why are these left out? Remove the rule if they are tumours"),
                }
            )
    return {"exclude": rules} if rules else {}
