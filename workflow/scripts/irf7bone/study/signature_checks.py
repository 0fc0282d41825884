"""The checks of a study's signatures: where they stand, what is derived, names that must be among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from irf7bone.base.errors import InputError
from irf7bone.base.experiment_vocabulary import SIMULATED_PREFIX
from irf7bone.base.nearest import choose_from, nearest
from irf7bone.genes.signatures import GROUP, library_groups, library_names, with_groups
from irf7bone.study.config_notes import ConfigNotes
from irf7bone.study.document import Document, KeyPath
from irf7bone.study.malignant_parts import malignant_parts

NEEDS_PROLIFERATION = ("proliferation", "proliferation_er", "full")


class SignatureChecks(ConfigNotes):
    """Each notes what it finds and goes on."""

    library: set[str] | None = (
        None  # names in the GMT files and derived ones; None where a file cannot be read
    )
    from_files: set[str] | None = None
    groups: Mapping[str, list[str]] = {}

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
                    expected=f"a GMT file or a folder of them, seen from {self.seen_from(at)}",
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
