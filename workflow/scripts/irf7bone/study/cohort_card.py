"""Cohort cards, read and typed; what can be wrong with one is in `cohort_checks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from irf7bone.base.vocabulary import COLLAPSE_BY_COMPANIONS
from irf7bone.study.card import Card, codes, shared_parts
from irf7bone.study.document import Document, read_document


@dataclass(frozen=True, kw_only=True)
class CohortCard(Card):
    """What one card says, beside what :class:`irf7bone.study.card.Card` holds.

    Codes are text, as the clinical data are: keys of every ``map``, and ``is`` and ``else`` of every event,
    which are lists here even where the card writes one code. ``role`` is ``discovery``, ``validation`` or
    ``simulated``. A rule of ``exclude`` has ``field`` and ``equals``, ``samples``, or ``column`` with one of
    ``is`` and ``is_not``, which are lists of codes. ``expect`` may count ``samples``, ``events`` and
    ``competing``.

    Args:
        specimen: ``primary`` or ``metastasis``.
        fields: Standard name -> ``from`` with ``map`` or ``unit``.
        endpoints: Standard name -> ``definition``, ``time``, ``event`` and perhaps ``competing``.
        patient: Column of the clinical data with the patients' ids, or nothing where a sample is a patient.
        drop: Rules of sample quality that drop a sample; none by default: flagged samples stay.
        sampled_by_outcome: ``endpoint``, ``horizon_months``, ``rule`` and perhaps ``fractions``, where
            patients were chosen by an endpoint; None where they were not.
        selected_on_outcome: Whether all patients were chosen for having the event; None where the card says
            neither.
        expression_disagrees: Clinical fact -> why it need not go with its genes' expression.
    """

    specimen: str
    fields: dict[str, dict[str, Any]]
    endpoints: dict[str, dict[str, Any]]
    patient: str | None = None
    drop: tuple[str, ...] = ()
    sampled_by_outcome: dict[str, Any] | None = None
    selected_on_outcome: bool | None = None
    expression_disagrees: dict[str, str] = field(default_factory=dict)

    @property
    def collapses_by_companions(self) -> bool:
        """Whether a gene's companions say which of its rows stands for it."""
        return bool(self.expression.get("collapse") == COLLAPSE_BY_COMPANIONS)


def read_cohort_card(path: str | Path) -> CohortCard:
    """The card in a file that planning found right."""
    return make_cohort(read_document(Path(path)))


def make_cohort(document: Document) -> CohortCard:
    """The typed card of a document without problems."""
    data = document.data
    return CohortCard(
        **shared_parts(document, described_by="clinical"),
        specimen=data["specimen"],
        fields=data["fields"],
        endpoints={name: _with_codes(endpoint) for name, endpoint in data["endpoints"].items()},
        patient=data.get("patient"),
        drop=tuple(data.get("quality", {}).get("drop", ())),
        sampled_by_outcome=data.get("sampled_by_outcome"),
        selected_on_outcome=data.get("selected_on_outcome"),
        expression_disagrees=data.get("expression_disagrees", {}),
    )


def _with_codes(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint whose ``is`` and ``else`` are lists of text, the latter never left to be guessed."""
    out = dict(endpoint)
    for part in ("event", "competing"):
        if part in endpoint:
            rule = endpoint[part]
            out[part] = {**rule, "is": codes(rule["is"]), "else": codes(rule.get("else", 0))}
    return out
