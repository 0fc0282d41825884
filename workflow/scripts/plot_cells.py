"""Plot the figures of one single-cell data set."""

from irf7bone.cells.steps import marker_lists, own_symbols, read_samples
from irf7bone.figures.plot_cells import plot_cell_figures
from irf7bone.figures.style import save_drawings
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin
from irf7bone.tables.cells import CELLS, COPY_NUMBER
from irf7bone.tables.study_tables import read_joined

begin(snakemake)

card = read_cells_card(snakemake.input.card)
lists = marker_lists(load_library(snakemake.input.cell_markers, SymbolTable.load(snakemake.input.symbols)))
drawings = plot_cell_figures(
    card,
    read_joined(snakemake.input.tables),
    CELLS.read(snakemake.input.cells),
    COPY_NUMBER.read(snakemake.input.copy_number),
    read_samples(snakemake.input.pseudobulk, card.qc.min_cells_per_pseudobulk),
    own_symbols(card, snakemake.input.orthologs, lists),
)
save_drawings(drawings, snakemake.output.figures)
