"""Scores: one number per sample, signature and method.

Only the registry is imported here, so that a configuration can be checked against the names of the
methods without paying for numpy, scipy or gseapy; the engine comes with the first score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from irf7bone.scoring.registry import METHODS, ScoreMethod

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.scoring.score_table import ScorableSignature

__all__ = ["METHODS", "ScoreMethod", "score_cohort"]


def score_cohort(
    expression: pd.DataFrame,
    library: Mapping[str, ScorableSignature],
    methods: Sequence[str],
    min_coverage: float,
    withheld: Mapping[str, str] = MappingProxyType({}),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every sample with every signature: see :mod:`irf7bone.scoring.score_table`."""
    from irf7bone.scoring import score_table

    return score_table.scores_and_coverage(expression, library, methods, min_coverage, withheld)
