"""Look for patients that appear twice, and follow every cohort's samples from the file into the models."""

import pandas as pd

from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.outcome.audit import audit_cohort
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import DUPLICATES, FLOW, SCORES
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.outcome_checks import AUDIT

begin(snakemake)

config: Config = snakemake.params.config
names, source = snakemake.params.cohorts, snakemake.input
cohorts = dict(zip(names, map(read_cohort, source.cohorts), strict=True))
DUPLICATES.write(
    find_duplicates(
        {name: adata.to_df() for name, adata in cohorts.items()},
        {name: adata.obs for name, adata in cohorts.items()},
    ),
    snakemake.output.duplicates,
)
tables = zip(names, source.flow, source.scores, source.associations, strict=True)
audited = [
    audit_cohort(
        FitPlan(name, cohorts[name].obs, SCORES.read(scores), config=config),
        cohorts[name],
        FLOW.read(flow),
        ASSOCIATIONS.read(associations),
    )
    for name, flow, scores, associations in tables
]
AUDIT.write(pd.concat(audited, ignore_index=True), snakemake.output.audit)
