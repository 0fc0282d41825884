"""Write down what the run was made of."""

from pathlib import Path

from irf7bone.base.errors import report_plainly
from irf7bone.study.provenance import as_json, collect

report_plainly(snakemake.log[0])

study = snakemake.params.study
provenance = collect(
    study.config,
    study.cards,
    sources=dict(zip(study.cards, snakemake.input.sources, strict=True)),
    experiments=study.experiments,
    experiment_sources=dict(zip(study.experiments, snakemake.input.experiment_sources, strict=True)),
    cells=study.cells,
    cell_sources=dict(zip(study.cells, snakemake.input.cell_sources, strict=True)),
    signature_files=(*study.signature_files, *study.derived_files),
    root=study.root,
    command=snakemake.params.command,
)
Path(snakemake.output.provenance).write_text(as_json(provenance), encoding="utf-8")
