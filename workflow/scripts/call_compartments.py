"""Cluster the sampled cells of one data set, call the clusters, and make the map for display."""

import anndata as ad

from irf7bone.cells.display_map import display_map
from irf7bone.cells.steps import call, marker_lists, own_symbols, write_calls, write_copy_number
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin

begin(snakemake)

card = read_cells_card(snakemake.input.card)
sample = ad.read_h5ad(snakemake.input.sample)
lists = marker_lists(load_library(snakemake.input.cell_markers, SymbolTable.load(snakemake.input.symbols)))
markers = own_symbols(card, snakemake.input.orthologs, lists)
called, rule = call(card, sample, markers, snakemake.input.positions, snakemake.params.seed)
coordinates = display_map(called.places, sample.obs["patient"].to_numpy(dtype=object), snakemake.params.seed)
write_calls(
    card,
    called,
    rule,
    coordinates,
    sample,
    table=snakemake.output.calls,
    model=snakemake.output.model,
    cells=snakemake.output.cells,
)
write_copy_number(called, snakemake.output.copy_number)
