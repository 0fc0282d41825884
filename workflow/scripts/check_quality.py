"""Describe the quality of each sample of every cohort."""

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.qc import sample_quality

report_plainly(snakemake.log[0])

for cohort, source, target in zip(
    snakemake.params.cohorts, snakemake.input.cohorts, snakemake.output.quality, strict=True
):
    contracts.QC.write(sample_quality(read_cohort(source), cohort), target)
