"""Draw the figures of one experiment."""

from irf7bone.errors import report_plainly
from irf7bone.experiments.cards import load_experiment
from irf7bone.experiments.data import read_experiment
from irf7bone.figures.draw_experiment import draw_experiment_figures
from irf7bone.figures.style import save_drawings
from irf7bone.report.experiment_inputs import read_tables

report_plainly(snakemake.log[0])

card = load_experiment(snakemake.input.card)
drawings = draw_experiment_figures(
    read_experiment(snakemake.input.experiment),
    read_tables(snakemake.input.tables),
    simulated=card.simulated,
    fdr=card.fdr,
    config=snakemake.params.config,
)
save_drawings(drawings, snakemake.output.figures)
