"""Draw the figures over all cohorts."""

from pathlib import Path

from irf7bone import contracts
from irf7bone.errors import report_plainly
from irf7bone.figures.draw import draw_forests
from irf7bone.figures.style import save_drawings
from irf7bone.report.depth import Depth

report_plainly(snakemake.log[0])

cohorts = contracts.COHORTS.read(snakemake.input.cohorts)
drawings = draw_forests(
    contracts.ASSOCIATIONS.read(snakemake.input.associations),
    contracts.POOLED.read(snakemake.input.pooled),
    dict(zip(cohorts["cohort"], cohorts["role"], strict=True)),
    snakemake.params.config,
    Depth.read(Path("results"), cohorts["cohort"].drop_duplicates().tolist()),
)
save_drawings(drawings, snakemake.output.figures)
