"""Renew the lock of a card on purpose: fetch everything again and accept what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from irf7bone.acquire.sources import remote_files
from irf7bone.download.fetch import fetch_all
from irf7bone.download.lock import Locked, lock_path, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path

    from irf7bone.study.card import Card


def renew_lock(card: Card, downloads: Path, *, mirror: str | None, **options: Any) -> list[str]:
    """Fetch the files of a card again, whatever its lock says, and lock what came and nothing else.

    Args:
        card: The cohort's card.
        downloads: The folder that has one for each cohort.
        mirror: Folder or base URL that replaces the network.
        options: What :func:`irf7bone.download.fetch.fetch_all` takes besides.

    Returns:
        One line for each file that is new, changed or needed no more.

    Raises:
        InputError: A file could not be had.
    """
    lock = lock_path(card.path)
    before = read_lock(lock)
    fetched = fetch_all(
        remote_files(card), downloads / card.id, lock=lock, mirror=mirror, renew=True, **options
    )
    after = {file.path.name: Locked(file.sha256, file.size, file.url) for file in fetched}
    if after != read_lock(lock):
        write_lock(lock, after)
    changes = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            words = [f"{entry.sha256[:12]} ({entry.size} bytes)" if entry else "none" for entry in (old, new)]
            changes.append(f"{name}: {words[0]} -> {words[1]}")
    return changes
