"""Hold the pooled results against random signatures, and look at the controls."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.outcome.cohort_data import reader
from irf7bone.pool.failed_cohorts import without_failed
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.random_signatures.controls import controls
from irf7bone.random_signatures.pooled import pooled_null
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED
from irf7bone.tables.random_signatures import CONTROLS, NULL, NULL_HISTOGRAM, POOLED_NULL

begin(snakemake)

config: Config = snakemake.params.config
cohorts = COHORTS.read(snakemake.input.summary)
associations = without_failed(ASSOCIATIONS.read(snakemake.input.associations))
pooled = POOLED.read(snakemake.input.pooled)
null, histogram = pooled_null(
    reader(
        dict(zip(snakemake.params.cohorts, snakemake.input.cohorts, strict=True)),
        dict(zip(snakemake.params.cohorts, snakemake.input.scores, strict=True)),
    ),
    associations,
    pooled,
    roles_in_pools(cohorts),
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    config=config,
    n_draws=snakemake.params.random_signatures.draws,
    seed=snakemake.params.random_signatures.seed,
)
POOLED_NULL.write(null, snakemake.output.null)
NULL_HISTOGRAM.write(histogram, snakemake.output.histogram)
CONTROLS.write(
    controls(associations, pooled, NULL.read(snakemake.input.null), null, config=config),
    snakemake.output.controls,
)
