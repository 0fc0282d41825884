"""All that the report is made from, and what every section asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.figures import key_signatures
from irf7bone.figures.largest_cohorts import MOST_DRAWN, LargestCohorts
from irf7bone.report.sentences.glossary import Glossary
from irf7bone.tables.calibration import CALIBRATION
from irf7bone.tables.cohort import SUBTYPES
from irf7bone.tables.every_gene import EVERY_GENE
from irf7bone.tables.study_tables import StudyTables

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.report.sentences.references import Works
    from irf7bone.study.cells_card import CellsCard
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.study.settings import Config


@dataclass(frozen=True)
class Experiments:
    """What the report says of experiments is made from this.

    Args:
        cards: Experiment id -> card, in the order of the config.
        tables: Those of an experiment in :mod:`irf7bone.tables.register`, of every experiment, by name.
        flow: :data:`irf7bone.tables.cohort.FLOW` of every experiment, its id in ``cohort``.
        derived: :data:`irf7bone.tables.experiment.DERIVED` of every experiment that derives a signature.
        over: Those of :mod:`irf7bone.tables.pooled_experiments`, by name; empty for one experiment.
    """

    cards: Mapping[str, ExperimentCard]
    tables: Mapping[str, pd.DataFrame]
    flow: pd.DataFrame
    derived: pd.DataFrame
    over: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class CellSets:
    """What the report says of single cells is made from this.

    Args:
        cards: Id -> card, in the order of the config.
        tables: Name of a table of a data set -> id -> table.
        flow: Id -> :data:`irf7bone.tables.cohort.FLOW`, cells in place of samples.
        over: Those of :mod:`irf7bone.tables.pooled_cells` that the study has, by name.
    """

    cards: Mapping[str, CellsCard]
    tables: Mapping[str, Mapping[str, pd.DataFrame]]
    flow: Mapping[str, pd.DataFrame]
    over: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportInputs:
    """All that the report is made from.

    Args:
        config: The settings.
        cards: Cohort id -> card, in the order of the config.
        library: Signatures by name.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        cohorts: :data:`irf7bone.tables.cohort.COHORTS`.
        verdict: :data:`irf7bone.tables.verdict.VERDICT`.
        flow: :data:`irf7bone.tables.cohort.FLOW` of every cohort.
        coverage: :data:`irf7bone.tables.cohort.COVERAGE` of every cohort.
        quality: :data:`irf7bone.tables.cohort.QC` of every cohort.
        curves: :data:`irf7bone.tables.outcome.CURVES` of every cohort.
        results: The tables that look deeper.
        figures: Folder with ``<cohort>/`` and ``pooled/``, each figure as .svg with its numbers as .tsv.
        provenance: Result of :func:`irf7bone.study.provenance.collect`.
        templates: Folder with ``templates/``, ``scripts/`` and ``style.css``.
        works: Those of data/references.bib.
        called_subtypes: :data:`irf7bone.tables.cohort.SUBTYPES` of every cohort; empty where none are called.
        genes: :data:`irf7bone.tables.every_gene.EVERY_GENE`.
        other_names: Earlier names and aliases of its genes, in lower case -> current symbol.
        calibration: :data:`irf7bone.tables.calibration.CALIBRATION`; without rows nothing is warned of.
        glossary: Terms of docs/user/glossary.md; without terms nothing is explained.
        experiments: None where the study has none.
        cells: None where the study has no single-cell data set.
    """

    config: Config
    cards: Mapping[str, CohortCard]
    library: Mapping[str, Signature]
    associations: pd.DataFrame
    pooled: pd.DataFrame
    cohorts: pd.DataFrame
    verdict: pd.DataFrame
    flow: pd.DataFrame
    coverage: pd.DataFrame
    quality: pd.DataFrame
    curves: pd.DataFrame
    results: StudyTables
    figures: Path
    provenance: Mapping[str, Any]
    templates: Path
    works: Works
    called_subtypes: pd.DataFrame = field(default_factory=SUBTYPES.empty)
    genes: pd.DataFrame = field(default_factory=EVERY_GENE.empty)
    other_names: Mapping[str, str] = field(default_factory=dict)
    calibration: pd.DataFrame = field(default_factory=CALIBRATION.empty)
    glossary: Glossary = field(default_factory=Glossary)
    experiments: Experiments | None = None
    cells: CellSets | None = None

    @property
    def simulated(self) -> frozenset[str]:
        """Ids of simulated cohorts."""
        return frozenset(name for name, card in self.cards.items() if card.role == "simulated")

    @cached_property
    def drawn(self) -> frozenset[str]:
        """Cohorts whose own figures stand in the report; of the others the page names the files."""
        if len(self.cards) <= MOST_DRAWN:
            return frozenset(self.cards)
        roles = {name: card.role for name, card in self.cards.items()}
        return LargestCohorts.of(self.associations, roles, MOST_DRAWN).shown

    @property
    def failed(self) -> Mapping[str, str]:
        """Cohorts of the config whose jobs failed -> rule and reason; they are not among the cards."""
        return self.provenance.get("failed", {})

    @property
    def shown(self) -> tuple[str, ...]:
        """The signatures that are drawn one by one."""
        config = self.config
        return key_signatures(
            config.primary.signature, config.proliferation_signature, config.signatures.select
        )


def read_numbers(inputs: ReportInputs, name: str) -> pd.DataFrame:
    """The numbers beside a figure; ids stay text."""
    ids = ("cohort", "sample", "signature", "method", "endpoint", "label", "heading", "er", "reason")
    path = inputs.figures / f"{name}.tsv"
    return pd.read_csv(
        path,
        sep="\t",
        dtype=dict.fromkeys(ids, "object"),
        keep_default_na=False,
        na_values=["NA"],
        encoding="utf-8",
        float_precision="round_trip",
    )
