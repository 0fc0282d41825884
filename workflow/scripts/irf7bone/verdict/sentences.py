"""The sentences of a verdict, made from its numbers and codes; nothing decides by reading them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import ENDPOINT_WORDS, counted, is_missing, listed, said_ratio
from irf7bone.verdict.evidence import CLAIMED, RANDOM, Evidence
from irf7bone.verdict.rules import COHORTS_FAILED, NOT_EVERY_COHORT, SAMPLED_BY_OUTCOME, Decision, code_words

if TYPE_CHECKING:
    from irf7bone.study.settings import VerdictSettings


@dataclass(frozen=True)
class NamedCohorts:
    """Cohorts behind a verdict that its sentences name.

    Args:
        er: Cohort -> how ER was adjusted for, one of :data:`irf7bone.tables.claim.ER_KINDS`.
        sampled: Cohorts whose patients were chosen by the outcome.
        lacking: Cohorts that are not judged for want of a model.
    """

    er: Mapping[str, str] = field(default_factory=dict)
    sampled: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def say(
    row: Mapping[str, Any],
    evidence: Evidence,
    decision: Decision,
    settings: VerdictSettings,
    named: NamedCohorts,
) -> tuple[str, str]:
    """The finding in a sentence, and why it is called what it is called.

    Args:
        row: Numbers of :data:`irf7bone.tables.verdict.VERDICT`, endpoint and counts among them.
        evidence: What was decided by.
        decision: What was decided.
        settings: The size looked for.
        named: Cohorts that the sentences name.

    Returns:
        Lead and details.
    """
    if decision.rule == "no_data":
        return _no_data(row, evidence), "No statement is made."
    if not evidence.models:
        return _no_data(row, evidence), _codes("Withheld because", decision.hard, named)
    parts = [
        _WHY[decision.rule](row, evidence, settings),
        _exploratory(evidence),
        _further(row),
        _not_of_bone(row, evidence),
        _codes("Withheld because", decision.hard, named),
        _codes("With the reservation", decision.soft, named),
    ]
    return _found(row, named.er), " ".join(part for part in parts if part)


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


def er_exceptions(kinds: Mapping[str, str]) -> list[str]:
    """In which cohorts ER was adjusted for otherwise than by its status; nothing where in none.

    Args:
        kinds: Cohort -> one of :data:`irf7bone.tables.claim.ER_KINDS`.
    """
    said = (
        ("expression", "by ESR1 expression in place of ER status in {}"),
        (
            "restricted",
            "without ER as a covariate in {}, where all but fewer than five tumours have one ER status",
        ),
        ("none", "not for ER in {}, without a usable ER status or ESR1"),
    )
    cohorts = {kind: [name for name, own in kinds.items() if own == kind] for kind, _ in said}
    return [words.format(listed(cohorts[kind])) for kind, words in said if cohorts[kind]]


def _found(row: Mapping[str, Any], er: Mapping[str, str]) -> str:
    otherwise = er_exceptions(er)
    how = f" ({'; '.join(otherwise)})" if otherwise else ""
    pooled = "pooled " if row["k"] > 1 else ""
    return (
        f"In {counted(row['k'], 'cohort')} of patients with {counted(row['n'], 'tumour')} and "
        f"{counted(row['n_events'], 'event')} the {pooled}hazard ratio of "
        f"{ENDPOINT_WORDS[row['endpoint']]} for "
        f"one standard deviation (SD) of the score, adjusted for proliferation and ER{how}, is "
        f"{estimate_words(row, 'hr', 'hr_low', 'hr_high')}."
    )


def _size(settings: VerdictSettings) -> str:
    return f"{hr_words(settings.smallest_hr)} or lower, or {hr_words(1 / settings.smallest_hr)} or higher,"


def _beyond_random(row: Mapping[str, Any]) -> str:
    if is_missing(row.get("random_hr")):
        return "It was not compared with random signatures."
    return (
        "Given proliferation and the mean of matched random scores the hazard ratio is "
        f"{estimate_words(row, 'random_hr', 'random_low', 'random_high')}."
    )


def _one_side(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return (
        "The hazard ratio lies on one side of 1 given proliferation alone, given ER too, and with both "
        f"calibrated for measurement error. {_beyond_random(row)}"
    )


def _smaller(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return (
        "The hazard ratio lies on one side of 1 in every model, and every model excludes a hazard ratio of "
        f"{_size(settings)} "
        f"the size looked for. {_beyond_random(row)}"
    )


def _nothing(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return (
        f"Every model excludes a hazard ratio of {_size(settings)} the size looked for. {_beyond_random(row)}"
    )


def _not_random(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return (
        "The effect is shown given proliferation and ER, and less than half of it is left given the mean "
        "of matched "
        f"random scores, more than chance takes away. {_beyond_random(row)}"
    )


def _not_proliferation(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    unadjusted = estimate_words(row, "unadjusted_hr", "unadjusted_low", "unadjusted_high")
    return (
        f"Unadjusted the hazard ratio is {unadjusted}; given proliferation less than half of that is left, "
        "more than chance takes away."
    )


def _open(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    shown = any(reading.side for reading in evidence.models.values())
    excluded = any(reading.inside for name in (*CLAIMED, RANDOM) if (reading := evidence.sized.get(name)))
    size = f"one of the size looked for (hazard ratio of {_size(settings)[:-1]})"
    effect = "An effect is not shown in every model" if shown else "No model shows an effect"
    other = f"{size} is not excluded in every model" if excluded else f"none excludes {size}"
    return f"{effect}, and {other}. {_beyond_random(row)}"


def _one_cohort(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    shown = "One cohort shows an effect, by its own intervals in every model; no other has tested it."
    return f"{shown} {_beyond_random(row)}"


def _one_cohort_open(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return f"With one cohort, nothing is known of the differences between cohorts. {_beyond_random(row)}"


def _premise(row: Mapping[str, Any], evidence: Evidence, settings: VerdictSettings) -> str:
    return ""


_WHY: dict[str, Callable[[Mapping[str, Any], Evidence, VerdictSettings], str]] = {
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
    return f"In a further cohort like these the hazard ratio lies below 1 with probability {below}."


def _codes(heading: str, codes: tuple[str, ...], named: NamedCohorts) -> str:
    of_codes = {SAMPLED_BY_OUTCOME: named.sampled, NOT_EVERY_COHORT: named.lacking}
    said = "; ".join(code_words(code, of_codes) for code in codes)
    return f"{heading}: {said}." if codes else ""
