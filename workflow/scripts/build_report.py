"""Build the page from every table and figure."""

from pathlib import Path

from irf7bone.report.html.build import build_report
from irf7bone.report.reading import read_inputs
from irf7bone.report.run_summary import json_text, multiqc_content, run_summary
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.methods import as_markdown
from irf7bone.report.sentences.references import as_bibtex
from irf7bone.study.job import begin
from irf7bone.study.settings import Config

begin(snakemake)

config: Config = snakemake.params.config
inputs = read_inputs(snakemake.input, config, snakemake.scriptdir)
output = {name: Path(path) for name, path in snakemake.output.items()}
methods = run_methods(inputs)
output["report"].write_text(build_report(inputs, page_sections(inputs)), encoding="utf-8")
output["methods"].write_text(as_markdown(methods), encoding="utf-8")
output["summary"].write_text(json_text(run_summary(inputs)), encoding="utf-8")
output["multiqc"].write_text(json_text(multiqc_content(inputs)), encoding="utf-8")
output["references"].write_text(as_bibtex(methods.references), encoding="utf-8")
