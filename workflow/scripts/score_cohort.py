"""Score every signature in every sample of a cohort."""

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.scoring import score_cohort
from irf7bone.signatures import load_library

report_plainly(snakemake.log[0])

library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
scores, coverage = score_cohort(
    read_cohort(snakemake.input.cohort).to_df(),
    {name: library[name] for name in snakemake.params.select},
    snakemake.params.methods,
    snakemake.params.min_coverage,
    snakemake.params.withheld,
)
coverage.insert(0, "cohort", snakemake.wildcards.cohort)
contracts.SCORES.write(scores, snakemake.output.scores)
contracts.COVERAGE.write(coverage, snakemake.output.coverage)
