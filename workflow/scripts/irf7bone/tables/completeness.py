"""Every planned result has a row: the tables of a run, held against what it planned."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from irf7bone.base.errors import Problem, Problems
from irf7bone.tables.contract import Table
from irf7bone.tables.register import REGISTER, pattern_of

if TYPE_CHECKING:
    import pandas as pd

# what the settings plan for every cohort; other tables plan what their module says, for each alike
WHOLE = ("associations.tsv", "pooled.tsv", "null")


def refuse_missing_rows(paths: Iterable[str], planned: Mapping[str, Sequence[str]]) -> None:
    """Read each table of a run that must be complete and see whether a planned row is missing.

    Args:
        paths: Files of the run; others than tables that must be complete are passed over.
        planned: Key column -> values that the settings name, for those of :data:`WHOLE`.

    Raises:
        InputError: With the missing rows of every table.
    """
    problems = Problems()
    for path in paths:
        table = next(
            (table for pattern, table in REGISTER.items() if pattern_of(pattern).fullmatch(path)), None
        )
        if table is not None and table.complete:
            named = planned if table.name in WHOLE else {}
            problems.extend(missing_rows(table, table.read(path), path, named))
    problems.raise_if_any()


def missing_rows(
    table: Table, frame: pd.DataFrame, where: str, planned: Mapping[str, Sequence[str]]
) -> list[Problem]:
    """The combinations of key values without a row.

    Args:
        table: The contract.
        frame: The table.
        where: What messages call it.
        planned: Key column -> values that must be there; of other columns, those that occur.
    """
    values = {name: list(planned.get(name, frame[name].unique())) for name in table.key}
    if len(frame) == math.prod(map(len, values.values())):
        return []
    there = set(frame[list(table.key)].itertuples(index=False, name=None))
    missing = [row for row in itertools.product(*values.values()) if row not in there]
    if not missing:
        return []
    return [
        Problem(
            where,
            expected="a row for every planned result",
            found=f"{len(missing)} missing",
            remedy="a defect of the job that made it: report it",
            offenders=[" / ".join(map(str, row)) for row in missing],
        )
    ]
