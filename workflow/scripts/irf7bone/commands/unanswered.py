"""Whether the primary analysis of a study that has no other problem would exist at the end of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from irf7bone.base.errors import Problem
from irf7bone.base.phrases import counted
from irf7bone.study.signature_checks import NEEDS_PROLIFERATION

if TYPE_CHECKING:
    from irf7bone.commands.check_found import CohortCheck, StudyCheck


def primary_events(found: StudyCheck) -> dict[str, int]:
    """Cohort -> events of the primary endpoint, of those that are pooled and score what the model needs."""
    primary = found.config.get("primary")
    if not isinstance(primary, Mapping):
        return {}
    needed = _needed(primary, found.config)
    return {
        cohort.card.id: _events(cohort, primary.get("endpoint"))
        for cohort in found.cohorts
        if pooled(cohort)
        and _events(cohort, primary.get("endpoint"))
        and all(found.scores(cohort, name) for name in needed if name in found.library)
    }


def pooled(cohort: CohortCheck) -> bool:
    """Whether a cohort that was read counts in a pooled result."""
    return not cohort.state and cohort.card.role == "validation" and not cohort.card.selected_on_outcome


def _needed(primary: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    also = [config.get("proliferation_signature")] if primary.get("model") in NEEDS_PROLIFERATION else []
    return [str(name) for name in (primary.get("signature"), *also)]


def _events(cohort: CohortCheck, endpoint: object) -> int:
    rows = cohort.summary[cohort.summary["endpoint"] == endpoint]
    return int(rows["n_events"].iloc[0]) if len(rows) else 0


def unanswered(found: StudyCheck) -> list[Problem]:
    """A problem where no cohort could give the primary analysis, and each reason; none where one might.

    Cohorts that are not fetched yet may give it; a study of simulated or discovery cohorts alone asks for
    none.
    """
    asked = [cohort for cohort in found.cohorts if cohort.card.role == "validation"]
    least = int(found.config.get("min_events", 0))
    if not asked or any(cohort.state for cohort in asked):
        return []
    if any(events >= least for events in primary_events(found).values()):
        return []
    primary = found.config["primary"]
    return [
        Problem(
            f"{found.source}, primary",
            f"a cohort with {least} events or more of {primary['endpoint']} in which "
            f"{' and '.join(_needed(primary, found.config))} can be scored",
            f"none among {counted(len(asked), 'cohort')} of patients",
            "add such a cohort, or name another primary analysis: the run would end without it",
            tuple(f"{cohort.card.id}: {_why(found, cohort, primary, least)}" for cohort in asked),
        )
    ]


def _why(found: StudyCheck, cohort: CohortCheck, primary: Mapping[str, Any], least: int) -> str:
    if not pooled(cohort):
        return "its patients were chosen for the event"
    events = _events(cohort, primary["endpoint"])
    if events < least:
        return counted(events, "event")
    needed = _needed(primary, found.config)
    return f"no score of {', '.join(name for name in needed if not found.scores(cohort, name))}"
