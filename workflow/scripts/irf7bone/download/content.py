"""Is a fetched file what its name says? Looked at as it lies on the disk, before it takes its name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from irf7bone.base.errors import InputError, Problem
from irf7bone.download.transfer import Refused

GZIP = b"\x1f\x8b"
HTML = (b"<!doctype", b"<html", b"<head", b"<?xml")
UNPACKED_LIMIT = 16 << 30  # bytes; the largest series matrices unpack to 2 GB
BLOCK = 1 << 20


def check_content(path: Path, name: str, url: str) -> None:
    """Refuse an empty file, a web page, a cut or damaged gzip file, and a decompression bomb.

    Args:
        path: The file as it was fetched.
        name: The name it shall have; ``.gz`` and ``.tgz`` promise gzip.
        url: Where it came from, for messages.

    Raises:
        InputError: It is none of what was asked for.
    """
    with path.open("rb") as stream:
        start = stream.read(512)
    if not start:
        raise _refuse(url, "data", "an empty file", "try again later: the archive sent nothing")
    _refuse_html(start, url)
    if start.startswith(GZIP):
        _refuse_html(check_gzip(path, url), url)
    elif name.lower().endswith((".gz", ".tgz")):
        found = f"content that starts {start[:8]!r}"
        raise _refuse(url, "gzip-compressed content, as the name says", found, "check the URL in a browser")


def check_end(path: Path, place: str, length_known: bool) -> None:
    """Refuse a file whose end nobody stated, unless its format shows where it ends.

    Args:
        path: The file as it was fetched.
        place: Where it came from.
        length_known: Whether the other side said how long it is, or marked its end.

    Raises:
        Refused: It may be a part of the file.
    """
    if length_known:
        return
    with path.open("rb") as stream:
        if stream.read(2) == GZIP:  # the checksum at its end is looked at with the content
            return
    raise Refused(
        f"{place}: a connection that does not say how long the file is, so that a cut one looks whole",
        "fetch the file by hand into a mirror, or ask the archive for a compressed one",
    )


def check_gzip(path: Path, where: str, *, limit: int = UNPACKED_LIMIT) -> bytes:
    """Unpack a gzip file once without keeping it.

    Args:
        path: The file.
        where: What messages call it.
        limit: Most bytes it may unpack to.

    Returns:
        The first bytes of what it holds.

    Raises:
        InputError: It is cut off, damaged, or unpacks to more than ``limit``.
    """
    first, size = b"", 0
    try:
        with gzip.open(path, "rb") as stream:
            while block := stream.read(BLOCK):
                first = first or block[:512]
                size += len(block)
                if size > limit:
                    raise _refuse(
                        where,
                        f"at most {limit} bytes when unpacked",
                        f"more, from {path.stat().st_size} bytes",
                        "do not use this file: it looks like a decompression bomb",
                    )
    except EOFError:
        raise _refuse(
            where, "a whole gzip file", "a truncated one", "try again later: the transfer was cut off"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _refuse(
            where,
            "a whole gzip file",
            f"a damaged one ({error})",
            "try again; if it stays so, tell the archive",
        ) from None
    return first


def _refuse_html(start: bytes, url: str) -> None:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(HTML):
        raise _refuse(
            url,
            "data",
            f"a web page: {text[:60].decode('utf-8', 'replace').splitlines()[0]}",
            "open the URL in a browser: the archive may be down for maintenance, or ask for a login",
        )


def _refuse(where: str, expected: str, found: str, remedy: str) -> InputError:
    return InputError(Problem(where, expected, found, remedy))
