"""Which results are held against random signatures, and how the two tables are put beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from irf7bone.tables.random_signatures import NULL

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.study.settings import Config

# a decomposition for each random set: affordable where it is the primary method and not beside another
SLOW = ("plage",)
# it ranks the genes of each set in each sample: beside another method, which has all draws, it gets this many
FEWER_DRAWS = {"gsva": 1_000}


class NullPlan(NamedTuple):
    """What gets a null.

    Args:
        scores: Pairs of signature and method.
        models: Models.
    """

    scores: set[tuple[str, str]]
    models: set[str]


def null_plan(config: Config) -> NullPlan:
    """What gets a null.

    Every signature by the primary method, and the primary signature by every method that is not slow;
    unadjusted, adjusted for proliferation, and the primary model.
    """
    named = config.primary
    pairs = {(signature, named.method) for signature in config.signatures.select}
    affordable = [method for method in config.methods if method not in SLOW]
    pairs |= {(named.signature, method) for method in affordable}
    return NullPlan(pairs, {"unadjusted", "proliferation", named.model} & set(config.models))


def draws_by(method: str, config: Config, n_draws: int) -> int:
    """How many of ``n_draws`` random signatures go through a method; those with fewer take the first."""
    return n_draws if method == config.primary.method else min(n_draws, FEWER_DRAWS.get(method, n_draws))


def refusal(row: Mapping[str, Any], config: Config) -> dict[str, Any] | None:
    """Status and reason of a row of associations that gets no null, or None."""
    plan = null_plan(config)
    if row["status"] != "ok":
        return {"status": row["status"], "reason": row["reason"]}
    if (row["signature"], row["method"]) not in plan.scores or row["model"] not in plan.models:
        methods = sorted(method for name, method in plan.scores if name == config.primary.signature)
        reason = (
            f"not planned: the null is drawn by {config.primary.method} for every signature, for "
            f"{config.primary.signature} by {', '.join(methods)}; models {', '.join(sorted(plan.models))}"
        )
        return {"status": "not_available", "reason": reason}
    return None


def join_null(associations: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    """Associations with the null_percentile and null_p of the rows that have a null.

    Args:
        associations: Columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, any cohorts.
        null: Columns of :data:`irf7bone.tables.random_signatures.NULL`.
    """
    key, columns = list(NULL.key), ["null_percentile", "null_p"]
    joined = associations[key].merge(null[[*key, *columns]], on=key, how="left", validate="one_to_one")
    return associations.assign(**{name: joined[name].to_numpy() for name in columns})
