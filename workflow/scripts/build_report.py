"""Build the report from every table and figure."""

import json
from pathlib import Path

import pandas as pd

from irf7bone import contracts
from irf7bone.calibration import read_calibration
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.report.bibtex import bibtex
from irf7bone.report.build import build_report
from irf7bone.report.depth import Depth
from irf7bone.report.experiment_inputs import read_experiments
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.methods import as_markdown
from irf7bone.report.page import page_sections
from irf7bone.report.printed import build_pdf
from irf7bone.report.record_section import run_methods
from irf7bone.signatures import load_library
from irf7bone.verdict import VERDICT

report_plainly(snakemake.log[0])

study = snakemake.params.study
inputs = ReportInputs(
    config=study.config,
    cards=study.cards,
    library=load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    associations=contracts.ASSOCIATIONS.read(snakemake.input.associations),
    pooled=contracts.POOLED.read(snakemake.input.pooled),
    cohorts=contracts.COHORTS.read(snakemake.input.cohorts),
    verdict=VERDICT.read(snakemake.input.verdict),
    flow=pd.concat(map(contracts.FLOW.read, snakemake.input.flow)),
    coverage=pd.concat(map(contracts.COVERAGE.read, snakemake.input.coverage)),
    quality=pd.concat(map(contracts.QC.read, snakemake.input.quality)),
    curves=pd.concat(map(contracts.CURVES.read, snakemake.input.curves)),
    depth=Depth.read(Path("results"), list(study.cards)),
    figures=Path("results/figures"),
    provenance=json.loads(Path(snakemake.input.provenance).read_text(encoding="utf-8")),
    templates=study.root / "workflow" / "report",
    calibration=read_calibration(snakemake.input.calibration),
    experiments=read_experiments(study.experiments, Path("results/experiments")),
)
output = {name: Path(path) for name, path in snakemake.output.items()}
methods, contents = run_methods(inputs), page_sections(inputs)
output["report"].write_text(build_report(inputs, contents), encoding="utf-8")
output["printed"].write_bytes(build_pdf(inputs, contents))
output["methods"].write_text(as_markdown(methods), encoding="utf-8")
output["references"].write_text(bibtex(methods.references), encoding="utf-8")
