"""Pool the cohorts' results."""

import pandas as pd

from irf7bone.genes.signatures import load_library, positive_controls
from irf7bone.genes.symbols import SymbolTable
from irf7bone.pool.failed_cohorts import failed_rows
from irf7bone.pool.pool import pool_associations
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.random_signatures.null_plan import join_null
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED
from irf7bone.tables.random_signatures import NULL

begin(snakemake)

config: Config = snakemake.params.config
null = pd.concat(map(NULL.read, snakemake.input.null), ignore_index=True)
associations = join_null(
    pd.concat(map(ASSOCIATIONS.read, snakemake.input.associations), ignore_index=True), null
)
cohorts = pd.concat(map(COHORTS.read, snakemake.input.summaries))
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
controls = positive_controls(library, config.proliferation_signature)
pooled = pool_associations(associations, roles_in_pools(cohorts), config=config, controls=controls)
planned = (
    [associations, failed_rows(snakemake.params.failed, config)]
    if snakemake.params.failed
    else [associations]
)
ASSOCIATIONS.write(pd.concat(planned, ignore_index=True), snakemake.output.associations)
COHORTS.write(cohorts, snakemake.output.cohorts)
NULL.write(null, snakemake.output.null)
POOLED.write(pooled, snakemake.output.pooled)
