"""What is true in the simulated studies of the verdict: effects, correlations, and what goes wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

# what is true where a scenario does not say otherwise, in standard deviations and log hazard ratios
PROLIFERATION_EFFECT = 0.4  # HR 1.5, as proliferation has in breast cancer
ER_EFFECT = -0.2
PROLIFERATION_WITH_ER = -0.3
# The specification does not say what its prototype took. Of 0, 0.1, 0.15, 0.2, 0.25 and 0.3 this one is
# nearest to the shares that it publishes (docs/development/decisions.md).
SCORE_WITH_PROLIFERATION = 0.2
SCORE_WITH_AXIS = 0.5  # of the named score with the mean of matched random ones
COHORTS = (1, 2, 3, 5, 8, 12)
EVENTS = ((10, 20), (15, 60), (60, 150))
# events of all patients of a cohort that is not chosen by outcome
EVENT_SHARE = 0.35


@dataclass(frozen=True)
class Scenario:
    """One state of the world.

    Args:
        name: In words, for the table.
        log_hr: Effect of the score given everything else.
        tau: Standard deviation of that effect between cohorts.
        with_proliferation: Correlation of score and true proliferation.
        with_er: Correlation of score and ER; NaN where they go together only by way of proliferation, so that
            ER says nothing of the score that proliferation does not.
        with_axis: Correlation of score and mean random score.
        proliferation: Log hazard ratio of true proliferation.
        er: Log hazard ratio of ER.
        axis: Log hazard ratio of the mean random score.
        reliability: Of the proliferation score.
        deviant: Log hazard ratio of the score in the first cohort, where it differs from the others.
        twice: The first cohort is there again as the second, unnoticed.
        scrambled: Outcomes belong to other patients: nothing has an effect, not even proliferation.
        late: Log hazard ratio of the score in the late half of the events, where ``log_hr`` is the early
            one's.
        selected: Log hazard ratio that choosing patients by outcome makes in the first cohort of two, three
            of five, and so on (every odd one); NaN where none is chosen.
        flagged: Whether the card of such a cohort says so. Unsaid, its share of events asks; ``denied``
            says no.
        denied: The card says wrongly that patients were not chosen.
        no_effect: Whether a word for an effect would be false.
    """

    name: str
    log_hr: float = 0.0
    tau: float = 0.0
    with_proliferation: float = SCORE_WITH_PROLIFERATION
    with_er: float = math.nan
    with_axis: float = SCORE_WITH_AXIS
    proliferation: float = PROLIFERATION_EFFECT
    er: float = ER_EFFECT
    axis: float = 0.0
    reliability: float = 1.0
    deviant: float = math.nan
    twice: bool = False
    scrambled: bool = False
    late: float = math.nan
    selected: float = math.nan
    flagged: bool = False
    denied: bool = False
    no_effect: bool = True


NULL = Scenario("no effect")


def _null(name: str, **changed: float | bool) -> Scenario:
    return replace(NULL, name=f"no effect, {name}", **changed)


def _effect(ratio: float, name: str = "", **changed: float | bool) -> Scenario:
    full = f"HR {ratio:g}{', ' if name else ''}{name}"
    return Scenario(full, log_hr=math.log(ratio), no_effect=False, **changed)


def _signed(value: float) -> str:
    return f"{value:+.1f}"


def _apart(scenario: Scenario) -> Scenario:
    """The same where score and proliferation are independent."""
    return replace(scenario, name=f"{scenario.name}, {APART}", with_proliferation=0.0)


APART = "score apart from proliferation"
NULL_TAU = tuple(_null(f"tau {tau}", tau=tau) for tau in (0.1, 0.2, 0.3))
HR_6, HR_7, HR_8 = (_effect(ratio) for ratio in (0.6, 0.7, 0.8))
HR_7_TAU = _effect(0.7, "tau 0.2", tau=0.2)
NO_EFFECT = (
    NULL,
    *NULL_TAU,
    *(_apart(one) for one in (NULL, *NULL_TAU)),
    *(
        _null(f"score with proliferation {_signed(r)}", with_proliferation=r)
        for r in (0.3, -0.3, 0.5, -0.5, 0.7, -0.7)
    ),
    *(
        _null(
            f"reliability 0.8, score with proliferation {_signed(r)}", with_proliferation=r, reliability=0.8
        )
        for r in (0.3, -0.3, 0.5, -0.5, 0.7, -0.7)
    ),
    *(
        _null(
            f"reliability 0.8, score with proliferation {_signed(r)} of log HR 0.7",
            with_proliferation=r,
            reliability=0.8,
            proliferation=0.7,
        )
        for r in (0.7, -0.7)
    ),
    *(
        _null(
            f"reliability 0.6, score with proliferation {_signed(r)}", with_proliferation=r, reliability=0.6
        )
        for r in (-0.5, -0.7)
    ),
    _null(
        "reliability 0.8, score with proliferation -0.5, tau 0.2",
        with_proliferation=-0.5,
        reliability=0.8,
        tau=0.2,
    ),
    *(_null(f"ER of log HR {_signed(er)} drives", with_er=-0.4, er=er) for er in (-0.3, 0.3)),
    *(
        _null(f"axis of random scores of log HR {_signed(axis)} drives", with_axis=0.6, axis=axis)
        for axis in (-0.3, 0.3)
    ),
    _null("axis of random scores of log HR -0.3 drives, tau 0.2", with_axis=0.6, axis=-0.3, tau=0.2),
    _null("one deviant cohort of log HR -0.8", deviant=-0.8),
    _null("one deviant cohort of log HR -0.8, tau 0.2", deviant=-0.8, tau=0.2),
    _null("one cohort twice", twice=True),
    _null("one cohort twice, tau 0.2", twice=True, tau=0.2),
    _null("cohorts chosen by outcome, flagged", selected=math.log(0.88), flagged=True),
    _null("cohorts chosen by outcome, not said", selected=math.log(0.88)),
    _null("cohorts chosen by outcome, denied", selected=math.log(0.88), denied=True),
)
EFFECTS = (
    *(_effect(ratio) for ratio in (0.5, 0.6, 0.7, 0.8, 0.9)),
    *(_effect(ratio, f"tau {tau}", tau=tau) for ratio in (0.6, 0.7, 0.8) for tau in (0.1, 0.2, 0.3)),
    *(
        _effect(
            0.7,
            f"reliability 0.8, score with proliferation {_signed(r)}",
            with_proliferation=r,
            reliability=0.8,
        )
        for r in (0.5, -0.5, 0.7)
    ),
    _effect(0.7, "reliability 0.6, score with proliferation +0.5", with_proliferation=0.5, reliability=0.6),
    _effect(0.7, "masked by ER", with_er=-0.4, er=-0.3),
    *(
        _effect(0.7, f"axis of random scores of log HR {_signed(axis)}", with_axis=0.6, axis=axis)
        for axis in (0.3, -0.3)
    ),
    _effect(0.7, "labels scrambled", scrambled=True),
    _effect(0.5, "early, 2 late", late=math.log(2.0)),
    _effect(0.5, "early, 1 late", late=0.0),
    *(_apart(one) for one in (HR_6, HR_7, HR_7_TAU, HR_8)),
)
SCENARIOS = (*NO_EFFECT, *EFFECTS)
# reliability 0.6 where 0.7 is declared: what the verdict rests on is not so
BEYOND_ITS_PREMISE = tuple(one.name for one in SCENARIOS if one.reliability == 0.6)
# simulated patient by patient as well
MARKED = (
    "no effect",
    *(one.name for one in NULL_TAU),
    "no effect, score with proliferation -0.5",
    "no effect, reliability 0.8, score with proliferation -0.5",
    "no effect, ER of log HR -0.3 drives",
    "no effect, axis of random scores of log HR -0.3 drives",
    "no effect, one deviant cohort of log HR -0.8",
    "no effect, one cohort twice",
    "no effect, cohorts chosen by outcome, flagged",
    "no effect, cohorts chosen by outcome, not said",
    *(f"HR {ratio}{tau}" for ratio in (0.6, 0.7, 0.8) for tau in ("", ", tau 0.1", ", tau 0.2", ", tau 0.3")),
    "HR 0.7, labels scrambled",
    "HR 0.5, early, 2 late",
)
PATIENT_COHORTS = (2, 3, 5)
PATIENT_EVENTS = (15, 60)
