"""The checks of a study: each notes what it finds and goes on, so that all of it is said together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from irf7bone.base.errors import InputError, why_no_file
from irf7bone.base.nearest import choose_from, nearest_file
from irf7bone.study.card_checks import CardKind
from irf7bone.study.document import Document, KeyPath
from irf7bone.study.places import from_here
from irf7bone.study.signature_checks import SignatureChecks
from irf7bone.study.strict_yaml import read_yaml

MOST_NAMED = 12  # cohorts in a message


class StudyChecks(SignatureChecks):
    """The checks of a study's cards, endpoints and paths, beside those of its signatures."""

    trusted = False  # whether the cards, which are the most of the work, need no checks

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
                expected=f"a card at {entry}, seen from {self.seen_from(at)}",
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
                + self.seen_from(("mirror",)),
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
                expected="a file, seen from " + self.seen_from(("subtypes", "centroids")),
                found=f"`{named}`: {absence}",
                remedy="correct the path, or write `centroids: null` to call no subtypes",
            )
            return None
        return self.seen(path)
