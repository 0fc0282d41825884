"""Checksums of files and folders, remembered while a file's size, times and inode stay what they were."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

REMEMBERED = 1 << 18  # smaller files are read faster than remembered
JUST_NOW_NS = 50_000_000  # a second change within the clock's tick would not show in the times
STAMP = ".snakemake_timestamp"


class Checksums:
    """Checksums by content, kept in a small file that several processes add lines to.

    A file whose path, size, modification time, change time and inode are those of a line is not read again.
    The change time is among them because `cp -p`, `touch -d` and archives set the modification time at will.

    Args:
        memory: The file to remember in; None to remember nothing. It may be lost at any time.
    """

    def __init__(self, memory: Path | None = None):
        self.memory = memory
        self._known: dict[str, tuple[list[int], str]] = {}
        self._lines = 0
        self._load()

    def of(self, path: str | Path) -> str | None:
        """The sha256 of a file, or of a folder's names and contents; None where there is nothing to read."""
        path = Path(path)
        try:
            if path.is_dir():
                return self._of_folder(path)
            return self._of_file(path)
        except OSError:
            return None

    def tidy(self) -> None:
        """Rewrite the memory without lines that are outdated, where these are the greater part."""
        if self.memory is None or self._lines <= 2 * len(self._known) + 100:
            return
        partial = self.memory.with_name(f".{self.memory.name}.{os.getpid()}")
        partial.write_text("".join(_line(path, *entry) for path, entry in self._known.items()), "utf-8")
        os.replace(partial, self.memory)

    def _of_folder(self, folder: Path) -> str:
        digest = hashlib.sha256()
        for path in files_in(folder):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{self._of_file(path)}\0".encode())
        return digest.hexdigest()

    def _of_file(self, path: Path) -> str:
        stat = path.stat()
        if stat.st_size < REMEMBERED or self.memory is None:
            return _read(path)
        key = os.path.abspath(path)
        seen = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        known = self._known.get(key)
        if known is not None and known[0] == seen:
            return known[1]
        sha256 = _read(path)
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > JUST_NOW_NS:
            self._known[key] = (seen, sha256)
            self._append(_line(key, seen, sha256))
        return sha256

    def _append(self, line: str) -> None:
        assert self.memory is not None
        try:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            with self.memory.open("a", encoding="utf-8") as stream:
                stream.write(line)  # one short write: lines of several processes do not mix
        except OSError:  # a finished project may be read-only: then it is read again next time
            self.memory = None

    def _load(self) -> None:
        try:
            text = self.memory.read_text(encoding="utf-8") if self.memory else ""
        except (OSError, UnicodeDecodeError):
            text = ""
        for line in text.splitlines():
            self._lines += 1
            try:
                path, seen, sha256 = json.loads(line)
            except ValueError:  # cut off where a run was killed
                continue
            self._known[path] = (seen, sha256)


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder, sorted, but for the one by which Snakemake keeps a folder's time."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != STAMP]


def _line(path: str, seen: list[int], sha256: str) -> str:
    return json.dumps([path, seen, sha256], ensure_ascii=True) + "\n"


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
