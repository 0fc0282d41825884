"""Expression a block of samples at a time: from memory, from its source, or from what acquiring left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK_BYTES = 16 * 2**20  # of float64; what is made of a block takes several times that
KEPT_BYTES = 64 * 2**20  # of float64; a smaller matrix is read once and stays in memory
# a large matrix lies as one row a sample, whose values are the bytes of one cell: column, and metadata
_VALUES, _OF_ROWS = "__values__", b"irf7bone_rows"

Reader: TypeAlias = Callable[[np.ndarray], np.ndarray]


class StoredExpression:
    """Genes x samples in a file, whose values are read when they are asked for.

    Says of its rows and samples what a DataFrame of the same would say.

    Args:
        reader: Gives values of some samples (samples x rows, float64, NaN where missing) by their ``fields``.
        index: Ids of the rows.
        columns: Ids of the samples.
        fields: What the reader calls them.
        dtype: Of the values in the file.
    """

    def __init__(
        self,
        reader: Reader,
        index: pd.Index,
        columns: pd.Index,
        fields: np.ndarray,
        dtype: np.dtype | None = None,
    ) -> None:
        self._reader, self.index, self.columns, self._fields = reader, index, columns, fields
        self.dtype = dtype or np.dtype(np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of samples."""
        return len(self.index), len(self.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, samples: pd.Index) -> StoredExpression:
        """Some of the samples, in the order asked for."""
        at = self.columns.get_indexer(samples)
        return StoredExpression(self._reader, self.index, self.columns[at], self._fields[at], self.dtype)

    def renamed(self, samples: pd.Index) -> StoredExpression:
        """The same samples under other ids."""
        return StoredExpression(self._reader, self.index, samples, self._fields, self.dtype)

    def whole(self) -> pd.DataFrame:
        """All values, genes x samples."""
        return pd.DataFrame(self.read(slice(None)).T, index=self.index, columns=self.columns)

    def read(self, part: slice) -> np.ndarray:
        """Values of some samples, samples x rows, float64, NaN where missing."""
        return self._reader(self._fields[part])


Expression: TypeAlias = pd.DataFrame | StoredExpression


def stored_expression(path: str | Path, index_columns: list[str]) -> StoredExpression:
    """Open what acquiring left; of its values only the ids of the rows are read.

    Args:
        path: The file.
        index_columns: Those of its columns that may hold ids of rows.
    """
    file = pq.ParquetFile(path)
    if _OF_ROWS in (file.schema_arrow.metadata or {}):
        return _of_sample_rows(file, index_columns[-1])
    there = [name for name in index_columns if name in set(file.schema_arrow.names)]
    rows = file.read(columns=there)
    levels = [pd.Index(rows.column(name).to_pylist(), dtype=object) for name in there]
    index = pd.MultiIndex.from_arrays(levels) if len(levels) > 1 else levels[0]
    samples = pd.Index([name for name in file.schema_arrow.names if name not in there], dtype=object)

    def read(names: np.ndarray) -> np.ndarray:
        table = file.read(columns=names.tolist(), use_threads=False)
        values = np.empty((len(names), len(index)))
        for row, name in zip(values, names, strict=True):
            row[:] = table.column(name).to_numpy()
        return values

    return StoredExpression(read, index, samples, samples.to_numpy())


def write_sample_rows(expression: StoredExpression, path: Path, index_column: str) -> None:
    """Write a large matrix a block of samples at a time, one row a sample; a block is a group of rows.

    Args:
        expression: Genes x samples; one id a row.
        path: The file.
        index_column: What its ids are called.
    """
    width = expression.dtype.itemsize * len(expression)
    said = json.dumps({"dtype": expression.dtype.str, index_column: expression.index.tolist()})
    fields = [pa.field("__sample_id__", pa.string()), pa.field(_VALUES, pa.binary(width))]
    schema = pa.schema(fields, metadata={_OF_ROWS: said})
    with pq.ParquetWriter(path, schema, use_dictionary=False, write_statistics=False) as writer:
        for part, values in sample_blocks(expression):
            cells = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(width), len(values), [None, pa.py_buffer(values.astype(expression.dtype).tobytes())]
            )
            names = pa.array(expression.columns[part].tolist(), pa.string())
            writer.write_table(pa.table([names, cells], schema=schema))


def _of_sample_rows(file: pq.ParquetFile, index_column: str) -> StoredExpression:
    said = json.loads(file.schema_arrow.metadata[_OF_ROWS])
    index, dtype = pd.Index(said[index_column], dtype=object), np.dtype(said["dtype"])
    samples = pd.Index(file.read(columns=["__sample_id__"]).column(0).to_pylist(), dtype=object)
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    starts = np.cumsum([0, *sizes])

    def read(rows: np.ndarray) -> np.ndarray:
        values = np.empty((len(rows), len(index)))
        groups = np.searchsorted(starts, rows, side="right") - 1
        for group in np.unique(groups):
            cells = file.read_row_group(int(group), columns=[_VALUES], use_threads=False).column(0).chunk(0)
            block = np.frombuffer(cells.buffers()[1], dtype=dtype).reshape(-1, len(index))
            own = groups == group
            values[own] = block[rows[own] - starts[group]]
        return values

    return StoredExpression(read, index, samples, np.arange(len(samples)), dtype)


def whole_expression(expression: Expression) -> pd.DataFrame:
    """All values, genes x samples."""
    return expression.whole() if isinstance(expression, StoredExpression) else expression


def renamed_samples(expression: Expression, samples: pd.Index) -> Expression:
    """The same values under other ids of the samples."""
    if isinstance(expression, StoredExpression):
        return expression.renamed(samples)
    return expression.set_axis(samples, axis=1)


def sample_blocks(expression: Expression) -> Iterator[tuple[slice, np.ndarray]]:
    """Which samples, and their values (samples x rows, float64), a block at a time.

    Args:
        expression: Genes x samples.
    """
    n_rows, n_samples = expression.shape
    at_once = max(1, BLOCK_BYTES // (8 * max(1, n_rows)))
    for start in range(0, n_samples, at_once):
        part = slice(start, min(start + at_once, n_samples))
        if isinstance(expression, StoredExpression):
            yield part, expression.read(part)
        else:
            yield part, np.ascontiguousarray(expression.iloc[:, part].to_numpy(dtype=np.float64).T)
