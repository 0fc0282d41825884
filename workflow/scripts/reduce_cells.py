"""Read all cells of one data set again: place, score and add them up to samples."""

from irf7bone.cells.steps import (
    marker_lists,
    open_set,
    own_symbols,
    read_model,
    read_quality,
    read_sampled,
    reduce,
    write_reduced,
)
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin

begin(snakemake)

card = read_cells_card(snakemake.input.card)
table = SymbolTable.load(snakemake.input.symbols)
primary = load_library(snakemake.input.signatures, table)[snakemake.params.primary].up
lists = marker_lists(load_library(snakemake.input.cell_markers, table))
own = own_symbols(card, snakemake.input.orthologs, {**lists, "__primary__": primary})
cells = open_set(card, snakemake.input.obs, snakemake.input.matrices, snakemake.input.symbols)
quality = read_quality(snakemake.input.quality)
model = read_model(card, snakemake.input.calls, snakemake.input.model)
reduced = reduce(card, cells, quality, model, own.pop("__primary__"), own)
write_reduced(card, cells, quality, reduced, read_sampled(snakemake.input.sampled), snakemake.output)
