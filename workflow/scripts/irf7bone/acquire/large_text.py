"""A large table of numbers in delimited text, read a block of lines at a time.

Beside the numbers nothing of their size is held. Messages are those of :mod:`irf7bone.acquire.text`, which
reads smaller files whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from irf7bone.acquire import text
from irf7bone.acquire.cell_numbers import WrongCells, numbers_among, thousands
from irf7bone.acquire.thousands import are_thousands
from irf7bone.base.errors import InputError, Problem

LARGE_BYTES = 48 << 20  # of text
PACKED_SHARE = 4  # a gzip file is taken for so many times its size
_GZIP = b"\x1f\x8b"


def is_large(path: Path) -> bool:
    """Whether a file is to be read by :func:`read_large`; what cannot be read at all is not."""
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == _GZIP
    except OSError:
        return False
    if packed != path.name.lower().endswith(".gz"):
        return False
    return path.stat().st_size * (PACKED_SHARE if packed else 1) > LARGE_BYTES


def read_large(
    path: Path, first_column: Callable[[list[str]], int], *, samples_in_columns: bool
) -> tuple[np.ndarray, list[str], list[str], str]:
    """Numbers of a table whose first column holds ids.

    Args:
        path: The file.
        first_column: From the names in the header, which column is the first of numbers.
        samples_in_columns: Or in rows.

    Returns:
        Rows x columns (float64, NaN for missing), ids of the rows, names of the columns of numbers, and the
        sha256 of the file.

    Raises:
        InputError: As :func:`irf7bone.acquire.text.read_cells` and
            :func:`irf7bone.acquire.cell_numbers.to_numbers`.
    """
    n_lines, checksum = _count_lines(path)
    names, tables = _tables(path)
    first = first_column(names)
    ignored = [f"c{place}" for place in range(first)]
    # what a sample holds lies side by side, as it is written
    numbers = np.empty((n_lines, len(names) - first), order="F" if samples_in_columns else "C")
    row_ids: list[str] = []
    wrong, suspected = WrongCells(), list[InputError | None]()
    for cells in tables:
        ids = cells.column(0).to_pylist()
        values = numbers_among(cells.drop_columns(ignored), names[first:], ids, wrong)
        suspected.append(thousands(values, names[first:], ids, path) if are_thousands(values) else None)
        numbers[len(row_ids) : len(row_ids) + len(ids)] = values
        row_ids += ids
    wrong.refuse_any(path)
    if suspected and all(suspected):
        raise next(filter(None, suspected))
    if not row_ids:
        raise InputError(Problem(str(path), "a header and rows", "a header only", "export it again"))
    return numbers[: len(row_ids)], row_ids, names[first:], checksum


def _tables(path: Path) -> tuple[list[str], Iterator[pa.Table]]:
    """Names in the header, and the cells below it, as text, a block of lines at a time."""
    pieces = _pieces(path)
    start = next(pieces)
    text.refuse_html(path, start)
    content, skipped = text.without_comments(text.as_utf8(path, start))
    names, delimiter = text.read_header(path, content, skipped + 1)
    header, _, rows = content.partition(b"\n")

    def tables() -> Iterator[pa.Table]:
        above = skipped + 1  # lines of the file above the rows at hand
        for piece in chain([rows], pieces):
            content = header + b"\n" + text.as_utf8(path, piece, above)
            cells = text.parse_cells(path, content, names, delimiter, above - 1)
            if cells.num_rows:
                yield cells
            above += piece.count(b"\n")

    return names, tables()


def _pieces(path: Path) -> Iterator[bytes]:
    """Content of a file, whole lines at a time."""
    rest = b""
    for block in _blocks(path):
        found = rest + block
        cut = found.rfind(b"\n") + 1
        if cut:
            yield found[:cut]
        rest = found[cut:]
    if rest:
        yield rest


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        if path.name.lower().endswith(".gz"):
            yield from text.unpacked(path, stream)
            return
        text.refuse_too_large(path, path.stat().st_size)
        while block := stream.read(text.BLOCK):
            yield block


def _count_lines(path: Path) -> tuple[int, str]:
    """Lines of a file at most, and its sha256."""
    n_lines = 1  # the last may have no end
    for block in _blocks(path):
        n_lines += block.count(b"\n")
    return n_lines, text.file_sha256(path)
