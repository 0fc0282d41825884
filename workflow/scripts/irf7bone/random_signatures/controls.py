"""Controls of every report: proliferation must show, random signatures and shuffled patients must not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base import phrases
from irf7bone.base.vocabulary import ALPHA
from irf7bone.pool.quoted import as_quoted
from irf7bone.tables.columns import RESULT
from irf7bone.tables.random_signatures import CONTROLS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

# for one standard deviation; in breast cancer cohorts proliferation has 1.45 to 1.72. An interval wholly
# below this says that something is wrong, a wide one only that events are few.
SMALLEST_PROLIFERATION_HR = 1.4
# a random signature is as extreme as this among its like in one report of a thousand
SUSPICIOUS = 0.001
# shuffled patients leave nothing to find: what a test of 5 % may find in small samples
SHARE_ALLOWED = 0.04, 0.06
POOLED = "pooled"


def controls(
    associations: pd.DataFrame,
    pooled: pd.DataFrame,
    null: pd.DataFrame,
    pooled_null: pd.DataFrame,
    *,
    config: Config,
) -> pd.DataFrame:
    """Say for every cohort and the pooled result whether the controls came out as they must.

    * ``proliferation``: its unadjusted hazard ratio is above 1 with p < 0.05; over several cohorts, with a
      Bayesian 95 % interval above 1, as the verdict quotes it. Where it is not, but the interval holds an
      effect as large as the known one, the control is unclear, not failed.
    * ``random``: the first random signature drawn for the primary one is not extreme among the others
      (p against them at least 0.001). Its own p is shown beside it: with an unadjusted model that is often
      below 0.05, which is why results are held against random signatures at all.
    * ``shuffled``: with every random signature's scores given to the patients in random order, 4 to 6 % of
      them have p < 0.05.

    Args:
        associations: Rows of every cohort, :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        null: Rows of every cohort, :data:`irf7bone.tables.random_signatures.NULL`.
        pooled_null: :data:`irf7bone.tables.random_signatures.POOLED_NULL`.
        config: The study's settings.

    Returns:
        Table of :data:`CONTROLS`.
    """
    rows = [
        *_proliferation(associations, config),
        *_proliferation(as_quoted(pooled).assign(cohort=POOLED), config),
        *_random(null, config),
        *_random(pooled_null.assign(cohort=POOLED), config),
        *_shuffled(null, config),
    ]
    return CONTROLS.cast(pd.DataFrame(rows, columns=CONTROLS.names))


def _proliferation(table: pd.DataFrame, config: Config) -> Iterator[dict[str, Any]]:
    wanted = {
        "signature": config.proliferation_signature,
        "method": config.primary.method,
        "model": "unadjusted",
    }
    for row in _rows(table, wanted):
        several = row.get("k", 1) > 1 if row["status"] == "ok" else False
        rule = "HR above 1, Bayesian 95 % interval without 1" if several else "HR above 1 with p < 0.05"
        shown = _control(row, "proliferation", row["signature"], rule)
        if row["status"] != "ok":
            yield {**shown, **_untold(row)}
            continue
        estimate = phrases.estimate(row["log_hr"], row["ci_low"], row["ci_high"])
        shown |= (
            {"found": f"HR {estimate}, Bayesian"}
            if several
            else {"found": f"HR {estimate}, {phrases.p_clause(row['p'])}", "value": row["p"]}
        )
        if row["ci_low"] > 0 if several else row["log_hr"] > 0 and row["p"] < ALPHA:
            yield {**shown, "passed": "yes"}
        elif row["ci_high"] < math.log(SMALLEST_PROLIFERATION_HR):
            yield {**shown, "passed": "no"}
        else:
            reason = f"too few events or cohorts: the interval holds HR {SMALLEST_PROLIFERATION_HR:g}"
            yield {**shown, "passed": "unclear", "reason": reason}


def _random(table: pd.DataFrame, config: Config) -> Iterator[dict[str, Any]]:
    wanted = {"signature": config.primary.signature, "method": config.primary.method}
    for row in _rows(table, wanted):
        shown = _control(
            row,
            "random",
            "RANDOM",
            f"not extreme among random signatures: p against them {SUSPICIOUS:g} or more",
        )
        if row["status"] != "ok":
            yield {**shown, **_untold(row)}
            continue
        own = "" if pd.isna(row["random_p"]) else f", {phrases.p_clause(row['random_p'])}"
        said = (
            f"HR {phrases.hazard_ratio(row['random_log_hr'])}{own}; "
            f"against random ones {phrases.p_clause(row['random_null_p'])}"
        )
        passed = row["random_null_p"] >= SUSPICIOUS
        yield {**shown, "found": said, "value": row["random_null_p"], "passed": _yes(passed)}


def _shuffled(table: pd.DataFrame, config: Config) -> Iterator[dict[str, Any]]:
    wanted = {"signature": config.primary.signature, "method": config.primary.method}
    low, high = SHARE_ALLOWED
    for row in _rows(table, wanted):
        expectation = f"{low:.0%} to {high:.0%} of random signatures with p < 0.05 when patients are shuffled"
        shown = _control(row, "shuffled", "RANDOM", expectation)
        if row["status"] != "ok":
            yield {**shown, **_untold(row)}
        elif pd.isna(row["share_permuted"]):
            reason = "no p value of random signatures: the covariates alone separate the events"
            yield {**shown, "passed": "not_available", "reason": reason}
        else:
            share = row["share_permuted"]
            said = f"{share:.1%} of {phrases.counted(int(row['n_draws']), 'random signature')}"
            yield {**shown, "found": said, "value": share, "passed": _yes(low <= share <= high)}


def _rows(table: pd.DataFrame, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    chosen = (table[list(wanted)] == pd.Series(wanted)).all(axis=1)
    return table[chosen].to_dict("records")


def _control(row: Mapping[str, Any], control: str, signature: str, expectation: str) -> dict[str, Any]:
    names = {name: row[name] for name in ("cohort", *RESULT)}
    return {
        **dict.fromkeys(CONTROLS.names),
        **names,
        "control": control,
        "signature": signature,
        "expectation": expectation,
    }


def _untold(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"passed": "not_available", "reason": row["reason"]}


def _yes(passed: bool) -> str:
    return "yes" if passed else "no"
