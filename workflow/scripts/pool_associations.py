"""Pool the cohorts' results."""

import pandas as pd

from irf7bone import contracts
from irf7bone.errors import report_plainly
from irf7bone.null import NULL, join_null
from irf7bone.pool import pool_associations

report_plainly(snakemake.log[0])

config = snakemake.params.config
null = pd.concat(map(NULL.read, snakemake.input.null), ignore_index=True)
associations = join_null(
    pd.concat(map(contracts.ASSOCIATIONS.read, snakemake.input.associations), ignore_index=True), null
)
cohorts = pd.concat(map(contracts.COHORTS.read, snakemake.input.summaries))
roles = dict(zip(cohorts["cohort"], cohorts["role"], strict=True))
pooled = pool_associations(associations, roles, config=config)
contracts.ASSOCIATIONS.write(associations, snakemake.output.associations)
contracts.COHORTS.write(cohorts, snakemake.output.cohorts)
NULL.write(null, snakemake.output.null)
contracts.POOLED.write(pooled, snakemake.output.pooled)
