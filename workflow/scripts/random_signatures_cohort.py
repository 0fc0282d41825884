"""Hold the associations of one cohort against random signatures."""

from irf7bone.base.errors import report_plainly
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.random_signatures.cohort import cohort_null
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM

report_plainly(snakemake.log[0])

adata = read_cohort(snakemake.input.cohort)
null, histogram = cohort_null(
    snakemake.wildcards.cohort,
    adata.to_df(),
    adata.obs,
    SCORES.read(snakemake.input.scores),
    ASSOCIATIONS.read(snakemake.input.associations),
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    config=snakemake.params.config,
    n_draws=snakemake.params.random_signatures.draws,
    seed=snakemake.params.random_signatures.seed,
)
NULL.write(null, snakemake.output.null)
NULL_HISTOGRAM.write(histogram, snakemake.output.histogram)
