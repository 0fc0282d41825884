"""Read tables out of GEO's SOFT files, line by line, without keeping what is not asked for.

The format is that of https://www.ncbi.nlm.nih.gov/geo/info/soft.html: lines that begin with ``^`` name an
entity, ``!`` an attribute, ``#`` a column, and tables stand between ``!..._table_begin`` and
``!..._table_end``, tab-separated and not quoted.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from irf7bone.base.errors import InputError, Problem
from irf7bone.download.content import GZIP

# columns with the genes of a probe, by who made the table: GEO, Affymetrix, Agilent, Illumina
GENE_COLUMNS = ("Gene symbol", "Gene Symbol", "GENE_SYMBOL", "Symbol", "gene_assignment")
NO_GENE = ("", "---", "NA", "N/A", "null", "NULL")


@dataclass(frozen=True)
class SoftTable:
    """A table of text.

    Args:
        title: What stands behind ``table_begin =``, if anything.
        columns: Names.
        rows: Cells, as many in each row as there are columns.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]


def decode(line: bytes) -> str:
    """Text of a line without its end: UTF-8, else Latin-1, in which old submissions wrote their accents.

    A carriage return within the line, which some descriptions hold, becomes a space.
    """
    line = line.rstrip(b"\r\n").replace(b"\r", b" ")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


@contextmanager
def open_text(path: Path) -> Iterator[IO[bytes]]:
    """A stream of bytes, decompressed if the content is gzip, whatever the name says.

    Raises:
        InputError: The gzip file is cut off or damaged, where that is met while reading.
    """
    with path.open("rb") as stream:
        zipped = stream.read(2) == GZIP
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as opened:
            yield cast("IO[bytes]", opened)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            Problem(str(path), "a whole gzip file", f"a cut or damaged one ({error})", "fetch it again")
        ) from None


def read_series_tables(path: Path) -> list[SoftTable]:
    """The tables that a family SOFT file holds for the whole series; most hold none.

    Raises:
        InputError: A table has no end, which means that the file is cut off.
    """
    tables, in_series = [], False
    with open_text(path) as stream:
        lines = iter(stream)
        for line in lines:
            if line.startswith(b"^"):
                if in_series and line.startswith(b"^SAMPLE"):
                    break  # nothing of the series comes after its samples, which fill most of the file
                in_series = line.startswith(b"^SERIES") or (in_series and not line.startswith(b"^SAMPLE"))
            elif line.startswith(b"!series_table_begin"):
                title = decode(line).partition("=")[2].strip()
                columns, *rows = [
                    [cell.strip() for cell in decode(row).split("\t")]
                    for row in until_end(lines, b"!series_table_end", path)
                    if row.strip()
                ] or [[]]
                tables.append(SoftTable(title, columns, [_fitting(row, len(columns), path) for row in rows]))
    return tables


def _fitting(row: list[str], length: int, path: Path) -> list[str]:
    """A row as long as the header. A shorter one is not filled up: cells may have moved in it."""
    if len(row) < length or any(row[length:]):
        raise InputError(
            Problem(
                str(path),
                f"{length} columns in every row of the series table, as in its header",
                f"{len(row)} in one",
                "bring the table into a file of your own and name it with source: table",
                ("\t".join(row)[:80],),
            )
        )
    return row[:length]


def until_end(lines: Iterator[bytes], mark: bytes, path: Path) -> Iterator[bytes]:
    """The lines of a table up to the mark of its end.

    Raises:
        InputError: The file ends before it.
    """
    for line in lines:
        if line.startswith(mark):
            return
        yield line
    raise InputError(
        Problem(
            str(path), f"the line {mark.decode()}", "the end of the file: it is cut off", "fetch it again"
        )
    )


def read_probe_genes(
    path: Path, platform: str | None, gene_column: str | None = None, probe_column: str = "ID"
) -> dict[str, str | None]:
    """Genes of each probe of a platform, as its table writes them; None where it names none.

    Args:
        path: GEO's annotation, or a SOFT file that holds the platform.
        platform: Accession of the platform; None for the first in the file.
        gene_column: Column to read; None for the first of :data:`GENE_COLUMNS` that is there.
        probe_column: Column with the probes; another than ``ID`` where the file is no annotation of GEO.

    Raises:
        InputError: The file holds no table of this platform, is cut off, or lacks the column.
    """
    here, others = False, []
    with open_text(path) as stream:
        lines = iter(stream)
        for line in lines:
            if line.startswith((b"^PLATFORM", b"!Annotation_platform =")):
                name = decode(line).partition("=")[2].strip()
                here = platform is None or name == platform
                others += [] if here else [name]
            elif line.startswith(b"!platform_table_begin") and here:
                table = until_end(lines, b"!platform_table_end", path)
                header = next(table, b"")
                columns = [cell.strip() for cell in decode(header).split("\t")]
                at = _gene_column(columns, gene_column, probe_column, path)
                return dict(_probe_and_genes(row, columns.index(probe_column), at) for row in table)
    raise InputError(
        Problem(
            str(path),
            f"the table of platform {platform}" if platform else "the table of a platform",
            f"tables of {', '.join(others)}" if others else "no table",
            "check the platform of the card against the series' page; if it has no table, bring the "
            "expression with its genes in a file of your own (source: table)",
        )
    )


def _gene_column(columns: list[str], wanted: str | None, probes: str, path: Path) -> int:
    names = (wanted,) if wanted else GENE_COLUMNS
    found = [name for name in names if name in columns]
    if not found or columns.count(found[0]) > 1 or columns.count(probes) != 1:
        raise InputError(
            Problem(
                f"{path}, header of the platform's table",
                f"once a column {probes!r}, and once a column {' or '.join(map(repr, names))}",
                f"the columns {', '.join(columns)}",
                "name the column with the genes in the card: gene_column, and gene_id for their kind",
            )
        )
    return columns.index(found[0])


def _probe_and_genes(row: bytes, probe: int, at: int) -> tuple[str, str | None]:
    cells = row.rstrip(b"\r\n").split(b"\t", max(at, probe) + 1)
    genes = decode(cells[at]) if at < len(cells) else ""
    return decode(cells[probe]).strip() if probe < len(cells) else "", genes_named(genes)


def genes_named(cell: str) -> str | None:
    """The genes that a cell of a platform's table names, as it writes them; None where it names none.

    Affymetrix' ``gene_assignment`` holds transcripts, ``accession // symbol // title ...``, separated by
    ``///``: the genes are their symbols, each once.
    """
    cell = cell.strip()
    if " // " in cell:
        parts = [part.split("//") for part in cell.split("///")]
        symbols = dict.fromkeys(part[1].strip() for part in parts if len(part) > 1)
        cell = " /// ".join(symbol for symbol in symbols if symbol not in NO_GENE)
    return None if cell in NO_GENE else cell
