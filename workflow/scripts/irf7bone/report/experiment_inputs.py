"""Reads what a run left of its experiments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.report.inputs import Experiments
from irf7bone.tables.cohort import FLOW
from irf7bone.tables.experiment import DERIVED, EXPERIMENT_TABLES

if TYPE_CHECKING:
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.tables.contract import Table


def read_experiments(cards: Mapping[str, ExperimentCard], folder: Path) -> Experiments | None:
    """Read ``<folder>/<id>/<table>.tsv`` of every experiment; None where there is none.

    Args:
        cards: Experiment id -> card.
        folder: ``results/experiments``.

    Raises:
        InputError: A table breaks its contract.
    """
    if not cards:
        return None
    tables = {
        name: _joined(table, [folder / card / f"{name}.tsv" for card in cards])
        for name, table in EXPERIMENT_TABLES.items()
    }
    derived = [folder / name / "derived.tsv" for name, card in cards.items() if card.derive]
    flow = _joined(FLOW, [folder / f"{name}.flow.tsv" for name in cards])
    return Experiments(cards, tables, flow, _joined(DERIVED, derived))


def read_tables(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read the tables of one experiment, by name."""
    return {path.stem: EXPERIMENT_TABLES[path.stem].read(path) for path in map(Path, paths)}


def _joined(table: Table, paths: list[Path]) -> pd.DataFrame:
    """The tables of all experiments, one below the other."""
    filled = [part for part in map(table.read, paths) if len(part)]
    return table.cast(pd.concat(filled, ignore_index=True)) if filled else table.empty()
