"""Look deeper into the pooled results: one table for each question."""

import pandas as pd

from irf7bone import contracts
from irf7bone.er_strata import ER_ASSOCIATIONS, ER_POOLED, pool_by_er
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.heterogeneity import (
    ASYMMETRY,
    FUNNEL,
    HETEROGENEITY,
    LEAVE_ONE_OUT,
    asymmetry,
    funnel,
    heterogeneity,
    leave_one_out_table,
)
from irf7bone.immune import IMMUNE_LINKS, IMMUNE_POOLED, pool_immune
from irf7bone.signatures import load_library
from irf7bone.specification import (
    SPECIFICATION_SUMMARY,
    SPECIFICATIONS,
    specification_curve,
    summarise_specifications,
)

report_plainly(snakemake.log[0])

config, output = snakemake.params.config, snakemake.output
cohorts = contracts.COHORTS.read(snakemake.input.summary)
roles = dict(zip(cohorts["cohort"], cohorts["role"], strict=True))
results = (
    contracts.ASSOCIATIONS.read(snakemake.input.associations),
    contracts.POOLED.read(snakemake.input.pooled),
    roles,
)
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
signature_roles = {name: library[name].role for name in config.signatures.select}
specifications = specification_curve(results[1], signature_roles, config=config)
by_er = pd.concat(map(ER_ASSOCIATIONS.read, snakemake.input.by_er), ignore_index=True)
immune = pd.concat(map(IMMUNE_LINKS.read, snakemake.input.immune), ignore_index=True)

HETEROGENEITY.write(heterogeneity(*results), output.heterogeneity)
LEAVE_ONE_OUT.write(leave_one_out_table(*results), output.leave_one_out)
ASYMMETRY.write(asymmetry(*results), output.asymmetry)
FUNNEL.write(funnel(*results), output.funnel)
SPECIFICATIONS.write(specifications, output.specifications)
SPECIFICATION_SUMMARY.write(summarise_specifications(specifications), output.specification_summary)
ER_POOLED.write(pool_by_er(by_er, roles, config=config), output.pooled_by_er)
IMMUNE_POOLED.write(pool_immune(immune, roles), output.immune_pooled)
