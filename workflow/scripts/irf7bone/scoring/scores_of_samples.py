"""Scores of gene sets for Python programs: a frame, an AnnData or an array in, a frame out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.scoring.registry import METHODS

Sided = Mapping[str, Sequence[str]]


def score_samples(
    expression: Any,
    gene_sets: Mapping[str, Sequence[str] | Sided],
    method: str = "zscore",
    *,
    genes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Score gene sets in every sample.

    Args:
        expression: Samples x genes, log2, finite: a DataFrame, an AnnData (its ``X``), or an array with
            ``genes``.
        gene_sets: Name -> genes, or name -> ``{"up": genes, "down": genes}``: the score of the genes that go
            up less that of those that go down. Genes that are not measured are left out.
        method: ``zscore``, ``ssgsea``, ``singscore``, ``gsva`` or ``plage``; see
            :data:`irf7bone.scoring.METHODS` for what each is and whose.
        genes: Names of the columns of an array.

    Returns:
        Samples x gene sets, float64; NaN where the method is not defined: no gene measured or varying, or,
        for the methods by ranks, none outside the set.

    Raises:
        ValueError: There is no such method; an array has no names; a set is no list of genes, has none, or
            has sides other than up and down; or the genes are found in rows alone.
        InputError: Values are missing or infinite, or names are repeated.

    Examples:
        >>> import pandas as pd
        >>> from irf7bone.scoring import score_samples
        >>> log2 = pd.DataFrame({"MX1": [1.0, 2, 3], "IFIT1": [2.0, 4, 6], "GAPDH": [9.0, 9, 8]}, list("abc"))
        >>> score_samples(log2, {"interferon": ["MX1", "IFIT1"]}).round(2)
           interferon
        a       -1.41
        b        0.00
        c        1.41
        >>> signed = {"signed": {"up": ["MX1"], "down": ["GAPDH"]}}
        >>> score_samples(log2, signed, "singscore")["signed"].tolist()
        [-1.0, -1.0, -1.0]
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if not isinstance(gene_sets, Mapping):
        raise ValueError("gene_sets must be a dict: name -> genes")
    sides = {name: _sides(name, members) for name, members in gene_sets.items()}
    frame = expression_frame(expression, genes)
    _refuse_genes_in_rows(frame, sides)
    prepared = Prepared(frame)
    scores = np.full((len(sides), prepared.n_samples), 0.0)
    for place, sign in (("up", 1), ("down", -1)):
        matrix = prepared.set_matrix([members[place] for members in sides.values()])
        given = np.array([bool(members[place]) for members in sides.values()], dtype=bool)
        if given.any():
            scores[given] += sign * score_sets(prepared, matrix[np.flatnonzero(given)], method)
    return pd.DataFrame(scores.T, index=pd.Index(prepared.samples), columns=list(sides))


def expression_frame(expression: Any, genes: Sequence[str] | None = None) -> pd.DataFrame:
    """Samples x genes of a DataFrame, an AnnData or an array with names, as a frame.

    Raises:
        ValueError: An array has no names, or not one a column.
    """
    if isinstance(expression, pd.DataFrame):
        return expression
    if hasattr(expression, "to_df"):  # an AnnData, without importing anndata
        return expression.to_df()
    values = np.asarray(expression)
    if genes is None or values.ndim != 2 or values.shape[1] != len(genes):
        raise ValueError("an array must be samples x genes, with the name of each column in `genes`")
    return pd.DataFrame(values, columns=list(genes))


def _sides(name: str, members: Sequence[str] | Sided) -> dict[str, list[str]]:
    given = members if isinstance(members, Mapping) else {"up": members}
    if not set(given) <= {"up", "down"}:
        raise ValueError(f"gene set {name!r} must be a list, or hold `up` and `down`, not {', '.join(given)}")
    if any(isinstance(side, str) for side in given.values()):
        raise ValueError(f"gene set {name!r} must be a list of genes, not a text")
    sides = {side: list(given.get(side, ())) for side in ("up", "down")}
    if not any(sides.values()):
        raise ValueError(f"gene set {name!r} has no gene")
    return sides


def _refuse_genes_in_rows(frame: pd.DataFrame, sides: Mapping[str, Mapping[str, list[str]]]) -> None:
    """A matrix the other way round has no score of any set, which would look like genes not measured."""
    members = {gene for side in sides.values() for genes in side.values() for gene in genes}
    if members & set(frame.index) and not members & set(frame.columns):
        raise ValueError("samples must be in rows and genes in columns: the genes are in rows (transpose it)")
