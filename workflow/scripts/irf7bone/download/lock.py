"""The lock beside a card: the checksum, length and origin of every file that was fetched for it.

``gse2034.yaml`` has ``gse2034.lock.tsv``. It holds no dates, so that the same files give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.whole_file import whole_file

COLUMNS = ("file", "sha256", "bytes", "url")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Locked(NamedTuple):
    """What the lock knows of one file.

    Args:
        sha256: Checksum.
        size: Length in bytes.
        url: Where it came from.
    """

    sha256: str
    size: int
    url: str


def lock_path(card: Path) -> Path:
    """The lock of a card."""
    return card.with_suffix(".lock.tsv")


def read_lock(path: str | Path) -> dict[str, Locked]:
    """What a lock holds, by file name; empty where there is none yet.

    Raises:
        InputError: It is not a lock.
    """
    path = Path(path)
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    entries = {}
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if number == 1 and tuple(cells) == COLUMNS:
            continue
        if number == 1 or len(cells) != 4 or not _SHA256.fullmatch(cells[1]) or not cells[2].isdigit():
            raise InputError(
                Problem(
                    f"{path}:{number}",
                    f"tab-separated {', '.join(COLUMNS)}",
                    line[:80] or "an empty line",
                    "restore the file, or remove it: the next run then locks what it fetches",
                )
            )
        entries[cells[0]] = Locked(cells[1], int(cells[2]), cells[3])
    return entries


def write_lock(path: str | Path, entries: Mapping[str, Locked]) -> None:
    """Write a lock, sorted by file name, whole or not at all.

    Raises:
        InputError: The folder cannot be written to.
    """
    path = Path(path)
    rows = [
        COLUMNS,
        *((name, entry.sha256, str(entry.size), entry.url) for name, entry in sorted(entries.items())),
    ]
    try:
        with whole_file(path, durable=True) as partial:
            partial.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise InputError(
            Problem(
                str(path),
                "a place to record the checksums of what was fetched",
                f"{error.strerror}",
                "make the folder writable, or copy the card to a folder of your own and name it by its path",
            )
        ) from None
