"""The first step of a data set: its counts opened, rewritten or simulated, and its cells described."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from irf7bone.base.whole_file import whole_file
from irf7bone.cells.acquire_cells import AcquiredCells, acquire_cells
from irf7bone.cells.cnv import read_positions
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import CellsCard


def acquire_or_simulate(
    card: CellsCard,
    folder: Path,
    *,
    symbols: str,
    signatures: Sequence[str],
    markers: Sequence[str],
    positions: str,
) -> AcquiredCells:
    """Open or rewrite the matrices of a card, or simulate its cells.

    Args:
        card: The card.
        folder: Where matrices are written that do not stay where they are.
        symbols: The gene table.
        signatures: GMT files, for a card that simulates.
        markers: Marker lists of compartments.
        positions: The table of positions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not card.simulated:
        return acquire_cells(card, None, folder)
    from irf7bone.acquire.simulate import background_genes
    from irf7bone.cells.simulate_cells import record, settings_of, simulate_cells, write_simulated

    table = SymbolTable.load(Path(symbols))
    library, listed = (load_library([Path(name) for name in names], table) for names in (signatures, markers))
    simulated = simulate_cells(
        settings_of(card.cells),
        library[card.cells["signature"]].genes,
        {name: signature.up for name, signature in listed.items()},
        [gene for signature in library.values() for gene in signature.genes],
        background_genes(table),
        read_positions(positions),
    )
    path = folder / "simulated.h5ad"
    write_simulated(simulated, path)
    acquired = acquire_cells(card, path, folder)
    return AcquiredCells(
        acquired.matrices, acquired.obs, acquired.flow, [{"role": "cells", **record(card.cells)}]
    )


def write_flow_and_sources(acquired: AcquiredCells, flow: str, source: str) -> None:
    """Store what was lost at each step, and what was read."""
    from irf7bone.tables.cohort import FLOW

    FLOW.write(pd.DataFrame(acquired.flow), flow)
    with whole_file(source) as partial:
        partial.write_text(json.dumps(acquired.sources, indent=1, sort_keys=True) + "\n", encoding="utf-8")
