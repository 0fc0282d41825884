"""Look deeper into the pooled results: one table for each question."""

import pandas as pd

from irf7bone.genes.named import genes_with_curves, nobodys_names
from irf7bone.genes.signatures import genes_of_role, load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.outcome.cohort_data import reader
from irf7bone.pool.by_er import pool_by_er
from irf7bone.pool.failed_cohorts import without_failed
from irf7bone.pool.heterogeneity import asymmetry, funnel, heterogeneity, leave_one_cohort_out_table
from irf7bone.pool.pool_genes import every_gene
from irf7bone.pool.pool_subtypes import pool_by_subtype
from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.pool.specification import specification_curve, summarise_specifications
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS, GENE_IDENTITY
from irf7bone.tables.every_gene import EVERY_GENE, GENE_CURVES, GENE_FOLLOW_UP, GENE_TERTILES
from irf7bone.tables.outcome import ASSOCIATIONS, ER_ASSOCIATIONS, IMMUNE_LINKS, SUBTYPE_ASSOCIATIONS
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
    SUBTYPE_POOLED,
)
from irf7bone.tables.study_tables import join

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
symbols = SymbolTable.load(snakemake.input.symbols)
library = load_library(snakemake.input.signatures, symbols)
signature_roles = {name: library[name].role for name in config.signatures.select}
specifications = specification_curve(results[1], signature_roles, config=config)
by_er = pd.concat(map(ER_ASSOCIATIONS.read, snakemake.input.by_er), ignore_index=True)
subtypes = join(SUBTYPE_ASSOCIATIONS, map(SUBTYPE_ASSOCIATIONS.read, snakemake.input.subtypes))
immune = pd.concat(map(IMMUNE_LINKS.read, snakemake.input.immune), ignore_index=True)
names = snakemake.params.cohorts
named = symbols.current_or_same(snakemake.params.genes)
single = every_gene(
    reader(
        dict(zip(names, snakemake.input.cohorts, strict=True)),
        dict(zip(names, snakemake.input.scores, strict=True)),
    ),
    dict(zip(names, map(GENE_IDENTITY.read, snakemake.input.genes), strict=True)),
    roles,
    interferon=genes_of_role(library, config.signatures.select, "interferon"),
    curves_of=named,
    tertiles_of=genes_with_curves(named, library, config.signatures.select, config.primary.signature),
    nobodys=nobodys_names(named, symbols),
    config=config,
)

HETEROGENEITY.write(heterogeneity(*results), output.heterogeneity)
LEAVE_ONE_COHORT_OUT.write(leave_one_cohort_out_table(*results), output.leave_one_cohort_out)
ASYMMETRY.write(asymmetry(*results), output.asymmetry)
FUNNEL.write(funnel(*results), output.funnel)
SPECIFICATIONS.write(specifications, output.specifications)
SPECIFICATION_SUMMARY.write(summarise_specifications(specifications), output.specification_summary)
ER_POOLED.write(pool_by_er(by_er, roles, config=config), output.pooled_by_er)
SUBTYPE_POOLED.write(pool_by_subtype(subtypes, roles, config=config), output.pooled_subtypes)
IMMUNE_POOLED.write(pool_immune(immune, roles), output.immune_pooled)
EVERY_GENE.write(single.genes, output.genes)
GENE_CURVES.write(single.curves, output.gene_curves)
GENE_TERTILES.write(single.tertiles, output.gene_tertiles)
GENE_FOLLOW_UP.write(single.follow_up, output.gene_follow_up)
