"""Compare the groups of one single-cell data set in every compartment, with the patient as the unit."""

from irf7bone.cells.tested_tables import analyse_cells, write_cell_tables
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin
from irf7bone.study.settings import Config

begin(snakemake)

symbols = SymbolTable.load(snakemake.input.symbols)
config: Config = snakemake.params.config
tables = analyse_cells(
    read_cells_card(snakemake.input.card),
    snakemake.input.pseudobulk,
    load_library(snakemake.input.signatures, symbols),
    load_library(snakemake.input.markers, symbols),
    load_library(snakemake.input.cell_markers, symbols),
    snakemake.input.orthologs,
    config=config,
    seed=snakemake.params.seed,
)
write_cell_tables(tables, snakemake.output.tables)
