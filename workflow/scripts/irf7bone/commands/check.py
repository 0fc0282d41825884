"""Look at a whole study without running it: what is there, and everything that is wrong, at once.

Nothing is written and nothing is fetched. Cohorts whose data are there are read and harmonised as a run would
do it; of the others the card is checked.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError, Problem
from irf7bone.base.phrases import counted
from irf7bone.cells.acquire_cells import acquire_cells
from irf7bone.cells.data_set import shared_genes
from irf7bone.commands.check_found import CellsCheck, CohortCheck, ExperimentCheck, StudyCheck
from irf7bone.commands.check_genes import gene_notes
from irf7bone.commands.check_notes import cohort_notes
from irf7bone.commands.run_needs import describe_needs
from irf7bone.commands.unanswered import unanswered
from irf7bone.download.fetch import Downloads
from irf7bone.download.lock import lock_path, read_lock
from irf7bone.download.remote import FOLDER, MANIFEST
from irf7bone.experiments.design import build_designs
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.experiments.permute import floor_code, smallest_p
from irf7bone.genes.mouse import MouseSymbols
from irf7bone.genes.signatures import Signature, load_library, with_groups
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.harmonise.sample_rules import broken_rules, measure
from irf7bone.harmonise.summary import summarise_cohort
from irf7bone.scoring.agreement import measure_agreement
from irf7bone.study.card import Card
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.document import with_lines
from irf7bone.study.experiment_card import ExperimentCard
from irf7bone.study.plan import SYMBOLS, load_study, sound_parts
from irf7bone.study.strict_yaml import read_configs


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
    sound = sound_parts(config, root=root, files=files)
    cards, gmts = sound.cards, sound.signature_files
    symbols = SymbolTable.load(Path(root) / SYMBOLS)
    library = _collect(problems, lambda: load_library(gmts, symbols)) if gmts else None
    cohorts = [_check_cohort(card, symbols, library or {}, problems) for card in _watched(cards)]
    experiments = [_check_experiment(card, symbols, problems) for card in sound.experiments.values()]
    cells = [_check_cells(card, symbols, problems) for card in (study.cells.values() if study else ())]
    read = {found.card.id: found.expression for found in cohorts if not found.state}
    chosen = {name: library[name] for name in _selected(config, library or {}) if library and name in library}
    real = [found.card.id for found in cohorts if not found.state and found.card.role != "simulated"]
    found = StudyCheck(
        source,
        config,
        cohorts,
        chosen,
        find_duplicates(
            read,
            {found.card.id: found.obs for found in cohorts if not found.state},
            simulated=read.keys() - real,
        ),
        measure_agreement(
            {name: list(expression.columns) for name, expression in read.items()},
            real,
            read.__getitem__,
            chosen,
        ),
        list(dict.fromkeys(problems)),
        cells,
        experiments,
        describe_needs(study) if study else (),
        gene_notes(config.get("genes"), symbols, read, len(cards)),
    )
    missing = [] if found.problems else unanswered(found)
    return replace(found, problems=[*found.problems, *missing])


def _watched(cards: Mapping[str, CohortCard]) -> Iterable[CohortCard]:
    """The cards one after the other; says how far it is where a person watches."""
    said = "looking at {n_fmt} of {total_fmt} cohorts [{elapsed}<{remaining}]"
    return tqdm(cards.values(), bar_format=said, leave=False, disable=None)


def _collect(problems: list[Problem], attempt: Callable[[], Any], card: Path | None = None) -> Any:
    """What ``attempt`` returns, or None and its problems noted, those of a card with their line."""
    try:
        return attempt()
    except InputError as error:
        problems.extend(error.problems if card is None else with_lines(error.problems, card))
        return None


def _selected(config: Mapping[str, Any], library: Mapping[str, Signature]) -> list[str]:
    signatures = config.get("signatures")
    select = signatures.get("select") if isinstance(signatures, Mapping) else None
    named = [name for name in select if isinstance(name, str)] if isinstance(select, list) else []
    groups: dict[str, list[str]] = {}
    for name, signature in library.items():
        groups.setdefault(signature.role, []).append(name)
    return with_groups(named, groups)


def _check_cohort(
    card: CohortCard, symbols: SymbolTable, library: Mapping[str, Signature], problems: list[Problem]
) -> CohortCheck:
    folder = Path(FOLDER) / card.id
    absent = _not_fetched(card, folder)
    if absent:
        first = absent[0]
        return CohortCheck(
            card, f"not fetched yet ({len(absent)} of its files, first {first}); the card is in order"
        )
    acquired = _collect(problems, lambda: acquire(card, Downloads(folder, lock_path(card.path))), card.path)
    harmonised = acquired and _collect(
        problems, lambda: harmonise(acquired, card, symbols, library), card.path
    )
    if harmonised is None:
        return CohortCheck(card, "not usable: see the problems")
    expression = harmonised.expression
    broken = broken_rules(measure(expression.to_numpy()))
    flagged = sum(any(said) for said in zip(*broken.values(), strict=True))
    notes = cohort_notes(card, acquired, harmonised)
    summary = summarise_cohort(harmonised, card)
    dropped = json.loads(harmonised.adata.uns["provenance"])["genes"]["dropped"]
    lost = frozenset(map(str, dropped.get("missing values", {"ids": ()})["ids"]))
    return CohortCheck(card, "", summary, expression, flagged, harmonised.adata.obs, lost, notes)


def _check_experiment(card: ExperimentCard, symbols: SymbolTable, problems: list[Problem]) -> ExperimentCheck:
    if card.simulated:
        return ExperimentCheck(card, "simulated in the run; the card is in order")
    folder = Path(FOLDER) / card.id
    absent = _not_fetched(card, folder)
    if absent:
        return ExperimentCheck(
            card, f"not fetched yet ({len(absent)} of its files, first {absent[0]}); the card is in order"
        )
    downloads = Downloads(folder, lock_path(card.path))
    found = _collect(
        problems, lambda: harmonise_experiment(acquire(card, downloads), card, symbols), card.path
    )
    if found is None:
        return ExperimentCheck(card, "not usable: see the problems")
    sizes = found.adata.obs["group"].value_counts(sort=False)
    groups = {str(name): int(n) for name, n in sizes.items()}
    return ExperimentCheck(card, "", groups, found.adata.n_vars, undecided_contrasts(card, found.adata.obs))


def undecided_contrasts(card: ExperimentCard, obs: pd.DataFrame) -> tuple[str, ...]:
    """Contrasts of so few samples that the smallest p by relabelling is above the level."""
    said = []
    for design in build_designs(card.id, obs, card.contrasts):
        smallest = smallest_p(design)
        if smallest is not None and floor_code(smallest):
            few = f"{design.n_case} against {counted(design.n_reference, 'sample')}"
            few = few if design.n_pairs is None else counted(design.n_pairs, "pair")
            said.append(
                f"contrast {design.contrast.id} has {few}: relabelling cannot give a p below {smallest:.3g}, "
                "so that the answer is too little data whatever the effect"
            )
    return tuple(said)


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


def _not_fetched(card: Card, folder: Path) -> list[str]:
    there = read_lock(folder / MANIFEST)
    files = remote_files(card)
    return [file.urls[0] for file in files if file.name not in there or not (folder / file.name).is_file()]
