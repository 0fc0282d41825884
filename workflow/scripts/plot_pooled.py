"""Draw the figures over all cohorts."""

from irf7bone.base.errors import report_plainly
from irf7bone.figures.plot_cohort import plot_forests
from irf7bone.figures.style import save_drawings
from irf7bone.study.settings import Config
from irf7bone.tables.study_tables import StudyTables

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
tables = StudyTables.read([*snakemake.input.cohort_tables, *snakemake.input.pooled_tables])
drawings = plot_forests(
    tables.associations,
    tables.pooled,
    dict(zip(tables.cohorts["cohort"], tables.cohorts["role"], strict=True)),
    config,
    tables,
)
save_drawings(drawings, snakemake.output.figures)
