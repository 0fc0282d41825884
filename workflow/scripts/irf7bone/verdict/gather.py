"""The evidence of one signature and endpoint from the tables: which cohorts, their models, their premises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.pool.bayes import NARROW
from irf7bone.statistics.calibration_regression import pooled_vanishing_reliability
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.statistics.random_effects import pool_many
from irf7bone.verdict.collect import StudyEstimates, collect
from irf7bone.verdict.evidence import (
    CLAIM,
    PROLIFERATION,
    RANDOM,
    RANDOM_CALIBRATED,
    UNADJUSTED,
    Evidence,
    not_judged,
)
from irf7bone.verdict.premises import (
    CohortFacts,
    control_failed,
    is_pooled,
    non_proportional,
    overlap_codes,
    selection_codes,
    unadjusted_er,
)
from irf7bone.verdict.rules import NOT_EVERY_COHORT

if TYPE_CHECKING:
    from irf7bone.study.settings import VerdictSettings

BASE = (UNADJUSTED, PROLIFERATION, CLAIM, "calibrated")
OF_RANDOM = (RANDOM, RANDOM_CALIBRATED)


@dataclass(frozen=True)
class Tables:
    """What the verdict is made from.

    Args:
        models: Rows of every cohort, :data:`irf7bone.tables.claim.CLAIM_MODELS`.
        controls: :data:`irf7bone.tables.claim.CLAIM_CONTROLS`.
        facts: What each cohort's card says.
        duplicates: :data:`irf7bone.tables.cohort.DUPLICATES`.
        sites: :data:`irf7bone.tables.outcome.SITES`.
        failed: Cohorts for validation whose jobs failed -> endpoints that their cards have.
    """

    models: pd.DataFrame
    controls: pd.DataFrame
    facts: Mapping[str, CohortFacts]
    duplicates: pd.DataFrame
    sites: pd.DataFrame
    failed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def pooled(self) -> list[str]:
        """Cohorts that take part in pools."""
        return [name for name, facts in self.facts.items() if is_pooled(facts)]


@dataclass(frozen=True)
class PooledCohorts:
    """The cohorts of one signature and endpoint that have every model: one set for all of them.

    Args:
        cohorts: Their ids.
        rows: Model -> rows of :data:`irf7bone.tables.claim.CLAIM_MODELS`, in the order of ``cohorts``.
        recorded: Whether a cohort that could be pooled records the endpoint.
        lacking: Others with an estimate of one model, and not of every one.
    """

    cohorts: tuple[str, ...]
    rows: Mapping[str, pd.DataFrame]
    recorded: bool
    lacking: tuple[str, ...] = ()

    def estimates(self, model: str) -> StudyEstimates:
        """One study of these cohorts."""
        rows = self.rows[model]
        columns = ("log_hr", "se", "ci_low", "ci_high")
        return StudyEstimates(*(rows[name].to_numpy(float)[None] for name in columns))

    def column(self, model: str, name: str) -> np.ndarray:
        """One column of a model, shape (k,)."""
        return self.rows[model][name].to_numpy(dtype=float, na_value=np.nan)


def pooled_cohorts(tables: Tables, signature: str, endpoint: str) -> PooledCohorts:
    """Choose the cohorts of one signature and endpoint: those in which every model has an estimate.

    Where no random signatures could be drawn for any of them, their models are not asked for.
    """
    inside = tables.models["cohort"].isin(tables.pooled) & (tables.models["endpoint"] == endpoint)
    of_endpoint = tables.models[inside]
    rows = of_endpoint[of_endpoint["signature"] == signature]
    ok = rows[rows["status"] == "ok"]
    fitted = {cohort: set(own["model"]) for cohort, own in ok.groupby("cohort", sort=False)}
    base = [cohort for cohort in dict.fromkeys(rows["cohort"]) if set(BASE) <= fitted.get(cohort, set())]
    of_random = rows[rows["cohort"].isin(base) & (rows["model"] == RANDOM)]
    drawn = not (of_random["status"] == "not_available").all()
    models = (*BASE, *OF_RANDOM) if drawn else BASE
    cohorts = tuple(cohort for cohort in base if set(models) <= fitted[cohort])
    chosen = {name: ok[ok["model"] == name].set_index("cohort").reindex(list(cohorts)) for name in models}
    recorded = bool(of_endpoint["n"].notna().any())
    return PooledCohorts(cohorts, chosen, recorded, tuple(not_judged(rows, cohorts)))


def gather(
    tables: Tables, pool: PooledCohorts, endpoint: str, settings: VerdictSettings, *, primary: bool
) -> Evidence:
    """Evidence of one signature and endpoint; q and what is known of sites are for the caller to add.

    Args:
        tables: All of the run.
        pool: The cohorts.
        endpoint: Endpoint judged.
        settings: Smallest hazard ratio and prior.
        primary: Whether it was named before the run.
    """
    if not pool.cohorts:
        return Evidence(primary=primary, recorded=pool.recorded, k=0, premises=_failed(tables, endpoint))
    models = {name: pool.estimates(name) for name in pool.rows}
    sized = np.array([endpoint not in tables.facts[cohort].sampled_by for cohort in pool.cohorts])
    variances = {
        after: _difference_variances(pool, before, after)
        for before, after in ((UNADJUSTED, PROLIFERATION), (PROLIFERATION, RANDOM))
        if after in pool.rows
    }
    found, narrow = (
        collect(models, smallest_hr=settings.smallest_hr, scale=scale, sized=sized, variances=variances)[0]
        for scale in (settings.prior_scale, NARROW)
    )
    premises, remarks = _premises(tables, pool, endpoint, settings.prior_scale)
    claim = models[CLAIM]
    predicted = pool_normal_normal(claim.log_hr, claim.se, scale=settings.prior_scale).further
    fit = pool_many(claim.log_hr, claim.se)
    ends = np.ravel(fit.ci_low)[0], np.ravel(fit.ci_high)[0]
    hartung_knapp = int(ends[0] > 0) - int(ends[1] < 0) if found.k > 1 else 0
    found = replace(
        found,
        primary=primary,
        premises=premises,
        remarks=remarks,
        hartung_knapp_side=hartung_knapp,
        predicted=(float(predicted.quantile(0.025)[0]), float(predicted.quantile(0.975)[0])),
        least_left_out=left_out(claim, settings.prior_scale)[0],
        vanishing=vanishing_reliability(pool, settings.prior_scale),
    )
    narrow = replace(narrow, primary=primary, premises=premises, remarks=remarks)
    return replace(found, narrow=narrow)


def _difference_variances(pool: PooledCohorts, before: str, after: str) -> np.ndarray:
    """Variance of each cohort's attenuation: from its patients where the table has it, else Hausman's."""
    known = pool.column(after, "difference_variance")
    of_variances = pool.column(after, "se") ** 2 - pool.column(before, "se") ** 2
    return np.where(np.isnan(known), of_variances, known)[None]


def _premises(
    tables: Tables, pool: PooledCohorts, endpoint: str, scale: float
) -> tuple[frozenset[str], frozenset[str]]:
    """Codes of premises that fail, and remarks."""
    claim = pool.rows[CLAIM].reset_index()
    overlap = overlap_codes(tables.duplicates, pool.cohorts)
    selection = selection_codes(claim, tables.facts, endpoint)
    premises = (overlap & {"overlap_suspected"}) | (selection & {"selected_on_outcome"})
    se = pool.column(CLAIM, "se")
    tau = float(pool_normal_normal(pool.estimates(CLAIM).log_hr, se[None], scale=scale).tau[0])
    controls = tables.controls[tables.controls["endpoint"] == endpoint].set_index("cohort")
    controls = controls.reindex(list(pool.cohorts))
    log_hr, error = (controls[name].to_numpy(dtype=float, na_value=np.nan) for name in ("log_hr", "se"))
    tests = {
        "unadjusted_er": unadjusted_er(claim["er"].to_numpy(object), se, tau),
        "control_failed": control_failed(log_hr, error, scale),
        "non_proportional": non_proportional(pool.column(CLAIM, "change"), pool.column(CLAIM, "change_se")),
    }
    premises |= {code for code, fails in tests.items() if fails} | _failed(tables, endpoint)
    remarks = overlap | selection | ({NOT_EVERY_COHORT} if pool.lacking else set())
    return premises, remarks - premises


def _failed(tables: Tables, endpoint: str) -> frozenset[str]:
    missing = any(endpoint in endpoints for endpoints in tables.failed.values())
    return frozenset({"cohorts_failed"} if missing else ())


def left_out(claim: StudyEstimates, scale: float) -> tuple[float, int | None]:
    """Probability of the pool's own side without one cohort, the least of all, and which cohort that is.

    Args:
        claim: One study.
        scale: Of the prior of the differences between cohorts.

    Returns:
        NaN and None below two cohorts.
    """
    k = claim.log_hr.shape[1]
    if k < 2:
        return float("nan"), None
    others = np.where(np.eye(k, dtype=bool), np.nan, np.repeat(claim.log_hr, k, axis=0))
    errors = np.where(np.eye(k, dtype=bool), np.nan, np.repeat(claim.se, k, axis=0))
    below = pool_normal_normal(others, errors, scale=scale).mu.below(0.0)
    centre = pool_normal_normal(claim.log_hr, claim.se, scale=scale).mu.centre[0]
    own_side = below if centre < 0 else 1 - below
    return float(own_side.min()), int(own_side.argmin())


def vanishing_reliability(pool: PooledCohorts, scale: float) -> float:
    """lambda* of the pooled effect given proliferation; NaN where no reliability takes it away."""
    estimates = pool.estimates(PROLIFERATION)
    tau = float(pool_normal_normal(estimates.log_hr, estimates.se, scale=scale).tau[0])
    return pooled_vanishing_reliability(
        pool.column(PROLIFERATION, "r_proliferation"),
        estimates.log_hr[0],
        pool.column(PROLIFERATION, "proliferation_log_hr"),
        1 / (estimates.se[0] ** 2 + tau**2),
    )
