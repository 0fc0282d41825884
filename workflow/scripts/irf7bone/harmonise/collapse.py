"""How the rows of one gene, such as its probes, become one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

# log2 values of all rows, a block of samples (samples x rows) at a time; may be asked for several times
Log2Blocks = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Collapse:
    """Which rows become which gene.

    Args:
        symbols: Current symbols, each once, sorted.
        source_ids: For each the ids of the source it comes from: the chosen one, or all of them joined with
            ``;`` where rows are averaged.
        chosen: The row of each symbol, shape (n_symbols,); None where rows are averaged.
        group: The symbol of each row, as its place among them, shape (n_rows,).
    """

    symbols: np.ndarray
    source_ids: list[str]
    chosen: np.ndarray | None
    group: np.ndarray

    def apply(self, values: np.ndarray, to_log2: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Log2 values of a block of samples, samples x symbols; of rows that are not chosen none are made.

        Args:
            values: As the source has them, samples x rows.
            to_log2: What brings values of these samples, of any rows, to log2.
        """
        if self.chosen is not None:
            return to_log2(values[:, self.chosen])
        return pd.DataFrame(to_log2(values).T).groupby(self.group, sort=True).mean().to_numpy().T


def plan_collapse(ids: pd.Index, current: np.ndarray, rule: str, log2: Log2Blocks) -> Collapse:
    """Choose one row a symbol, by the rule of the card.

    Args:
        ids: Ids of the rows in the source.
        current: Their current symbols, as text.
        rule: max_mean, max_variance (the first of equals in either) or mean.
        log2: What the rows are chosen by; not asked for where every symbol has one row.
    """
    symbols, group = np.unique(current.astype(str), return_inverse=True)
    if rule == "mean":
        joined = pd.Series(ids.astype(str)).groupby(group, sort=True).agg(";".join).tolist()
        return Collapse(symbols, joined, None, group)
    score = np.zeros(len(group)) if len(symbols) == len(group) else _SCORES[rule](log2)
    order = np.lexsort((np.arange(len(group)), -score, group))
    chosen = order[np.unique(group[order], return_index=True)[1]]
    return Collapse(symbols, ids[chosen].astype(str).tolist(), chosen, group)


def _means(log2: Log2Blocks) -> np.ndarray:
    """Mean of each row."""
    total, n_samples = np.zeros(1), 0
    for values in log2():
        total = total + values.sum(axis=0)
        n_samples += len(values)
    return total / n_samples


def _variances(log2: Log2Blocks) -> np.ndarray:
    """Variance of each row."""
    means = _means(log2)
    squares, n_samples = np.zeros(1), 0
    for values in log2():
        squares = squares + np.square(values - means).sum(axis=0)
        n_samples += len(values)
    return squares / (n_samples - 1)


_SCORES: dict[str, Callable[[Log2Blocks], np.ndarray]] = {"max_mean": _means, "max_variance": _variances}
