"""One cohort in the rows of ``cohorts.tsv``: what came in, what was lost, what each endpoint holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.statistics.incidence import median_followup

if TYPE_CHECKING:
    from irf7bone.harmonise.cohort import Harmonised
    from irf7bone.study.cohort_card import CohortCard


def summarise_cohort(harmonised: Harmonised, card: CohortCard) -> pd.DataFrame:
    """Describe a harmonised cohort.

    Args:
        harmonised: The cohort and its patient flow.
        card: Its card, for title, role, platform and the endpoints' definitions.

    Returns:
        One row an endpoint of the card (one row with no endpoint where the card has none), the columns
        of :data:`irf7bone.tables.cohort.COHORTS`.
    """
    adata, flow = harmonised.adata, harmonised.flow
    lost = flow.loc[flow["n_dropped"] > 0].groupby("reason", sort=False)["n_dropped"].sum()
    shared = {
        "cohort": card.id,
        "title": card.title,
        "role": card.role,
        "selected_on_outcome": None if card.selected_on_outcome is None else _flag(card.selected_on_outcome),
        "platform": card.expression.get("platform"),
        "samples_in_file": int(flow["n_left"].iloc[0] + flow["n_dropped"].iloc[0]),
        "dropped": "; ".join(f"{reason}={count}" for reason, count in lost.items()) or "none",
        "n": adata.n_obs,
        "genes": adata.n_vars,
        "remarks": "; ".join(json.loads(adata.uns["provenance"])["remarks"]) or None,
    }
    return pd.DataFrame(
        [shared | _endpoint(adata.obs, name, card) for name in card.endpoints] or [shared | _NO_ENDPOINT]
    )


_NO_ENDPOINT = dict.fromkeys(
    (
        "endpoint",
        "definition",
        "sampled_by_outcome",
        "n_endpoint",
        "n_events",
        "n_competing",
        "median_followup_months",
    )
)


def _flag(value: bool) -> str:
    return str(value).lower()


def _endpoint(obs: pd.DataFrame, name: str, card: CohortCard) -> dict[str, object]:
    time, event = obs[f"{name}_time_months"], obs[f"{name}_event"]
    known, sampled = event.notna(), card.sampled_by_outcome
    competing = obs[f"{name}_competing"][known] if f"{name}_competing" in obs else event[known] * 0
    return {
        "endpoint": name,
        "definition": card.endpoints[name]["definition"],
        "sampled_by_outcome": sampled["rule"] if sampled and sampled["endpoint"] == name else None,
        "n_endpoint": int(known.sum()),
        "n_events": int(event[known].sum()),
        "n_competing": int(competing.sum()),
        "median_followup_months": median_followup(time[known], event[known], competing),
    }
