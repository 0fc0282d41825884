"""Which rows are of patients: simulated cohorts never take part in a pooled result."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from irf7bone.base.errors import Problems

WHERE = "results/tables/associations.tsv"

SIMULATED = "simulated"

NOT_STARTED = ("not_available", "low_coverage")


def real_rows(associations: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Rows of real cohorts, freshly indexed.

    Args:
        associations: Rows of every cohort, with column cohort.
        roles: Role of each cohort.

    Returns:
        The rows whose cohort is not simulated.

    Raises:
        InputError: If a cohort has no role.
    """
    problems = Problems()
    unknown = [name for name in associations["cohort"].unique() if name not in roles]
    if unknown:
        problems.add(
            f"{WHERE}, cohort",
            expected="a role for every cohort",
            found=f"{len(unknown)} without",
            remedy="state role: in the cohort's card",
            offenders=unknown,
        )
    problems.raise_if_any()
    return associations[associations["cohort"].map(roles) != SIMULATED].reset_index(drop=True)


def recorded_endpoints(associations: pd.DataFrame) -> set[str]:
    """Endpoints that at least one of these cohorts records.

    Args:
        associations: Rows of the cohorts in question, columns of
            :data:`irf7bone.tables.outcome.ASSOCIATIONS`.

    Returns:
        The endpoints with samples, or with a status that only an outcome can give.
    """
    seen = associations["n"].notna() | ~associations["status"].isin(NOT_STARTED)
    return set(associations.loc[seen, "endpoint"])
