"""Draw the figures of one experiment."""

from irf7bone.experiments.experiment_file import read_experiment
from irf7bone.figures.plot_experiment import plot_experiment_figures
from irf7bone.figures.style import save_drawings
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.study_tables import read_joined

begin(snakemake)

config: Config = snakemake.params.config
card = read_experiment_card(snakemake.input.card)
drawings = plot_experiment_figures(
    read_experiment(snakemake.input.experiment),
    read_joined(snakemake.input.tables),
    simulated=card.simulated,
    fdr=card.fdr,
    config=config,
)
save_drawings(drawings, snakemake.output.figures)
