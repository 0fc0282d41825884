"""Read one experiment from its source and bring it to the AnnData contract."""

from pathlib import Path

from irf7bone.acquire.acquired import write_sources
from irf7bone.acquire.sources import acquire
from irf7bone.download.fetch import Downloads
from irf7bone.download.lock import lock_path
from irf7bone.experiments.experiment_file import write_experiment
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.tables.cohort import FLOW

begin(snakemake)

card = read_experiment_card(snakemake.input.card)
acquired = acquire(card, Downloads(Path(snakemake.params.downloads), lock_path(card.path)))
harmonised = harmonise_experiment(acquired, card, SymbolTable.load(snakemake.input.symbols))
write_experiment(harmonised.adata, snakemake.output.experiment)
FLOW.write(harmonised.flow, snakemake.output.flow)
write_sources(acquired.sources, snakemake.output.source)
