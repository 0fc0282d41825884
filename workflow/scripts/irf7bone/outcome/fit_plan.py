"""What is fitted in one cohort: samples, model, estimator, or the reason for nothing, of every result.

Each job makes one plan, and every table of the cohort reads it. So a score x endpoint x model has the same
samples, counts and reason wherever it is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.estimator import estimator_of
from irf7bone.outcome.models import MODELS, Cohort, Design, Unavailable
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.outcome.reasons import Code, Reason, because, too_few_events

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


@dataclass(frozen=True)
class Planned:
    """Scores that share samples and model: what to fit, or the reason for fitting nothing.

    Args:
        rows: Positions in the score matrix.
        model: Name of the model.
        reason: Why nothing is fitted; None where a fit is due.
        design: The model, also where it has too few events; None where there is none.
        samples: Positions of its samples in the cohort.
    """

    rows: list[int]
    model: str
    reason: Reason | None
    design: Design | None = None
    samples: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))

    @property
    def counts(self) -> dict[str, int]:
        """Samples and events of the model, where there is one."""
        if self.design is None:
            return {}
        return {"n": self.samples.size, "n_events": int(self.design.cohort.event[self.design.kept].sum())}

    @property
    def seen(self) -> dict[str, Any]:
        """Columns n, n_events and covariates, where there is a model."""
        return {} if self.design is None else {**self.counts, "covariates": self.design.label}

    @property
    def estimator(self) -> str:
        """cox or firth, where a fit is due."""
        return estimator_of(self.due)

    @property
    def due(self) -> Design:
        """The model to fit.

        Raises:
            ValueError: Nothing is to be fitted, which whoever asks must have seen.
        """
        if self.reason is not None or self.design is None:
            raise ValueError(f"nothing to fit under model {self.model}: {self.reason}")
        return self.design

    def without(self) -> dict[str, Any]:
        """Columns of a row that has no estimate."""
        return {**self.seen, **(self.reason.columns if self.reason else {})}


class FitPlan:
    """The plan of one cohort. Parts are made when they are first asked for, and kept.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with ``<endpoint>_time_months``, ``<endpoint>_event`` and clinical
            columns.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        config: For models, primary method, proliferation signature and ``min_events``.

    Raises:
        InputError: The scores name samples that the cohort does not have.
    """

    def __init__(self, cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config):
        self.cohort, self.obs, self.config = cohort, obs, config
        self.scores = scores
        self.table: ScoreMatrix = score_matrix(scores, obs.index, cohort)
        self._lacks: dict[str, Reason] = {}
        self._follow_up: dict[str, FollowUp | None] = {}
        self._made: dict[tuple[str, str], list[Planned]] = {}
        self._covariate: tuple[np.ndarray | None, Reason | None] | None = None

    @property
    def primary_rows(self) -> list[int]:
        """Positions of the scores by the primary method."""
        method = self.config.primary.method
        return [row for row, (_, scored_by) in enumerate(self.table.keys) if scored_by == method]

    def follow_up(self, endpoint: str) -> FollowUp | None:
        """Follow-up of an endpoint; None where these samples do not have it."""
        if endpoint not in self._follow_up:
            self._follow_up[endpoint] = follow_up(self.obs, endpoint)
        return self._follow_up[endpoint]

    def refusal(self, row: int, endpoint: str) -> Reason | None:
        """Why a score and an endpoint cannot be related under any model; None where they can."""
        if self.follow_up(endpoint) is None:
            return self._lacks.get(endpoint, because(Code.NO_ENDPOINT, endpoint=endpoint))
        return self._unscored(row)

    def fits(self, endpoint: str, model: str, *, primary_method: bool = True) -> list[Planned]:
        """Every score under one model of one endpoint, each once.

        Args:
            endpoint: Endpoint; it need not be in the config.
            model: Model.
            primary_method: Scores by the primary method only.
        """
        key = (endpoint, model)
        if key not in self._made:
            rows = list(range(len(self.table.keys)))
            data = self.follow_up(endpoint)
            if data is None:
                lacking = self._lacks.get(endpoint, because(Code.NO_ENDPOINT, endpoint=endpoint))
                self._made[key] = [Planned(rows, model, lacking)]
            else:
                self._made[key] = self.fits_of(data, model, rows)
        return self._chosen(self._made[key], self.primary_rows) if primary_method else self._made[key]

    def fits_of(self, data: FollowUp, model: str, rows: list[int]) -> list[Planned]:
        """The scores ``rows`` under one model of any follow-up, as that of one cause among several."""
        parts: list[Planned] = []
        todo: list[int] = []
        for row in rows:
            reason = self._unscored(row) or self._adjusted_for_itself(row, model)
            if reason is None:
                todo.append(row)
            else:
                parts.append(Planned([row], model, reason))
        if not todo:
            return parts
        # scores of one cohort cover the same samples but for those that a method could not score
        have = np.isfinite(self.table.values[todo]) & data.known
        # thousands of genes cover the same samples: sorting them to see that would take longer than to fit
        # them
        alike = (have == have[0]).all()
        for used in have[:1] if alike else np.unique(have, axis=0):
            same = np.flatnonzero((have == used).all(axis=1))
            parts.append(self._planned([todo[k] for k in same], data, used, model))
        return parts

    def fit_of(self, row: int, endpoint: str, model: str) -> Planned:
        """One score under one model of one endpoint."""
        [part] = self._chosen(self.fits(endpoint, model, primary_method=False), [row])
        return part

    def nothing(self, model: str, reason: Reason) -> Planned:
        """Every score by the primary method without a fit, for one reason."""
        return Planned(self.primary_rows, model, reason)

    def within(self, chosen: np.ndarray, lacking: Reason) -> FitPlan:
        """The plan of some of the samples, for scores by the primary method.

        Args:
            chosen: Which samples, shape (n,).
            lacking: Why these have no follow-up of an endpoint that the cohort has.
        """
        inside = self.obs[chosen]
        rows = self.scores["method"] == self.config.primary.method
        # with no sample at all, the scores still name what is planned
        own = rows & self.scores["sample"].isin(inside.index) if chosen.any() else rows & False
        part = FitPlan(self.cohort, inside, self.scores[own], config=self.config)
        if not chosen.any():
            kept = self.primary_rows
            part.table = ScoreMatrix(
                [self.table.keys[row] for row in kept],
                self.table.values[kept][:, chosen],
                [self.table.status[row] for row in kept],
                [self.table.reason[row] for row in kept],
            )
        has = [name for name in self.config.endpoints if self.follow_up(name) is not None]
        part._lacks = dict.fromkeys(has, lacking)
        return part

    def of_genes(self, genes: Sequence[str], z: np.ndarray, unfit: Mapping[str, tuple[str, str]]) -> FitPlan:
        """The plan of the same samples with single genes in place of signatures.

        Args:
            genes: Names, m of them.
            z: Their expression in standard deviations within the cohort, shape (m, n), NaN where not fitted.
            unfit: Genes that are not fitted, each with status and reason.
        """
        part = FitPlan(self.cohort, self.obs, self.scores[:0], config=self.config)
        whys = [unfit.get(gene) for gene in genes]
        part.table = ScoreMatrix(
            [(gene, self.config.primary.method) for gene in genes],
            z,
            [why[0] if why else "ok" for why in whys],
            [why[1] if why else None for why in whys],
        )
        part._covariate = self._proliferation()
        return part

    def _unscored(self, row: int) -> Reason | None:
        if self.table.status[row] == "ok":
            return None
        return because(Code.NO_SCORE, status=self.table.status[row], said=self.table.reason[row])

    def _adjusted_for_itself(self, row: int, model: str) -> Reason | None:
        own = self.table.keys[row][0] == self.config.proliferation_signature
        return because(Code.ADJUSTED_FOR_ITSELF) if own and MODELS[model].uses_proliferation else None

    def _proliferation(self) -> tuple[np.ndarray | None, Reason | None]:
        """Its scores by the primary method, shape (n,), or why there are none."""
        if self._covariate is not None:
            return self._covariate
        signature, method = self.config.proliferation_signature, self.config.primary.method
        row = self.table.row(signature, method)
        if row is None:
            return None, because(Code.PROLIFERATION_ABSENT, signature=signature, method=method)
        if self.table.status[row] != "ok":
            said = self.table.reason[row]
            return None, because(Code.PROLIFERATION_NOT_SCORED, signature=signature, said=said)
        return self.table.values[row], None

    def _planned(self, rows: list[int], data: FollowUp, used: np.ndarray, model: str) -> Planned:
        values, missing = self._proliferation()
        own = None if values is None else values[used]
        entry = data.entry_of(used)
        cohort = Cohort(self.obs[used], data.time[used], data.event[used], own, missing, entry)
        design = MODELS[model].design(cohort)
        if isinstance(design, Unavailable):
            return Planned(rows, model, design.reason)
        part = Planned(rows, model, None, design, np.flatnonzero(used)[design.kept])
        n, n_events = part.counts.values()
        if n_events < self.config.min_events:
            return replace(part, reason=too_few_events(n_events, n, self.config.min_events))
        if np.unique(cohort.time[design.kept]).size == 1:
            return replace(part, reason=because(Code.SAME_TIMES))
        return part

    @staticmethod
    def _chosen(parts: list[Planned], rows: list[int]) -> list[Planned]:
        """Those of ``rows``, with no part left empty."""
        wanted = set(rows)
        kept = (replace(part, rows=[row for row in part.rows if row in wanted]) for part in parts)
        return [part for part in kept if part.rows]
