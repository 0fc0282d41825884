"""Sentences of the report. Each is made from the tables; none says more than its row holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    RISK_WORDS,
    STATUS_WORDS,
    counted,
    estimate,
    hazard_ratio,
    interval,
    is_missing,
    listed,
    p_clause,
    said_ratio,
)
from irf7bone.base.vocabulary import ALPHA
from irf7bone.pool.quoted import as_quoted, quoted_columns
from irf7bone.report.sentences.quote import quote
from irf7bone.report.sentences.strengths import directions
from irf7bone.verdict.premises import SHARED

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

MOST_PAIRS = 5  # of samples that are named in a sentence
NOT_TESTABLE = (
    "The survival of mice that carry tumours with and without Irf7, which is where the claim comes from.",
    "What knocking Irf7 out, or restoring it, does to a tumour: patients are observed, not randomised to it.",
    "What depleting NK or CD8 T cells does: no public cohort of patients has that arm.",
    "Whether interferon is made or lost in the tumour cells themselves: bulk tissue mixes them with immune "
    "and stromal cells.",
    "Cause: an association in patients, with or without adjustment, can come from what was not measured.",
)


def question(config: Config) -> str:
    """The question that the primary analysis answers."""
    primary = config.primary
    return (
        f"Is a lower interferon score in the primary tumour associated with {RISK_WORDS[primary.endpoint]}?"
    )


def side(ci_low: float, ci_high: float) -> str:
    """What an interval of log hazard ratios says of the direction, and nothing where it includes 1."""
    if ci_high < 0:
        return "a higher score, a lower risk"
    if ci_low > 0:
        return "a higher score, a higher risk"
    return "the interval includes 1"


def pooled_sentence(row: Mapping[str, Any]) -> str:
    """``HR 1.02 per SD (95 % interval 0.90 to 1.20; 3 cohorts, 397 tumours, 9 events)``, or why not.

    Args:
        row: One row of :data:`irf7bone.tables.pooled.POOLED`.
    """
    if row["status"] != "ok":
        return f"{STATUS_WORDS[row['status']]}: {row['reason']}"
    hr, low, high = (quote(hazard_ratio(row[name]), "pooled", row, name) for name in quoted_columns(row["k"]))
    k, n, events = (
        quoted_count(row, column, noun, table="pooled")
        for column, noun in (("k", "cohort"), ("n", "tumour"), ("n_events", "event"))
    )
    return f"HR {hr} per SD (95 % interval {low} to {high}; {k}, {n}, {events})"


def quoted_count(row: Mapping[str, Any], column: str, noun: str, *, table: str) -> str:
    """``2 cohorts``, the number quoted from its table."""
    number, words = counted(int(row[column]), noun).split(" ", 1)
    return f"{quote(number, table, row, column)} {words}"


def fit_sentence(row: Mapping[str, Any]) -> str:
    """``HR 0.97 per SD (95 % CI 0.82 to 1.15), the interval includes 1``, or why there is none.

    Args:
        row: One row of :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
    """
    if row["status"] != "ok":
        return f"{STATUS_WORDS[row['status']]}: {row['reason']}"
    hr, low, high = (
        quote(hazard_ratio(row[name]), "associations", row, name) for name in ("log_hr", "ci_low", "ci_high")
    )
    return f"HR {hr} per SD (95 % CI {low} to {high}), {side(row['ci_low'], row['ci_high'])}"


def bearing(
    verdicts: pd.DataFrame,
    pooled: pd.DataFrame,
    associations: pd.DataFrame,
    quality: pd.DataFrame,
    duplicates: pd.DataFrame,
    config: Config,
    chosen: Mapping[str, str] = MappingProxyType({}),
    straight: str = "",
) -> list[tuple[str, str]]:
    """What bears on the primary result beside its own interval: a heading and a sentence each.

    Args:
        verdicts: :data:`irf7bone.tables.verdict.VERDICT`.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of the cohorts that are pooled.
        quality: :data:`irf7bone.tables.cohort.QC` of the real cohorts only.
        duplicates: :data:`irf7bone.tables.cohort.DUPLICATES`.
        config: The study's settings.
        chosen: Cohort -> who was chosen, where patients were chosen by the primary endpoint.
        straight: Result of :func:`irf7bone.report.sentences.strengths.straight_line`; no row where empty.
    """
    primary = config.primary
    verdict = verdicts[verdicts["is_primary"]].iloc[0]
    found = pooled_result(pooled, primary.signature, primary.method, primary.endpoint, primary.model)
    fits = _primary_rows(associations, config)
    behind = set(fits["cohort"])
    selected = {cohort: rule for cohort, rule in chosen.items() if cohort in behind}
    by_outcome = [("Were patients chosen by this outcome?", _chosen(selected))] if selected else []
    return [
        ("Is it bone metastasis?", _about_bone(verdicts)),
        ("Is it explained by proliferation?", _adjustment(verdict)),
        ("Is it specific (random signatures)?", _against_random(verdict)),
        ("Do the cohorts agree?", _heterogeneity(found, fits)),
        ("Are hazards proportional?", _proportionality(associations, config)),
        *([("Is the effect a straight line?", straight)] if straight else []),
        ("Quality control of the samples?", _soundness(associations, quality, config)),
        ("Is every patient included once?", _once(associations, duplicates, config)),
        *by_outcome,
        ("Sensitivity to method and model?", _other_choices(pooled, config)),
        ("Positive control (proliferation)?", _positive_control(pooled, associations, config)),
    ]


def pooled_result(
    pooled: pd.DataFrame, signature: str, method: str, endpoint: str, model: str
) -> pd.Series | None:
    """The one row of :data:`irf7bone.tables.pooled.POOLED`; None where it was not planned."""
    rows = pooled[
        (pooled["signature"] == signature)
        & (pooled["method"] == method)
        & (pooled["endpoint"] == endpoint)
        & (pooled["model"] == model)
    ]
    return None if rows.empty else rows.iloc[0]


def _about_bone(verdicts: pd.DataFrame) -> str:
    bone = verdicts[verdicts["endpoint"] == "bone"]
    if bone.empty:
        return "Bone metastasis was not among the endpoints of this run, so nothing here is about bone."
    row = bone.iloc[0]
    if row["k"] == 0:
        return (
            "No: no cohort of patients in this run gives an estimate for bone metastasis. "
            "What is said above is about another outcome."
        )
    patients = f"{counted(int(row['k']), 'cohort')} of patients"
    if row["is_primary"]:
        return f"Yes: bone metastasis is the primary endpoint, in {patients}."
    return f"For bone metastasis, in {patients}, the verdict is: {row['verdict']}."


def _adjustment(verdict: pd.Series) -> str:
    if is_missing(verdict["unadjusted_hr"]):
        return "No cohort has every model, so that cannot be told."
    nothing = not _is_shown(verdict, "hr_low", "hr_high") and not _is_shown(
        verdict, "unadjusted_low", "unadjusted_high"
    )
    return (
        f"{'No effect is shown that could be explained. ' if nothing else ''}"
        "The main estimate is adjusted for proliferation and ER. Unadjusted, in the same patients, the HR is "
        f"{_ratios(verdict, 'unadjusted_hr', 'unadjusted_low', 'unadjusted_high')}."
    )


def _against_random(verdict: pd.Series) -> str:
    if is_missing(verdict["random_hr"]):
        return "Not compared with random signatures in this run."
    nothing = "" if _is_shown(verdict, "hr_low", "hr_high") else "Cannot be said: no effect is shown. "
    return (
        f"{nothing}Given proliferation and the mean score of matched random signatures the HR is "
        f"{_ratios(verdict, 'random_hr', 'random_low', 'random_high')}. Its rank "
        "among random signatures is shown with them; it is not a test."
    )


def _is_shown(verdict: pd.Series, low: str, high: str) -> bool:
    """Whether an interval of the verdict excludes 1."""
    return bool(verdict[high] < 1 or verdict[low] > 1)


def _ratios(verdict: pd.Series, *columns: str) -> str:
    value, low, high = (quote(said_ratio(verdict[name]), "verdict", verdict, name) for name in columns)
    return f"{value} (95 % interval {low} to {high})"


def _heterogeneity(found: pd.Series | None, fits: pd.DataFrame) -> str:
    if found is None or found["status"] != "ok":
        return "There is no pooled estimate."
    if found["k"] == 1:
        return "There is one cohort only, so agreement cannot be told."
    i2 = quote(f"{found['i2']:.0f}", "pooled", found, "i2")
    tau2 = quote(f"{found['tau2']:.3f}", "pooled", found, "tau2")
    parts = [*directions(fits), f"I² {i2} %, tau² {tau2}."]
    if not is_missing(found["loo_low"]):
        ends = hazard_ratio(found["loo_low"]), hazard_ratio(found["loo_high"])
        parts.append(f"Leaving out one cohort at a time, the HR lies between {ends[0]} and {ends[1]}.")
    if not is_missing(found["further_low"]):
        parts.append(
            "In a further cohort the HR is expected within "
            f"{interval(found['further_low'], found['further_high'])} (Bayesian pool)."
        )
    return " ".join(parts)


def _primary_rows(associations: pd.DataFrame, config: Config) -> pd.DataFrame:
    primary = config.primary
    return associations[
        (associations["signature"] == primary.signature)
        & (associations["method"] == primary.method)
        & (associations["endpoint"] == primary.endpoint)
        & (associations["model"] == primary.model)
        & (associations["status"] == "ok")
    ]


def _soundness(associations: pd.DataFrame, quality: pd.DataFrame, config: Config) -> str:
    """Flagged samples of the cohorts behind the primary result."""
    behind = quality[quality["cohort"].isin(_primary_rows(associations, config)["cohort"])]
    if behind.empty:
        return "No cohort is behind the primary result."
    flagged = behind[behind["outlier"]].groupby("cohort", sort=False).size()
    if flagged.empty:
        return f"No sample of {counted(behind['cohort'].nunique(), 'cohort')} was flagged by quality control."
    sizes = behind.groupby("cohort", sort=False).size()
    named = [f"{number} of {sizes[cohort]} in {cohort}" for cohort, number in flagged.items()]
    return f"Flagged by quality control and still in the analysis: {listed(named)} (reasons under Cohorts)."


def _chosen(selected: Mapping[str, str]) -> str:
    """What it means that patients of some cohorts were chosen by the primary endpoint."""
    named = [f"in {cohort} ({rule})" for cohort, rule in selected.items()]
    return (
        f"Yes, {listed(named)}. A test of no association stays valid; the size of the hazard ratio there "
        "is not that of a population, and it enters the pooled estimate."
    )


def _once(associations: pd.DataFrame, duplicates: pd.DataFrame, config: Config) -> str:
    """Pairs of samples behind the primary result that may be one patient."""
    behind = set(_primary_rows(associations, config)["cohort"])
    if not behind:
        return "No cohort is behind the primary result."
    pairs = duplicates[duplicates["cohort"].isin(behind) & duplicates["other_cohort"].isin(behind)]
    found = pairs[pairs["status"].isin(SHARED)]
    across = found[found["cohort"] != found["other_cohort"]]
    said = "No patient appears to be included twice."
    if len(found) == 1:
        said = "No: two samples are one patient, and both are in the result"
        said += ", in two cohorts; the verdict is withheld until a card drops one." if len(across) else "."
    elif len(found):
        said = (
            f"No: {len(found)} pairs of samples are one patient each, and all are in "
            f"the result, {len(across)} of them across cohorts"
        )
        said += ", and the verdict is withheld until a card drops them." if len(across) else "."
    doubtful = [
        _pair(row) for row in pairs.to_dict("records") if row["status"] in ("possible", "contradicted")
    ]
    if doubtful:
        more = f" and {len(doubtful) - MOST_PAIRS} more" if len(doubtful) > MOST_PAIRS else ""
        named = "; ".join(doubtful[:MOST_PAIRS])
        each = " each" if len(doubtful) > 1 else ""
        said += (
            f" {counted(len(doubtful), 'further pair')} may be one patient{each}, to be looked at under "
            f"Losses and duplicates: {named}{more}."
        )
    if (pairs["status"] == "not_compared").any():
        said += " Some cohorts could be compared by sample id and clinical data only."
    return said


def _pair(row: Mapping[str, Any]) -> str:
    """``NKI_120 and NKI_122 in nki144``."""
    if row["cohort"] == row["other_cohort"]:
        return f"{row['sample']} and {row['other_sample']} in {row['cohort']}"
    return f"{row['sample']} in {row['cohort']} and {row['other_sample']} in {row['other_cohort']}"


def _proportionality(associations: pd.DataFrame, config: Config) -> str:
    rows = _primary_rows(associations, config)
    rows = rows[rows["ph_p"].notna()]
    if rows.empty:
        return "No cohort has a test of proportional hazards for this result."
    doubtful = rows[rows["ph_p"] < ALPHA]
    if doubtful.empty:
        return f"Nothing against it at p < {ALPHA:g} in {counted(len(rows), 'cohort')} tested."
    named = [f"{row['cohort']} ({p_clause(row['ph_p'])})" for _, row in doubtful.iterrows()]
    return f"Doubtful in {listed(named)}: there the HR is an average over time."


def _other_choices(pooled: pd.DataFrame, config: Config) -> str:
    primary = config.primary
    rows = as_quoted(
        pooled[
            (pooled["signature"] == primary.signature)
            & (pooled["endpoint"] == primary.endpoint)
            & (pooled["status"] == "ok")
        ]
    )
    if rows.empty:
        return "There is no pooled estimate by any method or model."
    below, above = int((rows["ci_high"] < 0).sum()), int((rows["ci_low"] > 0).sum())
    return (
        f"Over {counted(len(rows), 'combination')} of method and model the HR lies between "
        f"{hazard_ratio(rows['log_hr'].min())} and {hazard_ratio(rows['log_hr'].max())}; "
        f"{_apart(below, above)}."
    )


def _apart(below: int, above: int) -> str:
    if not below and not above:
        return "every 95 % interval includes 1"
    return f"{below} of the 95 % intervals lie wholly below 1 and {above} wholly above"


def _positive_control(pooled: pd.DataFrame, associations: pd.DataFrame, config: Config) -> str:
    primary = config.primary
    if primary.signature == config.proliferation_signature:
        return "The primary signature is the proliferation signature itself: there is no separate control."
    row = pooled_result(
        pooled, config.proliferation_signature, primary.method, primary.endpoint, "unadjusted"
    )
    if row is None or row["status"] != "ok":
        return "The positive control, proliferation, has no pooled unadjusted estimate for this endpoint."
    said = f"Positive control, {config.proliferation_signature}: {pooled_sentence(row)}"
    if row[quoted_columns(row["k"])[1]] > 0:
        return f"{said}. The known effect of proliferation is seen."
    cohorts = associations[
        (associations["signature"] == config.proliferation_signature)
        & (associations["method"] == primary.method)
        & (associations["endpoint"] == primary.endpoint)
        & (associations["model"] == "unadjusted")
        & (associations["status"] == "ok")
    ]
    shown = int((cohorts["ci_low"] > 0).sum())
    if shown and len(cohorts) > 1:
        return (
            f"{said}. The pooled interval includes 1, yet the known effect of proliferation is seen "
            f"in {shown} of {counted(len(cohorts), 'cohort')}: these data can show an effect of that size "
            "in single cohorts, not in the pooled interval."
        )
    return f"{said}. The known effect of proliferation is not seen here, so a null result is uninformative."


def simulated_sentences(check: pd.DataFrame) -> list[str]:
    """Whether what was planted in simulated cohorts was found.

    Args:
        check: Result of :func:`irf7bone.verdict.judge.simulated_check`.
    """
    said = []
    for row in check.to_dict("records"):
        planted = (
            f"{row['cohort']} (simulated, not patients): an HR of {hazard_ratio(row['planted_log_hr'])} per "
            f"SD was planted on {ENDPOINT_WORDS[row['endpoint']]}"
        )
        if row["status"] != "ok":
            said.append(
                f"{planted}; it could not be checked ({STATUS_WORDS[row['status']]}: {row['reason']})."
            )
            continue
        found = estimate(row["log_hr"], row["ci_low"], row["ci_high"])
        words = "inside the interval" if row["inside"] else "OUTSIDE the interval: do not trust this run"
        said.append(
            f"{planted}; the workflow finds {found}, {MODEL_WORDS[row['model']]}. The planted value is "
            f"{words}."
        )
    return said


def months(value: Any) -> str:
    """Months with one decimal, or that the median is not reached."""
    if is_missing(value) or math.isnan(float(value)):
        return "not reached"
    return f"{float(value):.1f} months"
