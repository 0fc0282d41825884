"""Samples x genes of a large cohort, whose values stay in their file until they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import h5py
    import pandas as pd

_VALUES_AT_ONCE = 2**23


class SampleRows(Protocol):
    """Samples x genes of which some samples can be had: in memory, in an open file, or not made yet."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples and of genes."""

    def __getitem__(self, part: slice | np.ndarray, /) -> np.ndarray:
        """Values of some samples, by a slice or by rising positions."""


class StoredMatrix:
    """Says of its samples and genes what a DataFrame of the same would say.

    Args:
        values: Samples x genes, float32, in an open file.
        index: Sample ids.
        columns: Genes, each once.
    """

    def __init__(self, values: h5py.Dataset, index: pd.Index, columns: pd.Index) -> None:
        self.values, self.index, self.columns = values, index, columns

    @property
    def shape(self) -> tuple[int, int]:
        """Number of samples and of genes."""
        return len(self.index), len(self.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, gene: object) -> bool:
        return gene in self.columns

    def __getitem__(self, genes: str | Sequence[str] | pd.Index) -> pd.Series | pd.DataFrame:
        """One gene as a Series, or some as a DataFrame, in the order asked for."""
        if isinstance(genes, str):
            return self[[genes]][genes]
        at = self.columns.get_indexer(genes)
        if (at < 0).any():
            raise KeyError(f"{int((at < 0).sum())} genes are not measured")
        return self._frame(some_columns(self.values, at), self.index, self.columns[at])

    def some_samples(self, most: int) -> pd.DataFrame:
        """At most so many samples, evenly spread over their order, with all genes."""
        rows = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(int))
        return self._frame(self.values[rows], self.index[rows], self.columns)

    @staticmethod
    def _frame(values: np.ndarray, index: pd.Index, columns: pd.Index) -> pd.DataFrame:
        import pandas as pd  # here, so that what plans jobs does not wait for it

        return pd.DataFrame(values, index=index, columns=columns)


Matrix: TypeAlias = "pd.DataFrame | StoredMatrix"


def row_blocks(values: SampleRows) -> Iterator[tuple[slice, np.ndarray]]:
    """Which samples, and their values as they are, some 32 MB of float32 at a time.

    Args:
        values: Samples x genes.
    """
    at_once = max(1, _VALUES_AT_ONCE // max(1, values.shape[1]))
    for start in range(0, values.shape[0], at_once):
        part = slice(start, min(start + at_once, values.shape[0]))
        yield part, values[part]


def some_columns(values: np.ndarray | h5py.Dataset, at: np.ndarray) -> np.ndarray:
    """Some columns of a matrix, in the order asked for: a file is read from its start to its end.

    Args:
        values: Samples x genes, in memory or in an open file.
        at: Positions of the columns.
    """
    if isinstance(values, np.ndarray):
        return values[:, at]
    out = np.empty((values.shape[0], len(at)), dtype=values.dtype)
    for part, block in row_blocks(values):
        out[part] = block[:, at]
    return out


def some_samples(expression: Matrix, most: int) -> pd.DataFrame:
    """The expression itself, or of a large cohort in its file at most so many samples."""
    return expression.some_samples(most) if isinstance(expression, StoredMatrix) else expression
