"""Whether those lost from an endpoint had another outcome than those kept, which would bias its results.

What is lost for want of a time has a status, what is lost for want of a status a time, and what has no
expression or no covariate may have both. Each loss is compared with those kept: the share with the event by
Fisher's exact test, the times by the rank-sum test (normal approximation, corrected for ties; Hollander and
Wolfe, Nonparametric Statistical Methods, section 4.1). Times of censored patients count as they stand, since
what is asked is how the loss came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln, ndtr

from irf7bone.base.errors import Problems
from irf7bone.base.phrases import is_missing
from irf7bone.base.vocabulary import LOSS_CAUSES, NO_DEPENDENCE, NOT_TESTED, STRONG, WEAK
from irf7bone.harmonise.column_names import TIME_WORDS, says

# strong: not by chance, large, and of enough patients to move a hazard ratio
STRONG_P, STRONG_SHARE, STRONG_RANK, STRONG_PART = 1e-4, 0.25, 0.25, 0.05
WEAK_P = 0.01
_WORDS = {
    "no_expression": "are not in the expression",
    "no_time": "have a status and no time",
    "no_status": "have a time and no status",
    "no_covariate": "lack the covariate {field}",
    "no_score": "have no score",
}
assert tuple(_WORDS) == LOSS_CAUSES


def compare_loss(
    cause: str, lost: pd.Series, time: pd.Series, event: pd.Series, field: str | None = None
) -> dict[str, Any]:
    """One loss of an endpoint, held against those who stay.

    Args:
        cause: One of :data:`irf7bone.base.vocabulary.LOSS_CAUSES`.
        lost: Whether a patient is lost by it.
        time: Months, NaN where not known.
        event: 1 or 0, NaN where not known.
        field: The covariate, for ``no_covariate``.

    Returns:
        A row of :data:`irf7bone.tables.outcome_checks.LOSSES` without cohort and endpoint.
    """
    row: dict[str, Any] = {
        "cause": cause, "field": field, "n_lost": int(lost.sum()), "n_kept": int((~lost).sum()),
        "event_share_lost": _mean(event[lost]), "event_share_kept": _mean(event[~lost]),
        "median_months_lost": _median(time[lost]), "median_months_kept": _median(time[~lost]),
        "p_status": None, "p_time": None, "rank": None,
    }  # fmt: skip
    known = event.notna()
    table = [[int((event[known & side] == code).sum()) for code in (1, 0)] for side in (lost, ~lost)]
    if min(map(sum, table)) > 0:
        row["p_status"] = fisher_p(table)
    timed = time.notna()
    if (timed & lost).any() and (timed & ~lost).any():
        row["p_time"], row["rank"] = _rank_sum(time[timed], lost[timed])
    row["dependence"] = _dependence(row)
    return row


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if values.notna().any() else None


def _median(values: pd.Series) -> float | None:
    return float(values.median()) if values.notna().any() else None


def _dependence(row: Mapping[str, Any]) -> str:
    if not row["n_lost"]:
        return NO_DEPENDENCE
    tested = [row[name] for name in ("p_status", "p_time") if row[name] is not None]
    if not tested:
        return NOT_TESTED
    of_some = row["n_lost"] > STRONG_PART * (row["n_lost"] + row["n_kept"])
    apart = row["p_status"] is not None and row["p_status"] < STRONG_P and (
        abs(row["event_share_lost"] - row["event_share_kept"]) >= STRONG_SHARE
    )  # fmt: skip
    earlier = row["p_time"] is not None and row["p_time"] < STRONG_P and abs(row["rank"] - 0.5) >= STRONG_RANK
    if of_some and (apart or earlier):
        return STRONG
    return WEAK if min(tested) < WEAK_P else NO_DEPENDENCE


def fisher_p(table: list[list[int]]) -> float:
    """Two-sided p of Fisher's exact test: tables not more probable than the one seen (R's fisher.test).

    Args:
        table: Counts, 2 x 2.
    """
    (a, b), (c, d) = table
    row, column, total = a + b, a + c, a + b + c + d
    x = np.arange(max(0, row + column - total), min(row, column) + 1)
    log = -(
        gammaln(x + 1)
        + gammaln(row - x + 1)
        + gammaln(column - x + 1)
        + gammaln(total - row - column + x + 1)
    )
    p = np.exp(log - log.max())
    p /= p.sum()
    seen = p[int(a - x[0])]
    return float(min(1.0, p[p <= seen * (1 + 1e-7)].sum()))


def _rank_sum(time: pd.Series, lost: pd.Series) -> tuple[float, float]:
    """Two-sided p, and the probability that a lost patient's time exceeds a kept one's (ties count half)."""
    ranks = time.rank()
    n, m = int(lost.sum()), int((~lost).sum())
    u = float(ranks[lost].sum()) - n * (n + 1) / 2
    ties = time.value_counts().to_numpy(dtype=float)
    total = n + m
    variance = n * m / 12 * (total + 1 - (ties**3 - ties).sum() / max(total * (total - 1), 1))
    if variance <= 0:
        return 1.0, 0.5
    away = max(abs(u - n * m / 2) - 0.5, 0.0) / np.sqrt(variance)
    return float(2 * ndtr(-away)), u / (n * m)


def losses_of(
    seen: pd.DataFrame, matched: pd.Index, fields: pd.DataFrame, covariates: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Every loss of one endpoint that can be seen before scores are made.

    Args:
        seen: Described patients x ``time`` in months and ``event``, each as far as it is known; patients whom
            the card leaves out are not among them.
        matched: Those of them with expression.
        fields: Patients with expression x standard fields.
        covariates: Field -> least share known for a model to use it.
    """
    time, event = seen["time"], seen["event"]
    inside = seen.index.isin(matched)
    rows = [compare_loss("no_expression", pd.Series(~inside, index=seen.index), time, event)]
    time, event = time[inside], event[inside]
    for cause, lost in (("no_time", time.isna() & event.notna()), ("no_status", event.isna() & time.notna())):
        rows.append(compare_loss(cause, lost, time, event))
    whole = time.notna() & event.notna()
    for field, least in covariates.items():
        if field in fields:
            missing = fields.loc[time.index, field].isna()[whole]
            if missing.mean() <= 1 - least:
                rows.append(compare_loss("no_covariate", missing, time[whole], event[whole], field))
    return rows


def refuse_strong(
    rows: list[dict[str, Any]], endpoint: str, rule: Mapping[str, Any], clinical: pd.DataFrame, where: str
) -> Problems:
    """Problems for the losses of an endpoint that strongly follow its outcome, unless the card says why."""
    problems = Problems()
    for row in () if "losses_follow_outcome" in rule else rows:
        if row["dependence"] == STRONG:
            problems.add(
                f"{where}, endpoints.{endpoint}",
                expected="patients who are lost for reasons that have nothing to do with their outcome",
                found=say_loss(row, endpoint),
                remedy=_other_times(row, rule, clinical)
                + "complete the table, or drop the column that is missing; where the loss is known and "
                "harmless, say why in `losses_follow_outcome` of the endpoint",
            )
    return problems


def say_loss(row: Mapping[str, Any], endpoint: str) -> str:
    """One loss in words: who, and how their outcome differs from that of those kept."""
    said = _WORDS[row["cause"]].format(field=row["field"])
    parts = []
    if not is_missing(row["p_status"]):
        parts.append(
            f"{row['event_share_lost']:.0%} of them have the event, {row['event_share_kept']:.0%} of the "
            f"others (p {row['p_status']:.2g})"
        )
    if not is_missing(row["p_time"]):
        parts.append(
            f"their times have median {row['median_months_lost']:.0f} months, the others' "
            f"{row['median_months_kept']:.0f} (p {row['p_time']:.2g})"
        )
    return f"{row['n_lost']} of {row['n_lost'] + row['n_kept']} {said} ({endpoint}): {'; '.join(parts)}"


def _other_times(row: Mapping[str, Any], rule: Mapping[str, Any], clinical: pd.DataFrame) -> str:
    """Columns of times that are known where the endpoint's own is not, as the remedy."""
    if row["cause"] != "no_time":
        return ""
    own = rule["time"]["from"] if isinstance(rule["time"]["from"], list) else [rule["time"]["from"]]
    blank = clinical[own].isna().all(axis=1) & clinical[rule["event"]["from"]].notna()
    others = [
        str(name)
        for name in clinical.columns
        if name not in own and says(str(name), TIME_WORDS) and clinical.loc[blank, name].notna().mean() > 0.5
    ]
    others.sort(key=lambda name: not says(name, "last|follow|followup|contact|alive"))
    if not others:
        return ""
    both = ", ".join([*own, others[0]])
    return f"if {others[0]!r} is the time of those without the event: `time: {{from: [{both}], unit: ...}}`; "
