"""Open or rewrite the counts of one single-cell data set, and describe its cells."""

from pathlib import Path

from irf7bone.cells.acquire_step import acquire_or_simulate, write_flow_and_sources
from irf7bone.cells.data_set import write_set
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin

begin(snakemake)

card = read_cells_card(snakemake.input.card).with_downloads(Path(snakemake.params.downloads))
acquired = acquire_or_simulate(
    card,
    Path(snakemake.output.counts),
    symbols=snakemake.input.symbols,
    signatures=snakemake.input.signatures,
    markers=snakemake.input.cell_markers,
    positions=snakemake.input.positions,
)
write_set(acquired.matrices, acquired.obs, snakemake.output.obs, snakemake.output.matrices)
write_flow_and_sources(acquired, snakemake.output.flow, snakemake.output.source)
