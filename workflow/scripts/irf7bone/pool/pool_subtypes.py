"""The effect within each subtype over cohorts, and whether it differs from that in the other tumours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.outcome.by_subtype import stratum_words
from irf7bone.pool.strata_pool import pool_strata, with_q
from irf7bone.tables.pooled import SUBTYPE_POOLED

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

KIND = ["subtype", "source"]


def pool_by_subtype(rows: pd.DataFrame, roles: Mapping[str, str], *, config: Config) -> pd.DataFrame:
    """Pool each subtype and the other tumours over cohorts, and their difference within cohorts.

    See :func:`irf7bone.pool.strata_pool.pool_strata`.

    Args:
        rows: :data:`irf7bone.tables.outcome.SUBTYPE_ASSOCIATIONS` of every cohort.
        roles: Role of each cohort; simulated ones take no part.
        config: The study's settings.

    Returns:
        :data:`SUBTYPE_POOLED`: for each subtype x source x signature x endpoint x model the rows inside,
        others and difference. Subtypes that cards state and those called from expression are never in one
        pool.

    Raises:
        InputError: As :func:`irf7bone.pool.pool.pool_associations`.
    """
    parts = [
        pool_strata(own.drop(columns=KIND), roles, stratum_words(subtype, source), config=config).assign(
            subtype=subtype, source=source
        )
        for (subtype, source), own in rows.groupby(KIND, sort=False)
    ]
    if not parts:
        return SUBTYPE_POOLED.empty()
    return SUBTYPE_POOLED.cast(with_q(pd.concat(parts, ignore_index=True))[SUBTYPE_POOLED.names])
