"""Read one experiment from its source and bring it to the AnnData contract."""

from pathlib import Path

from irf7bone import contracts
from irf7bone.acquire import acquire, write_sources
from irf7bone.acquire.fetch import Downloads
from irf7bone.acquire.lock import lock_path
from irf7bone.errors import report_plainly
from irf7bone.experiments.cards import load_experiment
from irf7bone.experiments.data import write_experiment
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.genes import SymbolTable

report_plainly(snakemake.log[0])

card = load_experiment(snakemake.input.card)
acquired = acquire(card, Downloads(Path(snakemake.params.downloads), lock_path(card.path)))
harmonised = harmonise_experiment(acquired, card, SymbolTable.load(snakemake.input.symbols))
write_experiment(harmonised.adata, snakemake.output.experiment)
contracts.FLOW.write(harmonised.flow, snakemake.output.flow)
write_sources(acquired.sources, snakemake.output.source)
