"""Relate each score to each endpoint of a cohort, and hold the results against random signatures."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import expression_of, read_cohort
from irf7bone.outcome.associate import associate
from irf7bone.outcome.curves import curves
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.random_signatures.cohort import cohort_null
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM

begin(snakemake)

config: Config = snakemake.params.config
adata = read_cohort(snakemake.input.cohort)
scores = SCORES.read(snakemake.input.scores)
plan = FitPlan(snakemake.wildcards.cohort, adata.obs, scores, config=config)
associations = associate(plan)
ASSOCIATIONS.write(associations, snakemake.output.associations)
CURVES.write(curves(plan), snakemake.output.curves)
null, histogram = cohort_null(
    plan,
    expression_of(adata),
    associations,
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    n_draws=snakemake.params.random_signatures.draws,
    seed=snakemake.params.random_signatures.seed,
)
NULL.write(null, snakemake.output.null)
NULL_HISTOGRAM.write(histogram, snakemake.output.histogram)
