"""The rules of the verdict, in the order they are tried; the first that fits decides.

The rules are the same for both directions: negating every log hazard ratio turns *supported* into
*contradicted* and leaves the other verdicts as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from irf7bone.wording import ENDPOINT_WORDS, counted, hazard_ratio, p_clause

ALPHA = 0.05
DISAGREE = 0.10  # Cochran's Q is weak with few cohorts, so its usual limit is not 0.05
BONE = "bone"
SUPPORTED, CONTRADICTED = "supported", "contradicted"
NO_EVIDENCE, TOO_LITTLE, NOT_SPECIFIC = "no evidence", "too little data", "not specific"
VERDICTS = (SUPPORTED, CONTRADICTED, NO_EVIDENCE, TOO_LITTLE, NOT_SPECIFIC)


@dataclass(frozen=True)
class Pooled:
    """One pooled result as logs of hazard ratios; NaN where there is none."""

    k: int
    log_hr: float
    low: float
    high: float
    reason: str | None

    @property
    def side(self) -> int:
        """-1 where the interval lies wholly below HR 1, 1 where wholly above, else 0."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Evidence:
    """All that the rules see of one endpoint.

    Attributes:
        endpoint: The endpoint judged.
        is_primary: Whether it is the one that was named before the run.
        found: The primary signature, method and model, pooled over real cohorts.
        average: The same averaged over these very cohorts by precision, without room for others to differ.
        agreement_p: Cochran's Q test that the cohorts have one effect; NaN for fewer than two.
        adjusted: The same as ``found`` with proliferation in the model.
        itself_adjusted: Whether the primary model already holds proliferation, so that both are one.
        n: Samples behind ``found``.
        n_events: Events behind ``found``.
        events_needed: Events to see ``smallest_hr`` with ``power``.
        p: p of ``found``.
        q: Its Benjamini-Hochberg value; NaN for the primary endpoint.
        null_p: p against random signatures, all cohorts together; NaN where no null was drawn.
        pi: 95 % prediction interval, logs; NaN under three cohorts.
        loo: Range of the pooled log hazard ratio when one cohort is left out; NaN under two.
        recorded: Whether a real cohort records the endpoint.
        recorded_in_simulated: Whether a simulated one does.
        smallest_hr: Smallest hazard ratio per standard deviation that matters, from the config.
        power: Power asked for, from the config.
    """

    endpoint: str
    is_primary: bool
    found: Pooled
    average: Pooled
    agreement_p: float
    adjusted: Pooled
    itself_adjusted: bool
    n: int
    n_events: int
    events_needed: int
    p: float
    q: float
    null_p: float
    pi: tuple[float, float]
    loo: tuple[float, float]
    recorded: bool
    recorded_in_simulated: bool
    smallest_hr: float
    power: float


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


def hr_words(log_hr: float) -> str:
    """A hazard ratio with two decimals, and more where two would round it to 1 and hide its side."""
    said = hazard_ratio(log_hr)
    if said != "1.00" or log_hr == 0:
        return said
    said = f"{math.exp(log_hr):.4f}"
    return said if said != "1.0000" else f"1 {'+' if log_hr > 0 else '-'} {abs(math.expm1(log_hr)):.1g}"


def _estimate(pooled: Pooled) -> str:
    return f"{hr_words(pooled.log_hr)} (95 % interval {hr_words(pooled.low)} to {hr_words(pooled.high)})"


def _p(p: float, name: str = "p") -> str:
    if abs(p - ALPHA) < 0.001:  # never rounded onto the limit it is judged by
        return f"{name} = {p:.4f}"
    return name + p_clause(p).removeprefix("p")


def _found(e: Evidence) -> str:
    pooled = "pooled " if e.found.k > 1 else ""
    return (
        f"In {counted(e.found.k, 'real cohort')} with {counted(e.n, 'tumour')} and "
        f"{counted(e.n_events, 'event')} the {pooled}hazard ratio of {ENDPOINT_WORDS[e.endpoint]} for one "
        f"standard deviation more score is {_estimate(e.found)}, {_p(e.p)}."
    )


def _adjusted(e: Evidence) -> str:
    if e.itself_adjusted:
        return "The model itself adjusts for proliferation."
    if not e.adjusted.k:
        return f"There is no estimate adjusted for proliferation ({e.adjusted.reason})."
    return (
        f"Adjusted for proliferation it is {_estimate(e.adjusted)} in {counted(e.adjusted.k, 'real cohort')}."
    )


def _small_effect(e: Evidence) -> str:
    """Whether the interval still allows the smallest effect that the claim would need."""
    smallest = -abs(math.log(e.smallest_hr))
    if e.found.low > smallest:
        return (
            f"The interval excludes a hazard ratio of {hr_words(smallest)} or lower: the smallest effect "
            "looked for, and any stronger one."
        )
    return (
        f"The interval does not exclude a hazard ratio of {hr_words(smallest)}, the smallest effect looked "
        "for: no evidence of an effect is not evidence of none."
    )


def _two_cohorts(e: Evidence) -> str:
    if e.found.k != 2:
        return ""
    return "With two cohorts the interval has one degree of freedom (12.7 standard errors either way)" + (
        " and can hardly exclude anything." if e.found.side == 0 else ", and yet excludes 1."
    )


def _robustness(e: Evidence) -> str:
    parts = [f"Leaving out any one cohort it lies between {hr_words(e.loo[0])} and {hr_words(e.loo[1])}."]
    if not math.isnan(e.pi[0]):
        includes = ", which includes 1" if e.pi[0] <= 0 <= e.pi[1] else ""
        expected = f"{hr_words(e.pi[0])} and {hr_words(e.pi[1])}"
        parts.append(
            f"In a further cohort like these it is expected between {expected}{includes} (95 % prediction "
            "interval)."
        )
    if math.isnan(e.null_p):
        parts.append("It was not compared with random signatures.")
    else:
        parts.append(f"It is further from 1 than random signatures of the same size: {_p(e.null_p)}.")
    return " ".join(parts)


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _say_nothing_there(e: Evidence) -> str:
    if e.recorded:
        return f"No result for {ENDPOINT_WORDS[e.endpoint]} can be pooled: {e.found.reason}."
    simulated = "; the simulated one does not count" if e.recorded_in_simulated else ""
    return f"No real cohort in this run records {ENDPOINT_WORDS[e.endpoint]}{simulated}."


def _tells_nothing(e: Evidence, pooled: Pooled) -> bool:
    """Whether an interval holds the smallest effect looked for and its opposite, so that both are open."""
    smallest = abs(math.log(e.smallest_hr))
    return pooled.low <= -smallest and pooled.high >= smallest


def _these_cohorts(e: Evidence) -> Pooled:
    """What is known of these very cohorts: their average, unless they visibly disagree.

    Two or three cohorts say next to nothing of how far others would differ, and the pooled interval has that
    in it. What these cohorts show together is another question, with an answer of its own (Hedges and Vevea
    1998, Psychol Methods 3:486).
    """
    return e.found if e.agreement_p < DISAGREE else e.average


def _say_few_events(e: Evidence) -> str:
    smallest = abs(math.log(e.smallest_hr))
    needs = f"it takes {e.events_needed} events to see a hazard ratio of {hr_words(-smallest)} with "
    needs += f"{100 * e.power:g} % power"
    if e.n_events < e.events_needed:
        return _join(_found(e), f"The interval includes 1, and {needs}.", _two_cohorts(e))
    return _join(
        _found(e),
        f"The interval includes 1, but {hr_words(-smallest)} and {hr_words(smallest)} as well: it tells an "
        "effect of the size looked for neither from none nor from its opposite.",
        _two_cohorts(e),
        f"The cohorts disagree ({_p(e.agreement_p)} that they have one effect), so their average says no "
        "more."
        if e.agreement_p < DISAGREE
        else "",
        _adjusted(e),
    )


def _average(e: Evidence) -> str:
    """What these cohorts show together, where the pooled interval alone would tell nothing."""
    smallest = abs(math.log(e.smallest_hr))
    held = (
        f"which excludes a hazard ratio of {hr_words(-smallest)} or lower, the smallest effect looked for"
        if e.average.low > -smallest
        else f"which does not exclude a hazard ratio of {hr_words(-smallest)}, the smallest effect looked for"
    )
    return (
        f"Averaged over these {e.found.k} cohorts, which do not visibly disagree ({_p(e.agreement_p)}), it "
        "is "
        f"{_estimate(e.average)}, {held}. Nothing is seen in these cohorts; how far others would differ they "
        "cannot tell."
    )


def _disagreement(e: Evidence) -> str:
    """Said where leaving one cohort out moves the pooled effect by the smallest effect looked for."""
    smallest = abs(math.log(e.smallest_hr))
    if any(math.isnan(end) for end in e.loo) or e.loo[1] - e.loo[0] < smallest:
        return ""
    ends = f"{hr_words(e.loo[0])} and {hr_words(e.loo[1])}"
    return f"The cohorts disagree: leaving one out moves it between {ends}."


def _say_includes_one(e: Evidence) -> str:
    return _join(
        _found(e),
        "The interval includes 1.",
        _two_cohorts(e),
        _average(e) if _tells_nothing(e, e.found) else _small_effect(e),
        _disagreement(e),
        _adjusted(e),
    )


def _say_multiplicity(e: Evidence) -> str:
    return _join(
        _found(e),
        f"The interval excludes 1, but this endpoint was not named as the primary one and {_p(e.q, 'q')} "
        "over all the results that were not.",
        _adjusted(e),
    )


def _say_one_cohort(e: Evidence) -> str:
    return _join(
        _found(e),
        "The interval excludes 1, but one cohort decides nothing until a second shows the same.",
        _adjusted(e),
    )


def _say_not_adjusted(e: Evidence) -> str:
    return _join(
        _found(e),
        "The interval excludes 1, but without an adjusted estimate from two cohorts or more it cannot be "
        "told from an effect of proliferation.",
        _adjusted(e),
    )


def _say_not_held(e: Evidence) -> str:
    kept = e.adjusted.log_hr / e.found.log_hr
    left = f"{100 * kept:.0f} % of the log hazard ratio is left" if kept >= 0 else "the direction turns"
    return _join(
        _found(e),
        _adjusted(e),
        f"That is, {left} and the interval no longer excludes 1 on the same side: the effect is not shown to "
        "be more than that of proliferation.",
    )


def _say_random(e: Evidence) -> str:
    return _join(
        _found(e),
        _adjusted(e),
        f"Random signatures of the same size do as well: {_p(e.null_p)} against them in this direction.",
    )


def _say_effect(e: Evidence) -> str:
    held = "" if e.itself_adjusted else "It holds when adjusted."
    way = (
        "below 1: the higher the score, the lower"
        if e.found.side < 0
        else "above 1: the higher the score, the higher"
    )
    return _join(
        _found(e),
        f"The interval lies wholly {way} the hazard.",
        _adjusted(e),
        held,
        _robustness(e),
        _two_cohorts(e),
    )


RULES = (
    Rule(
        "R1",
        "no real cohort gives an estimate",
        TOO_LITTLE,
        lambda e: e.found.k == 0,
        _say_nothing_there,
    ),
    Rule(
        "R2",
        "the interval includes 1, and there are fewer events than the smallest effect needs, or what these "
        "cohorts show together includes both that effect and its inverse",
        TOO_LITTLE,
        lambda e: (
            e.found.side == 0 and (e.n_events < e.events_needed or _tells_nothing(e, _these_cohorts(e)))
        ),
        _say_few_events,
    ),
    Rule(
        "R3",
        "the interval includes 1",
        NO_EVIDENCE,
        lambda e: e.found.side == 0,
        _say_includes_one,
    ),
    Rule(
        "R4",
        "the interval excludes 1, but the endpoint is not the primary one and q is above 0.05",
        NO_EVIDENCE,
        lambda e: not e.is_primary and not e.q <= ALPHA,
        _say_multiplicity,
    ),
    Rule(
        "R5",
        "the interval excludes 1, in one cohort only",
        TOO_LITTLE,
        lambda e: e.found.k == 1,
        _say_one_cohort,
    ),
    Rule(
        "R6",
        "the interval excludes 1, but fewer than two cohorts give an estimate adjusted for proliferation",
        TOO_LITTLE,
        lambda e: e.adjusted.k < 2,
        _say_not_adjusted,
    ),
    Rule(
        "R7",
        "the interval excludes 1, but the one adjusted for proliferation does not on the same side",
        NOT_SPECIFIC,
        lambda e: e.adjusted.side != e.found.side,
        _say_not_held,
    ),
    Rule(
        "R8",
        "the interval excludes 1, but random signatures do as well (p above 0.05, where they were drawn)",
        NOT_SPECIFIC,
        lambda e: e.null_p > ALPHA,
        _say_random,
    ),
    Rule(
        "R9",
        "the interval lies wholly below 1 and all of the above is passed",
        SUPPORTED,
        lambda e: e.found.side < 0,
        _say_effect,
    ),
    Rule(
        "R10",
        "the interval lies wholly above 1 and all of the above is passed",
        CONTRADICTED,
        lambda e: e.found.side > 0,
        _say_effect,
    ),
)
