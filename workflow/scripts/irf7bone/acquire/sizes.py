"""How large the expression of a card is, told before anything is read: by its files, its lock, or its counts.

Imports nothing heavy: Snakemake asks when it plans. An h5ad file is opened for its shape alone.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irf7bone.download.lock import lock_path, read_lock
from irf7bone.study.needs import Size

if TYPE_CHECKING:
    from irf7bone.study.card import Card

USUAL_GENES = 25_000  # where a card tells the samples only
USUAL_SAMPLES = 1_000  # where nothing is known before the data are fetched
PACKED_BYTES = 2.0  # of one value in a gzip text
PARQUET_BYTES = 3.0  # of one value in a parquet file of rounded numbers
_START = 1 << 16  # bytes of a text by which the length of its lines is told
_LOCKED = ("geo", "cbioportal")  # sources whose files are in the lock


def size_of(card: Card) -> Size:
    """How large the expression of a card is, by its files, its lock, or what it says of itself."""
    entry = card.expression
    if entry["source"] in ("simulate", "simulate_pairs") and "n_samples" in entry:
        return Size(int(entry["n_genes"]), int(entry["n_samples"]))
    stated = int(card.expect.get("samples", 0))
    values = 0.0
    if "path" in entry and card.resolve(entry["path"]).is_file():
        found = _of_file(card.resolve(entry["path"]), entry)
        if isinstance(found, Size):
            return found
        values = found
    elif entry["source"] in _LOCKED:
        sizes = [locked.size for locked in read_lock(lock_path(card.path)).values()]
        values = sum(sizes) / PACKED_BYTES
    if not values:
        return Size(USUAL_GENES, stated or USUAL_SAMPLES)
    if stated:
        return Size(max(1, round(values / stated)), stated)
    return Size(USUAL_GENES, max(1, round(values / USUAL_GENES)))


def _of_file(path: Path, entry: Mapping[str, Any]) -> Size | float:
    """The size, or where it cannot be told the number of values, about."""
    name = path.name.lower()
    if name.endswith(".h5ad"):
        return _of_h5ad(path, str(entry.get("matrix", "X"))) or path.stat().st_size / 4
    if name.removesuffix(".gz").endswith(".parquet"):
        return path.stat().st_size / PARQUET_BYTES
    return _of_text(path, genes_in_rows=entry.get("genes_in", "rows") == "rows")


def _of_h5ad(path: Path, matrix: str) -> Size | None:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            stored = file["raw/X" if matrix == "raw" else matrix]
            samples, genes = stored.attrs["shape"] if isinstance(stored, h5py.Group) else stored.shape
    except (OSError, KeyError, ValueError):  # what is wrong with it, its own job says
        return None
    return Size(int(genes), int(samples))


def _of_text(path: Path, *, genes_in_rows: bool) -> Size | float:
    """By the length of its first lines."""
    packed = path.name.lower().endswith(".gz")
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            start = stream.read(_START)
            start += stream.readline()
    except (OSError, EOFError, zlib.error):
        return path.stat().st_size / PACKED_BYTES
    lines = io.BytesIO(start).readlines()
    columns = max((max(line.count(mark) for mark in (b"\t", b",")) for line in lines[:50]), default=0)
    body = [len(line) for line in lines if line.count(b"\t") >= columns or line.count(b",") >= columns][1:]
    if not columns or not body:
        return path.stat().st_size / PACKED_BYTES
    rows = round(_unpacked(path, packed, len(start)) / (sum(body) / len(body)))
    return Size(rows, columns) if genes_in_rows else Size(columns, rows)


def _unpacked(path: Path, packed: bool, at_least: int) -> int:
    """Bytes of text; gzip notes them in its last four bytes, without the multiples of 4 GiB."""
    if not packed:
        return path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(-4, io.SEEK_END)
        noted = int.from_bytes(stream.read(4), "little")
    while noted < max(at_least, path.stat().st_size):
        noted += 1 << 32
    return noted
