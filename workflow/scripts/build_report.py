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
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.bibtex import bibtex
from irf7bone.report.sentences.methods import as_markdown
from irf7bone.tables.calibration import read_calibration
from irf7bone.tables.cohort import COHORTS, COVERAGE, FLOW, QC
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES
from irf7bone.tables.pooled import POOLED, VERDICT
from irf7bone.tables.study_tables import Depth

report_plainly(snakemake.log[0])

study = snakemake.params.study
inputs = ReportInputs(
    config=study.config,
    cards=study.cards,
    library=load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    associations=ASSOCIATIONS.read(snakemake.input.associations),
    pooled=POOLED.read(snakemake.input.pooled),
    cohorts=COHORTS.read(snakemake.input.cohorts),
    verdict=VERDICT.read(snakemake.input.verdict),
    flow=pd.concat(map(FLOW.read, snakemake.input.flow)),
    coverage=pd.concat(map(COVERAGE.read, snakemake.input.coverage)),
    quality=pd.concat(map(QC.read, snakemake.input.quality)),
    curves=pd.concat(map(CURVES.read, snakemake.input.curves)),
    depth=Depth.read(Path("results"), list(study.cards)),
    figures=Path("results/figures"),
    provenance=json.loads(Path(snakemake.input.provenance).read_text(encoding="utf-8")),
    templates=study.root / "workflow" / "report",
    calibration=read_calibration(snakemake.input.calibration),
    experiments=read_experiments(study.experiments, Path("results/experiments")),
    cells=read_cell_sets(study.cells, Path("results/cells")),
)
output = {name: Path(path) for name, path in snakemake.output.items()}
methods, contents = run_methods(inputs), page_sections(inputs)
output["report"].write_text(build_report(inputs, contents), encoding="utf-8")
output["printed"].write_bytes(build_pdf(inputs, contents))
output["methods"].write_text(as_markdown(methods), encoding="utf-8")
output["references"].write_text(bibtex(methods.references), encoding="utf-8")
