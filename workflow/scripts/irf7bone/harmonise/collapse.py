"""How the rows of one gene, such as its probes, become one row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def _best_row(score: pd.Series, symbols: np.ndarray) -> np.ndarray:
    """Position of the row with the highest score for each symbol, symbols sorted; the first wins ties."""
    order = np.lexsort((np.arange(len(score)), -score.to_numpy(), symbols.astype(str)))
    first = pd.Index(symbols[order]).duplicated()
    return order[~first]


# how rows of one gene become one: (log2 rows, their symbols) -> rows, one for each symbol in sorted order
COLLAPSE: dict[str, Callable[[pd.DataFrame, np.ndarray], pd.DataFrame]] = {
    "max_mean": lambda rows, symbols: rows.iloc[_best_row(rows.mean(axis=1), symbols)],
    "max_variance": lambda rows, symbols: rows.iloc[_best_row(rows.var(axis=1), symbols)],
    "mean": lambda rows, symbols: rows.groupby(symbols, sort=True).mean(),
}


def collapse_to_symbols(log2: pd.DataFrame, current: np.ndarray, rule: str) -> tuple[pd.DataFrame, list[str]]:
    """One row a symbol, sorted by symbol, by the rule of the card.

    Returns:
        The rows, and for each the source ids it came from: the chosen one for ``max_mean`` and
        ``max_variance``, all of them for ``mean``, joined with ``;``.
    """
    collapsed = COLLAPSE[rule](log2, current)
    names = np.unique(current.astype(str))
    chosen = collapsed.index.astype(str).tolist()
    if rule == "mean":  # for the others nobody reads them, and joining 50,000 groups takes a second
        ids = pd.Series(log2.index.astype(str)).groupby(current.astype(str), sort=True)
        chosen = ids.agg(";".join).tolist()
    return collapsed.set_axis(pd.Index(names, dtype=object), axis=0), chosen
