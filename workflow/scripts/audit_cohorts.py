"""Look for patients that appear twice, and follow every cohort's samples from the file into the models."""

import pandas as pd

from irf7bone.base.read_when_asked import ReadWhenAsked
from irf7bone.harmonise.cohort_file import expression_of, read_cohort
from irf7bone.harmonise.duplicates import ALL_PAIRS_UP_TO, find_duplicates
from irf7bone.outcome.audit import audit_cohort
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import DUPLICATES, FLOW, SCORES
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.outcome_checks import AUDIT

begin(snakemake)

config: Config = snakemake.params.config
source = snakemake.input
files = dict(zip(snakemake.params.cohorts, source.cohorts, strict=True))
cohorts = ReadWhenAsked(files, lambda name: read_cohort(files[name]), kept=ALL_PAIRS_UP_TO)
tables = zip(cohorts, source.flow, source.scores, source.associations, strict=True)
facts, audited = {}, []
for name, flow, scores, associations in tables:
    cohort = cohorts[name]
    facts[name] = cohort.obs
    plan = FitPlan(name, cohort.obs, SCORES.read(scores), config=config)
    audited.append(audit_cohort(plan, cohort, FLOW.read(flow), ASSOCIATIONS.read(associations)))
AUDIT.write(pd.concat(audited, ignore_index=True), snakemake.output.audit)
profiles = ReadWhenAsked(files, lambda name: expression_of(cohorts[name]))
DUPLICATES.write(
    find_duplicates(profiles, facts, simulated=snakemake.params.simulated), snakemake.output.duplicates
)
