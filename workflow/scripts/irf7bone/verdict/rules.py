"""The rules of the verdict, in the order they are tried; the first that fits decides.

The rules are the same for both directions: negating every log hazard ratio turns *supported* into
*contradicted* and leaves the other verdicts as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.base.vocabulary import ALPHA, CONTRADICTED, NO_EVIDENCE, NOT_SPECIFIC, SUPPORTED, TOO_LITTLE
from irf7bone.verdict.sentences import (
    BONE,
    HALF,
    Evidence,
    reaches_smallest,
    say_blurred,
    say_effect,
    say_few_events,
    say_includes_one,
    say_multiplicity,
    say_not_adjusted,
    say_not_held,
    say_nothing_there,
    say_one_cohort,
    say_random,
    say_seen_in_these,
    seen_in_these,
    share_left,
    tells_nothing,
    these_cohorts,
)


@dataclass(frozen=True)
class Rule:
    """One line of the table: when it fits, what it says, and the sentence that explains it."""

    name: str
    when: str
    verdict: str
    fits: Callable[[Evidence], bool]
    sentence: Callable[[Evidence], str]


def decide(evidence: Evidence) -> tuple[Rule, str]:
    """The first rule that fits, and the explanation with the numbers."""
    rule = next(rule for rule in RULES if rule.fits(evidence))
    said = rule.sentence(evidence)
    if evidence.endpoint != BONE and evidence.found.k:
        said += f" This is about {ENDPOINT_WORDS[evidence.endpoint]} and says nothing of bone metastasis."
    return rule, said


RULES = (
    Rule(
        "R1",
        "no real cohort gives an estimate",
        TOO_LITTLE,
        lambda e: e.found.k == 0,
        say_nothing_there,
    ),
    Rule(
        "R2",
        "the interval includes 1, and there are fewer events than the smallest effect needs, or what these "
        "cohorts show together includes both that effect and its inverse",
        TOO_LITTLE,
        lambda e: e.found.side == 0 and (e.n_events < e.events_needed or tells_nothing(e, these_cohorts(e))),
        say_few_events,
    ),
    Rule(
        "R3",
        "the interval includes 1, but what these cohorts show together excludes 1 and may be the smallest "
        "effect or a stronger one",
        TOO_LITTLE,
        lambda e: e.found.side == 0 and seen_in_these(e),
        say_seen_in_these,
    ),
    Rule(
        "R4",
        "the interval includes 1",
        NO_EVIDENCE,
        lambda e: e.found.side == 0,
        say_includes_one,
    ),
    Rule(
        "R5",
        "the interval excludes 1, but the endpoint is not the primary one and q is above 0.05; and there are "
        "fewer events than the smallest effect needs, or the interval holds that effect",
        TOO_LITTLE,
        lambda e: (
            not e.is_primary
            and not e.q <= ALPHA
            and (e.n_events < e.events_needed or reaches_smallest(e, e.found))
        ),
        say_multiplicity,
    ),
    Rule(
        "R6",
        "the interval excludes 1, but the endpoint is not the primary one and q is above 0.05",
        NO_EVIDENCE,
        lambda e: not e.is_primary and not e.q <= ALPHA,
        say_multiplicity,
    ),
    Rule(
        "R7",
        "the interval excludes 1, in one cohort only",
        TOO_LITTLE,
        lambda e: e.found.k == 1,
        say_one_cohort,
    ),
    Rule(
        "R8",
        "the interval excludes 1, but fewer than two cohorts give an estimate adjusted for proliferation",
        TOO_LITTLE,
        lambda e: e.adjusted.k < 2,
        say_not_adjusted,
    ),
    Rule(
        "R9",
        "the interval excludes 1, but the one adjusted for proliferation does not on the same side, and less "
        "than half of the log hazard ratio is left",
        NOT_SPECIFIC,
        lambda e: e.adjusted.side != e.found.side and share_left(e) < HALF,
        say_not_held,
    ),
    Rule(
        "R10",
        "the interval excludes 1, but the one adjusted for proliferation does not on the same side",
        TOO_LITTLE,
        lambda e: e.adjusted.side != e.found.side,
        say_blurred,
    ),
    Rule(
        "R11",
        "the interval excludes 1, but random signatures do as well (p above 0.05, where they were drawn)",
        NOT_SPECIFIC,
        lambda e: e.null_p > ALPHA,
        say_random,
    ),
    Rule(
        "R12",
        "the interval lies wholly below 1 and all of the above is passed",
        SUPPORTED,
        lambda e: e.found.side < 0,
        say_effect,
    ),
    Rule(
        "R13",
        "the interval lies wholly above 1 and all of the above is passed",
        CONTRADICTED,
        lambda e: e.found.side > 0,
        say_effect,
    ),
)
