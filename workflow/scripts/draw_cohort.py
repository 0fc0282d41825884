"""Draw the figures of one cohort."""

from pathlib import Path

from irf7bone import contracts
from irf7bone.cohort import read_cohort
from irf7bone.errors import report_plainly
from irf7bone.figures.draw import draw_cohort_figures
from irf7bone.figures.style import save_drawings
from irf7bone.report.depth import CohortDepth

report_plainly(snakemake.log[0])

summary = contracts.COHORTS.read(snakemake.input.summary)
drawings = draw_cohort_figures(
    read_cohort(snakemake.input.cohort).obs,
    contracts.QC.read(snakemake.input.quality),
    contracts.SCORES.read(snakemake.input.scores),
    contracts.ASSOCIATIONS.read(snakemake.input.associations),
    contracts.CURVES.read(snakemake.input.curves),
    CohortDepth.read(Path("results"), [snakemake.wildcards.cohort]),
    endpoints=summary["endpoint"].dropna().tolist(),
    platform=summary["platform"].iloc[0],
    simulated=(summary["role"] == "simulated").all(),
    config=snakemake.params.config,
)
save_drawings(drawings, snakemake.output.figures)
