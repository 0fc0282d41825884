"""Bring one acquired cohort to the AnnData contract."""

from pathlib import Path

from irf7bone.acquire.acquired import read_acquired
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.cohort_file import write_cohort
from irf7bone.harmonise.summary import summarise_cohort
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.job import begin
from irf7bone.tables.cohort import COHORTS, FLOW, MARKERS, PROBES

begin(snakemake)

card = read_cohort_card(snakemake.input.card)
acquired = read_acquired(snakemake.input.expression, snakemake.input.clinical, snakemake.input.source)
symbols = SymbolTable.load(snakemake.input.symbols)
published = {}
if card.collapses_by_companions:
    files = [path for path in map(Path, snakemake.input.sets) if path.suffix == ".gmt"]
    published = load_library(files, symbols)
harmonised = harmonise(acquired, card, symbols, published)
planned = harmonised.planned
write_cohort(harmonised.adata, snakemake.output.cohort, planned and planned.blocks())
FLOW.write(harmonised.flow, snakemake.output.flow)
MARKERS.write(harmonised.markers, snakemake.output.markers)
for path in filter(None, [snakemake.output.get("probes")]):
    PROBES.write(harmonised.probes, path)
COHORTS.write(summarise_cohort(harmonised, card), snakemake.output.summary)
