"""Which cohorts are pooled: those of patients, for validation, not chosen for having the event."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from irf7bone.base.errors import Problems

WHERE = "results/tables/associations.tsv"

SIMULATED, VALIDATION = "simulated", "validation"
SELECTED = "selected_on_outcome"
ALONE = ("discovery", SELECTED)  # shown, and not pooled

NOT_STARTED = ("not_available", "low_coverage", "not_measured")


def roles_in_pools(cohorts: pd.DataFrame) -> dict[str, str]:
    """What each cohort is to a pool.

    Args:
        cohorts: Columns of :data:`irf7bone.tables.cohort.COHORTS`.

    Returns:
        Cohort -> its role, or :data:`SELECTED` where all patients were chosen for having the event.
    """
    selected = cohorts["selected_on_outcome"] == "true"
    role = cohorts["role"].where(~selected | (cohorts["role"] == SIMULATED), SELECTED)
    return dict(zip(cohorts["cohort"], role, strict=True))


def label_in_forest(cohort: str, roles: Mapping[str, str]) -> str:
    """What a cohort is called beside a pooled value; one that is shown alone says so."""
    return f"{cohort}, not pooled" if roles[cohort] in ALONE else cohort


def real_rows(associations: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the cohorts that are pooled, freshly indexed.

    A discovery cohort, on which a signature was found, and one whose patients were all chosen for having
    the event are shown alone.

    Args:
        associations: Rows of every cohort, with column cohort.
        roles: What each cohort is to a pool, of :func:`roles_in_pools`.

    Returns:
        The rows of validation cohorts.

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
    return associations[associations["cohort"].map(roles) == VALIDATION].reset_index(drop=True)


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
