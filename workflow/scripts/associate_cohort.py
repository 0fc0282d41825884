"""Relate each score to each endpoint of a cohort."""

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.survival.associate import associate
from irf7bone.survival.curves import curves

report_plainly(snakemake.log[0])

cohort, config = snakemake.wildcards.cohort, snakemake.params.config
outcomes = read_cohort(snakemake.input.cohort).obs
scores = contracts.SCORES.read(snakemake.input.scores)
contracts.ASSOCIATIONS.write(
    associate(cohort, outcomes, scores, config=config), snakemake.output.associations
)
contracts.CURVES.write(curves(cohort, outcomes, scores, config=config), snakemake.output.curves)
