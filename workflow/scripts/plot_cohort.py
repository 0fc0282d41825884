"""Draw the figures of one cohort."""

from irf7bone.figures.plot_cohort import plot_cohort_figures
from irf7bone.figures.style import save_drawings
from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS, QC, SCORES
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES
from irf7bone.tables.study_tables import StudyTables

begin(snakemake)

config: Config = snakemake.params.config
summary = COHORTS.read(snakemake.input.summary)
drawings = plot_cohort_figures(
    read_cohort(snakemake.input.cohort).obs,
    QC.read(snakemake.input.quality),
    SCORES.read(snakemake.input.scores),
    ASSOCIATIONS.read(snakemake.input.associations),
    CURVES.read(snakemake.input.curves),
    StudyTables.read(snakemake.input.tables),
    endpoints=summary["endpoint"].dropna().tolist(),
    platform=summary["platform"].iloc[0],
    simulated=(summary["role"] == "simulated").all(),
    config=config,
)
save_drawings(drawings, snakemake.output.figures)
