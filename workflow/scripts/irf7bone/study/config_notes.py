"""What is wrong with a config, noted key by key, with the file and line that set it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from irf7bone.base.errors import Problems
from irf7bone.study.document import KeyPath, dotted
from irf7bone.study.places import Named, from_here
from irf7bone.study.schema import violations
from irf7bone.study.strict_yaml import config_lines


class ConfigNotes:
    """Notes problems of a config, one for each key.

    A part of the config that breaks the schema is not cross-checked: one mistake, one message.
    """

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

    def seen_from(self, at: KeyPath) -> str:
        """The folders that a path of the config is looked for in, in words."""
        folders = [path.resolve() for path in self.named.candidates("", at)]
        return " or ".join(map(str, dict.fromkeys(folders)))
