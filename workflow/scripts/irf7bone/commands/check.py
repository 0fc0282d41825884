"""Look at a whole study without running it: what is there, and everything that is wrong, at once.

Nothing is written and nothing is fetched. Cohorts whose data are there are read and harmonised as a run would
do it; of the others the card is checked.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError, Problem
from irf7bone.cells.acquire_cells import acquire_cells
from irf7bone.cells.data_set import shared_genes
from irf7bone.download.fetch import Downloads
from irf7bone.download.lock import lock_path, read_lock
from irf7bone.download.remote import FOLDER, MANIFEST
from irf7bone.genes.mouse import MouseSymbols
from irf7bone.genes.signatures import Signature, load_library, with_groups
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.harmonise.sample_rules import broken_rules, measure
from irf7bone.harmonise.summary import summarise_cohort
from irf7bone.scoring.agreement import Agreement, agreements, measure_agreement
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.plan import SYMBOLS, load_study, sound_parts
from irf7bone.study.strict_yaml import read_configs


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
    """

    card: CohortCard
    state: str = ""
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    expression: pd.DataFrame = field(default_factory=pd.DataFrame)
    flagged: int = 0
    obs: pd.DataFrame = field(default_factory=pd.DataFrame)
    lost: frozenset[str] = frozenset()


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
    """

    source: str
    config: Mapping[str, Any]
    cohorts: Sequence[CohortCheck]
    library: Mapping[str, Signature]
    duplicates: pd.DataFrame
    agreement: pd.DataFrame
    problems: Sequence[Problem]
    cells: Sequence[CellsCheck] = ()

    def limit(self, name: str) -> float:
        """One of the config's limits on signatures; 0 where it has none that can be used."""
        signatures = self.config.get("signatures")
        limit = signatures.get(name) if isinstance(signatures, Mapping) else None
        return float(limit) if isinstance(limit, int | float) else 0.0

    def agreements(self, cohort: str) -> dict[str, Agreement]:
        """Signature -> what the other cohorts that were read say of its part in one of them."""
        return agreements(self.agreement, cohort, self.limit("min_agreement"))


def check_study(path: Path | None, *, root: Path) -> StudyCheck:
    """Check a study.

    Args:
        path: A config file to put over the default one, or None.
        root: The project's folder, with config.yaml.

    Raises:
        InputError: The config file itself cannot be read.
    """
    files = [Path(root) / "config.yaml", *([path] if path else [])]
    config = read_configs(files)
    source = " + ".join(file.name for file in files)
    problems: list[Problem] = []
    study = _collect(problems, lambda: load_study(config, root=root, source=source, files=files))
    cards, gmts = sound_parts(config, root=root, files=files)
    symbols = SymbolTable.load(Path(root) / SYMBOLS)
    library = _collect(problems, lambda: load_library(gmts, symbols)) if gmts else None
    cohorts = [_check_cohort(card, symbols, problems) for card in cards.values()]
    cells = [_check_cells(card, symbols, problems) for card in (study.cells.values() if study else ())]
    read = {found.card.id: found.expression for found in cohorts if not found.state}
    chosen = {name: library[name] for name in _selected(config, library or {}) if library and name in library}
    real = [found.card.id for found in cohorts if not found.state and found.card.role != "simulated"]
    return StudyCheck(
        source,
        config,
        cohorts,
        chosen,
        find_duplicates(read, {found.card.id: found.obs for found in cohorts if not found.state}),
        measure_agreement(
            {name: list(expression.columns) for name, expression in read.items()},
            real,
            read.__getitem__,
            chosen,
        ),
        list(dict.fromkeys(problems)),
        cells,
    )


def _collect(problems: list[Problem], attempt: Callable[[], Any]) -> Any:
    """What ``attempt`` returns, or None and its problems noted."""
    try:
        return attempt()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _selected(config: Mapping[str, Any], library: Mapping[str, Signature]) -> list[str]:
    signatures = config.get("signatures")
    select = signatures.get("select") if isinstance(signatures, Mapping) else None
    named = [name for name in select if isinstance(name, str)] if isinstance(select, list) else []
    groups: dict[str, list[str]] = {}
    for name, signature in library.items():
        groups.setdefault(signature.role, []).append(name)
    return with_groups(named, groups)


def _check_cohort(card: CohortCard, symbols: SymbolTable, problems: list[Problem]) -> CohortCheck:
    folder = Path(FOLDER) / card.id
    absent = _not_fetched(card, folder)
    if absent:
        first = absent[0]
        return CohortCheck(
            card, f"not fetched yet ({len(absent)} of its files, first {first}); the card is in order"
        )
    harmonised = _collect(
        problems, lambda: harmonise(acquire(card, Downloads(folder, lock_path(card.path))), card, symbols)
    )
    if harmonised is None:
        return CohortCheck(card, "not usable: see the problems")
    expression = harmonised.adata.to_df()
    broken = broken_rules(measure(expression.to_numpy(dtype=float)))
    flagged = sum(any(said) for said in zip(*broken.values(), strict=True))
    summary = summarise_cohort(harmonised, card)
    dropped = json.loads(harmonised.adata.uns["provenance"])["genes"]["dropped"]
    lost = frozenset(map(str, dropped.get("missing values", {"ids": ()})["ids"]))
    return CohortCheck(card, "", summary, expression, flagged, harmonised.adata.obs, lost)


def _check_cells(card: CellsCard, symbols: SymbolTable, problems: list[Problem]) -> CellsCheck:
    if card.simulated:
        return CellsCheck(card, "simulated in the run; the card is in order")
    with tempfile.TemporaryDirectory() as folder:
        acquired = _collect(problems, lambda: acquire_cells(card, None, Path(folder)))
        if acquired is None:
            return CellsCheck(card, "not usable: see the problems")
        table = MouseSymbols() if card.organism == "mouse" else symbols
        gene_id = card.cells["gene_id"]
        _collect(problems, lambda: shared_genes(acquired.matrices, gene_id, table, str(card.path)))
    groups = acquired.obs.groupby("group")["patient"].nunique()
    return CellsCheck(card, "", {str(name): int(n) for name, n in groups.items()}, len(acquired.obs))


def _not_fetched(card: CohortCard, folder: Path) -> list[str]:
    there = read_lock(folder / MANIFEST)
    files = remote_files(card)
    return [file.urls[0] for file in files if file.name not in there or not (folder / file.name).is_file()]
