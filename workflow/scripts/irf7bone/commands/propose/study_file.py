"""The study file that `make card` writes beside a card, for `make check` and `make report`."""

from __future__ import annotations

from pathlib import Path

import yaml

from irf7bone.base.vocabulary import ENDPOINTS
from irf7bone.study.questions import MARK

# what the list of a study is called, by the kind of card
KINDS = {"cohort": "cohorts", "experiment": "experiments", "cells": "cells"}


def study_text(card: Path, text: str, kind: str) -> str:
    """A study of one card: its own data, the endpoints that the card proposes, the first of them primary.

    Args:
        card: The card, which will lie beside the study.
        text: Its text.
        kind: cohort, experiment or cells.
    """
    settings: dict[str, object] = {
        "title": f"Study of {card.stem}",
        KINDS[kind]: [f"./{card.name}"],
    }
    if kind == "cohort":
        stated = yaml.safe_load(text)["endpoints"]
        names = [name for name in ENDPOINTS if name in stated] if isinstance(stated, dict) else []
        question = f"{MARK} the endpoints of the card: {', '.join(ENDPOINTS)}"
        settings |= {
            "endpoints": names or [question],
            "primary": {"endpoint": names[0] if names else question},
        }
        settings |= {"experiments": [], "cells": []}
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=10_000)


def study_beside(card: Path) -> Path:
    """Where the study of a card lies: beside it, under its name."""
    return card.with_name(f"{card.stem}_study.yaml")
