"""From what was seen to the text of an experiment card."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from irf7bone.commands.propose.card import dump
from irf7bone.commands.propose.seen import Seen, ask
from irf7bone.genes.symbols import looks_like_mouse
from irf7bone.harmonise.column_names import plain_name
from irf7bone.study.questions import MARK

MOST_GROUPS = 8
_PRIMARY = re.compile(r"primary|^p$|^breast$|mammary.?(tumou?r|gland)", re.IGNORECASE)
_BONE = re.compile(r"bone|spine|spinal|femur|tibia|vertebra|skull|sternum|\brib\b", re.IGNORECASE)
# two codes of these are no groups to compare
_NO_GROUP = re.compile(r"plate|batch|array|chip|lane|run|platform|sex|gender|organism|channel|label|molecule")
_COMMENTS = {
    "groups": "every code of one column; null leaves its samples out",
    "contrasts": "effects are case minus reference; docs/user/add_an_experiment.md says what each meaning is",
}


def experiment_text(identity: str, seen: Seen) -> str:
    """The text of a proposed experiment card.

    Args:
        identity: The experiment's id.
        seen: What the source holds.
    """
    groups, named = _groups(seen.samples)
    paired = _pair_columns(seen.samples, groups["from"]) if named else []
    expression = dict(seen.expression)
    sides = {"rows": seen.values.index, "columns": seen.values.columns}
    mouse = next((side for side, ids in sides.items() if _is_mouse(ids)), None)
    organism = seen.stated.get("organism", "mouse" if mouse else "human")
    if organism == "mouse":
        expression["gene_id"] = "symbol"
    if mouse and "genes_in" in expression:
        expression["genes_in"] = mouse
    card: dict[str, Any] = {
        "id": identity,
        "title": ask("what shall the report call the experiment?"),
        "citation": {"text": ask("where was the experiment published? pmid, doi or text")},
        "documentation": ask("where are the columns and their codes documented?"),
        **{key: value for key, value in seen.stated.items() if key in ("title", "citation", "documentation")},
        "organism": organism,
        "role": "real",
        "expression": expression,
        "samples": [dict(entry) for entry in seen.clinical],
        "groups": groups,
        **({"pairs": {"from": _ask_pairs(paired)}} if paired else {}),
        "contrasts": [_contrast(groups, named, bool(paired))],
    }
    head = [
        f"Proposed from the data. What starts with {MARK} is not known from them: answer each, or remove",
        "what does not apply, as the question says.",
        *seen.remarks,
    ]
    parts = ["".join(f"# {line}\n" for line in head)]
    for key, value in card.items():
        parts.append((f"# {_COMMENTS[key]}\n" if key in _COMMENTS else "") + dump({key: value}))
    return "".join(parts)


def _is_mouse(ids: pd.Index) -> bool:
    names = [name for name in ids.get_level_values(-1) if isinstance(name, str)]
    return bool(names) and sum(map(looks_like_mouse, names)) > len(names) / 2


def _groups(samples: pd.DataFrame) -> tuple[dict[str, Any], bool]:
    """``groups`` of the card, and whether a column names primary tumour and bone."""
    few = [
        name for name in samples.columns
        if 2 <= samples[name].nunique() <= min(MOST_GROUPS, max(2, len(samples) // 2))
    ]  # fmt: skip
    for name in few:
        codes = sorted(map(str, samples[name].dropna().unique()))
        primary = [code for code in codes if _PRIMARY.search(code) and not _BONE.search(code)]
        bone = [code for code in codes if _BONE.search(code)]
        if primary and bone:
            question = ask("name of its group, or null to leave its samples out")
            meaning = dict.fromkeys(primary, "primary") | dict.fromkeys(bone, "bone")
            return {"from": str(name), "map": {code: meaning.get(code, question) for code in codes}}, True
    two = [name for name in few if samples[name].nunique() == 2 and not _NO_GROUP.search(plain_name(name))]
    if len(two) == 1:
        codes = sorted(map(str, samples[two[0]].dropna().unique()))
        question = ask("name of its group, or null to leave its samples out")
        return {"from": str(two[0]), "map": dict.fromkeys(codes, question)}, False
    shown = ", ".join(map(str, few)) or "none has a few values"
    return {
        "from": ask(f"column with the group of each sample (columns with a few values: {shown})"),
        "map": {"code 1": ask("the code and its group"), "code 2": ask("the code and its group")},
    }, False


def _pair_columns(samples: pd.DataFrame, group: str) -> list[str]:
    """Columns of which most values have one sample in each of two groups or more."""
    found = []
    for name in samples.columns:
        known = samples[[name, group]].dropna() if name != group else samples.iloc[:0]
        if known.empty:
            continue
        sizes = known.groupby(name)[group].agg(["size", "nunique"])
        whole = (sizes["size"] == sizes["nunique"]) & (sizes["size"] > 1)
        if whole.sum() > len(sizes) / 2 and len(sizes) > 1:
            found.append(str(name))
    return found


def _ask_pairs(columns: list[str]) -> str:
    return ask(
        f"is {' or '.join(columns)} the patient or animal? Its values have one sample in each group. Write "
        "the column, or remove pairs and write paired: false"
    )


def _contrast(groups: dict[str, Any], named: bool, paired: bool) -> dict[str, Any]:
    if not named:
        return {
            "id": ask("short name of the contrast"),
            "case": ask("group whose difference is the effect"),
            "reference": ask("group that it is held against"),
            "paired": ask("true or false: are samples compared within pairs?"),
            "batch": False,
            "meaning": ask("loss_in_bone, restoration, interferon_response or other"),
        }
    return {
        "id": "bone_vs_primary",
        "case": "bone",
        "reference": "primary",
        "paired": ask("true or false: are samples compared within pairs?") if paired else False,
        "batch": False,
        "meaning": "loss_in_bone",
    }
