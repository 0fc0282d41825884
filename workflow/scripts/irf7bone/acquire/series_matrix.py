"""Read a GEO series matrix: what it says of the samples, and their values.

The file has three parts: lines ``!Series_...`` about the study, lines ``!Sample_...`` with one value a
sample, and between ``!series_matrix_table_begin`` and ``!series_matrix_table_end`` the values, probes x
samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from irf7bone.acquire import text
from irf7bone.acquire.cell_numbers import to_numbers
from irf7bone.acquire.soft import decode, open_text
from irf7bone.base.errors import InputError, Problem, Problems

BEGIN, END = b"!series_matrix_table_begin", b"!series_matrix_table_end"
LIMIT = 8 << 30  # bytes of unpacked text: 54,675 probes x 15,000 samples
BLOCK = 16 << 20
MISSING = [*text.MISSING_WORDS, "Null"]
JOIN = ";"  # several values of one key in one sample, as GEOquery joins them

# attributes that tell of the laboratory and not of the sample
_ABOUT_LABORATORY = re.compile(r"contact_.*|.*protocol.*|data_processing|supplementary_file.*")
_CHARACTERISTICS = re.compile(r"characteristics_ch(\d)")
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^][]*\]")


@dataclass(frozen=True)
class SeriesMatrix:
    """What a series matrix holds.

    Args:
        samples: Samples x attributes and characteristics, text or None; index = accession (GSM...).
        probes: Ids of the rows of ``values``.
        values: Probes x samples, float64, in the order of ``samples``; NaN for missing.
        spelt: Other spellings of a characteristic's key, each with the one that its column has.
    """

    samples: pd.DataFrame
    probes: list[str]
    values: np.ndarray
    spelt: dict[str, str] = field(default_factory=dict)


def read_series_matrix(path: Path, platform: str | None, *, samples_only: bool = False) -> SeriesMatrix:
    """Read a series matrix, gzipped or not.

    Args:
        path: The file.
        platform: Accession that every sample must have; None where it does not matter.
        samples_only: Leave the values unread.

    Raises:
        InputError: The file is cut off, is of another platform, or contradicts itself.
    """
    with open_text(path) as stream:
        samples, spelt = _samples(_sample_lines(stream, path), path)
        _check_platform(samples, platform, path)
        if samples_only:
            return SeriesMatrix(samples, [], np.empty((0, len(samples))), spelt)
        names = _cells(decode(stream.readline()))
        body = _table(stream, path)
    _check_columns(names, samples, path)
    probes, values = _numbers(body, names, path)
    return SeriesMatrix(samples.loc[names[1:]], probes, values, spelt)


def _refuse(path: Path, expected: str, found: str, remedy: str, offenders: tuple = ()) -> InputError:
    return InputError(Problem(str(path), expected, found, remedy, offenders))


def _cut_off(path: Path, mark: bytes) -> InputError:
    return _refuse(
        path,
        f"a series matrix with the line {mark.decode()}",
        "the end of the file without it",
        "fetch the file again: it is cut off, or no series matrix",
    )


def _sample_lines(stream: IO[bytes], path: Path) -> list[tuple[str, str]]:
    """Name and rest of every ``!Sample_`` line; the stream then stands at the table's header."""
    lines: list[tuple[str, str]] = []
    for raw in stream:
        if raw.startswith(BEGIN):
            return lines
        if raw.startswith(b"!Sample_"):
            line = decode(raw)
            while line.partition("\t")[2].startswith('"') and not line.endswith('"'):
                more = stream.readline()  # a cell that holds a line break
                if not more:
                    raise _cut_off(path, BEGIN)
                if more.startswith(b"!"):
                    raise _refuse(
                        path, "quotes that close", "one that does not", "fetch it again", (line[:80],)
                    )
                line += " " + decode(more)
            name, _, rest = line.removeprefix("!Sample_").partition("\t")
            lines.append((name, rest))
    raise _cut_off(path, BEGIN)


def _cells(rest: str, count: int | None = None) -> list[str]:
    """Cells of a line. All of them stand in quotes, and quotes inside them are not always doubled."""
    if rest.startswith('"') and rest.endswith('"') and len(rest) > 1:
        cells = rest[1:-1].split('"\t"')
        if count is None or len(cells) == count:
            return [cell.replace('""', '"') for cell in cells]
    return [cell.removeprefix('"').removesuffix('"') for cell in rest.split("\t")]


def _samples(lines: list[tuple[str, str]], path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """As :func:`samples_of`, from the lines of a series matrix."""
    count = next((len(_cells(rest)) for name, rest in lines if name == "geo_accession"), None)
    return samples_of([(name, _cells(rest, count)) for name, rest in lines], path)


def samples_of(rows: list[tuple[str, list[str]]], path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Samples x attributes and characteristics, and the other spellings of keys that are one.

    Args:
        rows: Name of an attribute and its value in every sample; ``geo_accession`` among them.
        path: The file, for messages.

    Raises:
        InputError: A row is not as long as the others, or sample ids are empty or repeated.
    """
    named = [cells for name, cells in rows if name == "geo_accession"]
    if len(named) != 1:
        raise _refuse(
            path,
            "one line !Sample_geo_accession",
            f"{len(named)} of them",
            "fetch the file again: it is no series matrix, or a damaged one",
        )
    [ids] = named
    problems = Problems()
    text.check_ids(ids, f"{path}, !Sample_geo_accession", what="sample id", unique=True, problems=problems)
    columns: dict[str, list[list[str]]] = {}
    for name, values in rows:
        cells = [cell.strip() for cell in values]
        if len(cells) != len(ids):
            problems.add(
                f"{path}, !Sample_{name}",
                expected=f"{len(ids)} values, one for each sample",
                found=str(len(cells)),
                remedy="fetch the file again; if it stays so, bring the table in a file of your own",
            )
            continue
        channel = _CHARACTERISTICS.fullmatch(name)
        pairs = ((name, cell) for cell in cells) if channel is None else _keyed(cells, channel[1])
        if not _ABOUT_LABORATORY.fullmatch(name):
            _collect(columns, pairs, len(ids))
    problems.raise_if_any()
    spelt = _merge_spellings(columns)
    joined = {key: [JOIN.join(values) or None for values in column] for key, column in columns.items()}
    return pd.DataFrame(joined, index=pd.Index(ids, dtype=object), dtype=object), spelt


def _merge_spellings(columns: dict[str, list[list[str]]]) -> dict[str, str]:
    """Make one column of keys that differ in case or separators alone, where no sample has two values.

    Returns:
        Every other spelling, with the one that is kept: that of the most samples, in a tie the one in lower
        case.
    """
    alike: dict[str, list[str]] = {}
    for key in columns:
        alike.setdefault(re.sub(r"[\W_]+", "", key).lower() or key, []).append(key)
    spelt: dict[str, str] = {}
    for keys in alike.values():
        filled = {key: sum(map(bool, columns[key])) for key in keys}
        kept, *others = sorted(keys, key=lambda key: (-filled[key], key != key.lower()))
        rows = list(zip(*(columns[key] for key in keys), strict=True))
        if not others or any(len({JOIN.join(cell) for cell in row if cell}) > 1 for row in rows):
            continue
        columns[kept] = [next((cell for cell in row if cell), []) for row in rows]
        for other in others:
            del columns[other]
            spelt[other] = kept
    return spelt


def _collect(columns: dict[str, list[list[str]]], pairs: Iterable[tuple[str, str]], count: int) -> None:
    """Add one value a sample to the column that its own key names; the same value is noted once."""
    for sample, (key, value) in enumerate(pairs):
        column = columns.setdefault(key, [[] for _ in range(count)]) if key else []
        if key and value not in text.MISSING_WORDS and value not in column[sample]:
            column[sample].append(value)


def _keyed(cells: list[str], channel: str) -> Iterator[tuple[str, str]]:
    """Key and value of each ``key: value``; what has no key goes to the key ``characteristics``."""
    suffix = "" if channel == "1" else f":ch{channel}"
    for cell in cells:
        at = split_at(cell)
        key = cell[:at].strip() if at >= 0 else "characteristics" if cell else ""
        yield (key + suffix if key else "", cell[at + 1 :].strip())


def split_at(cell: str) -> int:
    """Position of the colon between key and value: the first outside parentheses, else the first; or -1."""
    bare = _PARENTHESES.sub(lambda found: "_" * len(found[0]), cell)
    return bare.find(":") if ":" in bare else cell.find(":")


def _check_platform(samples: pd.DataFrame, platform: str | None, path: Path) -> None:
    stated = samples.get("platform_id", pd.Series([None] * len(samples), dtype=object))
    if platform and set(stated) != {platform}:
        raise _refuse(
            path,
            f"samples of platform {platform}, which the card names",
            f"samples of {', '.join(sorted({str(name) for name in stated}))}",
            "correct platform in the card: the series' page lists those it was measured on",
        )


def _table(stream: IO[bytes], path: Path) -> memoryview:
    """Bytes of the table's body, up to the mark of its end."""
    body = bytearray()
    while block := stream.read(BLOCK):
        body += block
        if len(body) > LIMIT:
            raise _refuse(
                path,
                f"at most {LIMIT} bytes when unpacked",
                "more",
                "do not use this file: it looks like a decompression bomb",
            )
    end = body.rfind(END)
    if end < 0:
        raise _cut_off(path, END)
    return memoryview(body)[:end]


def _check_columns(names: list[str], samples: pd.DataFrame, path: Path) -> None:
    columns = pd.Index(names[1:], dtype=object)
    if names[:1] != ["ID_REF"] or columns.has_duplicates or set(columns) != set(samples.index):
        differ = sorted(set(columns) ^ set(samples.index))
        raise _refuse(
            path,
            "the column ID_REF and one for each sample of the file",
            f"the columns {', '.join(names[:4])} ...; {len(differ)} ids are in one part of the file only",
            "fetch the file again: it is damaged",
            tuple(differ),
        )


def _numbers(body: memoryview, names: list[str], path: Path) -> tuple[list[str], np.ndarray]:
    if not bytes(body[:64]).strip():
        raise _refuse(
            path,
            "values of every sample",
            "an empty table",
            "the series keeps its values in supplementary files (most sequencing does): fetch the table from "
            "the series' page and name it with source: table",
        )
    columns = [f"c{i}" for i in range(len(names))]
    kinds = [pa.string()] + [pa.float64()] * (len(names) - 1)
    cells = _parse(body, columns, kinds, path)
    probes = cells.column(0).to_pylist()
    problems = Problems()
    text.check_ids(probes, f"{path}, ID_REF", what="probe id", unique=True, problems=problems)
    problems.raise_if_any()
    if cells.schema.types != kinds:
        return probes, to_numbers(cells.drop_columns(["c0"]), names[1:], probes, path)
    values = np.empty((cells.num_rows, len(names) - 1), order="F")
    for j in range(values.shape[1]):
        values[:, j] = cells.column(j + 1).to_numpy()
    return probes, values


def _parse(body: memoryview, columns: list[str], kinds: list[pa.DataType], path: Path) -> pa.Table:
    """The table; all as text where a cell is no number, so that every such cell can be named."""
    longest = 64 * len(columns)
    read = pa_csv.ReadOptions(column_names=columns, block_size=max(4 << 20, 4 * longest))
    parse = pa_csv.ParseOptions(delimiter="\t")
    for types in (kinds, [pa.string()] * len(columns)):
        convert = pa_csv.ConvertOptions(
            column_types=dict(zip(columns, types, strict=True)),
            null_values=MISSING,
            strings_can_be_null=False,
        )
        try:
            return pa_csv.read_csv(pa.BufferReader(pa.py_buffer(body)), read, parse, convert)
        except pa.ArrowInvalid as error:
            problem = error
    said = str(problem).splitlines()[0]
    raise _refuse(path, f"{len(columns)} cells in every row of the table", said, "fetch the file again")
