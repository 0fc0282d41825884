"""What the rules of the verdict see of one endpoint, and the sentences with which they explain themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from irf7bone.base.phrases import ENDPOINT_WORDS, counted, hazard_ratio, p_clause
from irf7bone.base.vocabulary import ALPHA

DISAGREE = 0.10  # Cochran's Q is weak with few cohorts, so its usual limit is not 0.05
HALF = 0.5  # of the log hazard ratio: what must be left when adjusted
BONE = "bone"


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


def say_nothing_there(e: Evidence) -> str:
    """No estimate to pool."""
    if e.recorded:
        return f"No result for {ENDPOINT_WORDS[e.endpoint]} can be pooled: {e.found.reason}."
    simulated = "; the simulated one does not count" if e.recorded_in_simulated else ""
    return f"No real cohort in this run records {ENDPOINT_WORDS[e.endpoint]}{simulated}."


def tells_nothing(e: Evidence, pooled: Pooled) -> bool:
    """Whether an interval holds the smallest effect looked for and its opposite, so that both are open."""
    smallest = abs(math.log(e.smallest_hr))
    return pooled.low <= -smallest and pooled.high >= smallest


def these_cohorts(e: Evidence) -> Pooled:
    """What is known of these very cohorts: their average, unless they visibly disagree.

    Two or three cohorts say next to nothing of how far others would differ, and the pooled interval has that
    in it. What these cohorts show together is another question, with an answer of its own (Hedges and Vevea
    1998, Psychol Methods 3:486).
    """
    return e.found if e.agreement_p < DISAGREE else e.average


def say_few_events(e: Evidence) -> str:
    """Too few events, or an interval that tells nothing."""
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
    seen = "An effect is seen in these cohorts, smaller than the one looked for"
    if not e.average.side:
        seen = "No effect is shown in these cohorts"
    return (
        f"Averaged over these {e.found.k} cohorts, which do not visibly disagree ({_p(e.agreement_p)}), it "
        "is "
        f"{_estimate(e.average)}, {held}. {seen}; how far others would differ they cannot tell."
    )


def reaches_smallest(e: Evidence, pooled: Pooled) -> bool:
    """Whether an interval that excludes 1 holds the smallest effect looked for, or a stronger one."""
    smallest = abs(math.log(e.smallest_hr))
    return pooled.low <= -smallest if pooled.side < 0 else pooled.high >= smallest


def seen_in_these(e: Evidence) -> bool:
    """Whether these cohorts together show an effect that may be the one looked for, though others may not."""
    together = these_cohorts(e)
    return e.found.k > 1 and together.side != 0 and reaches_smallest(e, together)


def share_left(e: Evidence) -> float:
    """The share of the log hazard ratio that is left when adjusted; below 0 where the direction turns."""
    return e.adjusted.log_hr / e.found.log_hr


def _disagreement(e: Evidence) -> str:
    """Said where leaving one cohort out moves the pooled effect by the smallest effect looked for."""
    smallest = abs(math.log(e.smallest_hr))
    if any(math.isnan(end) for end in e.loo) or e.loo[1] - e.loo[0] < smallest:
        return ""
    ends = f"{hr_words(e.loo[0])} and {hr_words(e.loo[1])}"
    return f"The cohorts disagree: leaving one out moves it between {ends}."


def say_includes_one(e: Evidence) -> str:
    """No effect is shown, and what is excluded."""
    return _join(
        _found(e),
        "The interval includes 1.",
        _two_cohorts(e),
        _average(e) if tells_nothing(e, e.found) else _small_effect(e),
        _disagreement(e),
        _adjusted(e),
    )


def say_seen_in_these(e: Evidence) -> str:
    """An effect in these cohorts that pooling cannot carry over to others."""
    return _join(
        _found(e),
        "The interval includes 1.",
        _two_cohorts(e),
        f"Averaged over these {e.found.k} cohorts, which do not visibly disagree ({_p(e.agreement_p)}), it "
        f"is {_estimate(e.average)}, which excludes 1: an effect is seen in these cohorts, but they do not "
        "tell whether others would show it.",
        _adjusted(e),
    )


def say_multiplicity(e: Evidence) -> str:
    """An interval that excludes 1 as one result of many."""
    return _join(
        _found(e),
        f"The interval excludes 1, but this endpoint was not named as the primary one and {_p(e.q, 'q')} "
        "over all the results that were not.",
        _say_open(e),
        _adjusted(e),
    )


def _say_open(e: Evidence) -> str:
    """What keeps a result that chance may have made from being none."""
    smallest = hr_words(e.found.side * abs(math.log(e.smallest_hr)))
    if reaches_smallest(e, e.found):
        return f"Chance may have made it, but a hazard ratio of {smallest} is not excluded either."
    if e.n_events < e.events_needed:
        return f"Chance may have made it, but with {counted(e.n_events, 'event')} little is excluded."
    return f"A hazard ratio of {smallest}, the smallest effect looked for, is excluded."


def say_one_cohort(e: Evidence) -> str:
    """An effect that one cohort shows."""
    return _join(
        _found(e),
        "The interval excludes 1, but one cohort decides nothing until a second shows the same.",
        _adjusted(e),
    )


def say_not_adjusted(e: Evidence) -> str:
    """An effect without its adjustment."""
    return _join(
        _found(e),
        "The interval excludes 1, but without an adjusted estimate from two cohorts or more it cannot be "
        "told from an effect of proliferation.",
        _adjusted(e),
    )


def say_not_held(e: Evidence) -> str:
    """An effect that adjustment takes away."""
    kept = share_left(e)
    said = f"{100 * kept:.0f} % of the log hazard ratio is left" if kept >= 0 else "the direction turns"
    return _join(
        _found(e),
        _adjusted(e),
        f"That is, {said} and the interval no longer excludes 1 on the same side: the effect is not shown to "
        "be more than that of proliferation.",
    )


def say_blurred(e: Evidence) -> str:
    """An effect that adjustment leaves, with an interval too wide to show it."""
    return _join(
        _found(e),
        _adjusted(e),
        f"That is, {100 * share_left(e):.0f} % of the log hazard ratio is left, but the interval no longer "
        "excludes 1: whether the effect is more than that of proliferation is open.",
    )


def say_random(e: Evidence) -> str:
    """An effect that random signatures have as well."""
    return _join(
        _found(e),
        _adjusted(e),
        f"Random signatures of the same size do as well: {_p(e.null_p)} against them in this direction.",
    )


def say_effect(e: Evidence) -> str:
    """An effect that passed every rule."""
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
