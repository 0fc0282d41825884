"""Compare the groups of one experiment: genes, signatures, gene sets, composition, claim."""

from irf7bone.experiments.experiment_file import read_experiment
from irf7bone.experiments.stage import analyse, write_tables
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.study.settings import Config

begin(snakemake)

config: Config = snakemake.params.config
symbols = SymbolTable.load(snakemake.input.symbols)
tables = analyse(
    read_experiment_card(snakemake.input.card),
    read_experiment(snakemake.input.experiment),
    load_library(snakemake.input.signatures, symbols),
    load_library(snakemake.input.markers, symbols),
    snakemake.input.orthologs,
    config=config,
    seed=snakemake.params.seed,
)
write_tables(tables, snakemake.output.tables)
