"""Look deeper into one cohort: one table for each question beyond the association itself."""

from irf7bone import contracts
from irf7bone.cards import load_card
from irf7bone.cohort import read_cohort
from irf7bone.er_strata import ER_ASSOCIATIONS, associate_by_er
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.immune import IMMUNE_LINKS, immune_link
from irf7bone.signature_quality import SIGNATURE_QUALITY, signature_quality
from irf7bone.signatures import load_library
from irf7bone.survival.checks import CHECK_CURVES, CHECKS, check_curves, checks
from irf7bone.survival.competing import COMPETING, competing
from irf7bone.survival.discrimination import DISCRIMINATION, discrimination
from irf7bone.survival.gray import GROUP_TESTS, group_tests
from irf7bone.survival.sites import SITES, sites
from irf7bone.table_one import TABLE_ONE, table_one

report_plainly(snakemake.log[0])

cohort, config, output = snakemake.wildcards.cohort, snakemake.params.config, snakemake.output
adata = read_cohort(snakemake.input.cohort)
expression, outcomes = adata.to_df(), adata.obs
scores = contracts.SCORES.read(snakemake.input.scores)
coverage = contracts.COVERAGE.read(snakemake.input.coverage)
scale = load_card(snakemake.input.card).expression["scale"]
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
library = {name: library[name] for name in config.signatures.select}

ER_ASSOCIATIONS.write(associate_by_er(cohort, outcomes, scores, config=config), output.by_er)
withheld = snakemake.params.withheld
IMMUNE_LINKS.write(immune_link(cohort, expression, library, config=config, withheld=withheld), output.immune)
SIGNATURE_QUALITY.write(
    signature_quality(cohort, expression, library, coverage, scale=scale), output.signature_quality
)
COMPETING.write(competing(cohort, outcomes, scores, config=config), output.competing)
SITES.write(sites(cohort, outcomes, scores, config=config), output.sites)
GROUP_TESTS.write(group_tests(cohort, outcomes, scores, config=config), output.group_tests)
CHECKS.write(checks(cohort, outcomes, scores, config=config), output.checks)
CHECK_CURVES.write(check_curves(cohort, outcomes, scores, config=config), output.check_curves)
DISCRIMINATION.write(discrimination(cohort, outcomes, scores, config=config), output.discrimination)
TABLE_ONE.write(table_one(cohort, outcomes, scores, config=config), output.table_one)
