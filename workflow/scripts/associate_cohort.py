"""Relate each score to each endpoint of a cohort."""

from irf7bone.base.errors import report_plainly
from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.outcome.associate import associate
from irf7bone.outcome.curves import curves
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
cohort = snakemake.wildcards.cohort
outcomes = read_cohort(snakemake.input.cohort).obs
scores = SCORES.read(snakemake.input.scores)
ASSOCIATIONS.write(associate(cohort, outcomes, scores, config=config), snakemake.output.associations)
CURVES.write(curves(cohort, outcomes, scores, config=config), snakemake.output.curves)
