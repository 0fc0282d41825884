"""How often the test of specificity errs where no score has an effect: real scores, outcomes dealt out anew.

Which patient has which follow-up and event is permuted within a cohort, so that nothing that is measured in
a tumour goes with its outcome, while a signature, proliferation and the random scores go together as they do.
The model is the verdict's: the score beside proliferation and the mean matched random score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from calibrate.agreement import COHORTS, PROLIFERATION, Real, present, standard_scores
from irf7bone.genes.signatures import Signature
from irf7bone.outcome.claim_designs import ClaimPatients, claim_design
from irf7bone.outcome.er_adjustment import ErAdjustment
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.outcome_data import follow_up
from irf7bone.random_signatures.axis import MOST, random_axes
from irf7bone.scoring.agreement import METHOD
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.verdict.collect import Z_95
from irf7bone.verdict.evidence import side

# cohorts whose endpoints are pooled here only because under a permuted outcome they are all nothing
POOLED = ("gse1992", "gse3143", "gse4335")
SIGNATURES = (
    "HALLMARK_INTERFERON_ALPHA_RESPONSE",
    "HALLMARK_INTERFERON_GAMMA_RESPONSE",
    "ROONEY_TYPE_I_IFN",
)
SCALE = 0.5
AXIS_SEED = 1  # of the default study's random signatures
# two pools of the three cohorts: of just these, which has the test's own size, and the verdict's
COMMON, VERDICT = "pooled, common effect", "pooled, the verdict's prior"


def permuted(
    cohorts: Mapping[str, Real],
    library: Mapping[str, Signature],
    many: int,
    seed: int,
    signatures: Sequence[str] = SIGNATURES,
) -> pd.DataFrame:
    """Shares of permutations in which the 95 % interval of a signature's effect excludes 1.

    Args:
        cohorts: Those of :data:`POOLED`.
        library: Signatures.
        many: Permutations.
        seed: Seed.
        signatures: Whose scores.

    Returns:
        signature, of (a cohort, or a pool of all), events, permutations, share, error.
    """
    rows: list[dict[str, Any]] = []
    for signature in signatures:
        fits = {
            name: _fits(name, cohorts[name], library, signature, many, np.random.default_rng([seed, place]))
            for place, name in enumerate(POOLED)
        }
        for name, (events, estimates) in fits.items():
            own = (estimates["low"] > 0) | (estimates["high"] < 0)
            rows.append({"signature": signature, "of": name, "events": events, **_share(own)})
        log_hr, se = (np.column_stack([found[1][key] for found in fits.values()]) for key in ("log_hr", "se"))
        total = sum(events for events, _ in fits.values())
        for name, beyond in _pools(log_hr, se):
            rows.append({"signature": signature, "of": name, "events": total, **_share(beyond)})
    return pd.DataFrame(rows)


def _fits(
    name: str,
    cohort: Real,
    library: Mapping[str, Signature],
    signature: str,
    many: int,
    random: np.random.Generator,
) -> tuple[int, dict[str, np.ndarray]]:
    """Events, and estimates of one signature under each permutation, shape (many,)."""
    data = follow_up(cohort.obs, COHORTS[name])
    assert data is not None
    known = data.known
    sets = [present(library[one], cohort.genes) for one in (signature, PROLIFERATION)]
    score, proliferation = (one[known] for one in standard_scores(cohort, sets))
    axes = random_axes(
        name, cohort.expression, [signature], library, method=METHOD, n_draws=MOST, seed=AXIS_SEED
    )
    axis = axes[signature].to_numpy()[known]
    time, event = data.time[known], data.event[known]
    columns = {"proliferation": proliferation, "mean_random_score": axis}
    found: dict[str, list[float]] = {"log_hr": [], "se": [], "low": [], "high": []}
    for _ in range(many):
        order = random.permutation(time.size)
        people = ClaimPatients(
            time[order], event[order], score, proliferation, ErAdjustment("none", None), axis
        )
        fits = fit_many(claim_design(people, columns), score[None])
        for key, value in zip(found, (fits.log_hr, fits.se, fits.ci_low, fits.ci_high), strict=True):
            found[key].append(value[0])
    return int(event.sum()), {key: np.array(values) for key, values in found.items()}


def _pools(log_hr: np.ndarray, se: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    weight = 1 / np.square(se)
    z = (weight * log_hr).sum(axis=1) / np.sqrt(weight.sum(axis=1))
    yield COMMON, np.abs(z) > Z_95
    below = pool_normal_normal(log_hr, se, scale=SCALE).mu.below(0.0)
    yield VERDICT, np.array([side(one) != 0 for one in below])


def _share(beyond: np.ndarray) -> dict[str, float]:
    share = float(beyond.mean())
    return {
        "permutations": beyond.size,
        "share": share,
        "error": float(np.sqrt(share * (1 - share) / beyond.size)),
    }
