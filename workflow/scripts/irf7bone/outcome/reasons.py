"""Why a planned result has no estimate: a code with fields. Only this module makes sentences from codes.

Who must know *why* compares :attr:`Reason.code`; the sentence is for readers of tables and report only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """What stands in the way of a result."""

    NO_ENDPOINT = "no_endpoint"
    NO_SCORE = "no_score"
    ADJUSTED_FOR_ITSELF = "adjusted_for_itself"
    PROLIFERATION_ABSENT = "proliferation_absent"
    PROLIFERATION_NOT_SCORED = "proliferation_not_scored"
    NO_PROLIFERATION = "no_proliferation"
    NOT_RECORDED = "not_recorded"
    INCOMPLETE = "incomplete"
    ALL_THE_SAME = "all_the_same"
    NO_CLINICAL = "no_clinical"
    NOTHING_VARIES = "nothing_varies"
    TOO_FEW_EVENTS = "too_few_events"
    TOO_FEW_IN_PERIOD = "too_few_in_period"
    SAME_TIMES = "same_times"
    NOT_FITTED = "not_fitted"
    ER_NOT_RECORDED = "er_not_recorded"
    FIELDS_NOT_RECORDED = "fields_not_recorded"
    SUBTYPE_STATED = "subtype_stated"
    SUBTYPES_NOT_CALLED = "subtypes_not_called"
    NO_TUMOUR_IN_STRATUM = "no_tumour_in_stratum"
    NO_ENDPOINT_IN_STRATUM = "no_endpoint_in_stratum"
    NO_COMPETING_EVENT = "no_competing_event"
    NO_OTHER_SITE = "no_other_site"
    NOBODY_FOLLOWED = "nobody_followed"
    TOO_FEW_FOLLOWED = "too_few_followed"
    NO_VARIANCE = "no_variance"
    NO_PAIRS = "no_pairs"
    ALL_PAIRS_ALIKE = "all_pairs_alike"
    NO_TEST = "no_test"
    DELAYED_ENTRY = "delayed_entry"
    EMPTY_GROUP = "empty_group"


# status and sentence of each code; names in braces are its fields
_SAID: Mapping[Code, tuple[str, str]] = {
    Code.NO_ENDPOINT: ("not_available", "the cohort has no endpoint {endpoint}"),
    Code.NO_SCORE: ("{status}", "{said}"),
    Code.ADJUSTED_FOR_ITSELF: ("not_available", "the proliferation signature is not adjusted for itself"),
    Code.PROLIFERATION_ABSENT: ("not_available", "{signature} was not scored by {method}"),
    Code.PROLIFERATION_NOT_SCORED: ("not_available", "{signature}: {said}"),
    Code.NO_PROLIFERATION: ("not_available", "no proliferation score: {why}"),
    Code.NOT_RECORDED: ("not_available", "{field} not recorded"),
    Code.INCOMPLETE: ("not_available", "{field} known in {share:.0%} of samples, {needed:.0%} needed"),
    Code.ALL_THE_SAME: ("not_available", "{field} is the same in all samples"),
    Code.NO_CLINICAL: ("not_available", "no clinical covariate can be used: {lost}"),
    Code.NOTHING_VARIES: ("not_available", "none of {fields} varies among the {n} samples that have all"),
    Code.TOO_FEW_EVENTS: ("too_few_events", "{n_events} {events} among {n} samples, {needed} needed"),
    Code.TOO_FEW_IN_PERIOD: ("too_few_events", "{n_events} events {when} {months:g} months, {needed} needed"),
    Code.DELAYED_ENTRY: (
        "not_available",
        "patients came under observation later than the clock starts, which this method does not allow for",
    ),
    Code.SAME_TIMES: ("not_available", "all follow-up times are the same"),
    Code.NOT_FITTED: ("{status}", "{said}"),
    Code.ER_NOT_RECORDED: ("not_available", "the cohort does not record ER status"),
    Code.FIELDS_NOT_RECORDED: ("not_available", "the cohort does not record {fields}"),
    Code.SUBTYPE_STATED: (
        "not_available",
        "the card states the subtypes of this cohort: those called from expression are not used",
    ),
    Code.SUBTYPES_NOT_CALLED: ("not_available", "no subtype is called: {said}"),
    Code.NO_TUMOUR_IN_STRATUM: ("not_available", "no tumour is {stratum}"),
    Code.NO_ENDPOINT_IN_STRATUM: ("not_available", "no {stratum} tumour has this endpoint recorded"),
    Code.NO_COMPETING_EVENT: (
        "not_available",
        "no competing event among {n} samples: the cause-specific hazard is the only one",
    ),
    Code.NO_OTHER_SITE: ("not_available", "no relapse at another site is recorded as competing with bone"),
    Code.NOBODY_FOLLOWED: ("not_available", "no sample is followed beyond {months:g} months"),
    Code.TOO_FEW_FOLLOWED: (
        "not_available",
        "{n} samples are followed beyond {months} months, {needed} needed",
    ),
    Code.NO_VARIANCE: ("not_available", "the score has no variance"),
    Code.NO_PAIRS: ("not_available", "no two samples can be compared"),
    Code.ALL_PAIRS_ALIKE: ("separated", "the score orders all pairs alike ({c:g}): no interval"),
    Code.NO_TEST: ("not_available", "{said}"),
    Code.EMPTY_GROUP: ("not_available", "no sample with a known outcome is in this tertile"),
}


@dataclass(frozen=True)
class Reason:
    """Why there is no estimate; ``str`` of it is the sentence.

    Args:
        code: What stands in the way.
        fields: What its sentence names: numbers, names, or other reasons.
    """

    code: Code
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The status of a row that has no estimate for this reason."""
        return _SAID[self.code][0].format(**self.fields)

    @property
    def columns(self) -> dict[str, str]:
        """Columns ``status``, ``reason`` and ``reason_code`` of such a row; a table takes those it has."""
        return {"status": self.status, "reason": str(self), "reason_code": str(self.code)}

    def __str__(self) -> str:
        said = {
            name: "; ".join(map(str, value)) if isinstance(value, tuple) else value
            for name, value in self.fields.items()
        }
        return _SAID[self.code][1].format(**said)


def because(code: Code, **fields: Any) -> Reason:
    """A reason with its fields."""
    return Reason(code, fields)


def too_few_events(n_events: int, n: int, needed: int, events: str = "events") -> Reason:
    """The reason that is met most often."""
    return because(Code.TOO_FEW_EVENTS, n_events=n_events, events=events, n=n, needed=needed)
