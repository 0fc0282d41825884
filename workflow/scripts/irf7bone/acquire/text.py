"""Read delimited text as it reaches us from people: every way it can be broken has its own message.

Nothing is converted on the way: ids such as ``007``, ``1e5`` or ``1-Mar`` stay the text they are.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from irf7bone.base.errors import InputError, Problem, Problems, why_no_file

MISSING_WORDS = ("", "NA", "NaN", "nan", "N/A", "NULL", "null", "#N/A")
DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_SPOKEN = {",": "comma", "\t": "tab", ";": "semicolon", " ": "space", "|": "vertical bar"}
_GZIP, _ZIP, _OLE, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
ROW_NAMES = "row_names"  # what the first column is called where R's write.csv gives it an empty name
UNPACKED_LIMIT = 4 << 30  # bytes of text; ten times the largest table of a tumour series
BLOCK = 16 << 20
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml")


def _refuse(where: object, *, expected: str, found: str, remedy: str, offenders: tuple = ()) -> InputError:
    return InputError(Problem(str(where), expected, found, remedy, tuple(offenders)))


def bare_suffix(path: Path) -> str:
    """The suffix that tells the format, without ``.gz``, in lower case."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def file_sha256(path: Path) -> str:
    """The sha256 of a file, without holding the file in memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Content of ``path``, decompressed where it is named ``.gz``, and the sha256 of the file itself.

    Raises:
        InputError: The file is missing, empty, truncated, damaged, or not what its name says.
    """
    if absence := why_no_file(path):
        raise _refuse(
            path,
            expected="a file",
            found="nothing there" if absence == "not there" else absence,
            remedy="correct the path in the card (paths are relative to the card's folder)",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refuse(
            path,
            expected="a file that can be read",
            found=f"one that cannot ({error.strerror})",
            remedy="check its permissions",
        ) from None
    checksum = hashlib.sha256(content).hexdigest()
    named_gzip = path.name.lower().endswith(".gz")
    if not content:
        raise _refuse(path, expected="a table", found="an empty file", remedy="fetch or export it again")
    refuse_html(path, content)
    if content.startswith(_GZIP) != named_gzip:
        found = "gzip-compressed content" if not named_gzip else f"content that starts {content[:8]!r}"
        raise _refuse(
            path,
            expected="gzip-compressed content" if named_gzip else "plain content, as the name says",
            found=found,
            remedy="rename the file so that it ends in .gz only if it is compressed",
        )
    if named_gzip:
        content = b"".join(unpacked(path, io.BytesIO(content)))
        refuse_html(path, content)
        if not content.strip():
            raise _refuse(path, expected="a table", found="an empty file", remedy="fetch or export it again")
    return content, checksum


def unpacked(path: Path, packed: BinaryIO) -> Iterator[bytes]:
    """Content of a gzip file, a block at a time.

    Raises:
        InputError: It is cut off, damaged, or unpacks to more than is read as text.
    """
    size = 0
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                refuse_too_large(path, size)
                yield block
        return
    except EOFError:
        found, remedy = "a truncated gzip file", "the download was cut off: fetch it again"
    except (gzip.BadGzipFile, zlib.error) as error:
        found, remedy = f"a damaged gzip file ({error})", "fetch it again and compare its checksum"
    raise _refuse(path, expected="a whole gzip file", found=found, remedy=remedy)


def refuse_too_large(path: Path, size: int) -> None:
    """Refuse more bytes of text than are read."""
    if size > UNPACKED_LIMIT:
        raise _refuse(
            path,
            expected=f"at most {UNPACKED_LIMIT} bytes of text, unpacked",
            found="more",
            remedy="bring a matrix of this size as h5ad (source: h5ad); a small file that unpacks to so much "
            "looks like a decompression bomb",
        )


def refuse_html(path: Path, content: bytes) -> None:
    """Refuse a web page in place of the file."""
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_HTML):
        raise _refuse(
            path,
            expected="a table",
            found="a web page (html)",
            remedy="the server sent a page instead of the file: fetch it again from the right address",
            offenders=(start[:60].decode("utf-8", "replace").splitlines()[0],),
        )


def as_utf8(path: Path, content: bytes, skipped: int = 0) -> bytes:
    """The content without a byte-order mark, known to be UTF-8 text; messages count the lines skipped."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refuse(
            path,
            expected="UTF-8 text",
            found="UTF-16 text (what a spreadsheet calls 'Unicode text')",
            remedy="save it as 'CSV UTF-8', or run: iconv -f UTF-16 -t UTF-8",
        )
    if content.startswith((_ZIP, _OLE)):
        raise _refuse(
            path,
            expected="text",
            found="a spreadsheet or zip archive",
            remedy="export the sheet as tab-separated text; mind that Excel turns gene names into dates",
        )
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = skipped + content.count(b"\n", 0, error.start) + 1
        start = content.rfind(b"\n", 0, error.start) + 1
        around = content[max(start, error.start - 20) : error.start + 20].split(b"\n")[0]
        shown = around.decode("latin-1").strip()
        raise _refuse(
            f"{path}, line {line}",
            expected="UTF-8 text",
            found=f"byte 0x{content[error.start]:02x}, which is not UTF-8 (the text may be latin-1)",
            remedy="convert it: iconv -f LATIN1 -t UTF-8 (check the accented letters afterwards)",
            offenders=(shown,),
        ) from None
    if b"\x00" in content:
        line = skipped + content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise _refuse(
            f"{path}, line {line}",
            expected="text",
            found="a zero byte: this is a binary file",
            remedy="check that the file is the table it is named for",
        )
    lone = _LONE_RETURN.search(content)
    if lone:
        line = skipped + content.count(b"\n", 0, lone.start()) + 1
        raise _refuse(
            f"{path}, line {line}",
            expected="lines that end as on Unix or Windows",
            found="a carriage return without a line feed (the line ends of old Mac programs)",
            remedy="save it as text with Unix or Windows line ends, or run: tr '\\r' '\\n'",
        )
    return content


def read_header(path: Path, content: bytes, number: int) -> tuple[list[str], str]:
    """Column names and delimiter, from the first line of the content, which is that number of the file."""
    suffix = bare_suffix(path)
    if suffix not in DELIMITERS:
        raise _refuse(
            path,
            expected=f"a name that ends in {', '.join(DELIMITERS)} or .parquet (and .gz for compressed text)",
            found=f"{path.name!r}",
            remedy="rename it so that its name tells the delimiter",
        )
    delimiter = DELIMITERS[suffix]
    end = content.find(b"\n")
    line = (content if end < 0 else content[:end]).decode("utf-8").rstrip("\r")
    if delimiter not in line:
        seen = {mark: line.count(mark) for mark in _SPOKEN if mark != delimiter and mark in line}
        saw = ", ".join(f"{count} x {_SPOKEN[mark]}" for mark, count in seen.items()) or "none"
        raise _refuse(
            f"{path}, line {number}",
            expected=f"columns separated by {_SPOKEN[delimiter]}s, as {suffix} says",
            found=f"no {_SPOKEN[delimiter]} in the header; other separators in it: {saw}",
            remedy=f"rename the file or export it with {_SPOKEN[delimiter]}s",
            offenders=(line[:60],),
        )
    names = next(csv.reader([line], delimiter=delimiter))
    if names[0] == "" and ROW_NAMES not in names:
        names[0] = ROW_NAMES
    return names, delimiter


def _refuse_open_quotes(path: Path, lines: list[bytes], delimiter: str, first: int) -> None:
    """Refuse a cell whose quote is not closed on its line: a stray quote would swallow rows unnoticed."""
    mark = re.escape(delimiter.encode())
    quoted = re.compile(rb'(?:^|%b)"(?:[^"]++|"")*+("?)' % mark)  # the group: its closing quote
    opened = []
    for number, line in enumerate(lines, start=first):
        if b'"' in line and any(not cell[1] for cell in quoted.finditer(line)):
            opened.append(f"line {number}: {line[:60].decode('utf-8', 'replace').rstrip()}")
    if opened:
        raise _refuse(
            path,
            expected="every quoted cell to end on its own line",
            found=f"{len(opened)} lines with a quote that opens a cell and does not close it",
            remedy="remove the quote, or double it and quote the cell; "
            "write notes of several lines in one line",
            offenders=tuple(opened),
        )


def read_cells(path: Path, *, comments: bool = False) -> tuple[pa.Table, list[str], str]:
    """Read a delimited text file without converting anything.

    Args:
        path: The file.
        comments: Whether lines that start with ``#`` may stand before the header; they are passed over.

    Returns:
        The cells (columns ``c0, c1, ...``, text or null for the words in :data:`MISSING_WORDS`), the
        column names of the header (not checked for being unique), and the sha256 of the file.

    Raises:
        InputError: The file cannot be read as the delimited text that its name promises.
    """
    raw, checksum = read_bytes(path)
    content, skipped = without_comments(as_utf8(path, raw), comments=comments)
    names, delimiter = read_header(path, content, skipped + 1)
    cells = parse_cells(path, content, names, delimiter, skipped)
    if cells.num_rows == 0:
        raise _refuse(path, expected="a header and rows", found="a header only", remedy="export it again")
    return cells, names, checksum


def without_comments(content: bytes, *, comments: bool = False) -> tuple[bytes, int]:
    """The content from its header on, and the number of lines before; of ``#`` only where these may be."""
    skipped = 0
    # a counting program's own first line is no header either
    while content.startswith(b"# Program:") or (comments and content.startswith(b"#")):
        content = content.partition(b"\n")[2]
        skipped += 1
    return content, skipped


def parse_cells(path: Path, content: bytes, names: list[str], delimiter: str, skipped: int) -> pa.Table:
    """The cells below the header, as text, columns ``c0, c1, ...``.

    Args:
        path: The file, for messages.
        content: Its header and rows.
        names: What the header says.
        delimiter: Between two cells.
        skipped: Lines of the file before the header, for messages.
    """
    columns = [f"c{i}" for i in range(len(names))]
    convert = pa_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()))
    lines = content.split(b"\n")
    _refuse_open_quotes(path, lines, delimiter, skipped + 1)
    longest = max(map(len, lines))  # a row must fit in one block
    read = pa_csv.ReadOptions(column_names=columns, skip_rows=1, block_size=max(1 << 22, 2 * longest))
    parse = {"delimiter": delimiter}
    try:
        return pa_csv.read_csv(pa.BufferReader(content), read, pa_csv.ParseOptions(**parse), convert)
    except pa.ArrowInvalid as error:
        raise _ragged(path, content, read, parse, convert, len(names), error, skipped) from None


def _ragged(
    path: Path,
    content: bytes,
    read: pa_csv.ReadOptions,
    parse: dict,
    convert: pa_csv.ConvertOptions,
    n_columns: int,
    error: pa.ArrowInvalid,
    skipped: int,
) -> InputError:
    """The error for rows of another length than the header; parsed once more to name all of them."""
    wrong: list[tuple[int, int]] = []

    def note(row: pa_csv.InvalidRow) -> str:
        wrong.append((row.number + skipped, row.actual_columns))
        return "skip"

    read.use_threads = False  # row numbers are known only then
    try:
        options = pa_csv.ParseOptions(**parse, invalid_row_handler=note)
        n_rows = pa_csv.read_csv(pa.BufferReader(content), read, options, convert).num_rows
    except pa.ArrowInvalid:
        n_rows = 0
    if not wrong:
        return _refuse(path, expected="a delimited table", found=str(error), remedy="export the table again")
    lengths = {actual for _, actual in wrong}
    if n_rows == 0 and lengths == {n_columns + 1}:
        return _refuse(
            f"{path}, line {skipped + 1}",
            expected=f"a name for each of the {n_columns + 1} columns",
            found=f"{n_columns} names: the first column has none (R's write.table leaves it out)",
            remedy="put a name for the first column, such as 'id', at the start of the first line",
        )
    return _refuse(
        path,
        expected=f"{n_columns} columns in every row, as in the header",
        found=f"{len(wrong)} rows of another length",
        remedy="look for stray delimiters, unbalanced quotes or a cut-off last line",
        offenders=tuple(f"line {number}: {actual} columns" for number, actual in wrong),
    )


def to_text(column: pa.ChunkedArray) -> np.ndarray:
    """A column as an object array of str, with None for the words in :data:`MISSING_WORDS`."""
    out = np.empty(len(column), dtype=object)
    out[:] = [None if value.strip() in MISSING_WORDS else value for value in column.to_pylist()]
    return out


def values_as_text(values: pd.Series) -> np.ndarray:
    """Typed values as text, None for missing; 39.0 is '39': whole numbers with gaps are stored as floats."""
    out = np.full(len(values), None, dtype=object)
    for i, (value, missing) in enumerate(zip(values.astype("object"), values.isna(), strict=True)):
        if not missing:
            whole = isinstance(value, float) and value.is_integer()
            word = str(int(value)) if whole else as_word(value)
            out[i] = None if word.strip() in MISSING_WORDS else word
    return out


def as_word(value: object) -> str:
    """A typed value as text; bytes are the text that they encode, not Python's way to show them."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def check_ids(
    ids: list[str] | np.ndarray, where: str, *, what: str, unique: bool, problems: Problems
) -> None:
    """Note empty ids, and repeated ones where ids must be unique."""
    index = pd.Index(ids, dtype=object)
    empty = [i for i, name in enumerate(index) if pd.isna(name) or not str(name).strip()]
    if empty:
        problems.add(
            where,
            expected=f"a {what} in every place",
            found=f"{len(empty)} empty",
            remedy=f"give each its {what}, or remove what has none",
            offenders=[f"place {i + 1}" for i in empty],
        )
    repeated = index[index.duplicated()].unique()
    repeated = [name for name in repeated if not pd.isna(name) and str(name).strip()]
    if unique and repeated:
        problems.add(
            where,
            expected=f"every {what} once",
            found=f"{len(repeated)} repeated",
            remedy="remove the copies, or give technical replicates their own ids",
            offenders=repeated,
        )
