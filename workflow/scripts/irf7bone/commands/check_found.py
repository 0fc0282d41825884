"""What `make check` found of a study, its cohorts, experiments and single-cell data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from irf7bone.base.errors import Problem
from irf7bone.commands.check_notes import CohortNotes
from irf7bone.genes.signatures import Signature
from irf7bone.scoring.agreement import Agreement, agreements, coverage_refusal
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.experiment_card import ExperimentCard


@dataclass(frozen=True)
class CohortCheck:
    """What was found of one cohort.

    Args:
        card: Its card.
        state: Why its data were not read; empty where they were.
        summary: :data:`irf7bone.tables.cohort.COHORTS` of it, where read.
        expression: Samples x genes, log2, where read.
        obs: The samples' endpoints and covariates, where read.
        lost: Ids of genes that missing values cost.
        flagged: Samples that break a rule of quality.
        notes: What else is worth knowing of it, where read.
    """

    card: CohortCard
    state: str = ""
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    expression: pd.DataFrame = field(default_factory=pd.DataFrame)
    flagged: int = 0
    obs: pd.DataFrame = field(default_factory=pd.DataFrame)
    lost: frozenset[str] = frozenset()
    notes: CohortNotes = CohortNotes()  # noqa: RUF009 - immutable


@dataclass(frozen=True)
class CellsCheck:
    """What was found of one single-cell data set.

    Args:
        card: Its card.
        state: Why its cells were not looked at; empty where they were.
        patients: Patients with each group, by its name.
        n_cells: Cells that the card keeps.
    """

    card: CellsCard
    state: str = ""
    patients: Mapping[str, int] = field(default_factory=dict)
    n_cells: int = 0


@dataclass(frozen=True)
class ExperimentCheck:
    """What was found of one experiment.

    Args:
        card: Its card.
        state: Why its data were not read; empty where they were.
        groups: Samples of each group, by its name.
        n_genes: Genes that are left.
        undecided: Contrasts with so few samples that relabelling cannot reach the level, in words.
    """

    card: ExperimentCard
    state: str = ""
    groups: Mapping[str, int] = field(default_factory=dict)
    n_genes: int = 0
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyCheck:
    """What was found of a study.

    Args:
        source: What the config is called.
        config: The merged config, right or not.
        cohorts: Cohorts whose card is right, in the order of the config.
        library: The selected signatures that exist.
        duplicates: :data:`irf7bone.tables.cohort.DUPLICATES` of the cohorts that were read.
        agreement: :data:`irf7bone.tables.cohort.AGREEMENT` of the cohorts that were read.
        problems: Everything that is wrong.
        cells: Single-cell data sets whose card is right.
        experiments: Experiments whose card is right.
        needs: What a run takes, in words; nothing where the study is not right.
        genes: What is wrong with names under ``genes:``, in words.
    """

    source: str
    config: Mapping[str, Any]
    cohorts: Sequence[CohortCheck]
    library: Mapping[str, Signature]
    duplicates: pd.DataFrame
    agreement: pd.DataFrame
    problems: Sequence[Problem]
    cells: Sequence[CellsCheck] = ()
    experiments: Sequence[ExperimentCheck] = ()
    needs: Sequence[str] = ()
    genes: Sequence[str] = ()

    def limit(self, name: str) -> float:
        """One of the config's limits on signatures; 0 where it has none that can be used."""
        signatures = self.config.get("signatures")
        limit = signatures.get(name) if isinstance(signatures, Mapping) else None
        return float(limit) if isinstance(limit, int | float) else 0.0

    def agreements(self, cohort: str) -> dict[str, Agreement]:
        """Signature -> what the other cohorts that were read say of its part in one of them."""
        return self._agreements.get(cohort, {})

    @cached_property
    def _agreements(self) -> dict[str, dict[str, Agreement]]:
        least = self.limit("min_agreement")
        by_cohort = self.agreement.groupby("cohort", sort=False)
        return {str(cohort): agreements(rows, str(cohort), least) for cohort, rows in by_cohort}

    def scores(self, cohort: CohortCheck, name: str) -> bool:
        """Whether a cohort that was read has what it takes to be scored by a signature."""
        signature = self.library.get(name)
        if signature is None or cohort.state:
            return False
        n_used = sum(gene in cohort.expression.columns for gene in signature.genes)
        agreement = self.agreements(cohort.card.id).get(name)
        return not coverage_refusal(n_used, len(signature.genes), self.limit("min_coverage"), agreement)
