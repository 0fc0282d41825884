"""What the report says of losses that follow the outcome."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from irf7bone.report.sections.audit_section import loss_findings, losses_view
from irf7bone.tables.outcome_checks import LOSSES

ROW = {
    "cohort": "a", "endpoint": "bone", "cause": "no_time", "field": None, "n_lost": 20, "n_kept": 180,
    "event_share_lost": 0.0, "event_share_kept": 0.48, "median_months_lost": None, "median_months_kept": 40.0,
    "p_status": 6.4e-6, "p_time": None, "rank": None, "dependence": "strong",
}  # fmt: skip


def findings(*rows: dict, reason: str | None = None) -> list[str]:
    endpoint = {"losses_follow_outcome": reason} if reason else {}
    cards = {"a": SimpleNamespace(endpoints={"bone": endpoint})}
    table = LOSSES.cast(pd.DataFrame(list(rows), columns=LOSSES.names))
    return [str(finding.text) for finding in loss_findings(table, cards, frozenset())]


def test_a_strong_loss_is_told_with_the_reason_of_the_card():
    [said] = findings(ROW, reason="the registry closed early.")
    assert "20 of 200 have a status and no time" in said and "0% of them have the event, 48% of the" in said
    assert said.endswith("The card says: the registry closed early.")


def test_a_weak_loss_is_told_and_none_is_said_to_be_none():
    [said] = findings({**ROW, "dependence": "weak", "p_status": 0.004})
    assert said.endswith("Losses that follow the outcome can bias an effect.")
    assert findings({**ROW, "dependence": "none"}) == [
        "No loss of patients was found to follow their outcome."
    ]
    assert findings() == []


def test_the_table_shows_what_is_missing():
    covariate = {**ROW, "cause": "no_covariate", "field": "grade"}
    table = LOSSES.cast(pd.DataFrame([ROW, covariate], columns=LOSSES.names))
    assert losses_view(table, frozenset()) is not None
