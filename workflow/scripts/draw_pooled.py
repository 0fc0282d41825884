"""Draw the figures over all cohorts."""

from pathlib import Path

from irf7bone.base.errors import report_plainly
from irf7bone.figures.plot_cohort import draw_forests
from irf7bone.figures.style import save_drawings
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED
from irf7bone.tables.study_tables import Depth

report_plainly(snakemake.log[0])

cohorts = COHORTS.read(snakemake.input.cohorts)
drawings = draw_forests(
    ASSOCIATIONS.read(snakemake.input.associations),
    POOLED.read(snakemake.input.pooled),
    roles_in_pools(cohorts),
    snakemake.params.config,
    Depth.read(Path("results"), cohorts["cohort"].drop_duplicates().tolist()),
)
save_drawings(drawings, snakemake.output.figures)
