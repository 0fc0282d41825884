"""The study: config.yaml and its cohort cards, typed, and cross-checked before any job starts.

Imports no numpy or pandas: every Snakemake process that a run starts loads the study again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from irf7bone.study.cells_card import CELLS_CARD, CellsCard, cells_problems, make_cells
from irf7bone.study.cohort_card import CARD, CohortCard, card_problems, make_card
from irf7bone.study.cross_checks import StudyChecks, from_here
from irf7bone.study.experiment_card import (
    EXPERIMENT_CARD,
    ExperimentCard,
    experiment_problems,
    make_experiment,
)
from irf7bone.study.strict_yaml import repeated_keys

CARDS = "data/cohorts"
EXPERIMENTS = "data/experiments"
CELLS = "data/cells"
DERIVED = "results/experiments/{experiment}/derived/{name}.gmt"
SYMBOLS = "data/genes/hgnc_symbols.tsv.gz"


@dataclass(frozen=True)
class SignatureSettings:
    """Which signatures to score (``select``), from which GMTs (``files``), at what coverage (0 to 1)."""

    select: tuple[str, ...]
    files: tuple[str, ...]
    min_coverage: float


@dataclass(frozen=True)
class Primary:
    """The one analysis that answers the question, named before the run."""

    signature: str
    method: str
    endpoint: str
    model: str


@dataclass(frozen=True)
class VerdictSettings:
    """The hazard ratio per SD worth finding, and the power to find it that "no evidence" requires."""

    smallest_hr: float
    power: float


class RandomSignatures(NamedTuple):
    """How many random signatures are drawn for each named one, and the seed of the draws."""

    draws: int
    seed: int


class Analysis(NamedTuple):
    """The settings that numbers after the scores depend on.

    A tuple, because Snakemake tracks changes of a rule's params only for built-in types and their
    subclasses; with a plain dataclass, an edited config would not rerun anything.
    """

    signatures: SignatureSettings
    methods: tuple[str, ...]
    endpoints: tuple[str, ...]
    models: tuple[str, ...]
    primary: Primary
    proliferation_signature: str
    verdict: VerdictSettings
    min_events: int


@dataclass(frozen=True)
class Config:
    """config.yaml, and what --configfile and --config put over it.

    Args:
        title: Title of the report.
        cohorts: Ids of the cohorts, in the order of the config.
        experiments: Ids of the experiments, in the order of the config.
        cells: Ids of the single-cell data sets, in the order of the config.
        signatures: What to score; signatures that experiments derive stand at the end of the selection.
        methods: Scoring methods.
        endpoints: Outcomes.
        models: Cox models.
        primary: The one primary analysis.
        proliferation_signature: What the proliferation and full models adjust for.
        verdict: What the verdict needs.
        min_events: Fewest events for which a model is fitted.
        random_signatures: The random signatures that the named ones are held against.
    """

    title: str
    cohorts: tuple[str, ...]
    experiments: tuple[str, ...]
    cells: tuple[str, ...]
    signatures: SignatureSettings
    methods: tuple[str, ...]
    endpoints: tuple[str, ...]
    models: tuple[str, ...]
    primary: Primary
    proliferation_signature: str
    verdict: VerdictSettings
    min_events: int
    random_signatures: RandomSignatures

    def analysis(self) -> Analysis:
        """What associations, pooling and verdict depend on: not the title, the cards or names of files."""
        chosen = SignatureSettings(self.signatures.select, (), self.signatures.min_coverage)
        own = {name: getattr(self, name) for name in Analysis._fields if name != "signatures"}
        return Analysis(signatures=chosen, **own)


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

    @property
    def primary_of_files(self) -> str:
        """The primary signature, or the first selected one where an experiment derives the primary one."""
        derived = {card.derive.name for card in self.experiments.values() if card.derive}
        named = (self.config.primary.signature, *self.config.signatures.select)
        return next(name for name in named if name not in derived)

    @property
    def derived_files(self) -> tuple[str, ...]:
        """GMT files that experiments of this run write, one for each signature that is derived."""
        return tuple(
            DERIVED.format(experiment=card.id, name=card.derive.name)
            for card in self.experiments.values()
            if card.derive
        )

    def withheld(self, cohort: str) -> dict[str, str]:
        """Derived signatures that are not tested in a cohort, each with the reason."""
        simulated = self.cards[cohort].role == "simulated"
        reasons = {
            card.derive.name: card.not_in_cohort(cohort, simulated=simulated)
            for card in self.experiments.values()
            if card.derive
        }
        return {name: reason for name, reason in reasons.items() if reason}


def load_study(
    config: Mapping[str, Any], *, root: Path, source: str = "config.yaml", files: Iterable[Path] = ()
) -> Study:
    """Check and type a whole study: the config and every card that it names.

    Args:
        config: The merged config, as Snakemake read it.
        root: The project's folder.
        source: What messages call the config.
        files: The config files, which are searched for repeated keys: these are gone from ``config``.

    Raises:
        InputError: With every problem of the config and of all cards.
    """
    root = Path(root).resolve()
    checks = StudyChecks(config, root, source)
    for path in files:
        checks.problems.extend(repeated_keys(from_here(Path(path))))
    documents = checks.read_cards("cohorts", CARDS, CARD, card_problems)
    experiments = checks.read_cards("experiments", EXPERIMENTS, EXPERIMENT_CARD, experiment_problems)
    data_sets = checks.read_cards("cells", CELLS, CELLS_CARD, cells_problems)
    files = checks.signature_files()
    derived = checks.derived_signatures(experiments, documents)
    checks.names(files, derived)
    checks.signatures_of_simulations([*documents, *experiments, *data_sets], files)
    checks.ids_of_data_sets(data_sets, [*documents, *experiments])
    checks.endpoints(documents)
    checks.mirror()
    checks.problems.raise_if_any()
    cards = {card.id: card for card in map(make_card, documents)}
    made = {card.id: card for card in map(make_experiment, experiments)}
    cells = {card.id: card for card in map(make_cells, data_sets)}
    return Study(
        _typed(config, tuple(cards), tuple(made), tuple(cells), files, tuple(derived)),
        cards,
        made,
        cells,
        source,
        tuple(files),
        from_here(root / SYMBOLS),
        root,
        config["mirror"] or None,
    )


def sound_parts(config: Mapping[str, Any], *, root: Path) -> tuple[dict[str, CohortCard], list[Path]]:
    """What can be used of a study that may have problems elsewhere.

    Args:
        config: The merged config.
        root: The project's folder.

    Returns:
        The cohort cards that are right by themselves, by id, and the GMT files that are there.
    """
    checks = StudyChecks(config, Path(root).resolve(), "config")
    documents = checks.read_cards("cohorts", CARDS, CARD, lambda document: [])
    cards = [make_card(document) for document in documents if not card_problems(document)]
    return {card.id: card for card in cards}, checks.signature_files()


def _typed(
    config: Mapping[str, Any],
    cohorts: tuple[str, ...],
    experiments: tuple[str, ...],
    cells: tuple[str, ...],
    files: Sequence[Path],
    derived: tuple[str, ...],
) -> Config:
    lists = {name: tuple(config[name]) for name in ("methods", "endpoints", "models")}
    signatures = config["signatures"]
    return Config(
        title=config["title"],
        cohorts=cohorts,
        experiments=experiments,
        cells=cells,
        signatures=SignatureSettings(
            select=tuple(dict.fromkeys((*signatures["select"], *derived))),
            files=tuple(path.as_posix() for path in files),
            min_coverage=float(signatures["min_coverage"]),
        ),
        **lists,
        primary=Primary(**config["primary"]),
        proliferation_signature=config["proliferation_signature"],
        verdict=VerdictSettings(**{key: float(value) for key, value in config["verdict"].items()}),
        min_events=int(config["min_events"]),
        random_signatures=RandomSignatures(
            draws=int(config["random_signatures"]["draws"]), seed=int(config["random_signatures"]["seed"])
        ),
    )
