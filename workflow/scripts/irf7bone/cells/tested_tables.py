"""From the sums of one data set to its tested tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.cells.compare_compartments import compare_compartments
from irf7bone.cells.comparison import CellInputs
from irf7bone.cells.robustness import STRESS, robustness
from irf7bone.cells.steps import read_samples
from irf7bone.experiments.analyse import AnalysisSettings
from irf7bone.genes.orthologs import Orthologs
from irf7bone.tables.cells import CELL_TABLES

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.study.cells_card import CellsCard
    from irf7bone.study.settings import Config


def analyse_cells(
    card: CellsCard,
    sums: str | Path,
    library: Mapping[str, Signature],
    markers: Mapping[str, Signature],
    cell_markers: Mapping[str, Signature],
    orthologs: str | Path,
    *,
    config: Config,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """All tables of one data set, by the names of :data:`irf7bone.tables.cells.CELL_TABLES`.

    Signatures that experiments derive are not among those compared, as in experiments.

    Args:
        card: The card.
        sums: The sums of :func:`irf7bone.cells.steps.write_sums`.
        library: Signatures of the GMT files, by name.
        markers: Marker lists of tissues.
        cell_markers: Marker lists of compartments, with that of dissociation.
        orthologs: The table of orthologs; read for mouse only.
        config: The study's settings.
        seed: Seed of relabellings, resampling and random gene sets.
    """
    chosen = {name: library[name] for name in config.signatures.select if name in library}
    primary = config.primary.signature
    settings = AnalysisSettings(
        primary_signature=primary if primary in chosen else next(iter(chosen)),
        primary_method=config.primary.method,
        methods=config.methods,
        min_coverage=config.signatures.min_coverage,
        seed=seed,
    )
    table = Orthologs.load(Path(orthologs)) if card.organism == "mouse" else None
    inputs = CellInputs(card, chosen, markers, table, settings)
    least = card.qc.min_cells_per_pseudobulk
    tables = compare_compartments(read_samples(str(sums), least), inputs)
    stress = {STRESS: cell_markers[STRESS]}
    tables["robustness"] = robustness(lambda choice: read_samples(str(sums), least, choice), inputs, stress)
    return tables


def write_cell_tables(tables: Mapping[str, pd.DataFrame], paths: Iterable[str]) -> None:
    """Write each table into the file of its name, through its contract."""
    for path in map(Path, paths):
        CELL_TABLES[path.stem].write(tables[path.stem], path)
