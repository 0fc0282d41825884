"""Fetch remote files: whole, checked and recorded, or not at all.

A file is streamed to a partial file in its own folder and takes its name only after status, length,
content and checksum were found right. The checksum of a first download is written to the lock beside the
card (:mod:`irf7bone.download.lock`) and enforced from then on. What was fetched is data: nothing of it is
executed or unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from irf7bone.base.called import call_of
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.whole_file import whole_file
from irf7bone.download.at_once import one_at_a_time
from irf7bone.download.content import check_content, check_end
from irf7bone.download.lock import Locked, read_lock, write_lock
from irf7bone.download.remote import MANIFEST, RemoteFile, is_safe_name
from irf7bone.download.transfer import Broken, Refused, open_stream, through_mirror

BLOCK = 1 << 20
RECORD = "results/downloads"  # what a study fetched, file by file


class Patience(NamedTuple):
    """How long to try.

    Args:
        attempts: Requests for one URL before the next one is tried.
        pause_seconds: Wait before the second request; doubled for each further one.
        timeout_seconds: Longest silence of a connection, and what its rate is taken over.
        least_rate: Bytes a second below which a connection counts as silent.
        max_bytes: Largest file that is accepted.
    """

    attempts: int = 5
    pause_seconds: float = 2.0
    timeout_seconds: float = 60.0
    least_rate: float = 1000.0
    max_bytes: int = 4 << 30


@dataclass(frozen=True)
class Fetched:
    """A file that lies in the cohort's folder of downloads.

    Args:
        path: Where it is.
        url: Where it came from, as the card or the source names it; never the mirror.
        sha256: Its checksum.
        size: Its length in bytes.
    """

    path: Path
    url: str
    sha256: str
    size: int

    @property
    def record(self) -> dict[str, str]:
        """What a source's record says about it."""
        return {"name": self.url, "sha256": self.sha256}


def fetch_all(
    files: Iterable[RemoteFile],
    folder: str | Path,
    *,
    lock: str | Path,
    mirror: str | None = None,
    renew: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - immutable
) -> list[Fetched]:
    """Fetch every file of a cohort and write the manifest of its folder.

    A file that is there already and has the locked checksum is kept without asking the network. Studies that
    run at the same time share the folder: while one fetches into it, another waits.

    Args:
        files: What to fetch.
        folder: The cohort's folder of downloads; made if need be.
        lock: Lock beside the card; checksums that it lacks are added to it.
        mirror: Folder or base URL that replaces the network; None or "" for none.
        renew: Fetch all again and lock what comes, whatever the lock says.
        patience: How long to try.

    Raises:
        InputError: With every file that could not be had, and every URL tried for it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder):
        return _fetch_all(files, folder, lock, mirror, renew, patience)


def _fetch_all(
    files: Iterable[RemoteFile],
    folder: Path,
    lock: str | Path,
    mirror: str | None,
    renew: bool,
    patience: Patience,
) -> list[Fetched]:
    locked = read_lock(lock)
    known = {} if renew else dict(locked)
    problems, done = Problems(), {}
    for file in files:
        try:
            done[file.name] = fetch(
                file, folder, locked=known.get(file.name), mirror=mirror, patience=patience, lock=lock
            )
        except InputError as error:
            problems.extend(error.problems)
    news = entries(done.values())
    added = {name: entry for name, entry in news.items() if locked.get(name) != entry}
    if added:
        write_lock(lock, {**locked, **added})
    _record(folder, news)
    problems.raise_if_any()
    return list(done.values())


def _record(folder: Path, news: Mapping[str, Locked]) -> None:
    """Write what lies in a folder: what came now, and what was fetched for another study's card."""
    manifest = folder / MANIFEST
    there = {name: entry for name, entry in read_lock(manifest).items() if (folder / name).is_file()}
    if there or news:
        write_lock(manifest, {**there, **news})
    else:
        manifest.unlink(missing_ok=True)


def entries(fetched: Iterable[Fetched]) -> dict[str, Locked]:
    """What a lock or a manifest says of files that were fetched, by the names they lie under."""
    return {item.path.name: Locked(item.sha256, item.size, item.url) for item in fetched}


def fetch(
    file: RemoteFile,
    folder: Path,
    *,
    locked: Locked | None,
    lock: str | Path = "the lock",
    mirror: str | None = None,
    patience: Patience = Patience(),  # noqa: B008 - immutable
) -> Fetched:
    """Fetch one file from the first of its URLs that gives it whole; see :class:`RemoteFile`.

    Args:
        file: What to fetch.
        folder: Existing folder for it.
        locked: What the lock says about it; None for a first download.
        lock: The lock, for messages.
        mirror: Folder or base URL that replaces the network.
        patience: How long to try.

    Raises:
        InputError: One problem for each URL tried.
        ValueError: The file's name is not a plain one.
    """
    if not is_safe_name(file.name):
        raise ValueError(f"not a plain file name: {file.name!r}")
    path = folder / file.name
    if locked and path.is_file() and _sha256(path) == locked.sha256:
        return Fetched(path, locked.url, locked.sha256, locked.size)
    problems = Problems()
    urls = sorted(file.urls, key=lambda url: url != (locked.url if locked else None))  # stable: locked first
    for url in urls:
        try:
            with whole_file(path, durable=True) as partial:
                sha256, size = _download(url, partial, mirror, patience, once_whole=locked is None)
                check_content(partial, file.name, url)
                _check_lock(url, sha256, size, locked, lock)
            return Fetched(path, url, sha256, size)
        except InputError as error:
            problems.extend(error.problems)
            if not (file.copies or isinstance(error, _Absent)):
                break
        except OSError as error:
            remedy = "free some space, or make the folder writable"
            problems.add(str(path), expected="a file to write to", found=str(error.strerror), remedy=remedy)
    raise InputError(problems.found)


class _Absent(InputError):
    """A URL at which there is no file."""


def _check_lock(url: str, sha256: str, size: int, locked: Locked | None, lock: str | Path) -> None:
    if locked and sha256 != locked.sha256:
        raise InputError(
            Problem(
                url,
                expected=f"the file locked in {lock}: sha256 {locked.sha256}, {locked.size} bytes",
                found=f"sha256 {sha256}, {size} bytes",
                remedy="the file changed since it was first fetched: find out why; to accept the new one, "
                f"run '{call_of('lock', '...', cohort='...')}'",
            )
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(
    url: str, partial: Path, mirror: str | None, patience: Patience, *, once_whole: bool
) -> tuple[str, int]:
    """Stream one URL to ``partial``, resuming what breaks; its sha256 and length.

    Where no checksum is known yet, a file that came in parts is fetched once more in one piece: a server that
    gives two versions the same tag would have them stitched together, and that would be locked.
    """
    try:
        place = through_mirror(url, mirror)
    except Refused as error:
        raise InputError(_problem(url, url, error)) from None
    progress = _Progress(partial, patience)
    for attempt in range(1, patience.attempts + 1):
        wait = patience.pause_seconds * 2 ** (attempt - 1)
        try:
            progress.stream(place)
            if once_whole and progress.resumed:
                progress = _Progress(partial, patience, resumes=False)
                progress.stream(place)
            check_end(partial, place, progress.length_known)
            return progress.finish()
        except Refused as error:
            raise (_Absent if error.absent else InputError)(_problem(url, place, error)) from None
        except Broken as error:
            if attempt >= min(patience.attempts, error.attempts):
                raise InputError(_problem(url, place, error, tries=attempt)) from None
            time.sleep(wait if error.retry_after is None else min(error.retry_after, 16 * wait))
    raise AssertionError("attempts is at least 1")


def _problem(url: str, place: str, error: Refused | Broken, tries: int = 1) -> Problem:
    through = "" if place == url else f" (asked for at {place})"
    times = "" if tries == 1 else f", {tries} times"
    return Problem(url, "the whole file", f"{error.found}{times}{through}", error.remedy)


class _Progress:
    """What of a file has arrived, and the validator by which a server can tell that it is still the same."""

    def __init__(self, partial: Path, patience: Patience, *, resumes: bool = True):
        self.partial, self.patience, self.resumes = partial, patience, resumes
        self.size = 0
        self.resumed = False
        self.length_known = False
        self.validator: str | None = None
        self.digest = hashlib.sha256()
        partial.unlink(missing_ok=True)

    def stream(self, place: str) -> None:
        """Fetch what is still missing.

        Raises:
            Broken: The transfer failed in a way that may pass.
            Refused: Trying again would not help.
        """
        limit, timeout = self.patience.max_bytes, self.patience.timeout_seconds
        with open_stream(place, start=self.size, validator=self.validator, timeout=timeout) as stream:
            if stream.start != self.size:
                self.size, self.digest = 0, hashlib.sha256()
            self.resumed = self.size > 0
            self.length_known = stream.ends_itself
            self.validator = stream.validator if self.resumes else None
            if stream.total is not None and stream.total > limit:
                raise _too_large(stream.total, limit)
            with (
                self.partial.open("ab" if self.size else "wb") as out,
                _bar(place, self.size, stream.total) as bar,
            ):
                self._copy(stream.read, out, bar)
        if stream.total is not None and self.size != stream.total:
            raise Broken(f"a transfer that ended after {self.size} of {stream.total} bytes")

    def _copy(self, read: Callable[[int], bytes], out: BinaryIO, bar: Callable[[int], object]) -> None:
        since, counted, patience = time.monotonic(), 0, self.patience
        while block := read(BLOCK):
            out.write(block)
            self.digest.update(block)
            self.size += len(block)
            bar(len(block))
            if self.size > patience.max_bytes:
                raise _too_large(self.size, patience.max_bytes)
            counted, seconds = counted + len(block), time.monotonic() - since
            if seconds > patience.timeout_seconds:
                if counted < patience.least_rate * seconds:
                    raise Broken(f"a connection that gave {counted} bytes in {seconds:.0f} s")
                since, counted = time.monotonic(), 0

    def finish(self) -> tuple[str, int]:
        """The sha256 and length of what arrived."""
        return self.digest.hexdigest(), self.size


def _too_large(size: int, limit: int) -> Refused:
    return Refused(
        f"{size} bytes, more than the {limit} that are accepted",
        "check that the URL names the file you mean: no cohort's file is that large",
    )


@contextlib.contextmanager
def _bar(place: str, start: int, total: int | None):
    """Something to tell how many bytes arrived; it shows them only where a person watches."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from tqdm import tqdm

    name = place.rpartition("/")[2]
    with tqdm(desc=name, initial=start, total=total, unit="B", unit_scale=True, leave=False) as bar:
        yield bar.update


@dataclass(frozen=True)
class Downloads:
    """The downloads of one cohort, as a source reads them: never from the network.

    Args:
        folder: The cohort's folder of downloads.
        lock: Lock beside the card.
    """

    folder: Path
    lock: Path

    def get(self, name: str) -> Fetched:
        """A fetched file, once its checksum is found to be the manifest's and the lock's.

        Raises:
            InputError: It is not there, or is not what was fetched, or not what is locked.
        """
        path = self.folder / name
        manifest, locked = read_lock(self.folder / MANIFEST), read_lock(self.lock)
        again = (
            f"remove {RECORD}/{self.folder.name}.tsv and run again, which fetches what is missing or differs"
        )
        if name not in manifest or not path.is_file():
            raise InputError(Problem(str(path), "a file that was fetched", "nothing there", again))
        entry, sha256 = manifest[name], _sha256(path)
        for what, expected in (("fetched", entry), (f"locked in {self.lock}", locked.get(name, entry))):
            if sha256 != expected.sha256:
                raise InputError(
                    Problem(str(path), f"the file that was {what}: sha256 {expected.sha256}", sha256, again)
                )
        return Fetched(path, entry.url, entry.sha256, entry.size)
