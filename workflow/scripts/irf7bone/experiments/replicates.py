"""Several samples of one animal, clone or culture: put together, as they are not independent.

Counts are added up, other values averaged on the scale of the source, before anything else is done with
them. Taken as samples of their own they would count one animal several times.
"""

from __future__ import annotations

import pandas as pd

from irf7bone.base.errors import Problems


def first_samples(units: pd.Series, obs: pd.DataFrame, where: str) -> pd.Series:
    """The sample under whose id the samples of a unit go on.

    Args:
        units: Animal, clone or culture of each sample.
        obs: ``group``, ``pair`` and perhaps ``batch`` of the same samples.
        where: Card, for messages.

    Returns:
        Sample -> first sample of its unit and group.

    Raises:
        InputError: a sample without a unit, or samples of one unit and group that differ in pair or batch.
    """
    problems = Problems()
    missing = units.index[units.isna()].tolist()
    if missing:
        problems.add(
            f"{where}, replicates.from",
            expected="the animal, clone or culture of every sample",
            found=f"{len(missing)} without",
            remedy="fill it in, or exclude these samples with the reason",
            offenders=missing,
        )
    keys = pd.Series(list(zip(units.astype(str), obs["group"].astype(str), strict=True)), index=units.index)
    for column in ("pair", "batch"):
        if column in obs:
            said = obs[column].astype(object).where(obs[column].notna(), None)
            differ = [f"{unit[0]} ({unit[1]})" for unit, part in said.groupby(keys) if len(set(part)) > 1]
            if differ:
                problems.add(
                    f"{where}, replicates.from",
                    expected=f"one {column} for the samples of one unit and group",
                    found=f"{len(differ)} with several",
                    remedy=f"name the column that is the same within a {column}, or mend the table",
                    offenders=differ,
                )
    problems.raise_if_any()
    firsts = pd.Series(units.index, index=units.index).groupby(keys).transform("first")
    return firsts.astype(object)


def put_together(raw: pd.DataFrame, firsts: pd.Series, scale: str) -> pd.DataFrame:
    """Genes x units from genes x samples: sums of counts, means of other values.

    Args:
        raw: Values as in the source.
        firsts: Result of :func:`first_samples`.
        scale: What the card says the values are.
    """
    grouped = raw[firsts.index].T.groupby(firsts.to_numpy(), sort=False)
    return (grouped.sum(min_count=1) if scale == "counts" else grouped.mean()).T
