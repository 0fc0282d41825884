"""Take files out of a tar archive that somebody else made: only named ones, only regular ones, only so much.

Nothing is ever extracted by the path that the archive states: the caller says which members it wants, and
they land under a flat, checked name in a folder of its own.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.whole_file import whole_file

UNPACKED_LIMIT = 16 << 30  # bytes, over all members of an archive
MEMBERS_LIMIT = 100_000
BLOCK = 1 << 20
LARGEST_READ = 64 << 20  # tarfile reads a header of extended attributes whole, however long it says it is

_OPEN: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_DRIVE = re.compile(r"[A-Za-z]:")


def list_members(archive: Path, *, limit: int = UNPACKED_LIMIT) -> dict[str, int]:
    """Regular files of a tar archive (compressed or not) and their sizes in bytes, in its order.

    Raises:
        InputError: As for :func:`extract_members`.
    """
    with _opened(archive) as tar:
        return {member.name: member.size for member in _checked(tar, archive, limit)}


def extract_members(
    archive: Path, wanted: Callable[[str], bool], folder: Path, *, limit: int = UNPACKED_LIMIT
) -> dict[str, Path]:
    """Write chosen members into ``folder``, each under its last name.

    Args:
        archive: A tar file, compressed or not.
        wanted: Says for a member's name whether to extract it.
        folder: Where to; made if need be.
        limit: Most bytes that all members together may unpack to.

    Returns:
        Name in the archive -> file written.

    Raises:
        InputError: The archive is cut or damaged, unpacks to more than ``limit`` bytes, has a member
            whose name leads out of the folder, or two wanted members with one last name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    with _opened(archive) as tar:
        for member in _checked(tar, archive, limit):
            if not wanted(member.name):
                continue
            path = folder / PurePosixPath(member.name).name
            if path in written.values():
                raise _refuse(
                    archive, "one file of each name", f"two of {path.name}", "take a narrower choice"
                )
            _write(tar, member, path)
            written[member.name] = path
    return written


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise ValueError(f"{member.name} is no regular file")
    with whole_file(path) as partial, source, partial.open("wb") as out:
        while block := source.read(BLOCK):
            out.write(block)


class _Guarded:
    """A stream that refuses to read more at once than a tar archive has reason to, and notices its end."""

    def __init__(self, stream: BinaryIO):
        self.stream, self.tell, self.seek = stream, stream.tell, stream.seek
        self.last = b""

    def read(self, size: int) -> bytes:
        if size > LARGEST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self.stream.read(size)
        return self.last

    def check_end(self, limit: int) -> None:
        """Refuse an archive without its mark of the end; tarfile takes a cut one for a shorter one."""
        if self.last != b"\0" * tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends without the mark of its end")
        left = 0
        while block := self.stream.read(BLOCK):  # only the end of a compressed stream proves it whole
            left += len(block)
            if left > limit:
                raise tarfile.ReadError(f"more than {limit} bytes after its end")


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with archive.open("rb") as plain:
            magic = plain.read(2)
        with _OPEN.get(magic, open)(archive, "rb") as stream:
            guarded: Any = _Guarded(stream)  # as much of a file as tarfile asks for
            with tarfile.open(fileobj=guarded, mode="r:") as tar:
                yield tar
    except FileNotFoundError:
        raise _refuse(archive, "a tar archive", "no such file", "fetch it, or correct the path") from None
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise _refuse(
            archive, "a whole tar archive", f"something else, or a cut one ({error})", "fetch it again"
        ) from None


def _checked(tar: tarfile.TarFile, archive: Path, limit: int) -> Iterator[tarfile.TarInfo]:
    """Regular files, one by one; refuses the archive at the first sign of malice."""
    size = 0
    for count, member in enumerate(tar, start=1):
        if _leads_out(member.name):
            raise _refuse(
                archive, "names inside the archive's folder", repr(member.name), "do not use this archive"
            )
        size += member.size
        if size > limit or count > MEMBERS_LIMIT:
            raise _refuse(
                archive,
                f"at most {limit} bytes in {MEMBERS_LIMIT} members when unpacked",
                "more",
                "do not use this archive: it looks like a decompression bomb",
            )
        if member.isfile():  # no links, devices or pipes
            yield member
    guarded: Any = tar.fileobj
    guarded.check_end(limit)


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or bool(_DRIVE.match(name))


def _refuse(archive: Path, expected: str, found: str, remedy: str) -> InputError:
    return InputError(Problem(str(archive), expected, found, remedy))
