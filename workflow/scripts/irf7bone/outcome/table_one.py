"""Table 1 of a cohort: who the patients are, over all and by tertile of the primary score.

It answers two items of REMARK (McShane 2005, J Natl Cancer Inst 97:1180): the distribution of demographic
and clinical variables, with missing values counted, and the relation of the marker to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.curves import tertiles
from irf7bone.outcome.outcome_data import score_matrix
from irf7bone.statistics.rank_tests import kruskal_wallis, spearman_test
from irf7bone.tables.outcome_checks import GROUPS, MEDIAN, TABLE_ONE, UNKNOWN

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

NUMERIC = ("age", "size_cm")
ORDERED = ("grade",)
CATEGORICAL = ("er", "pr", "her2", "subtype", "node", "grade")
FEWEST = 5  # samples with the variable, and in the smaller of two classes, for a test of it against the score


def table_one(cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config) -> pd.DataFrame:
    """Characteristics of the patients of one cohort.

    Numbers (age, size) are compared with the score by Spearman's rank correlation, grade likewise as an
    ordered class, other classes by the Kruskal-Wallis test; both on the samples that have the characteristic.

    Args:
        cohort: Cohort id.
        obs: Samples with clinical columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: The study's settings; the score is that of the primary signature and method.

    Returns:
        Table of :data:`TABLE_ONE`; a characteristic that the cohort does not record has no rows.
    """
    matrix = score_matrix(scores, obs.index, cohort)
    row = matrix.row(config.primary.signature, config.primary.method)
    z = matrix.values[row] if row is not None and matrix.status[row] == "ok" else None
    groups = {"all": np.ones(len(obs), dtype=bool)}
    if z is not None:
        tertile = tertiles(z)
        groups |= {name: tertile == name for name in GROUPS[1:]}
    rows: list[dict[str, Any]] = []
    no_test = _refused("a number of patients is not tested against the score")
    rows += [
        _row("patients", "number", group, inside, inside, inside, no_test) for group, inside in groups.items()
    ]
    for name in (*NUMERIC, *CATEGORICAL):
        if name in obs:
            describe = _numeric if name in NUMERIC else _classes
            rows += describe(name, obs[name], groups, z)
    table = pd.DataFrame(rows, columns=[column for column in TABLE_ONE.names if column != "cohort"])
    return TABLE_ONE.cast(table.assign(cohort=cohort))


def _row(
    name: str,
    level: str,
    group: str,
    inside: np.ndarray,
    known: np.ndarray,
    at_level: np.ndarray,
    test: dict[str, Any],
    **numbers: float | None,
) -> dict[str, Any]:
    return {
        "characteristic": name,
        "level": level,
        "group": group,
        "n": int(inside.sum()),
        "n_known": int((inside & known).sum()),
        "count": int((inside & at_level).sum()),
        **numbers,
        **test,
    }


def _numeric(
    name: str, values: pd.Series, groups: dict[str, np.ndarray], z: np.ndarray | None
) -> list[dict[str, Any]]:
    x = values.to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(x)
    test = _spearman(x[known], None if z is None else z[known])
    rows = []
    for group, inside in groups.items():
        here = x[inside & known]
        quartiles = np.quantile(here, [0.5, 0.25, 0.75]) if here.size else [None] * 3
        numbers = dict(zip(("median", "q1", "q3"), quartiles, strict=True))
        rows.append(_row(name, MEDIAN, group, inside, known, known, test, **numbers))
        rows.append(_row(name, UNKNOWN, group, inside, known, ~known, test))
    return rows


def _classes(
    name: str, values: pd.Series, groups: dict[str, np.ndarray], z: np.ndarray | None
) -> list[dict[str, Any]]:
    known = values.notna().to_numpy()
    said = np.array(
        [_level(value) if is_known else "" for value, is_known in zip(values, known, strict=True)]
    )
    levels = sorted(set(said[known]))
    if name in ORDERED:
        numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
        test = _spearman(numbers[known], None if z is None else z[known])
    else:
        test = _kruskal(said[known], None if z is None else z[known])
    return [
        _row(name, level, group, inside, known, ~known if level == UNKNOWN else known & (said == level), test)
        for level in (*levels, UNKNOWN)
        for group, inside in groups.items()
    ]


def _level(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _refused(reason: str) -> dict[str, Any]:
    return {"status": "not_available", "reason": reason}


def _spearman(x: np.ndarray, z: np.ndarray | None) -> dict[str, Any]:
    if z is None:
        return _refused("the primary signature has no score here")
    if x.size < FEWEST:
        return _refused(f"{x.size} samples with a value, {FEWEST} needed")
    if np.ptp(x) == 0:
        return _refused("every sample has the same value")
    rho, p = spearman_test(x, z)
    return {"test": "spearman", "statistic": rho, "p": p, "status": "ok"}


def _kruskal(classes: np.ndarray, z: np.ndarray | None) -> dict[str, Any]:
    if z is None:
        return _refused("the primary signature has no score here")
    groups = [z[classes == name] for name in sorted(set(classes))]
    if len(groups) < 2:
        return _refused("fewer than two classes among the samples")
    smallest = min(group.size for group in groups)
    if smallest < FEWEST:
        return _refused(f"{smallest} samples in the smallest class, {FEWEST} needed")
    h, p = kruskal_wallis(groups)
    return {"test": "kruskal", "statistic": h, "p": p, "status": "ok"}
