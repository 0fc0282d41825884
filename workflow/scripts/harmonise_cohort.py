"""Bring one acquired cohort to the AnnData contract."""

from irf7bone import contracts
from irf7bone.acquire import read_acquired
from irf7bone.cards import load_card
from irf7bone.cohort import write_cohort
from irf7bone.errors import report_plainly
from irf7bone.genes import SymbolTable
from irf7bone.harmonise import harmonise
from irf7bone.summary import summarise_cohort

report_plainly(snakemake.log[0])

card = load_card(snakemake.input.card)
acquired = read_acquired(snakemake.input.expression, snakemake.input.clinical, snakemake.input.source)
harmonised = harmonise(acquired, card, SymbolTable.load(snakemake.input.symbols))
write_cohort(harmonised.adata, snakemake.output.cohort)
contracts.FLOW.write(harmonised.flow, snakemake.output.flow)
contracts.COHORTS.write(summarise_cohort(harmonised, card), snakemake.output.summary)
