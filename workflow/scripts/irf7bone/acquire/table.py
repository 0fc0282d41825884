"""Source ``table``: expression and clinical data as files beside the card (csv, tsv, txt, parquet)."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from irf7bone.acquire import text
from irf7bone.acquire.annotation import with_genes
from irf7bone.acquire.cell_numbers import to_numbers
from irf7bone.acquire.large_text import is_large, read_large
from irf7bone.base.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

_FEATURE_COUNTS = ("chr", "start", "end", "strand", "length")


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Read an expression table whose first column holds the ids of its rows.

    Returns:
        Genes x samples, float64, gene ids as they are (they may repeat), or with ``annotation`` an index of
        two levels, probe and gene; and the records of the files.

    Raises:
        InputError: The file cannot be read, has repeated or empty sample ids, or cells that are no numbers.
    """
    path = card.resolve(entry["path"])
    frame, checksum = read_expression_file(path, genes_in_rows=entry["genes_in"] == "rows")
    record = {"name": path.name, "sha256": checksum}
    if "annotation" not in entry:
        return frame, [record]
    table = card.resolve(entry["annotation"]["path"])
    frame, annotation = with_genes(frame, table, entry["annotation"], f"{card.path}, expression: annotation")
    return frame, [record, annotation]


def read_expression_file(path: Path, *, genes_in_rows: bool) -> tuple[pd.DataFrame, str]:
    """Genes x samples of a file whose first column holds the ids of its rows, and its sha256.

    Args:
        path: The file.
        genes_in_rows: Whether its rows are the genes, or the samples.

    Raises:
        InputError: see :func:`read_expression`.
    """
    if text.bare_suffix(path) == ".parquet":
        values, row_ids, column_ids, checksum = _expression_from_parquet(path)
    else:
        values, row_ids, column_ids, checksum = _expression_from_text(path, samples_in_columns=genes_in_rows)
    problems = Problems()
    for ids, place, is_gene in (
        (row_ids, "first column", genes_in_rows),
        (column_ids, "header", not genes_in_rows),
    ):
        text.check_ids(
            ids,
            f"{path}, {place}",
            what="gene id" if is_gene else "sample id",
            unique=not is_gene,
            problems=problems,
        )
    problems.raise_if_any()
    rows, columns = pd.Index(row_ids, dtype=object), pd.Index(column_ids, dtype=object)
    frame = pd.DataFrame(values, index=rows, columns=columns)
    return (frame if genes_in_rows else frame.T), checksum


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read a clinical table; ``key`` names the column of sample ids.

    Returns:
        Samples x columns, every value text or None; and the record of the file.

    Raises:
        InputError: The file cannot be read, the key column is not there, or its ids are empty or repeated.
    """
    path = card.resolve(entry["path"])
    frame, checksum = read_clinical_file(path, entry["key"], card.path.name)
    return frame, {"name": path.name, "sha256": checksum}


def read_clinical_file(path: Path, key: str, card: str) -> tuple[pd.DataFrame, str]:
    """Read a file with one row a sample, whose ids stand in the column ``key``; see :func:`read_clinical`.

    Args:
        path: The file.
        key: Column of the sample ids.
        card: Name of the card that says so, for messages.
    """
    frame, checksum = read_columns(path)
    problems = Problems()
    if key not in frame.columns:
        near = get_close_matches(key, list(map(str, frame.columns)), n=1)
        problems.add(
            f"{path}, header",
            expected=f"the column {key!r}, which the card {card} names as key",
            found=f"the columns {', '.join(map(str, frame.columns[:12]))}{' ...' * (frame.shape[1] > 12)}",
            remedy=f"set key: {near[0]}" if near else "set key to the column that holds the sample ids",
        )
    problems.raise_if_any()
    where = f"{path}, column {key!r}"
    text.check_ids(frame[key].to_numpy(), where, what="sample id", unique=True, problems=problems)
    problems.raise_if_any()
    index = pd.Index(frame[key].to_numpy(), dtype=object)
    return frame.drop(columns=key).set_axis(index, axis=0), checksum


def read_columns(path: Path) -> tuple[pd.DataFrame, str]:
    """Every column of a clinical file, text or None, and the file's sha256.

    Raises:
        InputError: The file cannot be read or repeats a column name.
    """
    read = _clinical_from_parquet if text.bare_suffix(path) == ".parquet" else _clinical_from_text
    frame, checksum = read(path)
    problems = Problems()
    repeated = frame.columns[frame.columns.duplicated()].unique().tolist()
    if repeated:
        problems.add(
            f"{path}, header",
            expected="every column name once",
            found=f"{len(repeated)} repeated",
            remedy="rename or remove the copies",
            offenders=repeated,
        )
    problems.raise_if_any()
    return frame, checksum


def _expression_from_text(
    path: Path, *, samples_in_columns: bool
) -> tuple[np.ndarray, list[str], list[str], str]:
    if is_large(path):
        return read_large(path, _first_sample, samples_in_columns=samples_in_columns)
    cells, names, checksum = text.read_cells(path)
    row_ids = cells.column(0).to_pylist()
    first = _first_sample(names)
    numbers = cells.drop_columns([f"c{place}" for place in range(first)])
    return to_numbers(numbers, names[first:], row_ids, path), row_ids, names[first:], checksum


def _first_sample(names: list[str]) -> int:
    """The first column of samples: behind the ids, and what featureCounts says of the genes."""
    return 6 if tuple(name.strip().lower() for name in names[1:6]) == _FEATURE_COUNTS else 1


def _clinical_from_text(path: Path) -> tuple[pd.DataFrame, str]:
    cells, names, checksum = text.read_cells(path)
    columns = [text.to_text(column) for column in cells.columns]
    frame = pd.DataFrame(np.column_stack(columns), columns=pd.Index(names, dtype=object), dtype=object)
    return frame, checksum


def _read_parquet(path: Path) -> tuple[pd.DataFrame, str]:
    content, checksum = text.read_bytes(path)
    try:
        frame = pd.read_parquet(pa.BufferReader(content))
    except pa.ArrowInvalid as error:
        raise InputError(
            Problem(
                str(path),
                "a parquet file",
                f"something else, or a damaged one ({str(error).splitlines()[0][:80]})",
                "fetch or write it again",
            )
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index(names=frame.index.name or "id")
    return frame, checksum


def _ids_as_text(ids: pd.Index | pd.Series, where: str) -> list[Any]:
    """Whole-number ids become their digits; ids with decimals are refused, being numbers by accident.

    A missing id is None, for :func:`irf7bone.acquire.text.check_ids` to name its place.
    """
    if pd.api.types.is_float_dtype(ids.dtype):
        raise InputError(
            Problem(
                where, "ids stored as text", "numbers with decimals", "write the ids as text", tuple(ids[:5])
            )
        )
    return [
        None if missing else text.as_word(value) for value, missing in zip(ids, pd.isna(ids), strict=True)
    ]


def _is_number(dtype: object) -> bool:
    """Whether a column holds numbers; true and false are none, though pandas counts them among these."""
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)


def _expression_from_parquet(path: Path) -> tuple[np.ndarray, list[str], list[str], str]:
    frame, checksum = _read_parquet(path)
    if frame.empty or frame.shape[1] < 2:
        raise InputError(
            Problem(
                str(path),
                "a column of ids, columns of numbers, and rows",
                f"{frame.shape[0]} rows, {frame.shape[1]} columns",
                "export it again",
            )
        )
    row_ids = _ids_as_text(frame.iloc[:, 0], f"{path}, first column")
    body = frame.iloc[:, 1:]
    column_ids = [str(name) for name in body.columns]
    text_columns = [str(name) for name, dtype in body.dtypes.items() if not _is_number(dtype)]
    if text_columns:
        raise InputError(
            Problem(
                str(path),
                "numbers everywhere but in the first column",
                f"{len(text_columns)} columns that hold no numbers",
                "remove the columns that hold no expression, or write the numbers as numbers",
                tuple(text_columns),
            )
        )
    return body.to_numpy(dtype=float, na_value=np.nan), row_ids, column_ids, checksum


def _clinical_from_parquet(path: Path) -> tuple[pd.DataFrame, str]:
    frame, checksum = _read_parquet(path)
    columns = {str(name): text.values_as_text(frame[name]) for name in frame.columns}
    return pd.DataFrame(columns, dtype=object), checksum
