"""Which scores are compared between kinds of event, and under which models, or why they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.models import MODELS, Cohort, Design, Unavailable
from irf7bone.outcome.outcome_data import ScoreMatrix
from irf7bone.statistics.cox import Fits

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

ESTIMATE = ("log_hr", "se", "ci_low", "ci_high", "p")


@dataclass(frozen=True)
class Planned:
    """Scores that share samples and model, ready to fit, or the reason why nothing can be.

    Args:
        rows: Positions in the score matrix.
        model: Name of the model.
        status: ok, or why nothing can be fitted.
        reason: The same in words.
        seen: n, n_events and covariates, where known.
        design: The model, where ok.
        samples: Positions of its samples in the cohort, where ok.
    """

    rows: list[int]
    model: str
    status: str
    reason: str | None
    seen: dict[str, Any] = field(default_factory=dict)
    design: Design | None = None
    samples: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))

    def without(self) -> dict[str, Any]:
        """Columns of a row that has no estimate."""
        return {**self.seen, "status": self.status, "reason": self.reason}


def plan(
    table: ScoreMatrix,
    obs: pd.DataFrame,
    time: np.ndarray,
    event: np.ndarray,
    known: np.ndarray,
    config: Config,
    entry: np.ndarray | None = None,
) -> Iterator[Planned]:
    """Every score of the primary method under every model of the config, once.

    Args:
        table: Scores of the cohort.
        obs: Samples.
        time: Shape (n,).
        event: Shape (n,).
        known: Samples to use, shape (n,).
        config: For the models, the primary method, the proliferation signature and ``min_events``.
        entry: Months from which a sample is at risk, shape (n,); None where all are from the start.
    """
    method = config.primary.method
    position = table.row(config.proliferation_signature, method)
    proliferation, missing = None, f"{config.proliferation_signature} was not scored by {method}"
    if position is not None:
        missing = f"{config.proliferation_signature}: {table.reason[position]}"
        if table.status[position] == "ok":
            proliferation = table.values[position]
    for model in config.models:
        todo: list[int] = []
        for k, (signature, scored_by) in enumerate(table.keys):
            if scored_by != method:
                continue
            own = MODELS[model].uses_proliferation and signature == config.proliferation_signature
            if table.status[k] != "ok":
                yield Planned([k], model, table.status[k], table.reason[k])
            elif own:
                reason = "the proliferation signature is not adjusted for itself"
                yield Planned([k], model, "not_available", reason)
            else:
                todo.append(k)
        have = np.isfinite(table.values) & known
        for used in np.unique(have[todo], axis=0):
            rows = [k for k in todo if (have[k] == used).all()]
            values = None if proliferation is None else proliferation[used]
            at = None if entry is None else entry[used]
            cohort = Cohort(obs[used], time[used], event[used], values, missing, at)
            yield _planned(rows, model, cohort, np.flatnonzero(used), config.min_events)


def plan_nothing(table: ScoreMatrix, reason: str, config: Config) -> Iterator[Planned]:
    """The same combinations for an outcome that the cohort does not have."""
    rows = [k for k, (_, method) in enumerate(table.keys) if method == config.primary.method]
    for model in config.models:
        yield Planned(rows, model, "not_available", reason)


def too_few(n_events: int, n: int, min_events: int, events: str = "events") -> str:
    """Why nothing is fitted."""
    return f"{n_events} {events} among {n} samples, {min_events} needed"


def row_of(fits: Fits, k: int, estimator: str) -> dict[str, Any]:
    """Estimate, estimator, status and reason of one fit, as columns of a table."""
    if fits.status[k] != "ok":
        return {"status": fits.status[k], "reason": fits.reason[k]}
    return {name: getattr(fits, name)[k] for name in ESTIMATE} | {"estimator": estimator, "status": "ok"}


def _planned(rows: list[int], model: str, cohort: Cohort, used: np.ndarray, min_events: int) -> Planned:
    design = MODELS[model].design(cohort)
    if isinstance(design, Unavailable):
        return Planned(rows, model, "not_available", design.reason)
    n, n_events = int(design.kept.sum()), int(cohort.event[design.kept].sum())
    seen = {"n": n, "n_events": n_events, "covariates": design.label}
    if n_events < min_events:
        return Planned(rows, model, "too_few_events", too_few(n_events, n, min_events), seen)
    if np.unique(cohort.time[design.kept]).size == 1:
        return Planned(rows, model, "not_available", "all follow-up times are the same", seen)
    return Planned(rows, model, "ok", None, seen, design, used[design.kept])
