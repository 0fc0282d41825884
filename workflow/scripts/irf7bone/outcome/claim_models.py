"""The six models that the verdict reads, of every signature and endpoint of one cohort, on the same patients.

Beside the score: nothing; proliferation; proliferation and ER (the claim); both calibrated for measurement
error; proliferation and the mean matched random score; the same with proliferation calibrated. Calibrated
covariates depend on the score, so each fit has a design of its own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.outcome.claim_designs import ClaimPatients, claim_design, claim_designs
from irf7bone.outcome.er_adjustment import er_adjustment
from irf7bone.outcome.estimator import fit_many, uses_firth
from irf7bone.outcome.imputed import impute_er
from irf7bone.outcome.models import Cohort, Design
from irf7bone.outcome.outcome_data import FollowUp, ScoreMatrix, follow_up, score_matrix
from irf7bone.outcome.periods import EARLY, LATE, Episodes
from irf7bone.statistics.cox import Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth
from irf7bone.statistics.leave_one_patient_out import leave_one_patient_out
from irf7bone.statistics.sensitivity import combine_imputed
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODEL_NAMES, CLAIM_MODELS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config, Reliability

# models whose attenuation the decision asks for, and from which model
BEFORE = {"proliferation": "unadjusted", "random": "proliferation"}
# any relapse holds distant relapse, which holds that to a site
WIDER = ("distant", "relapse")


def fit_claim_models(
    cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, axes: pd.DataFrame, *, config: Config
) -> pd.DataFrame:
    """Fit the six models for every signature by the primary method and every endpoint.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with the endpoints' columns, ``er`` and ``esr1`` as far as there.
        scores: Table of :data:`irf7bone.tables.cohort.SCORES`.
        axes: Mean matched random score, samples x signatures, of the primary method.
        config: For endpoints, primary method, proliferation signature, reliabilities and ``min_events``.

    Returns:
        Table of :data:`irf7bone.tables.claim.CLAIM_MODELS`.
    """
    table = score_matrix(scores, obs.index, cohort)
    method = config.primary.method
    rows: list[dict[str, Any]] = []
    for endpoint in config.endpoints:
        data = follow_up(obs, endpoint)
        for position, (signature, scored_by) in enumerate(table.keys):
            if scored_by != method:
                continue
            axis = axes[signature].reindex(obs.index).to_numpy(float) if signature in axes else None
            found = _models_of(table, position, obs, data, axis, config, endpoint)
            about = {"cohort": cohort, "signature": signature, "method": method, "endpoint": endpoint}
            rows += [
                {**dict.fromkeys(CLAIM_MODELS.names), **about, "model": name, **found[name]}
                for name in CLAIM_MODEL_NAMES
            ]
    return CLAIM_MODELS.cast(pd.DataFrame(rows, columns=CLAIM_MODELS.names))


def fit_claim_controls(
    cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Config
) -> pd.DataFrame:
    """The positive control of each endpoint: proliferation, on the widest endpoint of the same patients.

    Of the endpoint itself, distant relapse and any relapse that with the most events, as far as it is known
    in the patients who have the endpoint.

    Args:
        cohort: Cohort id.
        obs: As :func:`fit_claim_models`.
        scores: Likewise.
        config: Likewise.

    Returns:
        Table of :data:`irf7bone.tables.claim.CLAIM_CONTROLS`.
    """
    table = score_matrix(scores, obs.index, cohort)
    row = table.row(config.proliferation_signature, config.primary.method)
    rows = []
    for endpoint in config.endpoints:
        own = follow_up(obs, endpoint)
        if own is None:
            found = _without("not_available", f"the cohort has no endpoint {endpoint}")
        elif row is None or table.status[row] != "ok":
            found = _without("not_available", "proliferation was not scored")
        else:
            found = _control(obs, endpoint, own, table.values[row], config.min_events)
        rows.append({**dict.fromkeys(CLAIM_CONTROLS.names), "cohort": cohort, "endpoint": endpoint, **found})
    return CLAIM_CONTROLS.cast(pd.DataFrame(rows, columns=CLAIM_CONTROLS.names))


def _control(
    obs: pd.DataFrame, endpoint: str, own: FollowUp, proliferation: np.ndarray, min_events: int
) -> dict[str, Any]:
    patients = own.known & np.isfinite(proliferation)
    candidates = {endpoint: own}
    if endpoint != "death":
        candidates |= {name: found for name in WIDER if (found := follow_up(obs, name)) is not None}
    events = {name: int((data.event[patients & data.known]).sum()) for name, data in candidates.items()}
    widest = max(events, key=lambda name: events[name])
    used = patients & candidates[widest].known
    time, event = candidates[widest].time[used], candidates[widest].event[used]
    seen = {"control_endpoint": widest, "n": int(used.sum()), "n_events": int(event.sum())}
    refused = _refusal(time, event, min_events)
    if refused:
        return {**seen, **refused}
    kept = np.ones(time.size, dtype=bool)
    everyone = Cohort(obs[used], time, event, None, None, candidates[widest].entry_of(used))
    design = Design(everyone, kept, np.empty((time.size, 0)), (), None)
    fits = fit_many(design, proliferation[used][None], intervals=False)
    if fits.status[0] != "ok":
        return {**seen, **_without(fits.status[0], fits.reason[0])}
    return {**seen, "log_hr": fits.log_hr[0], "se": fits.se[0], "status": "ok", "reason": None}


def _models_of(
    table: ScoreMatrix,
    position: int,
    obs: pd.DataFrame,
    data: FollowUp | None,
    axis: np.ndarray | None,
    config: Config,
    endpoint: str,
) -> dict[str, dict[str, Any]]:
    """Columns of each of the six models of one signature and endpoint."""
    own = table.row(config.proliferation_signature, config.primary.method)
    if data is None:
        return _none("not_available", f"the cohort has no endpoint {endpoint}")
    if table.status[position] != "ok":
        return _none(table.status[position], table.reason[position])
    if position == own:
        return _none("not_available", "the proliferation signature is not adjusted for itself")
    if own is None or table.status[own] != "ok":
        return _none("not_available", "proliferation was not scored")
    everyone = _patients(obs, data, table.values[position], table.values[own], axis)
    patients = everyone.with_known_er()
    refused = _refusal(patients.time, patients.event, config.min_events)
    seen = {"n": patients.n, "n_events": int(patients.event.sum()), "er": patients.er.kind}
    if not refused and not all(np.ptp(values) > 0 for values in (patients.score, patients.proliferation)):
        refused = _without("not_available", "score or proliferation does not vary")
    if refused:
        return {name: {**seen, **refused} for name in CLAIM_MODEL_NAMES}
    results = fit_models(patients, config.reliability, config.min_events)
    er = everyone.er.values
    if er is not None and everyone.n > patients.n and results["claim"]["status"] == "ok":
        results["claim"] |= _imputed(everyone, er, signature=table.keys[position][0])
    return {name: {**seen, **result} for name, result in results.items()}


def _imputed(everyone: ClaimPatients, er: np.ndarray, *, signature: str) -> dict[str, Any]:
    """The claim with missing ER imputed, from all patients but for that alone complete."""
    drawn = impute_er(
        everyone.time,
        everyone.event,
        {"score": everyone.score, "proliferation": everyone.proliferation},
        er,
        entry=everyone.entry,
        seed=zlib.crc32(signature.encode()),
    )
    fits = []
    for er in drawn:
        columns = {"proliferation": everyone.proliferation, everyone.er.label: er}
        fits.append(fit_many(claim_design(everyone, columns), everyone.score[None], intervals=False))
    if any(fit.status[0] != "ok" for fit in fits):
        return {}
    parameters = 3
    found = combine_imputed(
        [fit.log_hr[0] for fit in fits],
        [fit.se[0] ** 2 for fit in fits],
        max(1.0, everyone.event.sum() - parameters),
    )
    return {"imputed_log_hr": found.estimate, "imputed_se": found.se, "n_imputed": everyone.n}


def _patients(
    obs: pd.DataFrame,
    data: FollowUp,
    score: np.ndarray,
    proliferation: np.ndarray,
    axis: np.ndarray | None,
) -> ClaimPatients:
    """All who have the endpoint and every score; their ER may be missing."""
    used = data.known & np.isfinite(score) & np.isfinite(proliferation)
    if axis is not None:
        used &= np.isfinite(axis)
    return ClaimPatients(
        data.time[used],
        data.event[used],
        score[used],
        proliferation[used],
        er_adjustment(obs[used]),
        None if axis is None else axis[used],
        data.entry_of(used),
    )


def _refusal(time: np.ndarray, event: np.ndarray, min_events: int) -> dict[str, Any]:
    """Status and reason where nothing is fitted; empty where it can be."""
    if event.sum() < min_events:
        reason = f"{int(event.sum())} events among {time.size} samples, {min_events} needed"
        return _without("too_few_events", reason)
    if np.unique(time).size == 1:
        return _without("not_available", "all follow-up times are the same")
    return {}


def fit_models(
    patients: ClaimPatients, reliability: Reliability, min_events: int, *, intervals: bool = True
) -> dict[str, dict[str, Any]]:
    """Fit the six models of one score and endpoint.

    Args:
        patients: Whom.
        reliability: Of the covariates.
        min_events: Fewest events of either half for a change over time.
        intervals: False where estimates and their errors are enough.

    Returns:
        Model -> columns of :data:`irf7bone.tables.claim.CLAIM_MODELS`.
    """
    designs = claim_designs(patients, reliability)
    results: dict[str, dict[str, Any]] = {}
    fitted: dict[str, tuple[Design, Fits]] = {}
    for name, design in designs.items():
        if isinstance(design, str):
            results[name] = _without("not_available", design)
            continue
        fits = fit_many(design, patients.score[None], intervals=intervals)
        results[name] = _row(design, fits)
        if fits.status[0] == "ok":
            fitted[name] = design, fits
    for name, before in BEFORE.items():
        if name in fitted and before in fitted:
            variance = _difference_variance(patients.score, fitted[before], fitted[name])
            results[name]["difference_variance"] = variance
    if "proliferation" in fitted:
        results["proliferation"] |= _confounding(patients, fitted["proliferation"][1])
    if "claim" in fitted:
        results["claim"] |= _change(patients, fitted["claim"][0], min_events)
    return results


def _row(design: Design, fits: Fits) -> dict[str, Any]:
    about = {"covariates": design.label, "estimator": "firth" if uses_firth(design) else "cox"}
    if fits.status[0] != "ok":
        return {"covariates": design.label, **_without(fits.status[0], fits.reason[0])}
    estimate = {name: getattr(fits, name)[0] for name in ("log_hr", "se", "ci_low", "ci_high", "p")}
    return {**about, **estimate, "status": "ok", "reason": None}


def _difference_variance(
    score: np.ndarray, before: tuple[Design, Fits], after: tuple[Design, Fits]
) -> float | None:
    """Variance of the attenuation where the difference of the variances is not above 0: the jackknife's.

    The estimates of both models without each patient in turn say how they move together (Efron 1982, The
    Jackknife, ch. 3).
    """
    if after[1].se[0] > before[1].se[0]:
        return None
    moved = []
    for design, fits in (before, after):
        left_out, _ = leave_one_patient_out(
            design.problem, None, score, fits.coefficients[0], penalised=uses_firth(design)
        )
        moved.append(left_out)
    difference = moved[0] - moved[1]
    known = difference[np.isfinite(difference)]
    return float((known.size - 1) * known.var()) if known.size > 1 else None


def _confounding(patients: ClaimPatients, fits: Fits) -> dict[str, float]:
    """What lambda* needs: correlation of score and proliferation, and proliferation's own effect per SD."""
    r = float(np.corrcoef(patients.score, patients.proliferation)[0, 1])
    effect = float(fits.coefficients[0, 1] * patients.proliferation.std())
    return {"r_proliferation": r, "proliferation_log_hr": effect}


def _change(patients: ClaimPatients, design: Design, min_events: int) -> dict[str, float]:
    """Late half of the events less the early half; empty where a half has too few."""
    middle = float(np.median(patients.time[patients.event == 1]))
    episodes = Episodes(design, patients.score, middle)
    if min(episodes.counts(period)["n_events"] for period in (EARLY, LATE)) < min_events:
        return {}
    everyone = np.ones(episodes.row.size, dtype=bool)
    problem = episodes.problem([episodes.score], ["the score of both halves"], everyone)
    late = np.where(episodes.late, episodes.score, 0.0)
    few = problem.n_events < EVENTS_PER_PARAMETER * problem.q
    fits = fit_firth(problem, late, intervals=False) if few else fit_cox(problem, late)
    return {"change": fits.log_hr[0], "change_se": fits.se[0]} if fits.status[0] == "ok" else {}


def _without(status: str, reason: str | None) -> dict[str, Any]:
    return {"status": status, "reason": reason}


def _none(status: str, reason: str | None) -> dict[str, dict[str, Any]]:
    return {name: _without(status, reason) for name in CLAIM_MODEL_NAMES}
