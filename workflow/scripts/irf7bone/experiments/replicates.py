"""Several samples of one animal, clone or culture are not independent: put together, or correlated.

Put together, counts are added up and other values averaged on the scale of the source, before anything else
is done with them. Correlated, they stay and the model knows which belong together. Taken as samples of their
own they would count one animal several times.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.base.experiment_vocabulary import BETWEEN, BOTH, SINGLE, WITHIN

FEWEST_UNITS = 2  # in a group: of one animal nothing can be said but of that animal
TOGETHER = "write `how: together`, which makes one sample of them"


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
    _check_named(units, where, problems)
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


def named_units(units: pd.Series, where: str) -> pd.Series:
    """The animal, clone or culture of each sample as text.

    Raises:
        InputError: a sample without one.
    """
    problems = Problems()
    _check_named(units, where, problems)
    problems.raise_if_any()
    return units.astype(str).astype(object)


def _check_named(units: pd.Series, where: str, problems: Problems) -> None:
    missing = units.index[units.isna()].tolist()
    if missing:
        problems.add(
            f"{where}, replicates.from",
            expected="the animal, clone or culture of every sample",
            found=f"{len(missing)} without",
            remedy="fill it in, or exclude these samples with the reason",
            offenders=missing,
        )


def blocks_of(
    where: str, used: pd.DataFrame, matrix: np.ndarray, groups: np.ndarray, problems: Problems
) -> tuple[np.ndarray | None, str] | None:
    """The blocks of a contrast's samples and how the groups lie to them.

    Args:
        where: Card and contrast, for messages.
        used: The contrast's samples, with ``unit``.
        matrix: Its model, samples x coefficients.
        groups: Number of the group of each sample.
        problems: Where what is wrong is added.

    Returns:
        Blocks, None where no unit has two samples, and one of
        :data:`irf7bone.base.experiment_vocabulary.BLOCK_LAYOUTS`; None where no correlation is to be had.
    """
    blocks, names = pd.factorize(used["unit"].astype("object"))
    n, n_blocks = len(blocks), len(names)
    if n_blocks == n:
        return None, SINGLE
    said = f"{where}, replicates"
    before = len(problems.found)
    few = [group for group in np.unique(groups) if len(set(blocks[groups == group])) < FEWEST_UNITS]
    if few:
        problems.add(
            said,
            expected=f"{FEWEST_UNITS} animals, clones or cultures or more in each group",
            found=f"{len(few)} of the groups compared with one alone",
            remedy="leave the contrast out, or add animals: more samples of one say nothing of others",
            offenders=used.index[np.isin(groups, few)].tolist(),
        )
    elif n_blocks > n - 2 or n <= matrix.shape[1] + 2:
        problems.add(
            said,
            expected="two samples or more beyond one a unit, and three residual degrees of freedom, to "
            "estimate a correlation from",
            found=f"{n} samples of {n_blocks} units, {n - matrix.shape[1]} residual degrees of freedom",
            remedy=TOGETHER,
        )
    elif np.linalg.matrix_rank(np.column_stack([matrix, np.eye(n_blocks)[blocks]])) == matrix.shape[1]:
        problems.add(
            said,
            expected="units that differ from the pairs and batches of the model",
            found="units that the model holds already, so that no correlation within them is left",
            remedy=f"set paired: false, as the correlation does what pairs do, or {TOGETHER}",
        )
    if len(problems.found) > before:
        return None
    present = pd.crosstab(blocks, groups).to_numpy() > 0
    layouts = {BETWEEN: (present.sum(axis=1) == 1).all(), WITHIN: present.all()}
    return blocks, next((layout for layout, fits in layouts.items() if fits), BOTH)


def put_together(raw: pd.DataFrame, firsts: pd.Series, scale: str) -> pd.DataFrame:
    """Genes x units from genes x samples: sums of counts, means of other values.

    Args:
        raw: Values as in the source.
        firsts: Result of :func:`first_samples`.
        scale: What the card says the values are.
    """
    grouped = raw[firsts.index].T.groupby(firsts.to_numpy(), sort=False)
    return (grouped.sum(min_count=1) if scale == "counts" else grouped.mean()).T
