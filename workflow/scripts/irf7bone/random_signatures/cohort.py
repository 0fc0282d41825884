"""The null of random signatures: what does any gene set of this size and expression give in this cohort?

Most random signatures go with outcome in breast cancer, because most genes go with proliferation (Venet
2011, PLoS Comput Biol 7:e1002240). So a named signature is held against random ones that went through
the same scoring method, the same model and the same endpoint, rather than against a hazard ratio of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.base.vocabulary import ALPHA
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.random_signatures.fits import Estimates, behind, random_estimates
from irf7bone.random_signatures.null_plan import draws_by, refusal
from irf7bone.random_signatures.sampling import Draws, cells, generator, positions, sample_sets, set_matrix
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.score_table import ScorableSignature
from irf7bone.tables.columns import RESULT
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM

QUANTILES = {"null_q025": 0.025, "null_q25": 0.25, "null_median": 0.5, "null_q75": 0.75, "null_q975": 0.975}
BIN_WIDTH = 0.05  # log hazard ratio
TIED = 1e-9  # log hazard ratio, within which the same genes have the same effect
# a null from which more draws are missing than this is not that of the random signatures
FEWEST_FITTED = 0.9


def cohort_null(
    plan: FitPlan,
    expression: Matrix,
    associations: pd.DataFrame,
    library: Mapping[str, ScorableSignature],
    *,
    n_draws: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold the associations of one cohort against random signatures.

    Args:
        plan: What is fitted in the cohort, or why not.
        expression: Samples x genes, log2, current symbols; samples are the plan's.
        associations: Rows of this cohort, :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        library: Signatures by name.
        n_draws: Random signatures for each named one.
        seed: With the names of cohort and signature it decides the draws.

    Returns:
        Table of :data:`NULL`, one row for each row of ``associations`` and in their order, and
        :data:`NULL_HISTOGRAM` for the rows that are ok.

    Raises:
        InputError: The associations do not come from these scores and outcomes.
    """
    cohort, config = plan.cohort, plan.config
    prepared = Prepared(expression)
    candidates = np.flatnonzero(prepared.varying)
    cell = cells(prepared.mean[candidates], prepared.sd[candidates])
    rows = associations.to_dict("records")
    results = [refusal(row, config) for row in rows]
    histograms: list[pd.DataFrame] = []
    for signature in dict.fromkeys(
        row["signature"] for row, refused in zip(rows, results, strict=True) if refused is None
    ):
        sides = (library[signature].up, library[signature].down)
        up, down = (positions(prepared.genes[candidates], side) for side in sides)
        drawn = sample_sets(cell, up, down, n_draws, generator(seed, cohort, signature))
        for method in config.methods:
            todo = [
                k
                for k, row in enumerate(rows)
                if (row["signature"], row["method"]) == (signature, method) and results[k] is None
            ]
            if isinstance(drawn, str):
                for k in todo:
                    results[k] = {"status": "not_available", "reason": drawn}
            if not todo or isinstance(drawn, str):
                continue
            models = [behind(plan, rows[k]) for k in todo]
            some = drawn.first(draws_by(method, config, n_draws))
            sets = [set_matrix(candidates[side], prepared.n_genes) for side in (some.up, some.down)]
            control = (signature, method) == (config.primary.signature, config.primary.method)
            shuffle = generator(seed, cohort, signature, "permuted") if control else None
            fitted = random_estimates(prepared, sets, method, models, shuffle)
            for k, (estimates, permuted) in zip(todo, fitted, strict=True):
                summary = summarise(float(rows[k]["log_hr"]), estimates, some)
                results[k] = summary
                if summary["status"] == "ok":
                    summary["share_permuted"] = share_significant(permuted.p) if permuted else None
                    histograms.append(histogram({"cohort": cohort, **_names(rows[k])}, estimates))
    found = [
        {**dict.fromkeys(NULL.names), "cohort": cohort, **_names(row), **(result or {})}
        for row, result in zip(rows, results, strict=True)
    ]
    return NULL.cast(pd.DataFrame(found, columns=NULL.names)), join_histograms(histograms)


def summarise(observed: float, estimates: Estimates, drawn: Draws) -> dict[str, Any]:
    """Columns of :data:`NULL_COLUMNS` and the status, from the named log_hr and the random ones."""
    fitted = np.isfinite(estimates.log_hr)
    log_hr, p = estimates.log_hr[fitted], estimates.p[fitted]
    if log_hr.size < max(2, FEWEST_FITTED * fitted.size):
        reason = f"{log_hr.size} of {fitted.size} random signatures could be fitted, 90 % needed"
        return {"status": "not_available", "reason": reason}
    percentile, null_p = place(observed, log_hr)
    quantiles = np.quantile(log_hr, list(QUANTILES.values()))
    return {
        "n_genes": drawn.n_genes,
        "n_draws": log_hr.size,
        "n_failed": int((~fitted).sum()),
        "smallest_pool": drawn.smallest_pool,
        "own_share": drawn.own_share,
        "log_hr": observed,
        "null_percentile": percentile,
        "null_p": null_p,
        "share_significant": share_significant(p),
        **dict(zip(QUANTILES, quantiles, strict=True)),
        "random_log_hr": log_hr[0],
        "random_p": p[0],
        "random_null_p": place(log_hr[0], log_hr[1:])[1],
        "status": "ok",
        "reason": None,
    }


def place(observed: float, random: np.ndarray) -> tuple[float, float]:
    """Percentile of a log hazard ratio among random ones, and its two-sided empirical p.

    Random signatures are not centred on 0 where outcome follows proliferation, nor need they be
    symmetric. So neither tail is mirrored: p is twice the smaller of the two one-sided ones, each
    (1 + as extreme or more) / (1 + draws) and exact when the named signature is one more draw. A draw of
    the same genes is tied, whatever the last digits of the two fits.

    Args:
        observed: log_hr of the named signature.
        random: Those of the random ones, shape (n_draws,), finite.
    """
    below, above = int((random < observed - TIED).sum()), int((random > observed + TIED).sum())
    tied = random.size - below - above
    tail = (1 + tied + min(below, above)) / (1 + random.size)
    return (below + tied / 2) / random.size, min(1.0, 2 * tail)


def share_significant(p: np.ndarray) -> float | None:
    """Share of p values below 0.05 among those that there are."""
    known = p[np.isfinite(p)]
    return float((known < ALPHA).mean()) if known.size else None


def histogram(names: Mapping[str, str], estimates: Estimates) -> pd.DataFrame:
    """Rows of :data:`NULL_HISTOGRAM` for one result: bins of 0.05 log hazard ratio that hold a draw."""
    fitted = np.isfinite(estimates.log_hr)
    number = np.floor(estimates.log_hr[fitted] / BIN_WIDTH).astype(int)
    bins, place_in = np.unique(number, return_inverse=True)
    return pd.DataFrame(
        {
            **names,
            # an edge is the same number in every row that has it
            "log_hr_low": np.round(bins * BIN_WIDTH, 2),
            "log_hr_high": np.round((bins + 1) * BIN_WIDTH, 2),
            "n_draws": np.bincount(place_in),
            "n_significant": np.bincount(place_in, weights=estimates.p[fitted] < ALPHA).astype(int),
        }
    )


def join_histograms(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of :data:`NULL_HISTOGRAM`."""
    return NULL_HISTOGRAM.cast(pd.concat(parts, ignore_index=True)) if parts else NULL_HISTOGRAM.empty()


def _names(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in RESULT}
