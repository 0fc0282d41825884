"""Expression a block of samples at a time: from memory, or from the file that acquiring left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

BLOCK_BYTES = 16 * 2**20  # of float64; what is made of a block takes several times that
KEPT_BYTES = 64 * 2**20  # of float64; a smaller matrix is read once and stays in memory


class StoredExpression:
    """Genes x samples in a parquet file, whose values are read when they are asked for.

    Says of its rows and samples what a DataFrame of the same would say.

    Args:
        file: The open file, one column a sample.
        index: Ids of the rows.
        columns: Ids of the samples.
        fields: What the file calls them.
    """

    def __init__(self, file: pq.ParquetFile, index: pd.Index, columns: pd.Index, fields: pd.Index) -> None:
        self._file, self.index, self.columns, self._fields = file, index, columns, fields

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of samples."""
        return len(self.index), len(self.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, samples: pd.Index) -> StoredExpression:
        """Some of the samples, in the order asked for."""
        at = self.columns.get_indexer(samples)
        return StoredExpression(self._file, self.index, self.columns[at], self._fields[at])

    def renamed(self, samples: pd.Index) -> StoredExpression:
        """The same samples under other ids."""
        return StoredExpression(self._file, self.index, samples, self._fields)

    def whole(self) -> pd.DataFrame:
        """All values, genes x samples."""
        return pd.DataFrame(self.read(slice(None)).T, index=self.index, columns=self.columns)

    def read(self, part: slice) -> np.ndarray:
        """Values of some samples, samples x rows, float64, NaN where missing."""
        names = self._fields[part].tolist()
        table = self._file.read(columns=names, use_threads=False)
        values = np.empty((len(names), len(self.index)))
        for row, name in zip(values, names, strict=True):
            row[:] = table.column(name).to_numpy()
        return values


Expression: TypeAlias = pd.DataFrame | StoredExpression


def stored_expression(path: str | Path, index_columns: list[str]) -> StoredExpression:
    """Open what acquiring left; of its values only the ids of the rows are read.

    Args:
        path: The file.
        index_columns: Those of its columns that may hold ids of rows.
    """
    file = pq.ParquetFile(path)
    there = [name for name in index_columns if name in set(file.schema_arrow.names)]
    rows = file.read(columns=there)
    levels = [pd.Index(rows.column(name).to_pylist(), dtype=object) for name in there]
    index = pd.MultiIndex.from_arrays(levels) if len(levels) > 1 else levels[0]
    samples = pd.Index([name for name in file.schema_arrow.names if name not in there], dtype=object)
    return StoredExpression(file, index, samples, samples)


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
