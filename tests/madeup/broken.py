"""Ways in which a file comes to be broken on its way to us, as hypothesis draws them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence

import h5py
import numpy as np
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy], object]
OTHER_DELIMITERS = (b",", b"\t", b";", b" ", b"|")
ODD_CELLS = (
    b"", b"NA", b"n.d.", b"1,5", b"#DIV/0!", b"inf", b"-inf", b"1e400", b"--", b"nan", b" 7", b"0x1F",
    b"1_000",
    b"007", b"true", b"'", b'"', b'"a', b"caf\xc3\xa9", b"caf\xe9", b"=1+1", b"\xef\xbb\xbf",
    b"9" * 400,
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "utf-7", "cp500", "utf-32")


def place(draw: Draw, content: bytes) -> int:
    """A position in the content."""
    return draw(st.integers(0, len(content)))


def _cut(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    return content[: place(draw, content)]


def _lose(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    start = place(draw, content)
    return content[:start] + content[start + draw(st.integers(1, 60)) :]


def _repeat(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    start, end = sorted((place(draw, content), place(draw, content)))
    return content[:end] + content[start:end] + content[end:]


def _byte(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    at = place(draw, content)
    return content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]


def _shuffle_lines(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    return b"".join(draw(st.permutations(content.splitlines(keepends=True))))


def _swap_lines(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    a, b = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def _lose_line(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.pop(draw(st.integers(0, len(lines) - 1)))
    return b"".join(lines)


def _repeat_line(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    at, to = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    return b"".join([*lines[:to], lines[at], *lines[to:]])


def _cells(draw: Draw, content: bytes, delimiter: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    lines = content.split(b"\n")
    at = draw(st.integers(0, max(0, len(lines) - 2)))
    cells = lines[at].split(delimiter)
    change(cells)
    lines[at] = delimiter.join(cells)
    return b"\n".join(lines)


def _odd_cell(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    def change(cells: list[bytes]) -> None:
        cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(ODD_CELLS))

    return _cells(draw, content, delimiter, change)


def _swap_cells(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    def change(cells: list[bytes]) -> None:
        a, b = (draw(st.integers(0, len(cells) - 1)) for _ in range(2))
        cells[a], cells[b] = cells[b], cells[a]

    return _cells(draw, content, delimiter, change)


def _lose_cell(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    return _cells(draw, content, delimiter, lambda cells: cells.pop(draw(st.integers(0, len(cells) - 1))))


def _add_cell(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    def change(cells: list[bytes]) -> None:
        cells.insert(draw(st.integers(0, len(cells))), draw(st.sampled_from(ODD_CELLS)))

    return _cells(draw, content, delimiter, change)


def _other_delimiter(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    other = draw(st.sampled_from(OTHER_DELIMITERS))
    return content.replace(delimiter, other, draw(st.sampled_from([-1, 1, 5])))


def _line_ends(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    end = draw(st.sampled_from([b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"", b"\x0b", b"\xc2\x85"]))
    return content.replace(b"\n", end, draw(st.sampled_from([-1, 1, 3])))


def _encode(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    return content.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")


def _insert(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    at = place(draw, content)
    return content[:at] + draw(st.one_of(st.sampled_from(ODD_CELLS), st.binary(max_size=8))) + content[at:]


HEADS = (
    b"\n", b"# made by hand\n", b"<html>\n", b"sep=;\n", b"\xef\xbb\xbf", b"PK\x03\x04", b"\x1f\x8b", b" ",
)  # fmt: skip


def _prefix(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    return draw(st.sampled_from(HEADS)) + content


BREAKS = (
    _cut, _lose, _repeat, _byte, _shuffle_lines, _swap_lines, _lose_line, _repeat_line, _odd_cell,
    _swap_cells, _lose_cell, _add_cell, _other_delimiter, _line_ends, _encode, _insert, _prefix,
)  # fmt: skip


def broken_text(draw: Draw, content: bytes, delimiter: bytes) -> bytes:
    """Delimited text, broken in one to three ways."""
    for _ in range(draw(st.integers(1, 3))):
        if content.strip():
            content = draw(st.sampled_from(BREAKS))(draw, content, delimiter)
    return content


def packed(draw: Draw, content: bytes) -> bytes:
    """The content gzipped, now and then broken after that."""
    zipped = gzip.compress(content, compresslevel=1, mtime=0)
    return draw(st.sampled_from([lambda: zipped] * 6 + [
        lambda: _cut(draw, zipped, b""), lambda: _byte(draw, zipped, b""), lambda: content,
    ]))()  # fmt: skip


NODES = ("X", "obs", "var", "obs/_index", "var/_index", "obs/months", "obs/bone", "obs/er_status")
ODD_DATA = (
    np.array([1.5, np.nan, np.inf] * 4), np.arange(12), np.zeros((12, 23)), np.zeros((24, 12)),
    np.array(7.0),
    np.array([b"caf\xe9"] * 12), np.array([b""] * 12), np.array([b"P-01"] * 12), np.array([b"1", b"0"] * 6),
    np.zeros(0), np.array([True] * 12), np.array([1 + 2j] * 12), np.zeros((2, 2, 2)), np.arange(24),
)  # fmt: skip
ODD_WORDS = ("array", "string-array", "dataframe", "csr_matrix", "categorical", "dict", "", "nonsense")


def break_h5ad(choose: Callable[[Sequence], object], file: h5py.File) -> None:
    """Break an AnnData file in a way that leaves it an HDF5 file: its library survives no others."""
    name = choose(NODES)
    if name not in file:
        return
    kind = choose(["lose", "replace", "attribute", "lose attribute", "value", "swap"])
    node = file[name]
    if kind == "lose":
        del file[name]
    elif kind == "replace":
        attributes = dict(node.attrs)
        del file[name]
        file[name] = choose(ODD_DATA)
        file[name].attrs.update(attributes)
    elif kind == "attribute":
        key = choose(["encoding-type", "encoding-version", "_index", "column-order"])
        node.attrs[key] = choose(ODD_WORDS)
    elif kind == "lose attribute" and node.attrs:
        del node.attrs[choose(sorted(node.attrs))]
    elif isinstance(node, h5py.Dataset) and node.shape:
        values = node[()]
        a, b = (choose(range(len(values))) for _ in range(2))
        if kind == "swap":
            values[[a, b]] = values[[b, a]]
        elif values.dtype == object:
            values[a] = choose([b"", b"NA", b"P-01", b"caf\xe9", b"1e400", b"x" * 300])
        else:
            values[a] = choose([0, 1, -1, 120])
        node[...] = values
