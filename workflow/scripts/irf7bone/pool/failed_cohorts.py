"""Cohorts whose jobs failed: their planned rows, and every other table's rows without them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.base.vocabulary import FAILED
from irf7bone.tables.outcome import ASSOCIATIONS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def failed_rows(failed: Mapping[str, str], config: Config) -> pd.DataFrame:
    """Every planned association of cohorts that failed, with the status `failed`.

    Args:
        failed: Cohort -> rule and reason.
        config: The study's settings.

    Returns:
        Table of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, without numbers.
    """
    planned = itertools.product(
        failed, config.signatures.select, config.methods, config.endpoints, config.models
    )
    rows = pd.DataFrame(list(planned), columns=list(ASSOCIATIONS.key))
    rows = rows.assign(status=FAILED, reason=rows["cohort"].map(dict(failed)))
    return ASSOCIATIONS.cast(rows.reindex(columns=ASSOCIATIONS.names))


def without_failed(associations: pd.DataFrame) -> pd.DataFrame:
    """The associations of cohorts that were done, freshly indexed.

    Args:
        associations: Columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
    """
    return associations[associations["status"] != FAILED].reset_index(drop=True)
