"""Hold the associations of one cohort against random signatures."""

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.null import NULL, NULL_HISTOGRAM, cohort_null
from irf7bone.signatures import load_library

report_plainly(snakemake.log[0])

adata = read_cohort(snakemake.input.cohort)
null, histogram = cohort_null(
    snakemake.wildcards.cohort,
    adata.to_df(),
    adata.obs,
    contracts.SCORES.read(snakemake.input.scores),
    contracts.ASSOCIATIONS.read(snakemake.input.associations),
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    config=snakemake.params.config,
    n_draws=snakemake.params.random_signatures.draws,
    seed=snakemake.params.random_signatures.seed,
)
NULL.write(null, snakemake.output.null)
NULL_HISTOGRAM.write(histogram, snakemake.output.histogram)
