"""Pool what the experiments of a study say, and draw their forest."""

from pathlib import Path

from irf7bone.experiments.pool_experiments import pool_experiments
from irf7bone.figures.drawing import Drawing
from irf7bone.figures.forest_cells import forest_experiments
from irf7bone.figures.style import save_drawings
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.tables.pooled_experiments import POOLED_EXPERIMENT_TABLES
from irf7bone.tables.register import table_at

begin(snakemake)

cards = [read_experiment_card(path) for path in snakemake.input.cards]
read = {
    kind: {Path(path).parent.name: table_at(path).read(path) for path in snakemake.input[kind]}
    for kind in ("signatures", "claim")
}
pooled = pool_experiments({card.id: card.role for card in cards}, read)
for name, table in pooled.items():
    POOLED_EXPERIMENT_TABLES[name].write(table, snakemake.output[name])
forest = Drawing(forest_experiments(pooled["forest"]), pooled["forest"])
save_drawings({"forest": forest}, snakemake.output.figures)
