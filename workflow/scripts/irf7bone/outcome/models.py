"""Which covariates a model has. Adding a model is one function and one line in :data:`MODELS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from irf7bone.outcome.er_adjustment import er_adjustment
from irf7bone.statistics.cox import CoxProblem

CLINICAL = ("er", "node", "grade", "size_cm", "age")
# of the samples with the endpoint; below it too many are lost to complete-case analysis
_COMPLETE = 0.8
# events in each stratum that allow strata instead of a covariate
_STRATUM_EVENTS = 10


@dataclass(frozen=True)
class Cohort:
    """What a model may use, for the samples that have the endpoint and a score (n of them).

    Args:
        obs: Clinical columns, n rows.
        time: Months, shape (n,).
        event: 1 or 0, shape (n,).
        proliferation: Proliferation score z, shape (n,), NaN where missing; None where there is none.
        proliferation_reason: Why there is none.
        entry: Months from which each is at risk, shape (n,); None where all are from the start.
    """

    obs: pd.DataFrame
    time: np.ndarray
    event: np.ndarray
    proliferation: np.ndarray | None
    proliferation_reason: str | None
    entry: np.ndarray | None = None


@dataclass(frozen=True)
class Design:
    """Covariates of one model.

    Args:
        kept: Samples with every covariate, shape (n,).
        covariates: Shape (n kept, p).
        names: p names.
        strata: Codes, shape (n kept,), or None.
        label: What the model adjusts for, in the words of the table.
    """

    cohort: Cohort
    kept: np.ndarray
    covariates: np.ndarray
    names: tuple[str, ...]
    strata: np.ndarray | None
    label: str

    @cached_property
    def problem(self) -> CoxProblem:
        """The model without its score, ready to fit."""
        cohort = self.cohort
        return CoxProblem(
            cohort.time[self.kept],
            cohort.event[self.kept],
            self.covariates,
            self.strata,
            self.names,
            self.entry,
        )

    @property
    def entry(self) -> np.ndarray | None:
        """Months from which each sample is at risk, shape (n kept,); None where all are from the start."""
        return None if self.cohort.entry is None else self.cohort.entry[self.kept]

    @property
    def with_strata(self) -> np.ndarray:
        """Covariates and a 0/1 column for each stratum after the first, shape (n kept, p + strata - 1)."""
        if self.strata is None:
            return self.covariates
        levels = np.unique(self.strata)[1:]
        return np.column_stack([self.covariates, self.strata[:, None] == levels])


@dataclass(frozen=True)
class Unavailable:
    """Why a cohort cannot have a model."""

    reason: str


@dataclass(frozen=True)
class Model:
    """One entry of the registry.

    Args:
        design: From a cohort to its covariates.
        uses_proliferation: The proliferation signature cannot be adjusted for itself.
    """

    design: Callable[[Cohort], Design | Unavailable]
    uses_proliferation: bool


def _crude(cohort: Cohort) -> Design | Unavailable:
    n = cohort.time.size
    return Design(cohort, np.ones(n, dtype=bool), np.empty((n, 0)), (), None, "none")


def _proliferation(cohort: Cohort) -> Design | Unavailable:
    if cohort.proliferation is None:
        return Unavailable(f"no proliferation score: {cohort.proliferation_reason}")
    return _complete_cases(cohort, {"proliferation": pd.Series(cohort.proliferation)})


def _proliferation_er(cohort: Cohort) -> Design | Unavailable:
    if cohort.proliferation is None:
        return Unavailable(f"no proliferation score: {cohort.proliferation_reason}")
    er = er_adjustment(cohort.obs)
    fields = {"proliferation": pd.Series(cohort.proliferation)}
    if er.values is not None:
        fields[er.label] = pd.Series(er.values)
    kept = np.logical_and.reduce([values.notna().to_numpy() for values in fields.values()])
    covariates = np.column_stack([values.to_numpy(dtype=float) for values in fields.values()])[kept]
    label = ",".join(fields) + (f",er: {er.kind}" if er.values is None else "")
    return Design(cohort, kept, covariates, tuple(fields), None, label)


def _clinical(cohort: Cohort) -> Design | Unavailable:
    fields, lost = _clinical_fields(cohort)
    if not fields:
        return Unavailable(f"no clinical covariate can be used: {'; '.join(lost)}")
    return _complete_cases(cohort, fields)


def _full(cohort: Cohort) -> Design | Unavailable:
    parts = _proliferation(cohort), _clinical(cohort)
    for part in parts:
        if isinstance(part, Unavailable):
            return part
    fields, _ = _clinical_fields(cohort)
    return _complete_cases(cohort, {"proliferation": pd.Series(cohort.proliferation), **fields})


MODELS: dict[str, Model] = {
    "crude": Model(_crude, uses_proliferation=False),
    "proliferation": Model(_proliferation, uses_proliferation=True),
    "proliferation_er": Model(_proliferation_er, uses_proliferation=True),
    "clinical": Model(_clinical, uses_proliferation=False),
    "full": Model(_full, uses_proliferation=True),
}


def _clinical_fields(cohort: Cohort) -> tuple[dict[str, pd.Series], list[str]]:
    """Usable clinical covariates, and why the others are not."""
    usable, lost = {}, []
    for name in CLINICAL:
        if name not in cohort.obs:
            lost.append(f"{name} not recorded")
            continue
        values = cohort.obs[name].reset_index(drop=True)
        complete = float(values.notna().mean())
        if complete < _COMPLETE:
            lost.append(f"{name} known in {complete:.0%} of samples, {_COMPLETE:.0%} needed")
        elif values.nunique() < 2:
            lost.append(f"{name} is the same in all samples")
        else:
            usable[name] = values
    return usable, lost


def _complete_cases(cohort: Cohort, fields: dict[str, pd.Series]) -> Design | Unavailable:
    """Samples with every field; stratified by ER where each stratum has the events for it."""
    kept = np.logical_and.reduce([values.notna().to_numpy() for values in fields.values()])
    strata = None
    if "er" in fields:
        er = _text(fields["er"])[kept]
        events = pd.Series(cohort.event[kept]).groupby(er).sum()
        if len(events) > 1 and (events >= _STRATUM_EVENTS).all():
            strata = er
    columns = [_numbers(name, values) for name, values in fields.items() if name != "er" or strata is None]
    chosen = pd.concat(columns, axis=1)[kept] if columns else pd.DataFrame(index=np.flatnonzero(kept))
    # a level or field may have become constant among the complete cases: it adjusts for nothing
    chosen = chosen.loc[:, (chosen.nunique() > 1).to_numpy()]
    names = tuple(chosen.columns)
    if not names and strata is None:
        return Unavailable(f"none of {', '.join(fields)} varies among the {kept.sum()} samples that have all")
    label = ",".join([*names, *(["strata(er)"] if strata is not None else [])])
    return Design(cohort, kept, chosen.to_numpy(dtype=float), names, strata, label)


def _text(values: pd.Series) -> np.ndarray:
    return values.astype("object").where(values.notna(), "").astype(str).to_numpy()


def _numbers(name: str, values: pd.Series) -> pd.DataFrame:
    """A number as it is; categories as a 0/1 column for each level after the first."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return pd.DataFrame({name: values.astype(float)})
    text = _text(values)
    known = values.notna().to_numpy()
    levels = sorted(set(text[known]))
    names = [name] if len(levels) == 2 else [f"{name}={level}" for level in levels[1:]]
    columns = [np.where(known, text == level, np.nan) for level in levels[1:]]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
