"""What `make check` says of a cohort that is no mistake: losses, missing values, doubtful codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.base.vocabulary import STRONG, WEAK
from irf7bone.harmonise.cohort_file import CATEGORIES, RANGES
from irf7bone.harmonise.column_names import patient_column
from irf7bone.harmonise.losses import say_loss
from irf7bone.harmonise.matching import UNMATCHED_LIMIT
from irf7bone.harmonise.named_codes import unlikely_events
from irf7bone.harmonise.swaps import say_exchange

if TYPE_CHECKING:
    from irf7bone.acquire.acquired import Acquired
    from irf7bone.harmonise.cohort import Harmonised
    from irf7bone.study.cohort_card import CohortCard


@dataclass(frozen=True)
class CohortNotes:
    """What is worth knowing of a cohort before the run.

    Args:
        unmatched: Samples that one source has alone.
        missing: Endpoint or covariate -> samples that stay without it, where there are any.
        warnings: Sentences on what looks odd.
    """

    unmatched: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def cohort_notes(card: CohortCard, acquired: Acquired, harmonised: Harmonised) -> CohortNotes:
    """What is to be noted of a cohort that could be harmonised."""
    obs = harmonised.adata.obs
    without = {name: int(obs[f"{name}_event"].isna().sum()) for name in card.endpoints}
    without |= {name: int(obs[name].isna().sum()) for name in (*CATEGORIES, *RANGES) if name in obs}
    return CohortNotes(
        int(harmonised.flow.loc[harmonised.flow["step"] == 1, "n_dropped"].sum()),
        {name: count for name, count in without.items() if count},
        [
            *_doubtful(card, obs),
            *_losses(harmonised),
            *(say_exchange(str(pair)) for pair in harmonised.markers["exchanged"].dropna().unique()),
            *_larger(card, acquired, harmonised),
            *_patients(card, acquired.clinical),
        ],
    )


def _doubtful(card: CohortCard, obs: pd.DataFrame) -> list[str]:
    return [said for name in card.endpoints if (said := unlikely_events(obs, name))]


def _losses(harmonised: Harmonised) -> list[str]:
    endpoints = json.loads(harmonised.adata.uns["provenance"])["endpoints"]
    return [
        say_loss(row, name)
        for name, stated in endpoints.items()
        for row in stated["losses"]
        if row["dependence"] in (WEAK, STRONG)
    ]


def _larger(card: CohortCard, acquired: Acquired, harmonised: Harmonised) -> list[str]:
    """A clinical table of which a large part was not measured, while the card does not say that it is so."""
    lost = harmonised.flow.loc[harmonised.flow["reason"] == "no expression", "n_dropped"].sum()
    if card.unmatched or lost <= UNMATCHED_LIMIT * len(acquired.clinical):
        return []
    return [
        f"{lost} of {len(acquired.clinical)} samples of the clinical data have no expression: is the "
        "expression complete? Where it is, `unmatched: expected` says so"
    ]


def _patients(card: CohortCard, clinical: pd.DataFrame) -> list[str]:
    column = None if card.patient else patient_column(clinical)
    if column is None:
        return []
    named = clinical[column].dropna()
    return [
        f"column {column!r} names {named.nunique()} patients for {len(named)} samples: say "
        f"`patient: {column}`, or every sample counts as a patient"
    ]
