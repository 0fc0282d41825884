"""The tables behind the sections that look deeper: of each cohort, and over cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODELS
from irf7bone.tables.cohort import DUPLICATES, SIGNATURE_QUALITY
from irf7bone.tables.contract import Table
from irf7bone.tables.outcome import COMPETING, ER_ASSOCIATIONS, IMMUNE_LINKS, SITES
from irf7bone.tables.outcome_checks import AUDIT, CHECK_CURVES, CHECKS, DISCRIMINATION, GROUP_TESTS, TABLE_ONE
from irf7bone.tables.pooled import (
    ASYMMETRY,
    ER_POOLED,
    FUNNEL,
    HETEROGENEITY,
    IMMUNE_POOLED,
    LEAVE_ONE_OUT,
    SPECIFICATION_SUMMARY,
    SPECIFICATIONS,
)
from irf7bone.tables.random_signatures import CONTROLS, NULL, NULL_HISTOGRAM, POOLED_NULL
from irf7bone.tables.verdict import CHANCES, EXPLORATORY, FRAGILITY, SITE_CONTRAST, VERDICT_MODELS

# file name without ending -> contract
COHORT_TABLES: dict[str, Table] = {
    "null": NULL,
    "null_histogram": NULL_HISTOGRAM,
    "claim_models": CLAIM_MODELS,
    "claim_controls": CLAIM_CONTROLS,
    "by_er": ER_ASSOCIATIONS,
    "immune": IMMUNE_LINKS,
    "signature_quality": SIGNATURE_QUALITY,
    "competing": COMPETING,
    "sites": SITES,
    "group_tests": GROUP_TESTS,
    "checks": CHECKS,
    "check_curves": CHECK_CURVES,
    "discrimination": DISCRIMINATION,
    "table_one": TABLE_ONE,
}
POOLED_TABLES: dict[str, Table] = {
    "pooled_null": POOLED_NULL,
    "pooled_null_histogram": NULL_HISTOGRAM,
    "controls": CONTROLS,
    "heterogeneity": HETEROGENEITY,
    "leave_one_out": LEAVE_ONE_OUT,
    "asymmetry": ASYMMETRY,
    "funnel": FUNNEL,
    "specifications": SPECIFICATIONS,
    "specification_summary": SPECIFICATION_SUMMARY,
    "pooled_by_er": ER_POOLED,
    "immune_pooled": IMMUNE_POOLED,
    "duplicates": DUPLICATES,
    "audit": AUDIT,
    "exploratory": EXPLORATORY,
    "verdict_models": VERDICT_MODELS,
    "chances": CHANCES,
    "site_contrast": SITE_CONTRAST,
    "fragility": FRAGILITY,
}


@dataclass(frozen=True)
class CohortDepth:
    """Tables of one cohort or of several, one below the other; each field is a key of ``COHORT_TABLES``."""

    null: pd.DataFrame
    null_histogram: pd.DataFrame
    claim_models: pd.DataFrame
    claim_controls: pd.DataFrame
    by_er: pd.DataFrame
    immune: pd.DataFrame
    signature_quality: pd.DataFrame
    competing: pd.DataFrame
    sites: pd.DataFrame
    group_tests: pd.DataFrame
    checks: pd.DataFrame
    check_curves: pd.DataFrame
    discrimination: pd.DataFrame
    table_one: pd.DataFrame

    @classmethod
    def read(cls, folder: Path, cohorts: Sequence[str]) -> CohortDepth:
        """Read ``folder/depth/<cohort>/<table>.tsv`` of the cohorts.

        Args:
            folder: The results.
            cohorts: Ids, in the order of the config.

        Raises:
            InputError: A table breaks its contract.
        """
        return cls(**_cohort_tables(folder, cohorts))

    def of(self, cohort: str) -> CohortDepth:
        """The rows of one cohort."""
        own = {name: getattr(self, name) for name in COHORT_TABLES}
        return CohortDepth(**{name: table[table["cohort"] == cohort] for name, table in own.items()})


@dataclass(frozen=True)
class Depth(CohortDepth):
    """Tables of every cohort, and those over cohorts, whose fields are the keys of ``POOLED_TABLES``."""

    pooled_null: pd.DataFrame
    pooled_null_histogram: pd.DataFrame
    controls: pd.DataFrame
    heterogeneity: pd.DataFrame
    leave_one_out: pd.DataFrame
    asymmetry: pd.DataFrame
    funnel: pd.DataFrame
    specifications: pd.DataFrame
    specification_summary: pd.DataFrame
    pooled_by_er: pd.DataFrame
    immune_pooled: pd.DataFrame
    duplicates: pd.DataFrame
    audit: pd.DataFrame
    exploratory: pd.DataFrame
    verdict_models: pd.DataFrame
    chances: pd.DataFrame
    site_contrast: pd.DataFrame
    fragility: pd.DataFrame

    @classmethod
    def read(cls, folder: Path, cohorts: Sequence[str]) -> Depth:
        """Read ``folder/depth/<cohort>/<table>.tsv`` and ``folder/tables/<table>.tsv``.

        Args:
            folder: The results.
            cohorts: Ids, in the order of the config.

        Raises:
            InputError: A table breaks its contract.
        """
        pooled = {
            name: table.read(folder / "tables" / f"{name}.tsv") for name, table in POOLED_TABLES.items()
        }
        return cls(**_cohort_tables(folder, cohorts), **pooled)

    @classmethod
    def empty(cls) -> Depth:
        """Every table without rows."""
        tables = {**COHORT_TABLES, **POOLED_TABLES}
        return cls(**{field.name: tables[field.name].empty() for field in fields(cls)})


def _cohort_tables(folder: Path, cohorts: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables of the cohorts, joined; types are those of the contracts, so that none changes."""
    found = {}
    for name, table in COHORT_TABLES.items():
        parts = [table.read(folder / "depth" / cohort / f"{name}.tsv") for cohort in cohorts]
        filled = [part for part in parts if len(part)]
        found[name] = table.cast(pd.concat(filled, ignore_index=True)) if filled else table.empty()
    return found
