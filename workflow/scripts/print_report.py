"""Set the report as a PDF, from what the page is made from."""

from pathlib import Path

from irf7bone.report.pdf.printed import build_pdf
from irf7bone.report.reading import read_inputs
from irf7bone.study.job import begin
from irf7bone.study.settings import Config

begin(snakemake)

config: Config = snakemake.params.config
inputs = read_inputs(snakemake.input, config, snakemake.scriptdir)
Path(snakemake.output.printed).write_bytes(build_pdf(inputs))
