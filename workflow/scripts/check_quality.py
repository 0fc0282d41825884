"""Describe the quality of each sample of every cohort."""

from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.harmonise.sample_quality import sample_quality
from irf7bone.study.job import begin
from irf7bone.tables.cohort import QC

begin(snakemake)

for cohort, source, target in zip(
    snakemake.params.cohorts, snakemake.input.cohorts, snakemake.output.quality, strict=True
):
    QC.write(sample_quality(read_cohort(source), cohort), target)
