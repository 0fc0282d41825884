"""Describe the quality of each sample of a cohort."""

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.qc import sample_quality

report_plainly(snakemake.log[0])

quality = sample_quality(read_cohort(snakemake.input.cohort), snakemake.wildcards.cohort)
contracts.QC.write(quality, snakemake.output.quality)
