"""Derive a signature from a contrast of one experiment, as a GMT with its provenance."""

from irf7bone.experiments.signature_stage import derive
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.tables.experiment import DERIVED, GENES

begin(snakemake)

derived = derive(
    read_experiment_card(snakemake.input.card),
    GENES.read(snakemake.input.genes),
    snakemake.input.orthologs,
    snakemake.output.signature,
)
DERIVED.write(derived, snakemake.output.derived)
