"""What `make check` says of the single genes that a config asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from irf7bone.base.phrases import counted
from irf7bone.genes.named import like, nobodys_names
from irf7bone.genes.symbols import SymbolTable


def gene_notes(
    named: Any, symbols: SymbolTable, expression: Mapping[str, pd.DataFrame], n_cohorts: int
) -> list[str]:
    """Names under ``genes:`` that no gene has, or that no cohort measures, in words.

    Neither stops a run: each has its rows in gene_tertiles.tsv.gz, with the reason.

    Args:
        named: What the config has there, right or not.
        symbols: Table of current symbols.
        expression: Samples x genes of each cohort that was read.
        n_cohorts: Cohorts of the study, read or not.
    """
    asked = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    wrong = nobodys_names(asked, symbols)
    notes = []
    for name, why in wrong.items():
        near = like(name, symbols.symbols)
        meant = f"; is {' or '.join(near)} meant?" if near else ""
        notes.append(f"genes: {why}, so there will be no curves of it{meant}")
    if not expression:
        return notes
    right = [name for name in asked if name not in wrong]
    for name, current in zip(right, symbols.current_or_same(right), strict=True):
        if any(current in frame.columns for frame in expression.values()):
            continue
        said = name if current == name else f"{name} (now {current})"
        unread = n_cohorts - len(expression)
        rest = f"; {counted(unread, 'cohort')} could not be asked yet" if unread else ""
        notes.append(
            f"genes: {said} is measured in none of the {counted(len(expression), 'cohort')} that were "
            f"read{rest}"
        )
    return notes
