"""Read all cells of one data set once: their quality, and a sample to learn compartments from."""

from irf7bone.cells.steps import first_reading, open_set, write_scan
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin

begin(snakemake)

card = read_cells_card(snakemake.input.card)
cells = open_set(card, snakemake.input.obs, snakemake.input.matrices, snakemake.input.symbols)
write_scan(first_reading(card, cells), cells, snakemake.output.quality, snakemake.output.sample)
