"""Reads what a run left of its single-cell data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.report.inputs import CellSets
from irf7bone.tables.cells import CALL_TABLES, CELL_TABLES
from irf7bone.tables.cohort import FLOW

if TYPE_CHECKING:
    from irf7bone.study.cells_card import CellsCard

TABLES = CELL_TABLES | CALL_TABLES
NOT_REPORTED = ("genes",)


def read_cell_sets(cards: Mapping[str, CellsCard], folder: Path) -> CellSets | None:
    """Read ``<folder>/<id>/<table>.tsv`` of every data set; None where there is none.

    Args:
        cards: Id -> card.
        folder: ``results/cells``.

    Raises:
        InputError: A table breaks its contract.
    """
    if not cards:
        return None
    tables = {
        name: {card: table.read(folder / card / f"{name}.tsv") for card in cards}
        for name, table in TABLES.items()
        if name not in NOT_REPORTED
    }
    return CellSets(cards, tables, {card: FLOW.read(folder / card / "flow.tsv") for card in cards})


def read_cell_tables(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read the tables of one data set, by name."""
    return {path.stem: TABLES[path.stem].read(path) for path in map(Path, paths)}
