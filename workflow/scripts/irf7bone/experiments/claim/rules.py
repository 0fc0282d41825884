"""The rules by which a contrast speaks for or against the claim, in the order they are tried.

They are the same for both directions: an experiment in which everything moves the other way turns
*supported* into *contradicted* and leaves the other verdicts as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from irf7bone.base.phrases import listed
from irf7bone.base.vocabulary import ALPHA
from irf7bone.experiments.claim.sentences import (
    MARKER_WORDS,
    PROLIFERATION,
    TUMOUR,
    Marker,
    difference_words,
    listed_markers,
    p_words,
    score_words,
)

SMALLEST_SD = 1.0
HALF = 0.5
SUPPORTED, CONTRADICTED = "supported", "contradicted"
NO_EVIDENCE, TOO_LITTLE = "no evidence", "too little data"
NOT_SPECIFIC, NOT_JUDGED = "not specific", "not judged"
VERDICTS = (SUPPORTED, CONTRADICTED, NO_EVIDENCE, TOO_LITTLE, NOT_SPECIFIC, NOT_JUDGED)


@dataclass(frozen=True)
class Evidence:
    """All that the rules see of one contrast.

    Attributes:
        expected: -1 where the claim expects interferon to fall, 1 to rise, 0 where it says nothing.
        case: Case group.
        reference: Reference group.
        sample_words: How many samples there are, in words.
        signature: The signature judged by.
        difference: Of its score, standard deviations; NaN where there is none.
        low: Lower end of the 95 % interval.
        high: Upper end.
        p: Of the t test.
        permutation_p: NaN where labels cannot be exchanged, and where ``smallest_p`` is above 0.05.
        smallest_p: The smallest that so many relabellings can give; NaN where labels cannot be exchanged.
        camera_p: Of the signature against the other genes; NaN where it was not tested.
        reason: Why there is no difference.
        markers: Marker lists that differ between the groups, with the difference adjusted for each.
        not_measured: Names of the marker lists that this experiment cannot tell.
    """

    expected: int
    case: str
    reference: str
    sample_words: str
    signature: str
    difference: float
    low: float
    high: float
    p: float
    permutation_p: float
    smallest_p: float
    camera_p: float
    reason: str | None
    markers: tuple[Marker, ...]
    not_measured: tuple[str, ...]

    @property
    def side(self) -> int:
        """-1 where the interval lies wholly below 0, 1 where wholly above, else 0."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def reaches_smallest(self) -> bool:
        """Whether the interval allows the smallest change looked for, in the expected direction."""
        return (self.high if self.expected > 0 else -self.low) >= SMALLEST_SD

    @property
    def suspects(self) -> list[Marker]:
        """Marker lists that could carry the change: tissue that moves the same way, and proliferation.

        Less tumour, or fewer white cells, means less of all that they express. More bone explains no fall,
        unless it dilutes the tumour: then the list for tumour content falls as well.
        """
        same_way = [m for m in self.markers if (m.difference > 0) == (self.difference > 0)]
        return [m for m in self.markers if m in same_way or m.name == PROLIFERATION]

    @property
    def undone(self) -> list[Marker]:
        """Suspects that leave less than half of the difference, or turn it."""
        least = HALF * abs(self.difference)
        return [m for m in self.suspects if m.adjusted * math.copysign(1, self.difference) < least]

    @property
    def blurred(self) -> list[Marker]:
        """Suspects with which the interval no longer excludes 0, or that cannot be adjusted for."""
        return [m for m in self.suspects if m.side != self.side]


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
    return rule, rule.sentence(evidence)


def _found(e: Evidence) -> str:
    return (
        f"In {e.case} against {e.reference} ({e.sample_words}) the score of {e.signature} "
        f"{score_words(e.difference, e.low, e.high)}, {p_words(e.p)}"
        + ("." if math.isnan(e.permutation_p) else f", by relabelling {p_words(e.permutation_p)}.")
    )


def _say_not_judged(e: Evidence) -> str:
    said = "The claim expects nothing of this contrast."
    return said if math.isnan(e.difference) else f"{said} {_found(e)}"


def _say_no_score(e: Evidence) -> str:
    return f"{e.signature} could not be compared: {e.reason}."


def _few(e: Evidence) -> str:
    return f"So few samples cannot give less than {e.smallest_p:.2g} by relabelling."


def _say_wide(e: Evidence) -> str:
    if not e.reaches_smallest:
        return f"{_found(e)} The interval includes 0. {_few(e)}"
    return (
        f"{_found(e)} The interval includes 0 and still allows the smallest change looked for, "
        f"{SMALLEST_SD:g} standard deviation in the expected direction."
    )


def _say_nothing(e: Evidence) -> str:
    way = "fall" if e.expected < 0 else "rise"
    return (
        f"{_found(e)} The interval includes 0 and excludes a {way} of {SMALLEST_SD:g} standard deviation "
        "or more."
    )


def _say_relabelling(e: Evidence) -> str:
    reach = _few(e) if e.smallest_p > ALPHA else "The t test alone would have said more than the samples can."
    return f"{_found(e)} The interval excludes 0 only if the scores are normal. {reach}"


def _say_other_genes(e: Evidence) -> str:
    return (
        f"{_found(e)} It is not shown that its genes moved more than others: {p_words(e.camera_p)}, "
        "allowing for the correlation between them."
    )


def _say_undone(e: Evidence) -> str:
    return (
        f"{_found(e)} The samples differ in what they hold, and that may be all: adjusted for "
        f"{listed_markers(e.undone)} less than half of the difference is left."
    )


def _say_blurred(e: Evidence) -> str:
    return (
        f"{_found(e)} It cannot be told from the difference in what the samples hold: adjusted for "
        f"{listed_markers(e.blurred)} the interval includes 0."
    )


def _say_change(e: Evidence) -> str:
    compared = (
        "They were not tested against the other genes."
        if math.isnan(e.camera_p)
        else f"Its genes move more than the others: {p_words(e.camera_p)}, allowing for their correlation."
    )
    held = (
        f"It holds when adjusted for {listed_markers(e.suspects)}."
        if e.suspects
        else "No list of tissue markers that is measured moves with it."
    )
    if e.not_measured:
        unknown = listed([MARKER_WORDS.get(name, name) for name in e.not_measured])
        held += f" Not measured, and so not ruled out: {unknown}."
    return f"{_found(e)} {compared} {held}"


RULES = (
    Rule(
        "E1",
        "the claim expects nothing of the contrast",
        NOT_JUDGED,
        lambda e: e.expected == 0,
        _say_not_judged,
    ),
    Rule("E2", "the signature has no score", TOO_LITTLE, lambda e: math.isnan(e.difference), _say_no_score),
    Rule(
        "E3",
        "the interval includes 0, and a change of 1 standard deviation in the expected direction or too few "
        "samples for relabelling to reach 0.05",
        TOO_LITTLE,
        lambda e: e.side == 0 and (e.reaches_smallest or e.smallest_p > ALPHA),
        _say_wide,
    ),
    Rule("E4", "the interval includes 0", NO_EVIDENCE, lambda e: e.side == 0, _say_nothing),
    Rule(
        "E5",
        "the interval excludes 0, but p by relabelling is above 0.05, or cannot be 0.05 with so few samples",
        TOO_LITTLE,
        lambda e: e.permutation_p > ALPHA or e.smallest_p > ALPHA,
        _say_relabelling,
    ),
    Rule(
        "E6",
        "the interval excludes 0, but the genes are not shown to move more than others (camera p above 0.05)",
        NOT_SPECIFIC,
        lambda e: e.camera_p > ALPHA,
        _say_other_genes,
    ),
    Rule(
        "E7",
        "tissue or proliferation moves with it, and adjusted for that less than half of it is left",
        NOT_SPECIFIC,
        lambda e: bool(e.undone),
        _say_undone,
    ),
    Rule(
        "E8",
        "tissue or proliferation moves with it, and adjusted for that the interval includes 0",
        TOO_LITTLE,
        lambda e: bool(e.blurred),
        _say_blurred,
    ),
    Rule(
        "E9",
        "the interval lies wholly on the expected side and all of the above is passed",
        SUPPORTED,
        lambda e: e.side == e.expected,
        _say_change,
    ),
    Rule(
        "E10",
        "the interval lies wholly on the other side and all of the above is passed",
        CONTRADICTED,
        lambda e: e.side == -e.expected,
        _say_change,
    ),
)


def composition_warning(e: Evidence) -> str | None:
    """What a difference in tissue may explain or hide, in plain words; None where no marker list differs."""
    if not e.markers:
        return None
    shifted = "; ".join(m.shift_words for m in e.markers)
    said = [f"Samples of {e.case} and {e.reference} differ in what they hold ({shifted})."]
    if math.isnan(e.difference):
        return said[0]
    if e.side == 0:
        said.append(
            "No change of the interferon score is seen; one within the tumour cells could be hidden by this."
        )
    elif e.suspects:
        way = "fall" if e.side < 0 else "rise"
        said.append(
            f"The {way} of the interferon score comes with a change of {listed_markers(e.suspects)}: "
            "it may be no more than that."
        )
    else:
        tumour = "are not measured" if TUMOUR in e.not_measured else "do not clearly fall"
        said.append(
            "None of these falls with the interferon score. They could lower it by diluting the tumour "
            f"cells, but the genes for tumour content {tumour}."
            if e.side < 0
            else "None of these rises with the interferon score."
        )
    adjusted = [
        f"for {m.words} {difference_words(m.adjusted, m.adjusted_low, m.adjusted_high)}"
        for m in e.markers
        if not math.isnan(m.adjusted)
    ]
    if adjusted:
        said.append(
            f"Unadjusted the difference is {difference_words(e.difference, e.low, e.high)}; adjusted "
            f"{', '.join(adjusted)} standard deviations."
        )
    return " ".join(said)
