"""Values as a source has them, a block of samples at a time, and what one look at all of them says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.acquire.sample_blocks import Expression, sample_blocks
from irf7bone.base.errors import InputError, Problem
from irf7bone.base.phrases import counted

GENES_ASKED = 500  # whose values are looked at one by one
_SHOWN = 20


@dataclass(frozen=True)
class RawValues:
    """Rows of an expression matrix, all of its samples.

    Args:
        expression: Genes x samples, as acquired; the index has two levels where rows are probes.
        kept: The rows that count, shape (n_rows,).
        missing: What the card says is written for a missing value; None where it says nothing.
    """

    expression: Expression
    kept: np.ndarray
    missing: float | None = None

    @property
    def names(self) -> pd.Index:
        """Ids of the rows: genes, or probes."""
        return self.expression.index.get_level_values(0)[self.kept]

    @property
    def genes(self) -> pd.Index:
        """The gene id of each row."""
        return self.expression.index.get_level_values(-1)[self.kept]

    @property
    def samples(self) -> pd.Index:
        """Ids of the samples."""
        return self.expression.columns

    def only(self, rows: np.ndarray) -> RawValues:
        """Some of these rows; whether each stays, shape (n,)."""
        kept = self.kept.copy()
        kept[kept] = rows
        return replace(self, kept=kept)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Which samples, and their values (samples x rows, float64), a block at a time."""
        for part, values in sample_blocks(self.expression):
            if not self.kept.all():
                values = values[:, self.kept]
            if self.missing is not None:
                values = np.where(values == self.missing, np.nan, values)
            yield part, values


@dataclass(frozen=True)
class Missing:
    """Where values are missing.

    Args:
        by_gene: Number of missing values of each row.
        by_sample: Of each sample.
        alone: Of each sample the rows that only it lacks.
    """

    by_gene: np.ndarray
    by_sample: np.ndarray
    alone: np.ndarray


def count_missing(raw: RawValues, where: str) -> Missing:
    """Count missing values, and refuse infinite ones, naming gene and sample.

    Args:
        raw: Genes and samples.
        where: The card, for messages.

    Raises:
        InputError: There are infinite values.
    """
    by_gene, last = np.zeros(len(raw.names), dtype=np.int64), np.zeros(len(raw.names), dtype=np.int64)
    by_sample = np.zeros(len(raw.samples), dtype=np.int64)
    infinite: list[tuple[int, int]] = []  # row, column
    n_infinite = 0
    for part, values in raw.blocks():
        if np.isfinite(values).all():
            continue
        columns, rows = np.nonzero(np.isinf(values))
        n_infinite += len(rows)
        found = zip(rows.tolist(), (columns + part.start).tolist(), strict=True)
        infinite = sorted([*infinite, *found])[:_SHOWN]
        missing = np.isnan(values)
        by_gene += missing.sum(axis=0)
        by_sample[part] = missing.sum(axis=1)
        there = missing.any(axis=0)
        last[there] = part.start + missing[:, there].argmax(axis=0)
    if n_infinite:
        raise InputError(
            Problem(
                f"{where}, expression",
                "finite numbers",
                f"{n_infinite} infinite values",
                "the logarithm of 0 is a common cause: start from the values before it was taken, "
                "or write NA where there is no value",
                tuple(f"{raw.names[row]} in {raw.samples[column]}" for row, column in infinite),
            )
        )
    alone = np.bincount(last[by_gene == 1], minlength=len(raw.samples))
    return Missing(by_gene, by_sample, alone)


def restoring(missing: Missing, samples: pd.Index) -> str:
    """Which sample's exclusion would bring most genes back that missing values cost; empty where none would.

    Args:
        missing: Where values are missing.
        samples: Ids of the samples.
    """
    n_genes, lost = len(missing.by_gene), int((missing.by_gene > 0).sum())
    if not lost:
        return ""
    best = int(missing.alone.argmax())
    share = missing.by_gene.sum() / (n_genes * len(samples))
    said = f"{share:.1%} of the values are missing, which costs {lost:,} of {counted(n_genes, 'gene')}"
    if not missing.alone[best]:
        return said
    back = counted(int(missing.alone[best]), "gene")
    return f"{said}; without {samples[best]} {back} would come back"


@dataclass(frozen=True)
class Facts:
    """What one look at all complete rows says.

    Args:
        values: The rows themselves.
        some: Values of up to 500 rows, evenly spread over all (rows x samples).
        largest: Of each sample.
        smallest: Of each sample.
        negative: Whether a row has values below 0.
        fractional: Whether a row has values that are no whole numbers; looked at in counts only.
        positive: Whether a row has values above 0; in counts only.
        library_size: Sum of each sample; in counts only.
        reads: Sum of each row; in counts only.
        profiles: A checksum of the values of each sample, equal where all values are.
    """

    values: RawValues
    some: pd.DataFrame
    largest: np.ndarray
    smallest: np.ndarray
    negative: np.ndarray
    fractional: np.ndarray
    positive: np.ndarray
    library_size: np.ndarray
    reads: np.ndarray
    profiles: list[bytes]


def look_at(values: RawValues, settings: Mapping[str, Any]) -> Facts:
    """Look at every value once.

    Args:
        values: Complete rows.
        settings: The card's ``expression``, for its scale.
    """
    n_rows, n_samples = len(values.names), len(values.samples)
    counts = settings["scale"] == "counts"
    asked = np.unique(np.linspace(0, n_rows - 1, GENES_ASKED).astype(int))
    some = np.empty((n_samples, len(asked)))
    largest, smallest, library_size = np.empty(n_samples), np.empty(n_samples), np.zeros(n_samples)
    negative, fractional, positive = (np.zeros(n_rows, dtype=bool) for _ in range(3))
    reads = np.zeros(n_rows)
    profiles: list[bytes] = []
    for part, block in values.blocks():
        some[part] = block[:, asked]
        largest[part], smallest[part] = block.max(axis=1), block.min(axis=1)
        if smallest[part].min() < 0:
            negative |= (block < 0).any(axis=0)
        if counts:
            fractional |= (block != np.floor(block)).any(axis=0)
            positive |= (block > 0).any(axis=0)
            library_size[part] = block.sum(axis=1)
            reads += block.sum(axis=0)
        # -0.0 becomes 0.0, which has other bytes
        profiles += [hashlib.blake2b(sample + 0.0, digest_size=16).digest() for sample in block]
    frame = pd.DataFrame(some.T, index=values.names[asked], columns=values.samples)
    return Facts(
        values, frame, largest, smallest, negative, fractional, positive, library_size, reads, profiles
    )
