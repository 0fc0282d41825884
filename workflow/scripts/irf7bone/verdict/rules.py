"""The decision table: from evidence to one word, the line that gave it, and codes.

Every word needs that something is shown; that something is not significant never gives one. An effect must
be on one side given proliferation, given proliferation and ER, and given both calibrated for measurement
error (intersection-union: no cost of multiplicity; Berger 1982, Technometrics 24:295), and beyond random
signatures. No effect of the size looked for is two one-sided tests in each model (Schuirmann 1987, J
Pharmacokinet Biopharm 15:657). How often each word errs is simulated in docs/statistics/calibration.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from irf7bone.base.phrases import listed
from irf7bone.base.vocabulary import (
    CONTRADICTED,
    NO_DATA,
    NO_EFFECT,
    NOT_SPECIFIC,
    ONE_COHORT,
    SMALLER,
    SUPPORTED,
    TOO_LITTLE,
    WITHHELD,
)
from irf7bone.verdict.evidence import (
    BEYOND_CHANCE,
    CLAIM,
    CLAIMED,
    EXCLUDES,
    PROLIFERATION,
    RANDOM,
    RANDOM_CALIBRATED,
    UNADJUSTED,
    Evidence,
    Reading,
)

HALF = 0.5  # of an effect: less is left of one that is gone
Q_LIMIT = 0.05
# below this probability of its side without one cohort, that cohort carries the effect
CARRIED = 0.9
# a reliability that a proliferation score may well not have
FRAGILE = 0.6

SAMPLED_BY_OUTCOME = "sampled_by_outcome"
NOT_EVERY_COHORT = "not_every_cohort"
# what is said of the cohorts that a code is about
_OF_COHORTS = {
    SAMPLED_BY_OUTCOME: (
        "patients of {} were chosen by this outcome: a valid test, no hazard ratio of a population"
    ),
    NOT_EVERY_COHORT: "without {}, where a model that the verdict needs has no estimate",
}

CODES: dict[str, str] = {
    "cohorts_failed": "jobs of a cohort that has this endpoint failed, so that it is not in these results",
    "overlap_suspected": "cohorts share patients: drop them in the card of the cohort with fewer events",
    "selected_on_outcome": "nearly all patients of a cohort have the event, and its card does not say why",
    "unadjusted_er": "cohorts without a usable ER status or ESR1 carry over 20 % of the weight",
    "control_failed": "proliferation, the positive control, does not show",
    "non_proportional": "the hazard ratio changes between the early and the late half of the events",
    SAMPLED_BY_OUTCOME: _OF_COHORTS[SAMPLED_BY_OUTCOME].format("a cohort"),
    "contradicted_ids": "sample names of two cohorts agree where their data do not",
    NOT_EVERY_COHORT: _OF_COHORTS[NOT_EVERY_COHORT].format("a cohort with this endpoint"),
    "pi_includes_1": "in a further cohort the effect may be on the other side",
    "one_cohort_carries_it": "without one of the cohorts the effect does not show",
    "unadjusted_differs": "unadjusted, the effect does not show, or on the other side",
    "prior_decides": "a prior of less difference between cohorts gives another word",
    "interval_disagrees": "the modified Knapp-Hartung interval says otherwise",
    "confounding_fragile": "the effect is gone if proliferation is measured with a reliability above 0.6",
    "specificity_open": "the effect is not told from that of random signatures",
    "null_not_drawn": "no random signatures were drawn: specificity was not tested",
    "differs_by_site": "bone and other sites differ",
}
# whatever would be said is withheld
COHORTS_FAILED = "cohorts_failed"
STOPS = frozenset({COHORTS_FAILED, "overlap_suspected", "selected_on_outcome", "unadjusted_er"})
# they forbid to say that there is nothing, and stand beside an effect that shows
STOPS_NO_EFFECT = frozenset({"control_failed", "non_proportional"})


def code_words(code: str, named: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """What a code says, with the cohorts that it is about where they are known.

    Args:
        code: Of :data:`CODES`.
        named: Code -> cohorts as they are to be named, for the codes that are about some of them.
    """
    return _OF_COHORTS[code].format(listed(named[code])) if named.get(code) else CODES[code]


@dataclass(frozen=True)
class Decision:
    """What may be said.

    Args:
        word: One of :data:`irf7bone.base.vocabulary.VERDICTS`.
        rule: Name of the line of the table that fitted first.
        hard: Codes for which the word is withheld.
        soft: Codes that stand beside the word.
    """

    word: str
    rule: str
    hard: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()


RULES: tuple[tuple[str, str, str], ...] = (
    (COHORTS_FAILED, "jobs of a cohort that has the endpoint failed", WITHHELD),
    ("no_data", "no real cohort records the endpoint, or none has every model", NO_DATA),
    ("premise", "a premise of any verdict fails", WITHHELD),
    ("one_cohort", "one cohort, and every model on one side by its own interval", ONE_COHORT),
    ("one_cohort_open", "one cohort otherwise", TOO_LITTLE),
    ("smaller", "an effect on one side in every model, and smaller than the size looked for", SMALLER),
    ("no_effect_premise", "smaller than the size looked for in every model, but a premise fails", WITHHELD),
    ("no_effect", "smaller than the size looked for in every model", NO_EFFECT),
    ("supported", "more score, less of the outcome in every model", SUPPORTED),
    ("contradicted", "more score, more of the outcome in every model", CONTRADICTED),
    ("not_specific_random", "an effect that is gone given random signatures", NOT_SPECIFIC),
    ("not_specific_proliferation", "an unadjusted effect that is gone given proliferation", NOT_SPECIFIC),
    ("open", "none of these", TOO_LITTLE),
)
_WORD = {name: word for name, _, word in RULES}


def decide(evidence: Evidence) -> Decision:
    """The first line of :data:`RULES` that fits.

    Args:
        evidence: Pooled models and premises of one endpoint.

    Returns:
        Word, line and codes.
    """
    rule = _rule(evidence)
    hard = _hard(rule, evidence)
    return Decision(_WORD[rule], rule, _ordered(hard), _ordered(_soft(rule, evidence) - hard))


def claimed_side(evidence: Evidence) -> int:
    """The side that all of CLAIMED share, 0 where they share none.

    A result that was not named before the run needs its q as well.
    """
    if not evidence.primary and not evidence.q <= Q_LIMIT:
        return 0
    return _common_side(evidence, CLAIMED)


def is_gone(before: Reading, after: Reading, z: float) -> bool:
    """Whether an adjustment takes an effect away, and not merely its significance.

    Less than half is left, the attenuation is more than chance, and what is left excludes the size that
    was looked for.

    Args:
        before: Pooled without the adjustment.
        after: Pooled with it.
        z: Attenuation (before minus after) over its standard error.
    """
    direction = math.copysign(1.0, before.log_hr)
    return direction * z > BEYOND_CHANCE and _is_small(before, after)


def _is_small(before: Reading, after: Reading) -> bool:
    direction = math.copysign(1.0, before.log_hr)
    less = direction * after.log_hr < HALF * abs(before.log_hr)
    return less and after.beyond_size(direction) < EXCLUDES


def _rule(evidence: Evidence) -> str:
    if COHORTS_FAILED in evidence.premises:
        return COHORTS_FAILED
    if not evidence.recorded or evidence.k == 0:
        return "no_data"
    if evidence.premises & STOPS:
        return "premise"
    effect = claimed_side(evidence)
    held = effect if effect and _common_side(evidence, (RANDOM,)) == effect else 0
    if evidence.k == 1:
        return "one_cohort" if held else "one_cohort_open"
    if _all_inside(evidence):
        if held:
            return "smaller"
        return "no_effect_premise" if evidence.premises & STOPS_NO_EFFECT else "no_effect"
    if held:
        return "supported" if held < 0 else "contradicted"
    if effect and _gone_by_random(evidence):
        return "not_specific_random"
    if not effect and _gone_by_proliferation(evidence):
        return "not_specific_proliferation"
    return "open"


def _common_side(evidence: Evidence, models: tuple[str, ...]) -> int:
    sides = {evidence.models[name].side if name in evidence.models else 0 for name in models}
    return sides.pop() if len(sides) == 1 else 0


def _all_inside(evidence: Evidence) -> bool:
    return all(name in evidence.sized and evidence.sized[name].inside for name in (*CLAIMED, RANDOM))


def _gone_by_random(evidence: Evidence) -> bool:
    models = evidence.models
    if RANDOM not in models or RANDOM_CALIBRATED not in models:
        return False
    gone = is_gone(models[PROLIFERATION], models[RANDOM], evidence.z_random)
    return gone and _is_small(models[PROLIFERATION], models[RANDOM_CALIBRATED])


def _gone_by_proliferation(evidence: Evidence) -> bool:
    models = evidence.models
    shown = evidence.primary or evidence.q <= Q_LIMIT
    return (
        shown
        and models[UNADJUSTED].side != 0
        and is_gone(models[UNADJUSTED], models[PROLIFERATION], evidence.z_proliferation)
    )


def _hard(rule: str, evidence: Evidence) -> frozenset[str]:
    if rule in ("premise", COHORTS_FAILED):
        return evidence.premises & STOPS
    return evidence.premises & STOPS_NO_EFFECT if rule == "no_effect_premise" else frozenset()


def _soft(rule: str, evidence: Evidence) -> frozenset[str]:
    """What stands beside the word: nothing where there is no data, remarks always, the rest of an effect."""
    if rule == "no_data" or not evidence.models:
        return frozenset()
    codes = set(evidence.remarks)
    if RANDOM not in evidence.models:
        codes.add("null_not_drawn")
    effect = claimed_side(evidence)
    if effect:
        codes |= _beside_an_effect(rule, evidence)
        codes |= evidence.premises & STOPS_NO_EFFECT
    claim = evidence.models[CLAIM].side
    if evidence.models[UNADJUSTED].side != claim:
        codes.add("unadjusted_differs")
    if evidence.k > 1 and evidence.hartung_knapp_side != claim:
        codes.add("interval_disagrees")
    if evidence.k > 1 and evidence.narrow is not None and _rule(evidence.narrow) != rule:
        codes.add("prior_decides")
    return frozenset(codes)


def _beside_an_effect(rule: str, evidence: Evidence) -> set[str]:
    low, high = evidence.predicted
    found = {
        "pi_includes_1": evidence.k > 1 and low < 0 < high,  # of one cohort the prior alone says it
        "one_cohort_carries_it": evidence.least_left_out < CARRIED,
        "confounding_fragile": evidence.vanishing > FRAGILE,
        "specificity_open": rule in ("open", "one_cohort_open"),
    }
    return {code for code, there in found.items() if there}


def _ordered(codes: frozenset[str]) -> tuple[str, ...]:
    """In the order of :data:`CODES`."""
    return tuple(code for code in CODES if code in codes)
