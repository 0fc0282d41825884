"""Ask the real cohorts whether the measured part of a signature says what the whole says."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import expression_of, read_cohort, read_genes
from irf7bone.scoring.agreement import measure_agreement
from irf7bone.study.job import begin
from irf7bone.tables.cohort import AGREEMENT

begin(snakemake)

files = dict(zip(snakemake.params.cohorts, snakemake.input.cohorts, strict=True))
library = load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols))
table = measure_agreement(
    {cohort: read_genes(path) for cohort, path in files.items()},
    snakemake.params.real,
    lambda cohort: expression_of(read_cohort(files[cohort])),
    {name: library[name] for name in snakemake.params.select},
)
AGREEMENT.write(table, snakemake.output.agreement)
