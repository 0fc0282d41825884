"""Hold the pooled results against random signatures, and look at the controls."""

from irf7bone import contracts
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.null import NULL, NULL_HISTOGRAM
from irf7bone.null_controls import CONTROLS, controls
from irf7bone.null_pooled import POOLED_NULL, pooled_null, reader
from irf7bone.signatures import load_library

report_plainly(snakemake.log[0])

config, cohorts = snakemake.params.config, contracts.COHORTS.read(snakemake.input.summary)
associations = contracts.ASSOCIATIONS.read(snakemake.input.associations)
pooled = contracts.POOLED.read(snakemake.input.pooled)
null, histogram = pooled_null(
    reader(
        dict(zip(snakemake.params.cohorts, snakemake.input.cohorts, strict=True)),
        dict(zip(snakemake.params.cohorts, snakemake.input.scores, strict=True)),
    ),
    associations,
    pooled,
    dict(zip(cohorts["cohort"], cohorts["role"], strict=True)),
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
