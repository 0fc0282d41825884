"""Reads what a run left of its single-cell data sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.report.inputs import CellSets
from irf7bone.tables.cohort import FLOW
from irf7bone.tables.register import table_at

if TYPE_CHECKING:
    from irf7bone.study.cells_card import CellsCard

NOT_REPORTED = ("genes",)  # of every gene; the report has those of the panel in the figures' downloads


def read_cell_sets(
    cards: Sequence[CellsCard], *, tables: Iterable[str], flow: Iterable[str], over: Iterable[str]
) -> CellSets | None:
    """Read the tables of every data set; None where there is none.

    Args:
        cards: In the order of the config.
        tables: Their tables, each below a folder named as the data set.
        flow: What each lost on the way, in the order of the cards.
        over: Tables over all data sets.

    Raises:
        InputError: A table breaks its contract.
    """
    if not cards:
        return None
    read: dict[str, dict[str, pd.DataFrame]] = {}
    for path in map(Path, tables):
        if path.stem not in NOT_REPORTED:
            read.setdefault(path.stem, {})[path.parent.name] = table_at(path.as_posix()).read(path)
    lost = {card.id: FLOW.read(path) for card, path in zip(cards, flow, strict=True)}
    together = {Path(path).stem: table_at(path).read(path) for path in over}
    return CellSets({card.id: card for card in cards}, read, lost, together)
