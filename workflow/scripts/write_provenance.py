"""Write down what the run was made of."""

from pathlib import Path

from irf7bone.study.cells_card import read_cells_card
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.experiment_card import read_experiment_card
from irf7bone.study.job import begin
from irf7bone.study.provenance import as_json, collect
from irf7bone.study.settings import Config
from irf7bone.tables.completeness import refuse_missing_rows

begin(snakemake)

source, params = snakemake.input, snakemake.params
config: Config = params.config
cards = {card.id: card for card in map(read_cohort_card, source.cards)}
cells = {card.id: card for card in map(read_cells_card, source.cells)}
experiments = {card.id: card for card in map(read_experiment_card, source.experiments)}
refuse_missing_rows(
    source.results,
    {
        "signature": config.signatures.select,
        "method": config.methods,
        "endpoint": config.endpoints,
        "model": config.models,
    },
)
provenance = collect(
    config,
    cards,
    sources=dict(zip(cards, source.sources, strict=True)),
    experiments=experiments,
    experiment_sources=dict(zip(experiments, source.experiment_sources, strict=True)),
    cells=cells,
    cell_sources=dict(zip(cells, source.cell_sources, strict=True)),
    signature_files=(*source.signatures, *params.derived),
    results=source.results,
    failed=params.failed,
    root=Path(snakemake.scriptdir).resolve().parents[1],
    command=params.command,
)
Path(snakemake.output.provenance).write_text(as_json(provenance), encoding="utf-8")
