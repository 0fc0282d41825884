"""What the pooled results allow to be said, endpoint by endpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtri

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.base.vocabulary import ALPHA
from irf7bone.pool.real_cohorts import SIMULATED, real_rows, recorded_endpoints
from irf7bone.tables.columns import RESULT
from irf7bone.tables.pooled import VERDICT
from irf7bone.verdict.rules import RULES, decide
from irf7bone.verdict.sentences import BONE, Evidence, Pooled

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

# The model that adds proliferation to each; those that hold it already are their own.
ADJUSTED_MODEL = {
    "unadjusted": "proliferation",
    "proliferation": "proliferation",
    "clinical": "full",
    "full": "full",
}


def events_needed(smallest_hr: float, power: float) -> int:
    """Events for a two-sided 5 % test to see a hazard ratio per standard deviation.

    Hsieh and Lavori (2000, Control Clin Trials 21:552) for a covariate of variance 1:
    (z(0.975) + z(power))^2 / log(smallest_hr)^2.

    Args:
        smallest_hr: The smallest effect that matters, above 0 and not 1.
        power: The chance to see it, between 0 and 1.

    Returns:
        The number of events, rounded up.
    """
    z = float(ndtri(1 - ALPHA / 2) + ndtri(power))
    return math.ceil((z / math.log(smallest_hr)) ** 2)


def combined_null_p(p: np.ndarray) -> float:
    """One p value from those of several cohorts, however the cohorts depend on each other.

    A random signature tends to be extreme in all cohorts at once, so p values against random signatures
    are not independent. The middle one, p(j) of K in order with j = ceil(K / 2), times K / j is valid
    under any dependence (Rueger 1978, Metrika 25:171).

    Args:
        p: Empirical p values, shape (K,), NaN where a cohort has none.

    Returns:
        The combined p, at most 1; NaN where no cohort has one.
    """
    known = np.sort(p[~np.isnan(p)])
    if not known.size:
        return math.nan
    middle = math.ceil(known.size / 2)
    return min(1.0, float(known[middle - 1]) * known.size / middle)


def judge(
    pooled: pd.DataFrame,
    associations: pd.DataFrame,
    roles: Mapping[str, str],
    config: Config,
    pooled_null: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judge every configured endpoint by the primary signature, method and model.

    Args:
        pooled: Columns of :data:`irf7bone.tables.pooled.POOLED`.
        associations: Rows of every cohort, columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        roles: Role of each cohort: discovery, validation or simulated.
        config: The study's settings.
        pooled_null: Columns of :data:`irf7bone.tables.random_signatures.POOLED_NULL`. Where it has no
            result, the p values of the cohorts are combined instead.

    Returns:
        One row an endpoint, columns of :data:`VERDICT`.

    Raises:
        InputError: If a cohort has no role, or ``pooled`` lacks the primary result of an endpoint.
    """
    real = real_rows(associations, roles)
    simulated = associations[associations["cohort"].map(roles) == SIMULATED]
    primary = config.primary
    adjusted_model = ADJUSTED_MODEL[primary.model]
    rows = []
    for endpoint in config.endpoints:
        result = (primary.signature, primary.method, endpoint, primary.model)
        row = _row(pooled, result)
        if row is None:
            raise InputError(_absent(result))
        adjusted = _pooled(_row(pooled, (*result[:3], adjusted_model)))
        average, agreement_p = average_effect(_fits(real, result))
        evidence = Evidence(
            endpoint=endpoint,
            is_primary=endpoint == primary.endpoint,
            found=_pooled(row),
            average=average,
            agreement_p=agreement_p,
            adjusted=adjusted,
            itself_adjusted=adjusted_model == primary.model,
            n=int(row["n"]),
            n_events=int(row["n_events"]),
            events_needed=events_needed(config.verdict.smallest_hr, config.verdict.power),
            p=_number(row["p"]),
            q=_number(row["q"]),
            null_p=_null_p(real, pooled_null, result, _number(row["log_hr"])),
            pi=(_number(row["pi_low"]), _number(row["pi_high"])),
            loo=(_number(row["loo_low"]), _number(row["loo_high"])),
            recorded=endpoint in recorded_endpoints(real),
            recorded_in_simulated=endpoint in recorded_endpoints(simulated),
            smallest_hr=config.verdict.smallest_hr,
            power=config.verdict.power,
        )
        rule, said = decide(evidence)
        rows.append(
            {
                "endpoint": endpoint,
                "is_primary": evidence.is_primary,
                "signature": primary.signature,
                "method": primary.method,
                "model": primary.model,
                "verdict": rule.verdict,
                "rule": rule.name,
                "rule_text": said,
                "k": evidence.found.k,
                "n": evidence.n,
                "n_events": evidence.n_events,
                "events_needed": evidence.events_needed,
                **_ratios(evidence.found, "hr", "hr_low", "hr_high"),
                **_ratios(average, "average_hr", "average_low", "average_high"),
                "agreement_p": agreement_p,
                "p": evidence.p,
                "q": evidence.q,
                "adjusted_model": adjusted_model,
                "adjusted_k": adjusted.k,
                **_ratios(adjusted, "adjusted_hr", "adjusted_low", "adjusted_high"),
                "null_p": evidence.null_p,
            }
        )
    return VERDICT.cast(pd.DataFrame(rows))


def headline(verdicts: pd.DataFrame) -> str:
    """The run in one line: the primary endpoint's verdict, and bone's if that is another.

    Args:
        verdicts: Columns of :data:`VERDICT`.

    Returns:
        For instance ``Death: no evidence. Bone metastasis: too little data.``
    """
    said = dict(zip(verdicts["endpoint"], verdicts["verdict"], strict=True))
    primary = verdicts.loc[verdicts["is_primary"], "endpoint"]
    shown = [endpoint for endpoint in dict.fromkeys([*primary, BONE]) if endpoint in said]
    parts = [f"{ENDPOINT_WORDS[endpoint].capitalize()}: {said[endpoint]}." for endpoint in shown]
    if BONE not in said:
        parts.append("Bone metastasis was not among the endpoints of this run.")
    return " ".join(parts)


def rules_table() -> pd.DataFrame:
    """The rules in the order they are tried: columns rule, when, verdict."""
    return pd.DataFrame([{"rule": rule.name, "when": rule.when, "verdict": rule.verdict} for rule in RULES])


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
    ).assign(model=ADJUSTED_MODEL["unadjusted"])
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


def _row(pooled: pd.DataFrame, result: tuple[str, ...]) -> pd.Series | None:
    rows = pooled[(pooled[RESULT] == list(result)).all(axis=1)]
    return rows.iloc[0] if len(rows) else None


def _fits(real: pd.DataFrame, result: tuple[str, ...]) -> pd.DataFrame:
    """The estimates of one result, a row a cohort."""
    return real[(real[RESULT] == list(result)).all(axis=1) & (real["status"] == "ok")]


def average_effect(fits: pd.DataFrame) -> tuple[Pooled, float]:
    """Average over these cohorts, weighted by precision, and Cochran's Q test that they have one effect.

    Args:
        fits: Rows with ``log_hr`` and ``se``, one a cohort.

    Returns:
        The average with its normal 95 % interval (NaN without a cohort), and p of Q on k - 1 degrees of
        freedom (NaN below two).
    """
    k = len(fits)
    if not k:
        return Pooled(0, math.nan, math.nan, math.nan, "no cohort"), math.nan
    log_hr, se = (fits[name].to_numpy("float64") for name in ("log_hr", "se"))
    weight = 1 / np.square(se)
    mean = float((weight * log_hr).sum() / weight.sum())
    half = float(ndtri(1 - ALPHA / 2) / math.sqrt(weight.sum()))
    q = float((weight * np.square(log_hr - mean)).sum())
    return Pooled(k, mean, mean - half, mean + half, None), float(chdtrc(k - 1, q)) if k > 1 else math.nan


def _pooled(row: pd.Series | None) -> Pooled:
    if row is None:
        return Pooled(0, math.nan, math.nan, math.nan, "this run does not fit the adjusted model")
    log_hr, low, high = (_number(row[name]) for name in ("log_hr", "ci_low", "ci_high"))
    return Pooled(int(row["k"]), log_hr, low, high, row["reason"])


def _null_p(
    real: pd.DataFrame, pooled_null: pd.DataFrame | None, result: tuple[str, ...], log_hr: float
) -> float:
    """p of the primary result against random signatures: pooled like it, else over the pooled cohorts.

    Only being more extreme than random signatures in the effect's own direction speaks for the effect. A p
    that comes from the other side of the null, or from a cohort on the other side of 1, counts as 1.
    """
    if pooled_null is not None:
        found = _row(pooled_null, result)
        if found is not None and found["status"] == "ok":
            return float(_in_direction(found.to_frame().T, log_hr)[0])
    return combined_null_p(_in_direction(_fits(real, result), log_hr))


def _in_direction(rows: pd.DataFrame, log_hr: float) -> np.ndarray:
    """``null_p`` of rows with log_hr and null_percentile; 1 where it speaks for the other direction."""
    p = rows["null_p"].to_numpy("float64", na_value=np.nan)
    other_side = np.sign(rows["log_hr"].to_numpy("float64", na_value=np.nan)) != np.sign(log_hr)
    # a missing percentile compares as false: then the p is taken as it is
    beaten = (rows["null_percentile"].to_numpy("float64", na_value=np.nan) - 0.5) * np.sign(log_hr) < 0
    return np.where((other_side | beaten) & ~np.isnan(p), 1.0, p)


def _number(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)


def _ratios(pooled: Pooled, *names: str) -> dict[str, float]:
    with np.errstate(over="ignore"):  # two cohorts can give an interval beyond the largest float
        ratios = np.exp([pooled.log_hr, pooled.low, pooled.high])
    return dict(zip(names, ratios.tolist(), strict=True))


def _absent(result: tuple[str, ...]) -> Problem:
    return Problem(
        "results/tables/pooled.tsv",
        f"the primary result {' / '.join(result)}",
        "no such row",
        "pool again with the present config",
    )
