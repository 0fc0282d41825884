"""The tables of a finished run, read by their paths: of each cohort joined, and over cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from irf7bone.tables.contract import Table
from irf7bone.tables.register import OF_COHORT, OVER_COHORTS, table_at, tables_in

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class StudyTables:
    """Tables by the names of their files; each is an attribute as well: ``tables.sites``.

    Args:
        by_name: Name -> table; those of several cohorts stand one below the other.
    """

    by_name: Mapping[str, pd.DataFrame]

    @classmethod
    def read(cls, paths: Iterable[str]) -> StudyTables:
        """Read tables by their paths.

        Args:
            paths: Files of :data:`irf7bone.tables.register.REGISTER`; those of one name are joined in this
                order.

        Raises:
            InputError: A table breaks its contract.
            KeyError: A file is not registered.
        """
        return cls(read_joined(paths))

    @classmethod
    def empty(cls) -> StudyTables:
        """Every table of cohorts, and over them, without rows."""
        tables = tables_in(OF_COHORT) | tables_in(OVER_COHORTS)
        return cls({name: table.empty() for name, table in tables.items()})

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name == "by_name" or name not in self.by_name:  # the first while it is unpickled
            raise AttributeError(f"no table {name} was read")
        return self.by_name[name]

    def of(self, cohort: str) -> StudyTables:
        """The rows of one cohort, of the tables that each cohort has."""
        own = {name: self.by_name[name] for name in tables_in(OF_COHORT)}
        return StudyTables({name: table[table["cohort"] == cohort] for name, table in own.items()})

    def with_tables(self, **tables: pd.DataFrame) -> StudyTables:
        """The same with other tables under these names."""
        return StudyTables({**self.by_name, **tables})


def read_joined(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Tables by the names of their files, those of one name joined in the order of ``paths``.

    Types are those of the contracts, so that none changes where a part has no rows.

    Raises:
        InputError: A table breaks its contract.
        KeyError: A file is not registered.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    contracts: dict[str, Table] = {}
    for path in paths:
        name = PurePath(path).stem
        contracts[name] = table_at(path)
        parts.setdefault(name, []).append(contracts[name].read(path))
    return {name: join(contracts[name], found) for name, found in parts.items()}


def join(table: Table, parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Parts of one table, one below the other."""
    import pandas as pd

    filled = [part for part in parts if len(part)]
    return table.cast(pd.concat(filled, ignore_index=True)) if filled else table.empty()
