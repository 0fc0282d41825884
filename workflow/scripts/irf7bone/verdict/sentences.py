"""The sentences of a verdict, made from its numbers and codes; nothing decides by reading them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import ENDPOINT_WORDS, counted, is_missing, said_ratio
from irf7bone.verdict.evidence import Evidence
from irf7bone.verdict.rules import CODES, COHORTS_FAILED, Decision

if TYPE_CHECKING:
    from irf7bone.study.settings import VerdictSettings


def say(
    row: Mapping[str, Any], evidence: Evidence, decision: Decision, settings: VerdictSettings
) -> tuple[str, str]:
    """The finding in a sentence, and why it is called what it is called.

    Args:
        row: Numbers of :data:`irf7bone.tables.verdict.VERDICT`, endpoint and counts among them.
        evidence: What was decided by.
        decision: What was decided.
        settings: The size looked for.

    Returns:
        Lead and details.
    """
    if decision.rule == "no_data":
        return _no_data(row, evidence), "No statement is made."
    if not evidence.models:
        return _no_data(row, evidence), _codes("Withheld because", decision.hard)
    parts = [
        _WHY[decision.rule](row, settings),
        _exploratory(evidence),
        _further(row),
        _not_of_bone(row, evidence),
        _codes("Withheld because", decision.hard),
        _codes("With the reservation", decision.soft),
    ]
    return _found(row), " ".join(part for part in parts if part)


def hr_words(hazard_ratio: float) -> str:
    """A hazard ratio with two decimals, and more where two would round it to 1 and hide its side."""
    said = said_ratio(hazard_ratio)
    if said != "1.00" or hazard_ratio == 1:
        return said
    said = f"{hazard_ratio:.4f}"
    return said if said != "1.0000" else f"1 {'+' if hazard_ratio > 1 else '-'} {abs(hazard_ratio - 1):.1g}"


def probability(value: float) -> str:
    """A probability with two decimals, and neither 0 nor 1."""
    if value < 0.005:
        return "under 0.01" if value < 0.001 else f"{value:.3f}"
    return f"{value:.2f}" if value <= 0.995 else ("over 0.99" if value > 0.999 else f"{value:.3f}")


def estimate_words(row: Mapping[str, Any], *columns: str) -> str:
    """``0.74 (95 % interval 0.60 to 0.91)`` of three columns."""
    value, low, high = (hr_words(row[name]) for name in columns)
    return f"{value} (95 % interval {low} to {high})"


def _no_data(row: Mapping[str, Any], evidence: Evidence) -> str:
    endpoint = ENDPOINT_WORDS[row["endpoint"]]
    if evidence.recorded:
        return (
            f"No cohort of patients that is pooled gives every model for {endpoint}: claim_models.tsv says "
            "why "
            "of each."
        )
    return f"No cohort of patients that is pooled records {endpoint}."


def _found(row: Mapping[str, Any]) -> str:
    pooled = "pooled " if row["k"] > 1 else ""
    return (
        f"In {counted(row['k'], 'cohort')} of patients with {counted(row['n'], 'tumour')} and "
        f"{counted(row['n_events'], 'event')} the {pooled}hazard ratio of "
        f"{ENDPOINT_WORDS[row['endpoint']]} for "
        "one standard deviation (SD) of the score, adjusted for proliferation and ER, is "
        f"{estimate_words(row, 'hr', 'hr_low', 'hr_high')}."
    )


def _size(settings: VerdictSettings) -> str:
    return f"{hr_words(settings.smallest_hr)} or lower, or {hr_words(1 / settings.smallest_hr)} or higher,"


def _beyond_random(row: Mapping[str, Any]) -> str:
    if is_missing(row.get("random_hr")):
        return "It was not compared with random signatures."
    return (
        "Given proliferation and the mean of matched random scores it is "
        f"{estimate_words(row, 'random_hr', 'random_low', 'random_high')}."
    )


def _one_side(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        "It lies on that side of 1 given proliferation alone, given ER too, and with both calibrated for "
        f"measurement error. {_beyond_random(row)}"
    )


def _smaller(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        "It lies on that side of 1 in every model, and every model excludes a hazard ratio of "
        f"{_size(settings)} "
        f"the size looked for. {_beyond_random(row)}"
    )


def _nothing(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        f"Every model excludes a hazard ratio of {_size(settings)} the size looked for. {_beyond_random(row)}"
    )


def _not_random(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        "The effect is shown given proliferation and ER, and less than half of it is left given the mean "
        "of matched "
        f"random scores, more than chance takes away. {_beyond_random(row)}"
    )


def _not_proliferation(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        f"Unadjusted it is {estimate_words(row, 'unadjusted_hr', 'unadjusted_low', 'unadjusted_high')}; "
        "given "
        "proliferation less than half of that is left, more than chance takes away."
    )


def _open(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return (
        "An effect is not shown in every model, and one of the size looked for (hazard ratio of "
        f"{_size(settings)[:-1]}) is not excluded in every model. {_beyond_random(row)}"
    )


def _one_cohort(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    shown = "One cohort shows it, by its own intervals in every model; no other has tested it."
    return f"{shown} {_beyond_random(row)}"


def _one_cohort_open(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return f"With one cohort, nothing is known of the differences between cohorts. {_beyond_random(row)}"


def _premise(row: Mapping[str, Any], settings: VerdictSettings) -> str:
    return ""


_WHY: dict[str, Callable[[Mapping[str, Any], VerdictSettings], str]] = {
    COHORTS_FAILED: _premise,
    "premise": _premise,
    "one_cohort": _one_cohort,
    "one_cohort_open": _one_cohort_open,
    "smaller": _smaller,
    "no_effect_premise": _nothing,
    "no_effect": _nothing,
    "supported": _one_side,
    "contradicted": _one_side,
    "not_specific_random": _not_random,
    "not_specific_proliferation": _not_proliferation,
    "open": _open,
}


def _exploratory(evidence: Evidence) -> str:
    if evidence.primary:
        return ""
    said = "Exploratory: not named before the run"
    return f"{said}." if math.isnan(evidence.q) else f"{said}, q = {evidence.q:.2g}."


def _not_of_bone(row: Mapping[str, Any], evidence: Evidence) -> str:
    if row["endpoint"] == "bone" or not evidence.primary:
        return ""
    return f"This is about {ENDPOINT_WORDS[row['endpoint']]} and says nothing of bone metastasis."


def _further(row: Mapping[str, Any]) -> str:
    if row["k"] < 2:
        return ""
    below = probability(row["further_below_1"])
    return f"In a further cohort like these it lies below 1 with probability {below}."


def _codes(heading: str, codes: tuple[str, ...]) -> str:
    return f"{heading}: {'; '.join(CODES[code] for code in codes)}." if codes else ""
