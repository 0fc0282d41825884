"""Score every signature in every sample of a cohort, once its genes are known to be what they are called."""

from pathlib import Path

from irf7bone.base.stored_matrix import some_samples
from irf7bone.genes.centroids import read_centroids
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import expression_of, read_cohort
from irf7bone.scoring.agreement import agreements
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.gene_identity import MOST_SAMPLES, discordant_members, gene_identity, not_measured
from irf7bone.scoring.score_table import score_cohort
from irf7bone.scoring.subtypes import call_subtypes
from irf7bone.study.job import begin
from irf7bone.tables.cohort import AGREEMENT, COVERAGE, GENE_IDENTITY, SCORES, SUBTYPES

begin(snakemake)

cohort = snakemake.wildcards.cohort
symbols = SymbolTable.load(snakemake.input.symbols)
library = load_library(snakemake.input.signatures, symbols)
selected = {name: library[name] for name in snakemake.params.select}
adata = read_cohort(snakemake.input.cohort)
expression = expression_of(adata)
published = {name: one for name, one in library.items() if one.role != "derived"}
identities = gene_identity(
    cohort, Prepared(some_samples(expression, MOST_SAMPLES)), selected, published, adata.var["source_ids"]
)
scores, coverage = score_cohort(
    expression,
    selected,
    snakemake.params.methods,
    snakemake.params.min_coverage,
    snakemake.params.withheld,
    agreements(AGREEMENT.read(snakemake.input.agreement), cohort, snakemake.params.min_agreement),
    not_measured(identities, selected),
    discordant_members(identities, selected),
    threads=snakemake.threads,
)
coverage.insert(0, "cohort", cohort)
GENE_IDENTITY.write(identities, snakemake.output.genes)
SCORES.write(scores, snakemake.output.scores)
COVERAGE.write(coverage, snakemake.output.coverage)
for file in snakemake.input.centroids:
    called = call_subtypes(cohort, expression, adata.obs.get("er"), read_centroids(Path(file), symbols))
    SUBTYPES.write(called, snakemake.output.subtypes)
