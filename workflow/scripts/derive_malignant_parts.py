"""Derive the malignant parts of signatures from all single-cell data sets."""

from irf7bone.cells.malignant_part_stage import derive_malignant_parts, write_malignant_parts
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.job import begin
from irf7bone.study.malignant_parts import MalignantPart
from irf7bone.study.settings import MalignantPartSettings
from irf7bone.tables.pooled_cells import MALIGNANT_GENES, MALIGNANT_PARTS

begin(snakemake)

parts: tuple[MalignantPart, ...] = snakemake.params.parts
rule: MalignantPartSettings = snakemake.params.rule
cards = [read_cells_card(path) for path in snakemake.input.cards]
derived = derive_malignant_parts(
    list(zip(cards, snakemake.input.pseudobulk, strict=True)),
    parts,
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    snakemake.input.orthologs,
    rule,
)
MALIGNANT_PARTS.write(derived.parts, snakemake.output.parts)
MALIGNANT_GENES.write(derived.genes, snakemake.output.genes)
write_malignant_parts(derived, snakemake.output.signatures)
