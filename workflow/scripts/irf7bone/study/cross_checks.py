"""The checks of a study: each notes what it finds and goes on, so that all of it is said together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from irf7bone.base.errors import InputError, Problems, why_no_file
from irf7bone.base.experiment_vocabulary import SIMULATED_PREFIX
from irf7bone.base.nearest import choose_from, nearest, nearest_file
from irf7bone.genes.signatures import GROUP, library_groups, library_names, with_groups
from irf7bone.study.card_checks import CardKind
from irf7bone.study.document import Document, KeyPath, dotted
from irf7bone.study.malignant_parts import malignant_parts
from irf7bone.study.places import Named, from_here
from irf7bone.study.schema import violations
from irf7bone.study.strict_yaml import config_lines, read_yaml

MOST_NAMED = 12  # cohorts in a message
NEEDS_PROLIFERATION = ("proliferation", "proliferation_er", "full")


class StudyChecks:
    """The checks of a study; each notes what it finds and goes on.

    A part of the config that breaks the schema is not cross-checked: one mistake, one message.
    """

    trusted = False  # whether the cards, which are the most of the work, need no checks

    def __init__(
        self,
        config: Mapping[str, Any],
        root: Path,
        source: str,
        files: Sequence[Path] = (),
        seen: Callable[[Path], Path] = from_here,
    ):
        self.config, self.root, self.source, self.seen = config, root, source, seen
        self.named = Named(root, files)
        self._of_file: dict[Path, Mapping[KeyPath, int]] = {}
        self.problems = Problems()
        self.problems.extend(violations(config, "config", self.where))
        self.broken = {problem.where for problem in self.problems.found}
        self.unread: set[str] = set()
        self.library: set[str] | None = None
        self.groups: dict[str, list[str]] = {}
        self.from_files: set[str] | None = None

    def where(self, path: KeyPath) -> str:
        """The file that sets a key, with its line; the name of the config where no file does."""
        if not path:
            return self.source
        at = path
        while at:
            for file in reversed(self.named.files):
                if line := self._lines(file).get(at):
                    return f"{from_here(file)}:{line}, {dotted(path)}"
            at = at[:-1]
        return f"{self.source}, {dotted(path)}"

    def _lines(self, file: Path) -> Mapping[KeyPath, int]:
        """The line of each key of a config file; read when a message asks for it."""
        if file not in self._of_file:
            self._of_file[file] = config_lines(file)
        return self._of_file[file]

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

    def something_to_study(self, experiments: Sequence[Document]) -> None:
        """Refuse a study without cohorts that has no experiment either."""
        unread = self.unread & {"cohorts", "experiments"}
        if not self.texts("cohorts") and not experiments and not unread:
            self.add(
                ("cohorts",),
                expected="a cohort, or `cohorts: []` with an experiment",
                found="neither",
                remedy="name a card of data/cohorts or data/experiments, or one of your own",
            )

    def read_cards(self, key: str, kind: CardKind, *, sound_only: bool = False) -> list[Document]:
        """Every card of a list that could be read, each once; notes what is wrong with any of them.

        Args:
            key: The list in the config, ``cohorts`` or ``experiments``.
            kind: What its cards are.
            sound_only: Whether to leave out those that something is wrong with.
        """
        documents: dict[str, Document] = {}
        first: dict[str, str] = {}
        for index, entry in enumerate(self.texts(key)):
            path = self._card_path(entry, (key, index), kind.folder)
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
                document = read_yaml(self.seen(path), what=kind.what)
            except InputError as error:
                self.problems.extend(error.problems)
                self.unread.add(key)
                continue
            problems = [] if self.trusted else kind.problems_of(document)
            self.problems.extend(problems)
            if not (problems and sound_only):
                documents[identity] = document
        return list(documents.values())

    def _card_path(self, entry: str, at: KeyPath, folder: str) -> Path | None:
        if "/" in entry or entry.endswith((".yaml", ".yml")):
            path = self.named.find(entry, at)
            absence = why_no_file(path)
            if not absence:
                return path
            near = [(item, nearest_file(item, ".yaml")) for item in self.named.candidates(entry, at)]
            close = next((from_here(item.parent / name) for item, name in near if name), None)
            remedy = f"did you mean `{close}`?" if close else "correct the path"
            self.add(
                at,
                expected=f"a card at {entry}, seen from {self._seen_from(at)}",
                found="no such file" if absence == "not there" else absence,
                remedy=remedy,
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

    def malignant_parts(self, data_sets: Iterable[Document], derived: Sequence[str]) -> list[str]:
        """Names of the malignant parts that single-cell data sets derive; none like that of an experiment."""
        roles = [str(document.data.get("role")) for document in data_sets]
        names = [part.name for part in malignant_parts(self.texts("malignant_part", "of"), roles)]
        for name in sorted(set(names).intersection(derived)):
            self.problems.add(
                f"{self.source}, malignant_part.of",
                expected="parts with names of their own",
                found=f"`{name}`, which an experiment derives",
                remedy="rename the derived signature in the experiment card",
            )
        return names

    def wholes_of_parts(self) -> None:
        """What has its malignant part derived must stand in a GMT file, and not be derived itself."""
        if not self.texts("cells"):
            return
        for index, name in enumerate(self.texts("malignant_part", "of")):
            if self.from_files is not None and name not in self.from_files:
                self.add(
                    ("malignant_part", "of", index),
                    expected="the name of a signature in the GMT files of signatures.files",
                    found=f"`{name}`",
                    remedy=choose_from(name, sorted(self.from_files)),
                )

    def signature_files(self) -> list[Path]:
        """GMT files of the library, each once: in the config's order, those of a folder by name."""
        files: list[Path] = []
        for index, entry in enumerate(self.texts("signatures", "files")):
            at = ("signatures", "files", index)
            path = self.named.find(entry, at)
            found = sorted(path.glob("*.gmt")) if path.is_dir() else [path]
            if not path.exists():
                self.add(
                    at,
                    expected=f"a GMT file or a folder of them, seen from {self._seen_from(at)}",
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
                files.extend(map(self.seen, found))
        return list(dict.fromkeys(files))

    def names(self, files: Sequence[Path], derived: Sequence[str]) -> None:
        """Names in the config that must stand in another of its lists, or in the library.

        Args:
            files: GMT files of the library.
            derived: Signatures that experiments and cells add to it, and to the selection.
        """
        if files:
            try:
                self.library = self.from_files = library_names(files)
                self.groups = library_groups(files)
            except InputError as error:
                self.problems.extend(error.problems)
        if self.library is not None:
            for name in sorted(self.library.intersection(derived)):
                self.problems.add(
                    f"{self.source}, experiments and cells",
                    expected="derived signatures with names of their own",
                    found=f"`{name}`, which a GMT file has already",
                    remedy="rename the derived signature in the experiment card, or the set in the GMT file",
                )
            self.library = self.library | set(derived)
            for index, name in enumerate(self.texts("signatures", "select")):
                self._in_library(name, ("signatures", "select", index))
        select = [*self.selected(), *derived]
        for key in ("method", "endpoint", "model"):
            self._listed(("primary", key), self.texts(f"{key}s"), f"{key}s")
        for at in (("primary", "signature"), ("proliferation_signature",)):
            named = self.texts(*at)
            if not (named and self.library) or self._in_library(named[0], at):
                self._listed(at, select, "signatures.select")
        for name in self.texts("primary", "signature"):
            if name in derived and name.startswith(SIMULATED_PREFIX):
                self.add(
                    ("primary", "signature"),
                    expected="a signature that can be tested in patients",
                    found=f"`{name}`, which simulated samples derive",
                    remedy="name another primary signature",
                )
        [model] = self.texts("primary", "model") or [""]
        same = self.texts("primary", "signature") == self.texts("proliferation_signature") != []
        if same and model in NEEDS_PROLIFERATION:
            self.add(
                ("primary", "signature"),
                expected=f"another signature than proliferation_signature, which model `{model}` adjusts for",
                found=f"`{self.texts('primary', 'signature')[0]}` in both",
                remedy="name another primary signature, or make `unadjusted` or `clinical` the primary model",
            )

    def selected(self) -> list[str]:
        """The signatures to score, groups written out; after :meth:`names`."""
        return with_groups(self.texts("signatures", "select"), self.groups)

    def _in_library(self, name: str, at: KeyPath) -> bool:
        groups = [GROUP + role for role in self.groups] if "select" in at else []
        library = {*(self.library or ()), *groups}
        if name in library:
            return True
        self.add(
            at,
            expected="the name of a signature in the GMT files of signatures.files",
            found=f"`{name}`",
            remedy=choose_from(name, groups if name.startswith(GROUP) and groups else sorted(library)),
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
            key = "cells" if "cells" in document.data else "expression"
            expression = document.data.get(key)
            name = expression.get("signature") if isinstance(expression, dict) else None
            if self.library is not None and isinstance(name, str) and name not in self.library:
                self.problems.add(
                    document.where((key, "signature")),
                    expected="the name of a signature in the GMT files of signatures.files",
                    found=f"`{name}`",
                    remedy=choose_from(name, sorted(self.library)),
                )

    def ids_of_data_sets(self, data_sets: Iterable[Document], others: Iterable[Document]) -> None:
        """A single-cell data set has another id than every cohort and experiment."""
        known = {document.path.stem for document in others}
        for document in data_sets:
            if document.path.stem in known:
                self.problems.add(
                    document.where(("id",)),
                    expected="another id than that of a cohort or an experiment",
                    found=f"`{document.path.stem}`, which one of them has",
                    remedy="rename one of the cards: results lie under the id",
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
        shown = [f"{cohort}: {', '.join(names)}" for cohort, names in has.items()]
        further = len(shown) - MOST_NAMED
        recorded = "; ".join(shown[:MOST_NAMED]) + (f"; and {further} more" if further > 0 else "")
        for index, name in enumerate(self.texts("endpoints")):
            if not any(name in names for names in has.values()):
                self.add(
                    ("endpoints", index),
                    expected=f"an endpoint that a cohort has ({recorded})",
                    found=f"`{name}`, which none has",
                    remedy="remove it, or add a cohort whose card defines it",
                )

    def mirror(self) -> str | None:
        """The mirror: a base URL, or the path of a folder that is there, seen from the current folder."""
        [mirror] = self.texts("mirror") or [""]
        if mirror and "://" not in mirror:
            path = self.named.find(mirror, ("mirror",))
            right, used = path.is_dir(), str(self.seen(path))
        else:
            right, used = mirror.startswith(("https://", "http://")), mirror
        if mirror and not right:
            self.add(
                ("mirror",),
                expected="a base URL (https://...), or a folder that is there, seen from "
                + self._seen_from(("mirror",)),
                found=f"`{mirror}`",
                remedy="correct it, or write `mirror: null` to use the network",
            )
        return used or None

    def subtype_centroids(self) -> Path | None:
        """The file of centroids that subtypes are called by, where the config names one."""
        [named] = self.texts("subtypes", "centroids") or [""]
        if not named:
            return None
        path = self.named.find(named, ("subtypes", "centroids"))
        if absence := why_no_file(path):
            self.add(
                ("subtypes", "centroids"),
                expected="a file, seen from " + self._seen_from(("subtypes", "centroids")),
                found=f"`{named}`: {absence}",
                remedy="correct the path, or write `centroids: null` to call no subtypes",
            )
            return None
        return self.seen(path)

    def _seen_from(self, at: KeyPath) -> str:
        """The folders that a path of the config is looked for in, in words."""
        folders = [path.resolve() for path in self.named.candidates("", at)]
        return " or ".join(map(str, dict.fromkeys(folders)))
