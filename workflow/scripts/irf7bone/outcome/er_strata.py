"""The effect within ER-positive and within ER-negative tumours, pooled, and whether the two differ."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.outcome.associate import associate
from irf7bone.outcome.outcome_data import follow_up
from irf7bone.tables.columns import RESULT
from irf7bone.tables.outcome import ASSOCIATIONS, ER_ASSOCIATIONS, STRATA

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def associate_by_er(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method in each ER stratum of one cohort.

    The fits are those of :func:`irf7bone.outcome.associate.associate` on the stratum's samples. The score
    is not scaled anew: one unit is one standard deviation within the whole cohort in both strata, so that
    their effects can be compared. Samples of unknown ER status are in neither.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with endpoints and clinical columns; ``er`` where it is recorded.
        scores: :data:`irf7bone.tables.cohort.SCORES` of the whole cohort.
        config: The study's settings.

    Returns:
        :data:`ER_ASSOCIATIONS`, both strata for every planned combination.
    """
    config = config._replace(methods=(config.primary.method,))
    kept = scores[scores["method"] == config.primary.method]
    parts = []
    for er in STRATA:
        inside = obs[(obs["er"].astype("object") == er).to_numpy()] if "er" in obs else obs.iloc[:0]
        if inside.empty:
            part = _planned(cohort, kept, config)
            reason = f"no tumour is ER-{er}" if "er" in obs else "the cohort does not record ER status"
        else:
            own = kept[kept["sample"].isin(inside.index)]
            part = associate(cohort, inside, own, config=config)
            reason = f"no ER-{er} tumour has this endpoint recorded"
        parts.append(_say_what_the_stratum_lacks(part, obs, inside, reason).assign(er=er))
    return ER_ASSOCIATIONS.cast(pd.concat(parts, ignore_index=True)[ER_ASSOCIATIONS.names])


def _planned(cohort: str, scores: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Planned rows of a stratum without samples, their reason still to be said."""
    plan = itertools.product(
        dict.fromkeys(scores["signature"]), config.methods, config.endpoints, config.models
    )
    rows = pd.DataFrame(list(plan), columns=RESULT).assign(cohort=cohort, status="not_available")
    return ASSOCIATIONS.cast(rows.reindex(columns=ASSOCIATIONS.names))


def _say_what_the_stratum_lacks(
    table: pd.DataFrame, obs: pd.DataFrame, inside: pd.DataFrame, reason: str
) -> pd.DataFrame:
    """Tell an endpoint that the whole cohort lacks from one that only this stratum lacks (``reason``)."""
    said = table["reason"].copy()
    for endpoint in table["endpoint"].unique():
        if follow_up(obs, endpoint) is None:
            said[table["endpoint"] == endpoint] = f"the cohort has no endpoint {endpoint}"
        elif follow_up(inside, endpoint) is None:
            said[table["endpoint"] == endpoint] = reason
    return table.assign(reason=said)
