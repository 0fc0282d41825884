"""Pool the cohorts' results."""

import pandas as pd

from irf7bone.base.errors import report_plainly
from irf7bone.pool.pool import pool_associations
from irf7bone.random_signatures.null_plan import join_null
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED
from irf7bone.tables.random_signatures import NULL

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
null = pd.concat(map(NULL.read, snakemake.input.null), ignore_index=True)
associations = join_null(
    pd.concat(map(ASSOCIATIONS.read, snakemake.input.associations), ignore_index=True), null
)
cohorts = pd.concat(map(COHORTS.read, snakemake.input.summaries))
roles = dict(zip(cohorts["cohort"], cohorts["role"], strict=True))
pooled = pool_associations(associations, roles, config=config)
ASSOCIATIONS.write(associations, snakemake.output.associations)
COHORTS.write(cohorts, snakemake.output.cohorts)
NULL.write(null, snakemake.output.null)
POOLED.write(pooled, snakemake.output.pooled)
