"""What the pooled results allow to be said, for every endpoint and signature."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.pool.bayes import bayesian_columns
from irf7bone.pool.quoted import quoted_columns
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.random_effects import pool_many
from irf7bone.tables.claim import CLAIM_MODEL_NAMES
from irf7bone.tables.verdict import CHANCES, EXPLORATORY, VERDICT, VERDICT_MODELS
from irf7bone.verdict.evidence import CLAIM, RANDOM, UNADJUSTED, Evidence
from irf7bone.verdict.gather import PooledCohorts, Tables, gather, pooled_cohorts
from irf7bone.verdict.like_this import STUDIES, words_of_studies_like_this
from irf7bone.verdict.rules import RULES, decide
from irf7bone.verdict.sentences import NamedCohorts, say
from irf7bone.verdict.site_contrast import BONE

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

SEED = 20121113  # of the simulated studies like this one
Result = tuple[str, str]  # endpoint and signature


@dataclass(frozen=True)
class Judged:
    """The verdict's tables.

    Args:
        verdict: :data:`irf7bone.tables.verdict.VERDICT`.
        exploratory: :data:`irf7bone.tables.verdict.EXPLORATORY`.
        models: :data:`irf7bone.tables.verdict.VERDICT_MODELS`.
        chances: :data:`irf7bone.tables.verdict.CHANCES`.
    """

    verdict: pd.DataFrame
    exploratory: pd.DataFrame
    models: pd.DataFrame
    chances: pd.DataFrame


def judge(
    tables: Tables,
    site_contrast: pd.DataFrame,
    *,
    config: Config,
    controls: Collection[str],
    studies: int = STUDIES,
) -> Judged:
    """Judge every signature on every endpoint; the primary signature on the primary endpoint is the verdict.

    Args:
        tables: What it is judged by.
        site_contrast: :data:`irf7bone.tables.verdict.SITE_CONTRAST`.
        config: The study's settings.
        controls: Signatures that are positive controls: out of the family of Benjamini and Hochberg.
        studies: How many studies like this one are simulated.
    """
    results = [
        (endpoint, signature) for endpoint in config.endpoints for signature in config.signatures.select
    ]
    named = (config.primary.endpoint, config.primary.signature)
    pools = {result: pooled_cohorts(tables, result[1], result[0]) for result in results}
    pooled = {result: _pooled_models(pool, config) for result, pool in pools.items()}
    q = _false_discovery(pooled, named, controls)
    differing = set(site_contrast.loc[_differs(site_contrast), "signature"])
    rows = []
    for result in results:
        evidence = gather(tables, pools[result], result[0], config.verdict, primary=result == named)
        if result[0] == BONE and result[1] in differing:
            evidence = replace(evidence, remarks=evidence.remarks | {"differs_by_site"})
        evidence = _with_q(evidence, q.get(result, math.nan))
        named_cohorts = _named(tables, pools[result], result[0])
        rows.append(_row(result, pools[result], pooled[result], evidence, config, named_cohorts))
    judged = pd.DataFrame(rows)
    own = judged["signature"] == config.primary.signature
    return Judged(
        VERDICT.cast(judged[own].reindex(columns=VERDICT.names)),
        EXPLORATORY.cast(judged[~own].reindex(columns=EXPLORATORY.names)),
        VERDICT_MODELS.cast(
            pd.DataFrame(
                [
                    {
                        **dict.fromkeys(VERDICT_MODELS.names),
                        "endpoint": endpoint,
                        "signature": signature,
                        **row,
                    }
                    for (endpoint, signature), part in pooled.items()
                    for row in part.values()
                ],
                columns=VERDICT_MODELS.names,
            )
        ),
        _chances(pools, config, studies),
    )


def headline(verdicts: pd.DataFrame) -> str:
    """The run in one line: the primary endpoint's verdict, and bone's if that is another.

    Args:
        verdicts: Columns of :data:`irf7bone.tables.verdict.VERDICT`.

    Returns:
        For instance ``Death: no data. Bone metastasis: too little data.``
    """
    said = dict(zip(verdicts["endpoint"], verdicts["verdict"], strict=True))
    primary = verdicts.loc[verdicts["is_primary"], "endpoint"]
    shown = [endpoint for endpoint in dict.fromkeys([*primary, BONE]) if endpoint in said]
    parts = [f"{ENDPOINT_WORDS[endpoint].capitalize()}: {said[endpoint]}." for endpoint in shown]
    if BONE not in said:
        parts.append("Bone metastasis was not among the endpoints of this run.")
    return " ".join(parts)


def rules_table() -> pd.DataFrame:
    """The lines of the decision table in the order they are tried: columns rule, when, verdict."""
    return pd.DataFrame(RULES, columns=["rule", "when", "verdict"])


def simulated_check(
    associations: pd.DataFrame, planted: Mapping[str, Mapping[str, float]], *, config: Config
) -> pd.DataFrame:
    """Whether the effects planted in simulated cohorts are found, adjusted for proliferation.

    Args:
        associations: Rows of every cohort, columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        planted: For each simulated cohort, endpoint -> planted log hazard ratio.
        config: The study's settings; the primary signature and method are looked at.

    Returns:
        One row a cohort and endpoint: cohort, endpoint, model, planted_log_hr, log_hr, ci_low, ci_high,
        inside (missing where there is no estimate), status, reason.
    """
    wanted = pd.DataFrame(
        [
            (cohort, endpoint, log_hr)
            for cohort, effects in planted.items()
            for endpoint, log_hr in effects.items()
        ],
        columns=["cohort", "endpoint", "planted_log_hr"],
    ).assign(model="proliferation")
    fitted = associations[
        (associations["signature"] == config.primary.signature)
        & (associations["method"] == config.primary.method)
    ]
    checked = wanted.merge(fitted, on=["cohort", "endpoint", "model"], how="left")
    absent = checked["status"].isna()
    checked["status"] = checked["status"].where(~absent, "not_available")
    checked["reason"] = checked["reason"].where(~absent, "this run does not fit the adjusted model")
    inside = checked["planted_log_hr"].between(checked["ci_low"], checked["ci_high"]).astype("boolean")
    checked["inside"] = inside.where(checked["status"] == "ok")
    estimate = ["planted_log_hr", "log_hr", "ci_low", "ci_high", "inside"]
    return checked[["cohort", "endpoint", "model", *estimate, "status", "reason"]]


def _pooled_models(pool: PooledCohorts, config: Config) -> dict[str, dict[str, Any]]:
    """Rows of :data:`VERDICT_MODELS` by model; a single cohort keeps its own interval and p."""
    found = {}
    for name in CLAIM_MODEL_NAMES:
        row: dict[str, Any] = {"model": name, "k": len(pool.cohorts), "n": 0, "n_events": 0}
        if not pool.cohorts or name not in pool.rows:
            reason = "no cohort with every model" if not pool.cohorts else "no random signatures were drawn"
            found[name] = {**row, "k": 0, "status": "not_available", "reason": reason}
            continue
        estimates, rows = pool.estimates(name), pool.rows[name]
        fit = pool_many(estimates.log_hr, estimates.se)
        row |= {"n": int(rows["n"].sum()), "n_events": int(rows["n_events"].sum())}
        for column in ("log_hr", "se", "ci_low", "ci_high", "p"):
            row[column] = rows[column].iloc[0] if len(rows) == 1 else float(getattr(fit, column)[0])
        bayes = bayesian_columns(
            estimates.log_hr,
            estimates.se,
            smallest_hr=config.verdict.smallest_hr,
            scale=config.verdict.prior_scale,
        )
        row |= {column: float(values[0]) for column, values in bayes.items()}
        found[name] = {**row, "status": "ok", "reason": None}
    return found


def _false_discovery(
    pooled: Mapping[Result, Mapping[str, Mapping[str, Any]]], named: Result, controls: Collection[str]
) -> dict[Result, float]:
    """q of every claim but the primary one and those of controls."""
    family = [
        result
        for result, models in pooled.items()
        if result != named and result[1] not in controls and models[CLAIM]["status"] == "ok"
    ]
    if not family:
        return {}
    p = np.array([pooled[result][CLAIM]["p"] for result in family], dtype=float)
    return dict(zip(family, benjamini_hochberg(p).tolist(), strict=True))


def _with_q(evidence: Evidence, q: float) -> Evidence:
    narrow = None if evidence.narrow is None else replace(evidence.narrow, q=q)
    return replace(evidence, q=q, narrow=narrow)


def _differs(contrast: pd.DataFrame) -> pd.Series:
    """Signatures of which the ratio of bone and other sites excludes 1."""
    return (contrast["ratio_high"] < 1) | (contrast["ratio_low"] > 1)


def _row(
    result: Result,
    pool: PooledCohorts,
    pooled: Mapping[str, Mapping[str, Any]],
    evidence: Evidence,
    config: Config,
    named: NamedCohorts,
) -> dict[str, Any]:
    decision = decide(evidence)
    row = {
        "endpoint": result[0],
        "is_primary": evidence.primary,
        "signature": result[1],
        "method": config.primary.method,
        "verdict": decision.word,
        "rule": decision.rule,
        "hard": ",".join(decision.hard) or None,
        "soft": ",".join(decision.soft) or None,
        "q": evidence.q,
        **_numbers(pool, pooled),
    }
    lead, details = say(row, evidence, decision, config.verdict, named)
    return row | {"lead": lead, "details": details}


def _named(tables: Tables, pool: PooledCohorts, endpoint: str) -> NamedCohorts:
    if not pool.cohorts:
        return NamedCohorts()
    sampled = [cohort for cohort in pool.cohorts if endpoint in tables.facts[cohort].sampled_by]
    er = dict(zip(pool.cohorts, pool.rows[CLAIM]["er"], strict=True))
    return NamedCohorts(er, tuple(sampled), pool.lacking)


def _numbers(pool: PooledCohorts, pooled: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    claim = pooled[CLAIM]
    found: dict[str, Any] = {name: claim[name] for name in ("k", "n", "n_events")}
    found["cohorts"] = ",".join(pool.cohorts) or None
    for prefix, model in (("", CLAIM), ("random_", RANDOM), ("unadjusted_", UNADJUSTED)):
        if pooled[model]["status"] == "ok":
            ends = _interval(pooled[model])
            parts = ("hr", "low", "high") if prefix else ("hr", "hr_low", "hr_high")
            names = tuple(f"{prefix}{name}" for name in parts)
            found |= dict(zip(names, ends, strict=True))
    if claim["status"] == "ok":
        found |= {name: claim[name] for name in ("below_1", "below_size", "p")}
        found["above_inverse"] = 1 - claim["below_inverse"]
    if claim["status"] == "ok" and claim["k"] > 1:  # one cohort tells nothing of how cohorts differ
        found["further_below_1"] = claim["further_below_1"]
        for end in ("further_low", "further_high"):
            found[end] = _ratio(claim[end])
    return found


def _interval(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Hazard ratio and interval: the pool's, or a single cohort's own."""
    value, low, high = quoted_columns(row["k"])
    return _ratio(row[value]), _ratio(row[low]), _ratio(row[high])


def _ratio(log_hr: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(log_hr))


def _chances(pools: Mapping[Result, PooledCohorts], config: Config, studies: int) -> pd.DataFrame:
    """What studies of these cohorts say where nothing is, and where an effect of the size looked for is."""
    rows = []
    for endpoint in dict.fromkeys([config.primary.endpoint, *([BONE] if BONE in config.endpoints else [])]):
        pool = pools[(endpoint, config.primary.signature)]
        if not pool.cohorts:
            continue
        errors = {name: pool.column(name, "se") for name in pool.rows}
        for true_hr in (1.0, config.verdict.smallest_hr):
            shares = words_of_studies_like_this(
                errors,
                math.log(true_hr),
                smallest_hr=config.verdict.smallest_hr,
                scale=config.verdict.prior_scale,
                seed=SEED,
                studies=studies,
            )
            about = {"endpoint": endpoint, "true_hr": true_hr, "n_studies": studies}
            rows += [{**about, "verdict": word, "share": share} for word, share in shares.items()]
    return CHANCES.cast(pd.DataFrame(rows, columns=CHANCES.names))
