"""The study: config.yaml and its cards, cross-checked and typed before any job starts.

Imports no numpy or pandas: every Snakemake process that a run starts loads the study again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from irf7bone.base.errors import InputError, Problem
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.cells_checks import CELLS_CARDS
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.cohort_checks import COHORT_CARDS
from irf7bone.study.cross_checks import StudyChecks
from irf7bone.study.experiment_card import ExperimentCard
from irf7bone.study.experiment_checks import EXPERIMENT_CARDS
from irf7bone.study.malignant_parts import MalignantPart, malignant_parts, not_in_cohort
from irf7bone.study.places import from_here
from irf7bone.study.settings import (
    Config,
    MalignantPartSettings,
    Primary,
    RandomSignatures,
    Reliability,
    SignatureSettings,
    VerdictSettings,
)
from irf7bone.study.strict_yaml import config_problems, current_names

DERIVED = "results/experiments/{experiment}/derived/{name}.gmt"
MALIGNANT_PARTS = "results/pooled_cells/malignant_part"
SYMBOLS = "data/genes/hgnc_symbols.tsv.gz"


@dataclass(frozen=True)
class Study:
    """A config and its cards, all found right.

    Args:
        config: The settings.
        cards: Cohort id -> card, in the order of the config.
        experiments: Experiment id -> card, in the order of the config.
        cells: Id of a single-cell data set -> card, in the order of the config.
        config_source: What messages call the config.
        signature_files: GMT files of the library, as paths to use from the current folder.
        symbols: The table of gene symbols, likewise.
        root: The project's folder.
        mirror: Folder or base URL that replaces the network; None for none. Not among the settings, because
            where a file comes from changes no number.
        subtype_centroids: File of the centroids that subtypes are called by; None where none are.
        reports_missing: Whether the study is reported without the cohorts that failed.
        failed: Cards of those, with why: they are in the config and not among ``cards``.
    """

    config: Config
    cards: dict[str, CohortCard]
    experiments: dict[str, ExperimentCard]
    cells: dict[str, CellsCard]
    config_source: str
    signature_files: tuple[Path, ...]
    symbols: Path
    root: Path
    mirror: str | None = None
    subtype_centroids: Path | None = None
    reports_missing: bool = False
    failed: dict[str, tuple[CohortCard, str]] = field(default_factory=dict)

    def without(self, failed: Mapping[str, str]) -> Study:
        """The study without cohorts that failed, where it says that it is to be reported so.

        Args:
            failed: Cohort -> rule and reason; those that the study does not have are passed over.

        Raises:
            InputError: None of its cohorts is left.
        """
        named = {name: failed[name] for name in self.cards if name in failed} if self.reports_missing else {}
        if named and len(named) == len(self.cards):
            raise InputError(
                Problem(
                    f"{self.config_source}, missing",
                    expected="a cohort that did not fail, to report",
                    found="none",
                    remedy="mend what their messages say",
                    offenders=tuple(f"{name}: {why}" for name, why in named.items()),
                )
            )
        left = {name: card for name, card in self.cards.items() if name not in named}
        gone = {name: (self.cards[name], why) for name, why in named.items()}
        return replace(self, cards=left, failed=gone)

    @property
    def failed_reasons(self) -> dict[str, str]:
        """Cohort that failed -> why."""
        return {name: why for name, (_, why) in self.failed.items()}

    @property
    def failed_endpoints(self) -> dict[str, tuple[str, ...]]:
        """Cohort that failed and is for validation -> endpoints that its card has."""
        return {
            name: tuple(card.endpoints)
            for name, (card, _) in self.failed.items()
            if card.role == "validation"
        }

    @property
    def malignant_parts(self) -> tuple[MalignantPart, ...]:
        """What the single-cell data sets derive."""
        return malignant_parts(self.config.malignant_part.of, (card.role for card in self.cells.values()))

    @property
    def primary_of_files(self) -> str:
        """The primary signature, or the first selected one where the run derives the primary one."""
        derived = {card.derive.name for card in self.experiments.values() if card.derive}
        derived |= {part.name for part in self.malignant_parts}
        named = (self.config.primary.signature, *self.config.signatures.select)
        return next(name for name in named if name not in derived)

    @property
    def derived_files(self) -> tuple[str, ...]:
        """GMT files that this run writes, one for each signature that experiments and cells derive."""
        experiments = [
            DERIVED.format(experiment=card.id, name=card.derive.name)
            for card in self.experiments.values()
            if card.derive
        ]
        return (*experiments, *(f"{MALIGNANT_PARTS}/{part.name}.gmt" for part in self.malignant_parts))

    def withheld(self, cohort: str) -> dict[str, str]:
        """Derived signatures that are not tested in a cohort, each with the reason."""
        simulated = self.cards[cohort].role == "simulated"
        reasons = {
            card.derive.name: card.not_in_cohort(cohort, simulated=simulated)
            for card in self.experiments.values()
            if card.derive
        }
        for part in self.malignant_parts:
            reasons[part.name] = not_in_cohort(part, simulated=simulated)
        return {name: reason for name, reason in reasons.items() if reason}


def load_study(
    config: Mapping[str, Any],
    *,
    root: Path,
    source: str = "config.yaml",
    files: Iterable[Path] = (),
    trusted: bool = False,
    seen: Callable[[Path], Path] = from_here,
) -> Study:
    """Check and type a whole study: the config and every card that it names.

    Args:
        config: The merged config.
        root: The project's folder.
        source: What messages call the config.
        files: The config files: paths are looked for beside the one that names them.
        trusted: Whether the cards were found right by the process that planned this one's job.
        seen: How the paths of what a run reads are written.

    Raises:
        InputError: With every problem of the config and of all cards.
    """
    root, config, paths = Path(root).resolve(), current_names(config), [Path(file) for file in files]
    checks = StudyChecks(config, root, source, paths, seen)
    checks.trusted = trusted
    for path in paths:
        checks.problems.extend(config_problems(from_here(path)))
    documents = checks.read_cards("cohorts", COHORT_CARDS)
    experiments = checks.read_cards("experiments", EXPERIMENT_CARDS)
    data_sets = checks.read_cards("cells", CELLS_CARDS)
    checks.something_to_study(experiments)
    library = checks.signature_files()
    of_experiments = checks.derived_signatures(experiments, documents)
    parts = checks.malignant_parts(data_sets, of_experiments)
    derived = [*of_experiments, *parts]
    checks.names(library, derived)
    checks.wholes_of_parts()
    checks.signatures_of_simulations([*documents, *experiments, *data_sets], library)
    checks.ids_of_data_sets(data_sets, [*documents, *experiments])
    checks.endpoints(documents)
    mirror = checks.mirror()
    centroids = checks.subtype_centroids()
    checks.problems.raise_if_any()
    cards = {card.id: card for card in map(COHORT_CARDS.make, documents)}
    made = {card.id: card for card in map(EXPERIMENT_CARDS.make, experiments)}
    cells = {card.id: card for card in map(CELLS_CARDS.make, data_sets)}
    return Study(
        _typed(config, tuple(cards), tuple(made), tuple(cells), library, (*checks.selected(), *derived)),
        cards,
        made,
        cells,
        source,
        tuple(library),
        seen(root / SYMBOLS),
        root,
        mirror,
        centroids,
        config["missing"] == "report",
    )


@dataclass(frozen=True)
class SoundParts:
    """What can be used of a study that may have problems elsewhere.

    Args:
        cards: Cohort id -> card that is right by itself, in the order of the config.
        experiments: The same of experiments.
        signature_files: GMT files that are there.
    """

    cards: dict[str, CohortCard]
    experiments: dict[str, ExperimentCard]
    signature_files: list[Path]


def sound_parts(config: Mapping[str, Any], *, root: Path, files: Iterable[Path] = ()) -> SoundParts:
    """What can be used of a study that may have problems elsewhere.

    Args:
        config: The merged config.
        root: The project's folder.
        files: The config files, as in :func:`load_study`.
    """
    checks = StudyChecks(config, Path(root).resolve(), "config", [Path(file) for file in files])
    documents = checks.read_cards("cohorts", COHORT_CARDS, sound_only=True)
    cards = map(COHORT_CARDS.make, documents)
    experiments = map(
        EXPERIMENT_CARDS.make, checks.read_cards("experiments", EXPERIMENT_CARDS, sound_only=True)
    )
    return SoundParts(
        {card.id: card for card in cards}, {card.id: card for card in experiments}, checks.signature_files()
    )


def _typed(
    config: Mapping[str, Any],
    cohorts: tuple[str, ...],
    experiments: tuple[str, ...],
    cells: tuple[str, ...],
    files: Sequence[Path],
    select: tuple[str, ...],
) -> Config:
    lists = {name: tuple(config[name]) for name in ("methods", "endpoints", "models")}
    signatures = config["signatures"]
    return Config(
        title=config["title"],
        cohorts=cohorts,
        experiments=experiments,
        cells=cells,
        signatures=SignatureSettings(
            select=tuple(dict.fromkeys(select)),
            files=tuple(path.as_posix() for path in files),
            min_coverage=float(signatures["min_coverage"]),
            min_agreement=float(signatures["min_agreement"]),
        ),
        **lists,
        primary=Primary(**config["primary"]),
        proliferation_signature=config["proliferation_signature"],
        verdict=VerdictSettings(**{key: float(value) for key, value in config["verdict"].items()}),
        reliability=Reliability(**{key: float(value) for key, value in config["reliability"].items()}),
        min_events=int(config["min_events"]),
        random_signatures=RandomSignatures(
            draws=int(config["random_signatures"]["draws"]), seed=int(config["random_signatures"]["seed"])
        ),
        malignant_part=MalignantPartSettings(
            of=tuple(config["malignant_part"]["of"]),
            min_share=float(config["malignant_part"]["min_share"]),
            min_genes=int(config["malignant_part"]["min_genes"]),
        ),
        genes=tuple(config["genes"]),
    )
