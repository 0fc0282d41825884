"""Reads all that the page and the printed report are made from: the inputs of their rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.pool.failed_cohorts import without_failed
from irf7bone.report.cell_inputs import read_cell_sets
from irf7bone.report.experiment_inputs import read_experiments
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sentences.glossary import read_glossary
from irf7bone.report.sentences.references import read_works
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.settings import Config
from irf7bone.tables.calibration import read_calibration
from irf7bone.tables.cohort import COVERAGE, FLOW, QC, SUBTYPES
from irf7bone.tables.every_gene import EVERY_GENE
from irf7bone.tables.outcome import CURVES
from irf7bone.tables.study_tables import StudyTables, join

FIGURES = "results/figures"


def read_inputs(source: Any, config: Config, scripts: str) -> ReportInputs:
    """Everything that the report is made from.

    Args:
        source: The files, under the names that the rules give them.
        config: The settings.
        scripts: The folder of the workflow's scripts, beside that of the report's templates.

    Raises:
        InputError: A table breaks its contract.
    """
    experiments = {card.id: card for card in map(read_experiment_card, source.experiments)}
    cohort_tables = [*source.cohort_tables, *source.pooled_tables]
    tables = StudyTables.read(cohort_tables) if cohort_tables else StudyTables.empty()
    symbols = SymbolTable.load(source.symbols)
    genes = EVERY_GENE.read(source.genes[0]) if source.genes else EVERY_GENE.empty()
    tables = tables.with_tables(associations=without_failed(tables.associations))
    return ReportInputs(
        config=config,
        cards={card.id: card for card in map(read_cohort_card, source.cards)},
        library=load_library(source.signatures, symbols),
        associations=tables.associations,
        pooled=tables.pooled,
        cohorts=tables.cohorts,
        verdict=tables.verdict,
        flow=join(FLOW, map(FLOW.read, source.flow)),
        coverage=join(COVERAGE, map(COVERAGE.read, source.coverage)),
        quality=join(QC, map(QC.read, source.quality)),
        curves=join(CURVES, map(CURVES.read, source.curves)),
        results=tables,
        figures=Path(FIGURES),
        provenance=json.loads(Path(source.provenance).read_text(encoding="utf-8")),
        templates=Path(scripts).resolve().parent / "report",
        called_subtypes=join(SUBTYPES, map(SUBTYPES.read, source.called_subtypes)),
        genes=genes,
        other_names=symbols.other_names(genes["gene"]),
        works=read_works(Path(source.references)),
        calibration=read_calibration(source.calibration),
        glossary=read_glossary(Path(source.glossary)),
        experiments=read_experiments(
            experiments,
            tables=source.experiment_tables,
            flow=source.experiment_flow,
            derived=source.derived,
            over=source.over_experiments,
        ),
        cells=read_cell_sets(
            [read_cells_card(path) for path in source.cells],
            tables=source.cell_tables,
            flow=source.cell_flow,
            over=source.over_cells,
        ),
    )
