"""Which covariates a model has. A new model is one line in :data:`MODELS`; new covariates are a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from irf7bone.base.vocabulary import COMPLETE_SHARE, MODEL_FIELDS
from irf7bone.outcome.er_adjustment import er_adjustment
from irf7bone.outcome.reasons import Code, Reason, because
from irf7bone.statistics.cox import CoxProblem

CLINICAL = MODEL_FIELDS
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
    proliferation_reason: Reason | None
    entry: np.ndarray | None = None


@dataclass(frozen=True)
class Design:
    """Covariates of one model.

    Args:
        kept: Samples with every covariate, shape (n,).
        covariates: Shape (n kept, p).
        names: p names.
        strata: ER status, which alone may stratify, shape (n kept,), or None.
        fields: What a sample must have to be kept, also where it is the same in all of them.
    """

    cohort: Cohort
    kept: np.ndarray
    covariates: np.ndarray
    names: tuple[str, ...]
    strata: np.ndarray | None
    fields: tuple[str, ...] = ()

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
    def label(self) -> str:
        """What the model adjusts for, as tables say it."""
        return self._label("strata(er)")

    @property
    def label_without_strata(self) -> str:
        """The same where strata enter as covariates, as in :attr:`with_strata`."""
        return self._label("er")

    @property
    def with_strata(self) -> np.ndarray:
        """Covariates and a 0/1 column for each stratum after the first, shape (n kept, p + strata - 1)."""
        if self.strata is None:
            return self.covariates
        levels = np.unique(self.strata)[1:]
        return np.column_stack([self.covariates, self.strata[:, None] == levels])

    def _label(self, strata: str) -> str:
        return ",".join([*self.names, *([] if self.strata is None else [strata])]) or "none"


@dataclass(frozen=True)
class Unavailable:
    """Why a cohort cannot have a model."""

    reason: Reason


Fields = Mapping[str, pd.Series]


@dataclass(frozen=True)
class Model:
    """One entry of the registry.

    Args:
        covariates: Each gives fields of a cohort that the model adjusts for, or why it cannot.
    """

    covariates: tuple[Callable[[Cohort], Fields | Unavailable], ...]

    @property
    def uses_proliferation(self) -> bool:
        """Whether it adjusts for proliferation: that signature cannot be adjusted for itself."""
        return proliferation in self.covariates

    def design(self, cohort: Cohort) -> Design | Unavailable:
        """The model for the samples of a cohort that have every covariate, or why there is none."""
        fields: dict[str, pd.Series] = {}
        for part in self.covariates:
            found = part(cohort)
            if isinstance(found, Unavailable):
                return found
            # a model of several parts is that of each of them and more, or it is none
            alone = complete_cases(cohort, found) if len(self.covariates) > 1 and found else None
            if isinstance(alone, Unavailable):
                return alone
            fields |= found
        return complete_cases(cohort, fields) if fields else _unadjusted(cohort)


def proliferation(cohort: Cohort) -> Fields | Unavailable:
    """The proliferation score."""
    if cohort.proliferation is None:
        return Unavailable(because(Code.NO_PROLIFERATION, why=cohort.proliferation_reason))
    return {"proliferation": pd.Series(cohort.proliferation)}


def er_of(cohort: Cohort) -> Fields:
    """ER status, or the expression of ESR1; nothing where all have one status, or the cohort has neither.

    Under another name than the clinical covariate, which may stratify: the verdict's model has a
        coefficient for it.
    """
    found = er_adjustment(cohort.obs)
    return {} if found.values is None else {found.label: pd.Series(found.values)}


def clinical(cohort: Cohort) -> Fields | Unavailable:
    """The clinical covariates that most samples have and that differ between them."""
    usable: dict[str, pd.Series] = {}
    lost: list[Reason] = []
    for name in CLINICAL:
        if name not in cohort.obs:
            lost.append(because(Code.NOT_RECORDED, field=name))
            continue
        values = cohort.obs[name].reset_index(drop=True)
        complete = float(values.notna().mean())
        if complete < COMPLETE_SHARE:
            lost.append(because(Code.INCOMPLETE, field=name, share=complete, needed=COMPLETE_SHARE))
        elif values.nunique() < 2:
            lost.append(because(Code.ALL_THE_SAME, field=name))
        else:
            usable[name] = values
    return usable or Unavailable(because(Code.NO_CLINICAL, lost=tuple(lost)))


MODELS: dict[str, Model] = {
    "unadjusted": Model(()),
    "proliferation": Model((proliferation,)),
    "proliferation_er": Model((proliferation, er_of)),
    "clinical": Model((clinical,)),
    "full": Model((proliferation, clinical)),
}


def complete_cases(cohort: Cohort, fields: Fields) -> Design | Unavailable:
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
        return Unavailable(because(Code.NOTHING_VARIES, fields=", ".join(fields), n=kept.sum()))
    return Design(cohort, kept, chosen.to_numpy(dtype=float), names, strata, tuple(fields))


def _unadjusted(cohort: Cohort) -> Design:
    n = cohort.time.size
    return Design(cohort, np.ones(n, dtype=bool), np.empty((n, 0)), (), None)


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
