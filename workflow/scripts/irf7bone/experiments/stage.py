"""From the card and data of an experiment to its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.genes.orthologs import Orthologs
from irf7bone.tables.register import table_at

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.genes.signatures import Signature
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.study.settings import Config


def analyse(
    card: ExperimentCard,
    adata: ad.AnnData,
    library: Mapping[str, Signature],
    markers: Mapping[str, Signature],
    orthologs: str | Path,
    *,
    config: Config,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """All tables of one experiment, by the names of their files in :mod:`irf7bone.tables.register`.

    Signatures that experiments derive are not among those tested: they would be tested on what they were
    made from. Where one of them is the study's primary signature, the first selected one stands in.

    Args:
        card: The experiment's card.
        adata: The experiment.
        library: Signatures of the GMT files, by name.
        markers: Marker lists of tissues and cells.
        orthologs: The table of orthologs; read for mouse only.
        config: The study's settings.
        seed: Seed of relabellings and random gene sets.
    """
    chosen = {name: library[name] for name in config.signatures.select if name in library}
    primary = config.primary.signature
    settings = AnalysisSettings(
        primary_signature=primary if primary in chosen else next(iter(chosen)),
        primary_method=config.primary.method,
        methods=config.methods,
        min_coverage=config.signatures.min_coverage,
        fdr=card.fdr,
        seed=seed,
        second_opinion=card.second_opinion,
        host=card.host,
    )
    table = Orthologs.load(Path(orthologs)) if card.organism == "mouse" else None
    return analyse_experiment(card.id, adata, card.contrasts, chosen, markers, table, settings)


def write_tables(tables: Mapping[str, pd.DataFrame], paths: Iterable[str]) -> None:
    """Write each table into the file of its name, through its contract."""
    for path in paths:
        table_at(path).write(tables[Path(path).stem], path)
