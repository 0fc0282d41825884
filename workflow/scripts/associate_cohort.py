"""Relate each score to each endpoint of a cohort, and look deeper: one table for each further question."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import expression_of, read_cohort
from irf7bone.outcome.associate import associate
from irf7bone.outcome.by_subtype import associate_by_subtype
from irf7bone.outcome.claim_models import fit_claim_controls, fit_claim_models
from irf7bone.outcome.competing_risks import competing
from irf7bone.outcome.curve_summary import curve_summary
from irf7bone.outcome.curves import curves
from irf7bone.outcome.discrimination import discrimination
from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.group_tests import group_tests
from irf7bone.outcome.immune_link import immune_link
from irf7bone.outcome.loss_table import loss_table
from irf7bone.outcome.model_checks import check_curves, checks
from irf7bone.outcome.sampled import sampled
from irf7bone.outcome.sites import sites
from irf7bone.outcome.table_one import table_one
from irf7bone.random_signatures.axis import random_axes
from irf7bone.random_signatures.cohort import cohort_null
from irf7bone.scoring.agreement import agreements_of
from irf7bone.scoring.signature_quality import signature_quality
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODELS
from irf7bone.tables.cohort import COVERAGE, SCORES, SIGNATURE_QUALITY, SUBTYPES
from irf7bone.tables.outcome import (
    ASSOCIATIONS,
    COMPETING,
    CURVES,
    ER_ASSOCIATIONS,
    IMMUNE_LINKS,
    SAMPLED,
    SITES,
    SUBTYPE_ASSOCIATIONS,
)
from irf7bone.tables.outcome_checks import (
    CHECK_CURVES,
    CHECKS,
    CURVE_SUMMARY,
    DISCRIMINATION,
    GROUP_TESTS,
    LOSSES,
    TABLE_ONE,
)
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM

begin(snakemake)

config: Config = snakemake.params.config
cohort, output = snakemake.wildcards.cohort, snakemake.output
adata = read_cohort(snakemake.input.cohort)
expression, outcomes = expression_of(adata), adata.obs
scores = SCORES.read(snakemake.input.scores)
coverage = COVERAGE.read(snakemake.input.coverage)
card = read_cohort_card(snakemake.input.card)
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
selected = {name: library[name] for name in config.signatures.select}
plan = FitPlan(cohort, outcomes, scores, config=config)

associations = associate(plan)
ASSOCIATIONS.write(associations, output.associations)
CURVES.write(curves(plan), output.curves)
drawing = snakemake.params.random_signatures
null, histogram = cohort_null(
    plan, expression, associations, library, n_draws=drawing.draws, seed=drawing.seed
)
NULL.write(null, output.null)
NULL_HISTOGRAM.write(histogram, output.histogram)

ER_ASSOCIATIONS.write(associate_by_er(plan), output.by_er)
[called] = map(SUBTYPES.read, snakemake.input.called) if snakemake.input.called else [None]
by_subtype = associate_by_subtype(plan, snakemake.params.subtypes, called)
SUBTYPE_ASSOCIATIONS.write(by_subtype, output.subtypes)
withheld = snakemake.params.withheld
agreements = agreements_of(coverage, config.signatures.min_agreement)
IMMUNE_LINKS.write(
    immune_link(cohort, expression, selected, config=config, withheld=withheld, agreements=agreements),
    output.immune,
)
SIGNATURE_QUALITY.write(
    signature_quality(cohort, expression, selected, coverage, scale=card.expression["scale"]),
    output.signature_quality,
)
COMPETING.write(competing(plan), output.competing)
SITES.write(sites(plan), output.sites)
SAMPLED.write(sampled(card, plan), output.sampled)
GROUP_TESTS.write(group_tests(plan), output.group_tests)
CURVE_SUMMARY.write(curve_summary(plan, CURVES.read(output.curves)), output.curve_summary)
CHECKS.write(checks(plan), output.checks)
CHECK_CURVES.write(check_curves(plan), output.check_curves)
DISCRIMINATION.write(discrimination(plan), output.discrimination)
LOSSES.write(loss_table(plan, adata), output.losses)
TABLE_ONE.write(table_one(cohort, outcomes, scores, config=config), output.table_one)

axes = random_axes(
    cohort,
    expression,
    config.signatures.select,
    selected,
    method=config.primary.method,
    n_draws=drawing.draws,
    seed=drawing.seed,
)
CLAIM_MODELS.write(fit_claim_models(cohort, outcomes, scores, axes, config=config), output.claim_models)
CLAIM_CONTROLS.write(fit_claim_controls(cohort, outcomes, scores, config=config), output.claim_controls)
