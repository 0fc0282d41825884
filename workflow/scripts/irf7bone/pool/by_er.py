"""The effect within ER-positive and ER-negative tumours over cohorts, and whether the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.pool.strata_pool import pool_strata, strata_differences, with_q
from irf7bone.tables.outcome import ER_WORDS
from irf7bone.tables.pooled import ER_POOLED

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def pool_by_er(er_associations: pd.DataFrame, roles: Mapping[str, str], *, config: Config) -> pd.DataFrame:
    """Pool each stratum over cohorts, and the differences between strata: the test of interaction.

    See :func:`irf7bone.pool.strata_pool.pool_strata`.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS` of every cohort.
        roles: Role of each cohort; simulated ones take no part.
        config: The study's settings.

    Returns:
        :data:`ER_POOLED`: for each signature x endpoint x model the rows positive, negative, difference.

    Raises:
        InputError: As :func:`irf7bone.pool.pool.pool_associations`.
    """
    rows = er_associations.rename(columns={"er": "stratum"})
    pooled = pool_strata(rows, roles, ER_WORDS, config=config).rename(columns={"stratum": "er"})
    return ER_POOLED.cast(with_q(pooled)[ER_POOLED.names])


def differences(er_associations: pd.DataFrame) -> pd.DataFrame:
    """Effect in ER-positive minus effect in ER-negative tumours of each cohort, with a normal interval.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS`.

    Returns:
        Key, n, n_events, log_hr, se, ci_low, ci_high, p, status, reason and reason_code, as there.
    """
    return strata_differences(er_associations.rename(columns={"er": "stratum"}), ER_WORDS)
