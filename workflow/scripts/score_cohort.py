"""Score every signature in every sample of a cohort."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.scoring.agreement import agreements
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.job import begin
from irf7bone.tables.cohort import AGREEMENT, COVERAGE, SCORES

begin(snakemake)

library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
scores, coverage = score_cohort(
    read_cohort(snakemake.input.cohort).to_df(),
    {name: library[name] for name in snakemake.params.select},
    snakemake.params.methods,
    snakemake.params.min_coverage,
    snakemake.params.withheld,
    agreements(
        AGREEMENT.read(snakemake.input.agreement), snakemake.wildcards.cohort, snakemake.params.min_agreement
    ),
)
coverage.insert(0, "cohort", snakemake.wildcards.cohort)
SCORES.write(scores, snakemake.output.scores)
COVERAGE.write(coverage, snakemake.output.coverage)
