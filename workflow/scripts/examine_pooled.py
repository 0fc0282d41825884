"""Look deeper into the pooled results: one table for each question."""

import pandas as pd

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.pool.by_er import pool_by_er
from irf7bone.pool.failed_cohorts import without_failed
from irf7bone.pool.heterogeneity import asymmetry, funnel, heterogeneity, leave_one_cohort_out_table
from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.pool.specification import specification_curve, summarise_specifications
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS, ER_ASSOCIATIONS, IMMUNE_LINKS
from irf7bone.tables.pooled import (
    ASYMMETRY,
    ER_POOLED,
    FUNNEL,
    HETEROGENEITY,
    IMMUNE_POOLED,
    LEAVE_ONE_COHORT_OUT,
    POOLED,
    SPECIFICATION_SUMMARY,
    SPECIFICATIONS,
)

begin(snakemake)

config: Config = snakemake.params.config
output = snakemake.output
cohorts = COHORTS.read(snakemake.input.summary)
roles = roles_in_pools(cohorts)
results = (
    without_failed(ASSOCIATIONS.read(snakemake.input.associations)),
    POOLED.read(snakemake.input.pooled),
    roles,
)
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
signature_roles = {name: library[name].role for name in config.signatures.select}
specifications = specification_curve(results[1], signature_roles, config=config)
by_er = pd.concat(map(ER_ASSOCIATIONS.read, snakemake.input.by_er), ignore_index=True)
immune = pd.concat(map(IMMUNE_LINKS.read, snakemake.input.immune), ignore_index=True)

HETEROGENEITY.write(heterogeneity(*results), output.heterogeneity)
LEAVE_ONE_COHORT_OUT.write(leave_one_cohort_out_table(*results), output.leave_one_cohort_out)
ASYMMETRY.write(asymmetry(*results), output.asymmetry)
FUNNEL.write(funnel(*results), output.funnel)
SPECIFICATIONS.write(specifications, output.specifications)
SPECIFICATION_SUMMARY.write(summarise_specifications(specifications), output.specification_summary)
ER_POOLED.write(pool_by_er(by_er, roles, config=config), output.pooled_by_er)
IMMUNE_POOLED.write(pool_immune(immune, roles), output.immune_pooled)
