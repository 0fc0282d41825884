"""How a contrast is said, in figures and report alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from irf7bone.base.phrases import counted, is_missing
from irf7bone.experiments.claim.sentences import MARKER_WORDS

EXPERIMENTS_QUESTION = "Has the bone lesion lost the interferon signal, and does treatment bring it back?"
MEANING_WORDS = {
    "loss_in_bone": "loss in bone",
    "restoration": "Irf7 restored",
    "interferon_response": "interferon given",
    "other": "no claim",
}


def effect_words(contrast: Mapping[str, Any]) -> str:
    """``bone minus primary``."""
    return str(contrast["effect"])


def size_words(contrast: Mapping[str, Any]) -> str:
    """``8 pairs``, or ``5 bone and 7 primary``; with the batch where the model holds it."""
    if is_missing(contrast["n_pairs"]):
        said = (
            f"{int(contrast['n_case'])} {contrast['case']} and "
            f"{int(contrast['n_reference'])} {contrast['reference']} samples"
        )
    else:
        said = counted(int(contrast["n_pairs"]), "pair")
    return f"{said}, batch in the model" if contrast["batch"] else said


def marker_words(name: str) -> str:
    """What a marker list stands for, in a word or two."""
    return MARKER_WORDS.get(name, name.replace("_", " ").lower()).partition(" (")[0]
