"""Build the report from every table and figure."""

import json
from pathlib import Path

import pandas as pd

from irf7bone.base.errors import report_plainly
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.report.cell_inputs import read_cell_sets
from irf7bone.report.experiment_inputs import read_experiments
from irf7bone.report.html.build import build_report
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.pdf.printed import build_pdf
from irf7bone.report.run_summary import as_json, multiqc_content, run_summary
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.glossary import read_glossary
from irf7bone.report.sentences.methods import as_markdown
from irf7bone.report.sentences.references import as_bibtex, read_works
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.settings import Config
from irf7bone.tables.calibration import read_calibration
from irf7bone.tables.cohort import COVERAGE, FLOW, QC
from irf7bone.tables.outcome import CURVES
from irf7bone.tables.study_tables import StudyTables

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
source = snakemake.input
experiments = {card.id: card for card in map(read_experiment_card, source.experiments)}
tables = StudyTables.read([*source.cohort_tables, *source.pooled_tables])
inputs = ReportInputs(
    config=config,
    cards={card.id: card for card in map(read_cohort_card, source.cards)},
    library=load_library(source.signatures, SymbolTable.load(source.symbols)),
    associations=tables.associations,
    pooled=tables.pooled,
    cohorts=tables.cohorts,
    verdict=tables.verdict,
    flow=pd.concat(map(FLOW.read, source.flow)),
    coverage=pd.concat(map(COVERAGE.read, source.coverage)),
    quality=pd.concat(map(QC.read, source.quality)),
    curves=pd.concat(map(CURVES.read, source.curves)),
    results=tables,
    figures=Path(source.figures[0]).parent,
    provenance=json.loads(Path(source.provenance).read_text(encoding="utf-8")),
    templates=Path(snakemake.scriptdir).resolve().parent / "report",
    works=read_works(Path(source.references)),
    calibration=read_calibration(source.calibration),
    glossary=read_glossary(Path(source.glossary)),
    experiments=read_experiments(
        experiments,
        tables=source.experiment_tables,
        flow=source.experiment_flow,
        derived=source.derived,
    ),
    cells=read_cell_sets(
        [read_cells_card(path) for path in source.cells], tables=source.cell_tables, flow=source.cell_flow
    ),
)
output = {name: Path(path) for name, path in snakemake.output.items()}
methods, contents = run_methods(inputs), page_sections(inputs)
output["report"].write_text(build_report(inputs, contents), encoding="utf-8")
output["printed"].write_bytes(build_pdf(inputs, contents))
output["methods"].write_text(as_markdown(methods), encoding="utf-8")
output["summary"].write_text(as_json(run_summary(inputs)), encoding="utf-8")
output["multiqc"].write_text(as_json(multiqc_content(inputs)), encoding="utf-8")
output["references"].write_text(as_bibtex(methods.references), encoding="utf-8")
