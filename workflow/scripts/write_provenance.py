"""Write down what the run was made of."""

from pathlib import Path

from irf7bone.base.errors import report_plainly
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.provenance import as_json, collect
from irf7bone.study.settings import Config

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
cards = [read_cohort_card(path) for path in snakemake.input.cards]
experiments = [read_experiment_card(path) for path in snakemake.input.experiments]
provenance = collect(
    config,
    {card.id: card for card in cards},
    sources=dict(zip(config.cohorts, snakemake.input.sources, strict=True)),
    experiments={card.id: card for card in experiments},
    experiment_sources=dict(zip(config.experiments, snakemake.input.experiment_sources, strict=True)),
    signature_files=snakemake.params.signatures,
    root=snakemake.params.root,
    command=snakemake.params.command,
)
Path(snakemake.output.provenance).write_text(as_json(provenance), encoding="utf-8")
