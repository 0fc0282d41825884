"""Strengths and weaknesses that the cohorts decide: power, how ER enters, directions, a straight line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import hazard_ratio, is_missing, listed, p_clause
from irf7bone.base.vocabulary import ALPHA, TOO_LITTLE
from irf7bone.outcome.er_adjustment import COMPLETE, FEWEST_OF_EACH
from irf7bone.report.sentences.quote import quote
from irf7bone.verdict.like_this import TAU
from irf7bone.verdict.planning import DECIDED
from irf7bone.verdict.sentences import er_exceptions, hr_words

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

# below this share a study is more likely to end without an answer than with one
EVEN = 0.5


def weighed(cohort: str, weights: Mapping[str, float]) -> str:
    """``nki144 (56 % of the weight)``; the name alone where the cohort has no weight."""
    return f"{cohort} ({100 * weights[cohort]:.0f} % of the weight)" if cohort in weights else cohort


def answerable(chances: pd.DataFrame, pooled: Mapping[str, Any] | None, config: Config) -> str:
    """How often a study of these cohorts would be decided, were the effect of the size looked for.

    Args:
        chances: :data:`irf7bone.tables.verdict.CHANCES`.
        pooled: The primary row of :data:`irf7bone.tables.pooled.POOLED`; None where it was not planned.
        config: The study's settings.
    """
    looked_for = config.verdict.smallest_hr
    rows = chances[(chances["endpoint"] == config.primary.endpoint) & (chances["true_hr"] == looked_for)]
    if rows.empty:
        return "No: no cohort of patients gives every model."
    decided = float(rows.loc[rows["verdict"].isin(DECIDED), "share"].sum())
    enough = "Yes" if decided >= config.verdict.power else "Not reliably" if decided >= EVEN else "Hardly"
    little = rows[rows["verdict"] == TOO_LITTLE].iloc[0]
    share = quote(f"{100 * little['share']:.0f}", "chances", little, "share")
    return (
        f"{enough}: were the hazard ratio {hr_words(looked_for)}, {100 * decided:.0f} % of studies with "
        f"these cohorts would be decided, and {share} % end with {TOO_LITTLE}. Simulated with a standard "
        f"deviation of {TAU:g} between cohorts{_estimated(pooled)}."
    )


def _estimated(pooled: Mapping[str, Any] | None) -> str:
    """The standard deviation between cohorts that was estimated, beside the one that was assumed."""
    if pooled is None or pooled["status"] != "ok" or is_missing(pooled["tau2"]):
        return ""
    tau = math.sqrt(pooled["tau2"])
    tau2 = quote(f"{pooled['tau2']:.3f}", "pooled", pooled, "tau2")
    fewer = ", and the more cohorts differ the fewer studies are decided" if tau > TAU else ""
    return f"; estimated here: {tau:.2f} (tau² {tau2}){fewer}"


def er_answer(kinds: Mapping[str, str], weights: Mapping[str, float]) -> str:
    """How ER was adjusted for in the cohorts behind the verdict.

    Args:
        kinds: Cohort -> one of :data:`irf7bone.tables.claim.ER_KINDS`.
        weights: Cohort -> its share in the pooled estimate.
    """
    if not kinds:
        return "No cohort has every model, so that cannot be told."
    by_status = [weighed(cohort, weights) for cohort, kind in kinds.items() if kind == "status"]
    otherwise = er_exceptions({weighed(cohort, weights): kind for cohort, kind in kinds.items()})
    if not otherwise:
        return f"By its recorded status in every cohort: {listed(list(kinds))}."
    said = [f"by its recorded status in {listed(by_status)}"] if by_status else []
    words = "; ".join([*said, *otherwise])
    rule = (
        f" ESR1 expression stands for ER where fewer than {100 * COMPLETE:g} % of the patients have a "
        f"status, or fewer than {FEWEST_OF_EACH} one of the two."
        if "expression" in kinds.values()
        else ""
    )
    return f"{words[0].upper()}{words[1:]}.{rule}"


def directions(fits: pd.DataFrame) -> list[str]:
    """That cohorts point opposite ways, with their hazard ratios; nothing where they do not.

    Args:
        fits: Rows of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, one a cohort.
    """
    rows = fits[fits["log_hr"] != 0].sort_values("log_hr", kind="stable").to_dict("records")
    if not rows or (rows[0]["log_hr"] < 0) == (rows[-1]["log_hr"] < 0):
        return []
    said = [
        f"{quote(hazard_ratio(row['log_hr']), 'associations', row, 'log_hr')} in {row['cohort']}"
        for row in rows
    ]
    return [f"They point opposite ways: HR {listed(said)}."]


def straight_line(checks: pd.DataFrame, fits: pd.DataFrame, weights: Mapping[str, float]) -> str:
    """Whether the hazard ratio per SD describes the effect in the cohorts of the pool.

    Args:
        checks: Rows of :data:`irf7bone.tables.outcome_checks.CHECKS` of the primary result.
        fits: Rows of :data:`irf7bone.tables.outcome.ASSOCIATIONS` of it.
        weights: Cohort -> its share in the pooled estimate.
    """
    tested = checks[checks["cohort"].isin(list(weights)) & (checks["check"] == "linearity")]
    tested = tested[(tested["status"] == "ok") & tested["p"].notna()]
    if tested.empty:
        return "That cannot be tested in any cohort of this result."
    own = {row["cohort"]: row for row in fits.to_dict("records")}
    parts, sound = [], []
    for row in tested.to_dict("records"):
        cohort, p = row["cohort"], quote(p_clause(row["p"]), "checks", row, "p")
        if row["p"] >= ALPHA:
            sound.append(f"{cohort} ({p})")
            continue
        value = quote(hazard_ratio(own[cohort]["log_hr"]), "associations", own[cohort], "log_hr")
        parts.append(
            f"No in {cohort} (spline against line, {p}): its HR of {value} per SD "
            f"({100 * weights[cohort]:.0f} % of the weight) does not describe the effect well."
        )
    if sound:
        parts.append(f"Nothing against it in {listed(sound)}.")
    return " ".join(parts)
