"""Pool the single-cell data sets, real ones apart from simulated, and plot the forest."""

from pathlib import Path

from irf7bone.cells.pool_cells import pool_data_sets
from irf7bone.figures.drawing import Drawing
from irf7bone.figures.forest_cells import forest_cells
from irf7bone.figures.style import save_drawings
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin
from irf7bone.tables.pooled_cells import POOLED_CELL_TABLES
from irf7bone.tables.register import table_at

begin(snakemake)

cards = [read_cells_card(path) for path in snakemake.input.cards]
read = {
    kind: {Path(path).parent.name: table_at(path).read(path) for path in snakemake.input[kind]}
    for kind in ("signatures", "claim", "immune")
}
pooled = pool_data_sets({card.id: card.role for card in cards}, read)
for name, table in pooled.items():
    POOLED_CELL_TABLES[name].write(table, snakemake.output[name])
save_drawings({"forest": Drawing(forest_cells(pooled["forest"]), pooled["forest"])}, snakemake.output.figures)
