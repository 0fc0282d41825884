"""Which of many cohorts have a row in figures: a figure of two hundred rows is read by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from irf7bone.tables.study_tables import StudyTables

MOST_COHORTS = 40
MOST_DRAWN = 20  # cohorts whose own figures, a third of a megabyte each, stand in the report
WITH_COHORTS = ("sites", "competing", "by_er", "immune")  # tables of which figures have a row a cohort


@dataclass(frozen=True)
class LargestCohorts:
    """Cohorts with a row in figures, or with figures of their own in the report; all are pooled as ever.

    Args:
        shown: Their ids.
        total: How many cohorts there are.
    """

    shown: frozenset[str]
    total: int

    @classmethod
    def of(
        cls, associations: pd.DataFrame, roles: Mapping[str, str], most: int = MOST_COHORTS
    ) -> LargestCohorts:
        """All cohorts up to a number; of more those with most events, patients before simulated ones.

        Args:
            associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
            roles: Role of each cohort.
            most: How many.
        """
        events = associations.groupby("cohort", sort=True)["n_events"].max().fillna(0)
        by_size = sorted(events.index, key=lambda name: (roles[name] == "simulated", -events[name], name))
        return cls(frozenset(by_size[:most]), len(by_size))

    @property
    def words(self) -> str:
        """What a title says where some cohorts have no row; empty where all have."""
        left_out = len(self.shown) < self.total
        return f"; {len(self.shown)} of {self.total} cohorts, those with most events" if left_out else ""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table that are about them."""
        return table if len(self.shown) == self.total else table[table["cohort"].isin(self.shown)]

    def tables(self, results: StudyTables) -> StudyTables:
        """The tables that figures draw a row a cohort of, for them alone."""
        return results.with_tables(**{name: self.rows(results.by_name[name]) for name in WITH_COHORTS})
