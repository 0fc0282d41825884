"""Random signatures through the same scores and models as the named ones of a cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import ndtr

from irf7bone.base.errors import InputError, Problem
from irf7bone.outcome.estimator import fit_many, uses_firth
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.models import Design
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.scoring.score_table import CONSTANT_SCORE
from irf7bone.tables.columns import RESULT

NUMBERS_AT_ONCE = 2**24  # of random scores held in memory: 128 MiB


@dataclass(frozen=True)
class Estimates:
    """Associations of random signatures, shapes (n_draws,), NaN where there is none.

    ``p`` is Wald's; where few events make the fit a penalised one it is that of Rao's score test.
    """

    log_hr: np.ndarray
    se: np.ndarray
    p: np.ndarray


def behind(plan: FitPlan, row: Mapping[str, Any]) -> tuple[np.ndarray, Design]:
    """Positions of the samples, and the model, behind one row of associations whose status is ok.

    Raises:
        InputError: The row does not come from these data.
    """
    position = plan.table.row(row["signature"], row["method"])
    part = None if position is None else plan.fit_of(position, row["endpoint"], row["model"])
    if part is None or part.reason or part.samples.size != row["n"]:
        raise InputError(
            Problem(
                f"associations of {plan.cohort}, {' / '.join(str(row[name]) for name in RESULT)}",
                expected="a fit on the cohort and scores at hand",
                found=f"a fit on {row['n']} samples that they do not give",
                remedy="rerun the cohort's associations",
            )
        )
    return part.samples, part.due


def random_estimates(
    prepared: Prepared,
    sets: Sequence[sparse.csr_array],
    method: str,
    models: Sequence[tuple[np.ndarray, Design]],
    shuffle: np.random.Generator | None = None,
) -> list[tuple[Estimates, Estimates | None]]:
    """Score random signatures and fit them under several models.

    Args:
        prepared: The cohort.
        sets: Up and down genes, each sets x genes; a side without genes adds nothing.
        method: Scoring method.
        models: Samples and design of each.
        shuffle: Source of random numbers for a second fit in which every score is given to the patients
            in an order of its own; None for no such fit.

    Returns:
        For each model the estimates per standard deviation within the cohort, and those of the
        shuffled scores.
    """
    n_sets = sets[0].shape[0]
    found = [(_no_estimates(n_sets), None if shuffle is None else _no_estimates(n_sets)) for _ in models]
    at_once = max(1, NUMBERS_AT_ONCE // prepared.n_samples)
    for start in range(0, n_sets, at_once):
        chunk = slice(start, min(start + at_once, n_sets))
        z, which = standard_scores(prepared, [side[chunk] for side in sets], method)
        for (samples, design), (plain, permuted) in zip(models, found, strict=True):
            chosen = z if samples.size == z.shape[1] else z[:, samples]
            _fit_into(plain, start + which, design, chosen)
            if shuffle is not None and permuted is not None:
                _fit_into(permuted, start + which, design, shuffle.permuted(chosen, axis=1))
    return found


def _no_estimates(n: int) -> Estimates:
    return Estimates(*(np.full(n, np.nan) for _ in range(3)))


def standard_scores(
    prepared: Prepared, sides: Sequence[sparse.csr_array], method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of sets that vary, as z within the cohort (m, n_samples), and which sets these are (m,)."""
    scored = [score_sets(prepared, side, method) for side in sides if side.nnz]
    signs = [sign for sign, side in zip((1, -1), sides, strict=True) if side.nnz]
    z = signs[0] * scored[0]
    for sign, other in zip(signs[1:], scored[1:], strict=True):
        z += sign * other
    sd = z.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore"):
        which = np.flatnonzero(sd > CONSTANT_SCORE * np.maximum(1.0, np.abs(z).max(axis=1)))
    if which.size < z.shape[0]:
        z, sd = z[which], sd[which]
    z -= z.mean(axis=1, keepdims=True)
    z /= sd[:, None]
    return z, which


def _fit_into(estimates: Estimates, rows: np.ndarray, design: Design, z: np.ndarray) -> None:
    fits = fit_many(design, z, intervals=False)
    estimates.log_hr[rows], estimates.se[rows] = fits.log_hr, fits.se
    estimates.p[rows] = 2 * ndtr(-np.sqrt(fits.score_chi2)) if uses_firth(design) else fits.p
