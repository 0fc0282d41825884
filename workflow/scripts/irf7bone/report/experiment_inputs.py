"""Reads what a run left of its experiments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.report.inputs import Experiments
from irf7bone.tables.cohort import FLOW
from irf7bone.tables.experiment import DERIVED
from irf7bone.tables.register import table_at
from irf7bone.tables.study_tables import join, read_joined

if TYPE_CHECKING:
    from irf7bone.study.experiment_card import ExperimentCard


def read_experiments(
    cards: Mapping[str, ExperimentCard],
    *,
    tables: Iterable[str],
    flow: Iterable[str],
    derived: Iterable[str],
    over: Iterable[str],
) -> Experiments | None:
    """Read the tables of every experiment; None where there is none.

    Args:
        cards: Experiment id -> card.
        tables: Files that analyse_experiment wrote, of all experiments in the order of the cards.
        flow: Patient flow of each.
        over: Tables over all experiments, where there are two or more.
        derived: Table of each signature that is derived.

    Raises:
        InputError: A table breaks its contract.
    """
    if not cards:
        return None
    lost = join(FLOW, map(FLOW.read, flow))
    return Experiments(
        cards,
        read_joined(tables),
        lost,
        join(DERIVED, map(DERIVED.read, derived)),
        {Path(path).stem: table_at(path).read(path) for path in over},
    )
