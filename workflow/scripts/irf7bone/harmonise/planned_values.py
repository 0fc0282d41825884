"""Harmonised expression of a large cohort: known how it is made, and made a block of samples at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from irf7bone.harmonise.collapse import Collapse
from irf7bone.harmonise.raw_values import RawValues
from irf7bone.harmonise.scales import ToLog2


@dataclass(frozen=True)
class PlannedValues:
    """Genes x samples, float32, log2; says of its genes and samples what a DataFrame of the same would say.

    Args:
        known: Rows of the source that have a symbol.
        plan: Which of them become which gene.
        to_log2: What brings their values to log2.
        kept: Genes that stay, positions among the plan's.
    """

    known: RawValues
    plan: Collapse
    to_log2: ToLog2
    kept: np.ndarray

    @property
    def index(self) -> pd.Index:
        """Symbols."""
        return pd.Index(self.plan.symbols[self.kept], dtype=object)

    @property
    def columns(self) -> pd.Index:
        """Sample ids."""
        return self.known.samples

    @property
    def shape(self) -> tuple[int, int]:
        """Number of genes and of samples."""
        return len(self.kept), len(self.columns)

    def __len__(self) -> int:
        return len(self.kept)

    def ranges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lowest value, highest and mean of each gene."""
        lowest, highest = np.full(len(self), np.inf), np.full(len(self), -np.inf)
        total = np.zeros(len(self))
        for _, block in self.blocks():
            lowest, highest = np.minimum(lowest, block.min(axis=0)), np.maximum(highest, block.max(axis=0))
            total += block.sum(axis=0, dtype=np.float64)
        return lowest, highest, total / len(self.columns)

    def only(self, genes: np.ndarray) -> PlannedValues:
        """Some of the genes; whether each stays, shape (n,)."""
        return PlannedValues(self.known, self.plan, self.to_log2, self.kept[genes])

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Which samples, and their values (samples x genes), a block at a time."""
        for part, values in self.known.blocks():
            yield part, self.made(values, part)

    def rows(self, genes: Iterable[str]) -> pd.DataFrame:
        """Some genes, as far as they are measured, genes x samples."""
        wanted = self.index[self.index.isin(list(genes))]
        at = self.index.get_indexer(wanted)
        values = np.empty((len(wanted), len(self.columns)), dtype=np.float32)
        for part, block in self.blocks():
            values[:, part] = block[:, at].T
        return pd.DataFrame(values, index=wanted, columns=self.columns)

    def whole(self) -> pd.DataFrame:
        """All values, samples x genes."""
        values = np.concatenate([block for _, block in self.blocks()])
        return pd.DataFrame(values, index=self.columns, columns=self.index)

    def made(self, values: np.ndarray, part: slice | np.ndarray) -> np.ndarray:
        """Values of some samples (samples x genes), of what the source has of them (samples x rows)."""
        made = self.plan.apply(values, lambda raw: self.to_log2(raw, part)).astype(np.float32, copy=False)
        return made if len(self.kept) == len(self.plan.symbols) else made[:, self.kept]


class MadeWhenAsked:
    """Samples x genes of planned values, for what looks at some samples at a time.

    Args:
        values: Genes x samples.
    """

    def __init__(self, values: PlannedValues) -> None:
        self._values = values
        self.shape = (values.shape[1], values.shape[0])

    def __getitem__(self, part: slice | np.ndarray) -> np.ndarray:
        """Values of some samples, by a slice or by positions."""
        at = np.arange(self.shape[0])[part]
        known = self._values.known
        some = replace(known, expression=known.expression[known.samples[at]])
        return np.concatenate([self._values.made(values, at[rows]) for rows, values in some.blocks()])
