"""Draw the figures over all cohorts."""

from irf7bone.figures.plot_cohort import plot_forests
from irf7bone.figures.style import save_drawings
from irf7bone.pool.failed_cohorts import without_failed
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.every_gene import EVERY_GENE
from irf7bone.tables.study_tables import StudyTables

begin(snakemake)

config: Config = snakemake.params.config
tables = StudyTables.read([*snakemake.input.cohort_tables, *snakemake.input.pooled_tables])
drawings = plot_forests(
    without_failed(tables.associations),
    tables.pooled,
    roles_in_pools(tables.cohorts),
    config,
    tables,
    EVERY_GENE.read(snakemake.input.genes[0]),
)
save_drawings(drawings, snakemake.output.figures)
