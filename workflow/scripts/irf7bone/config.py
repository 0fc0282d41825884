"""The study: config.yaml and its cohort cards, typed, and cross-checked before any job starts.

Imports no numpy or pandas: every Snakemake process that a run starts loads the study again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from irf7bone.cards import CARD, CohortCard, card_problems, make_card
from irf7bone.config_file import repeated_keys
from irf7bone.errors import InputError, Problem, Problems
from irf7bone.experiments.cards import (
    EXPERIMENT_CARD,
    SIMULATED_PREFIX,
    ExperimentCard,
    experiment_problems,
    make_experiment,
)
from irf7bone.schema import (
    Document,
    KeyPath,
    choose_from,
    dotted,
    nearest,
    read_yaml,
    violations,
)
from irf7bone.signatures import library_names

CARDS = "data/cohorts"
EXPERIMENTS = "data/experiments"
DERIVED = "results/experiments/{experiment}/derived/{name}.gmt"
SYMBOLS = "data/genes/hgnc_symbols.tsv.gz"
NEEDS_PROLIFERATION = ("proliferation", "full")


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
    config_source: str
    signature_files: tuple[Path, ...]
    symbols: Path
    root: Path
    mirror: str | None = None

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
    checks = _Checks(config, root, source)
    for path in files:
        checks.problems.extend(repeated_keys(from_here(Path(path))))
    documents = checks.read_cards("cohorts", CARDS, CARD, card_problems)
    experiments = checks.read_cards("experiments", EXPERIMENTS, EXPERIMENT_CARD, experiment_problems)
    files = checks.signature_files()
    derived = checks.derived_signatures(experiments, documents)
    checks.names(files, derived)
    checks.signatures_of_simulations([*documents, *experiments], files)
    checks.endpoints(documents)
    checks.mirror()
    checks.problems.raise_if_any()
    cards = {card.id: card for card in map(make_card, documents)}
    made = {card.id: card for card in map(make_experiment, experiments)}
    return Study(
        _typed(config, tuple(cards), tuple(made), files, tuple(derived)),
        cards,
        made,
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
    checks = _Checks(config, Path(root).resolve(), "config")
    documents = checks.read_cards("cohorts", CARDS, CARD, lambda document: [])
    cards = [make_card(document) for document in documents if not card_problems(document)]
    return {card.id: card for card in cards}, checks.signature_files()


def _typed(
    config: Mapping[str, Any],
    cohorts: tuple[str, ...],
    experiments: tuple[str, ...],
    files: Sequence[Path],
    derived: tuple[str, ...],
) -> Config:
    lists = {name: tuple(config[name]) for name in ("methods", "endpoints", "models")}
    signatures = config["signatures"]
    return Config(
        title=config["title"],
        cohorts=cohorts,
        experiments=experiments,
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


def from_here(path: Path) -> Path:
    """A path relative to the current folder where it lies inside it, so that no result names the machine."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class _Checks:
    """The checks of a study; each notes what it finds and goes on.

    A part of the config that breaks the schema is not cross-checked: one mistake, one message.
    """

    def __init__(self, config: Mapping[str, Any], root: Path, source: str):
        self.config, self.root, self.source = config, root, source
        self.problems = Problems()
        self.problems.extend(violations(config, "config", self.where))
        self.broken = {problem.where for problem in self.problems.found}
        self.unread: set[str] = set()
        self.library: set[str] | None = None

    def where(self, path: KeyPath) -> str:
        """Name of the config and key."""
        return f"{self.source}, {dotted(path)}" if path else self.source

    def add(self, path: KeyPath, *, expected: str, found: str, remedy: str, offenders: tuple = ()) -> None:
        """Note a problem of the config, unless the same key already broke the schema."""
        where = self.where(path)
        if where not in self.broken:
            self.problems.add(where, expected=expected, found=found, remedy=remedy, offenders=offenders)

    def texts(self, *path: str) -> list[str]:
        """The entries of a list of text in the config; of a single text, that one; else none."""
        value: Any = self.config
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        values = value if isinstance(value, list | tuple) else [value]
        return [item for item in values if isinstance(item, str)]

    def read_cards(
        self, key: str, folder: str, what: str, problems_of: Callable[[Document], list[Problem]]
    ) -> list[Document]:
        """Every card of a list that could be read, each once; notes what is wrong with any of them.

        Args:
            key: The list in the config, ``cohorts`` or ``experiments``.
            folder: Where cards that are named by their id lie.
            what: What a card of the list is called.
            problems_of: Finds everything that is wrong with one.
        """
        documents: dict[str, Document] = {}
        first: dict[str, str] = {}
        for index, entry in enumerate(self.texts(key)):
            path = self._card_path(entry, (key, index), folder)
            if path is None:
                self.unread.add(key)
                continue
            identity = path.stem
            if identity in first:
                self.add(
                    (key, index),
                    expected=f"each {key.removesuffix('s')} once",
                    found=f"`{entry}`, with the id `{identity}` that `{first[identity]}` has already",
                    remedy="remove one of them, or give one card another id and file name",
                )
                continue
            first[identity] = entry
            try:
                document = read_yaml(from_here(path), what=what)
            except InputError as error:
                self.problems.extend(error.problems)
                self.unread.add(key)
                continue
            self.problems.extend(problems_of(document))
            documents[identity] = document
        return list(documents.values())

    def _card_path(self, entry: str, at: KeyPath, folder: str) -> Path | None:
        if "/" in entry or entry.endswith((".yaml", ".yml")):
            path = Path(entry)
            if path.is_file():
                return path
            there = [item.name for item in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
            close = nearest(path.name, there)
            remedy = f"did you mean `{path.parent / close}`?" if close else "correct the path"
            self.add(
                at, expected=f"a card at {path}, seen from {Path.cwd()}", found="no such file", remedy=remedy
            )
            return None
        path = self.root / folder / f"{entry}.yaml"
        if path.is_file():
            return path
        known = sorted(item.stem for item in (self.root / folder).glob("*.yaml"))
        self.add(
            at,
            expected=f"the id of a card in {folder}, or the path of a card (with a `/` or ending in .yaml)",
            found=f"`{entry}`",
            remedy=choose_from(entry, known),
        )
        return None

    def derived_signatures(self, experiments: Iterable[Document], cohorts: Iterable[Document]) -> list[str]:
        """Names of the signatures that experiments derive; each once, and never like that of a cohort.

        Cohorts that a card says it shares patients with must be in the study, or the guard guards nothing.
        """
        experiments = list(experiments)
        known = [document.path.stem for document in cohorts]
        for document in experiments:
            if document.path.stem in known:
                self.problems.add(
                    document.where(("id",)),
                    expected="another id than that of a cohort",
                    found=f"`{document.path.stem}`, which a cohort has",
                    remedy="rename one of the cards: files that are fetched lie under the id",
                )
        names: list[str] = []
        for document in experiments:
            derive = document.data.get("derive")
            name = derive.get("name") if isinstance(derive, dict) else None
            if not isinstance(name, str):
                continue
            if name in names:
                self.problems.add(
                    document.where(("derive", "name")),
                    expected="another name than the signature of another experiment",
                    found=f"`{name}`",
                    remedy="rename one of them",
                )
            names.append(name)
            for shared in document.data.get("patients_of", ()):
                close = nearest(shared, known)
                if shared not in known and close and "cohorts" not in self.unread:
                    self.problems.add(
                        document.where(("patients_of",)),
                        expected="ids of cohorts",
                        found=f"`{shared}`, which is no cohort of this study, but `{close}` is",
                        remedy=f"did you mean `{close}`? A wrong id would let the signature be tested there",
                    )
        return list(dict.fromkeys(names))

    def signature_files(self) -> list[Path]:
        """GMT files of the library, each once: in the config's order, those of a folder by name."""
        files: list[Path] = []
        for index, entry in enumerate(self.texts("signatures", "files")):
            at = ("signatures", "files", index)
            path = self.root / entry if (self.root / entry).exists() else Path(entry)
            found = sorted(path.glob("*.gmt")) if path.is_dir() else [path]
            if not path.exists():
                self.add(
                    at,
                    expected="a GMT file or a folder of them, seen from the project or the current folder",
                    found=f"`{entry}`, which is not there",
                    remedy="correct the path",
                )
            elif not found:
                self.add(
                    at,
                    expected="a folder with GMT files (*.gmt)",
                    found=f"no such file in `{entry}`",
                    remedy="put a GMT there, or name another folder",
                )
            else:
                files.extend(map(from_here, found))
        return list(dict.fromkeys(files))

    def names(self, files: Sequence[Path], derived: Sequence[str]) -> None:
        """Names in the config that must stand in another of its lists, or in the library.

        Args:
            files: GMT files of the library.
            derived: Signatures that experiments add to it, and to the selection.
        """
        select = [*self.texts("signatures", "select"), *derived]
        if files:
            try:
                self.library = library_names(files)
            except InputError as error:
                self.problems.extend(error.problems)
        if self.library is not None:
            for name in sorted(self.library.intersection(derived)):
                self.problems.add(
                    f"{self.source}, experiments",
                    expected="derived signatures with names of their own",
                    found=f"`{name}`, which a GMT file has already",
                    remedy="rename the derived signature in the experiment card",
                )
            self.library |= set(derived)
            for index, name in enumerate(self.texts("signatures", "select")):
                self._in_library(name, ("signatures", "select", index))
        for key in ("method", "endpoint", "model"):
            self._listed(("primary", key), self.texts(f"{key}s"), f"{key}s")
        for at in (("primary", "signature"), ("proliferation_signature",)):
            known = self._in_library(*self.texts(*at), at) if self.texts(*at) and self.library else True
            if known:
                self._listed(at, select, "signatures.select")
        for name in self.texts("primary", "signature"):
            if name in derived and name.startswith(SIMULATED_PREFIX):
                self.add(
                    ("primary", "signature"),
                    expected="a signature that can be tested in patients",
                    found=f"`{name}`, which a simulated experiment derives",
                    remedy="name another primary signature",
                )
        [model] = self.texts("primary", "model") or [""]
        same = self.texts("primary", "signature") == self.texts("proliferation_signature") != []
        if same and model in NEEDS_PROLIFERATION:
            self.add(
                ("primary", "signature"),
                expected=f"another signature than proliferation_signature, which model `{model}` adjusts for",
                found=f"`{self.texts('primary', 'signature')[0]}` in both",
                remedy="name another primary signature, or make `crude` or `clinical` the primary model",
            )

    def _in_library(self, name: str, at: KeyPath) -> bool:
        if name in self.library:
            return True
        self.add(
            at,
            expected="the name of a signature in the GMT files of signatures.files",
            found=f"`{name}`",
            remedy=choose_from(name, sorted(self.library)),
        )
        return False

    def _listed(self, at: tuple[str, ...], entries: Iterable[str], key: str) -> None:
        entries = list(entries)
        for name in self.texts(*at):
            if entries and name not in entries:
                self.add(
                    at,
                    expected=f"one of {key}: {', '.join(entries)}",
                    found=f"`{name}`",
                    remedy=f"add it to {key}, or choose one that is there",
                )

    def signatures_of_simulations(self, documents: Iterable[Document], files: Sequence[Path]) -> None:
        """The signature that a simulated cohort plants must be in the library."""
        for document in documents:
            expression = document.data.get("expression")
            name = expression.get("signature") if isinstance(expression, dict) else None
            if self.library is not None and isinstance(name, str) and name not in self.library:
                self.problems.add(
                    document.where(("expression", "signature")),
                    expected="the name of a signature in the GMT files of signatures.files",
                    found=f"`{name}`",
                    remedy=choose_from(name, sorted(self.library)),
                )

    def endpoints(self, documents: Iterable[Document]) -> None:
        """Every endpoint of the config must be one that a cohort has."""
        has = {
            document.data.get("id"): list(document.data["endpoints"])
            for document in documents
            if isinstance(document.data.get("endpoints"), dict)
        }
        if "cohorts" in self.unread or not has:
            return
        recorded = "; ".join(f"{cohort}: {', '.join(names)}" for cohort, names in has.items())
        for index, name in enumerate(self.texts("endpoints")):
            if not any(name in names for names in has.values()):
                self.add(
                    ("endpoints", index),
                    expected=f"an endpoint that a cohort has ({recorded})",
                    found=f"`{name}`, which none has",
                    remedy="remove it, or add a cohort whose card defines it",
                )

    def mirror(self) -> None:
        """A mirror is a base URL or a folder that is there."""
        [mirror] = self.texts("mirror") or [""]
        right = mirror.startswith(("https://", "http://")) if "://" in mirror else Path(mirror).is_dir()
        if mirror and not right:
            self.add(
                ("mirror",),
                expected=f"a base URL (https://...), or a folder that is there, seen from {Path.cwd()}",
                found=f"`{mirror}`",
                remedy="correct it, or write `mirror: null` to use the network",
            )
