"""Relate each score to each endpoint of a cohort."""

from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.outcome.associate import associate
from irf7bone.outcome.curves import curves
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES

begin(snakemake)

config: Config = snakemake.params.config
outcomes = read_cohort(snakemake.input.cohort).obs
scores = SCORES.read(snakemake.input.scores)
plan = FitPlan(snakemake.wildcards.cohort, outcomes, scores, config=config)
ASSOCIATIONS.write(associate(plan), snakemake.output.associations)
CURVES.write(curves(plan), snakemake.output.curves)
