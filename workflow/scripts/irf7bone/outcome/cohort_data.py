"""Expression, outcomes and scores of one cohort, read when a table over all cohorts comes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.harmonise.cohort_file import expression_of, read_cohort
from irf7bone.tables.cohort import SCORES


@dataclass(frozen=True)
class CohortData:
    """What one cohort brings to a question that needs its expression.

    Args:
        expression: Samples x genes, log2, current symbols.
        obs: The same samples with outcome and clinical columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
    """

    expression: Matrix
    obs: pd.DataFrame
    scores: pd.DataFrame


def reader(
    cohorts: Mapping[str, str | Path], scores: Mapping[str, str | Path]
) -> Callable[[str], CohortData]:
    """What cohorts are loaded with, one at a time, from the files of each cohort id."""

    def load(cohort: str) -> CohortData:
        adata = read_cohort(cohorts[cohort])
        return CohortData(expression_of(adata), adata.obs, SCORES.read(scores[cohort]))

    return load
