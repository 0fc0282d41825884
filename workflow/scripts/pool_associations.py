"""Pool the cohorts' results and judge them."""

import pandas as pd
from irf7bone import contracts
from irf7bone.errors import report_plainly
from irf7bone.pool import pool_associations
from irf7bone.verdict import VERDICT, judge

report_plainly()

config = snakemake.params.config
associations = pd.concat(map(contracts.ASSOCIATIONS.read, snakemake.input.associations))
cohorts = pd.concat(map(contracts.COHORTS.read, snakemake.input.summaries))
roles = dict(zip(cohorts["cohort"], cohorts["role"], strict=True))
pooled = pool_associations(associations, roles, config=config)
contracts.ASSOCIATIONS.write(associations, snakemake.output.associations)
contracts.COHORTS.write(cohorts, snakemake.output.cohorts)
contracts.POOLED.write(pooled, snakemake.output.pooled)
VERDICT.write(judge(pooled, associations, roles, config), snakemake.output.verdict)
