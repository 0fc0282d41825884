"""The null of the pooled result: each random signature is drawn once and pooled over the same cohorts.

p values of cohorts against random signatures cannot be combined as if they were independent: a random
signature that goes with outcome in one cohort tends to do so in the next, since both share the biology
behind it. Here a random signature has the same genes in every cohort, and its log hazard ratios are
pooled as the named one's are, so that the null has this dependence in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.outcome.cohort_data import CohortData
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.real_cohorts import real_rows
from irf7bone.random_signatures.cohort import histogram, join_histograms, summarise
from irf7bone.random_signatures.fits import Estimates, behind, random_estimates
from irf7bone.random_signatures.null_plan import draws_by, refusal
from irf7bone.random_signatures.sampling import (
    Draws,
    cells,
    generator,
    level_fraction,
    positions,
    sample_sets,
    set_matrix,
)
from irf7bone.scoring.agreement import part_whole_correlations
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.score_table import ScorableSignature
from irf7bone.statistics.random_effects import pool_many
from irf7bone.tables.columns import RESULT
from irf7bone.tables.random_signatures import (
    POOLED_NULL,
)

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


@dataclass(frozen=True)
class _Genes:
    """Genes of one cohort that vary, sorted, with mean and standard deviation."""

    names: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


@dataclass(frozen=True)
class _Common:
    """Genes that vary in each of some cohorts, sorted, and the cell that each is matched in."""

    names: np.ndarray
    cell: np.ndarray


@dataclass(frozen=True)
class _Job:
    """Random signatures of one signature in one choice of cohorts, ``own`` above them as the first row.

    ``up`` and ``down`` hold positions in ``genes``, shape (1 + n_draws, k).
    """

    genes: np.ndarray
    up: np.ndarray
    down: np.ndarray
    drawn: Draws


def pooled_null(
    load: Callable[[str], CohortData],
    associations: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    library: Mapping[str, ScorableSignature],
    *,
    config: Config,
    n_draws: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold the pooled results against random signatures pooled over the same cohorts.

    Genes that vary in all pooled cohorts can be drawn. They are matched on their mean rank of level and
    their mean rank of spread over these cohorts, which no cohort's platform or scale dominates. The
    named signature is held against them with those of its genes that all these cohorts have, so that sizes
    are equal; ``log_hr`` is its pooled effect in that form, ``pooled_log_hr`` that of the whole signature.
    Where these genes do not stand for those that a cohort was scored with (``min_agreement``), there is none.

    Args:
        load: Reads one cohort; it is called twice for each, so that one is in memory at a time.
        associations: Rows of every cohort, :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        pooled: Columns of :data:`irf7bone.tables.pooled.POOLED`.
        roles: Role of each cohort; simulated ones take no part.
        library: Signatures by name.
        config: The study's settings.
        n_draws: Random signatures for each named one.
        seed: With the names of cohorts and signature it decides the draws.

    Returns:
        Table of :data:`POOLED_NULL`, one row for each row of ``pooled`` and in their order, and
        :data:`irf7bone.tables.random_signatures.NULL_HISTOGRAM` with cohort ``pooled``.

    Raises:
        InputError: A cohort has no role, or associations do not come from its scores and outcomes.
    """
    fits = _fits_by_result(real_rows(associations, roles))
    rows = pooled.to_dict("records")
    results: dict[int, dict[str, Any] | None] = {k: _refusal(row, config) for k, row in enumerate(rows)}
    wanted: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for k, row in enumerate(rows):
        if results[k] is None:
            wanted.setdefault((row["signature"], tuple(sorted(fits[_key(row)]))), []).append(k)
    cohorts = sorted({cohort for _, chosen in wanted for cohort in chosen})
    genes = {cohort: _varying_genes(load(cohort).expression) for cohort in cohorts}

    # found once for all signatures of the same cohorts: with many cohorts it takes longer than the draws
    common = {chosen: _common([genes[cohort] for cohort in chosen]) for chosen in {c for _, c in wanted}}

    jobs: dict[tuple[str, tuple[str, ...]], _Job] = {}
    for (signature, chosen), todo in wanted.items():
        source = generator(seed, *chosen, signature)
        job = _sample_job(library[signature], common[chosen], len(chosen), n_draws, source)
        if isinstance(job, dict):
            for k in todo:
                results[k] = job
        else:
            jobs[signature, chosen] = job

    estimates: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for cohort in cohorts:
        data = load(cohort)
        prepared = Prepared(data.expression)
        plan = FitPlan(cohort, data.obs, data.scores, config=config)
        names, varying = prepared.genes.astype(str), set(prepared.genes[prepared.varying])
        places = {
            chosen: np.searchsorted(names, shared.names)
            for chosen, shared in common.items()
            if cohort in chosen
        }
        for (signature, chosen), job in jobs.items():
            if cohort not in chosen:
                continue
            refused = _not_the_same(prepared, varying, library[signature], job, cohort, config)
            if refused:
                results.update(dict.fromkeys(wanted[signature, chosen], refused))
                continue
            todo = wanted[signature, chosen]
            for method in dict.fromkeys(rows[k]["method"] for k in todo):
                some = slice(1 + draws_by(method, config, n_draws))  # the named signature is the first
                sides = (job.up[some], job.down[some])
                sets = [set_matrix(places[chosen][side], prepared.n_genes) for side in sides]
                same = [k for k in todo if rows[k]["method"] == method]
                models = [behind(plan, fits[_key(rows[k])][cohort]) for k in same]
                for k, (found, _) in zip(same, random_estimates(prepared, sets, method, models), strict=True):
                    estimates.setdefault(k, []).append((found.log_hr, found.se))

    histograms: list[pd.DataFrame] = []
    for (signature, chosen), job in jobs.items():
        for k in wanted[signature, chosen]:
            if results[k] is not None:
                continue
            own, random = _pool(estimates[k])
            if not np.isfinite(own):
                reason = (
                    "with the genes that all cohorts have, the signature cannot be fitted in each of them"
                )
                results[k] = {"status": "not_available", "reason": reason}
                continue
            summary = summarise(own, random, job.drawn)
            results[k] = summary
            if summary["status"] == "ok":
                summary["pooled_log_hr"] = rows[k]["log_hr"]
                names = {name: rows[k][name] for name in RESULT}
                histograms.append(histogram({"cohort": POOLED_ROW, **names}, random))
    lines = [
        {
            **dict.fromkeys(POOLED_NULL.names),
            **{name: row[name] for name in (*RESULT, "k")},
            "cohorts": ",".join(sorted(fits.get(_key(row), {}))) or None,
            **(result or {}),
        }
        for row, result in zip(rows, results.values(), strict=True)
    ]
    table = POOLED_NULL.cast(pd.DataFrame(lines, columns=POOLED_NULL.names))
    return table, join_histograms(histograms)


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in RESULT)


def _fits_by_result(real: pd.DataFrame) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
    """The fitted rows of each result, by cohort."""
    fits: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    for row in real[real["status"] == "ok"].to_dict("records"):
        fits.setdefault(_key(row), {})[row["cohort"]] = row
    return fits


def _refusal(row: Mapping[str, Any], config: Config) -> dict[str, Any] | None:
    refused = refusal(row, config)
    if refused is None and row["k"] < 2:
        return {"status": "not_available", "reason": "one cohort, nothing pooled: the null is that cohort's"}
    return refused


def _varying_genes(expression: Matrix) -> _Genes:
    prepared = Prepared(expression)
    keep = prepared.varying
    return _Genes(prepared.genes[keep].astype(str), prepared.mean[keep], prepared.sd[keep])


def _common(cohorts: Sequence[_Genes]) -> _Common:
    """The genes that all of these cohorts have, matched on their mean ranks of level and of spread."""
    names = reduce(partial(np.intersect1d, assume_unique=True), (genes.names for genes in cohorts))
    level, spread = np.zeros(names.size), np.zeros(names.size)
    for genes in cohorts:
        place = np.searchsorted(genes.names, names)
        level += level_fraction(genes.mean[place])
        spread += level_fraction(genes.sd[place])
    return _Common(names, cells(level, spread))


def _sample_job(
    named: ScorableSignature, common: _Common, n_cohorts: int, n_draws: int, random: np.random.Generator
) -> _Job | dict[str, str]:
    """Draws of one signature over genes that all these cohorts have, or status and reason."""
    own_up, own_down = (positions(common.names, side) for side in (named.up, named.down))
    sides = (own_up, own_down)
    n_genes, n_used = len({*named.up, *named.down}), sum(side.size for side in sides)
    lost = any(members and not side.size for members, side in zip((named.up, named.down), sides, strict=True))
    if lost or not n_used:
        reason = f"{n_used} of {n_genes} genes vary in all {n_cohorts} pooled cohorts"
        return {"status": "low_coverage", "reason": reason}
    drawn = sample_sets(common.cell, *sides, n_draws, random)
    if isinstance(drawn, str):
        return {"status": "not_available", "reason": drawn}
    up, down = (np.vstack([own, side]) for own, side in zip(sides, (drawn.up, drawn.down), strict=True))
    return _Job(common.names, up, down, drawn)


def _not_the_same(
    prepared: Prepared, varying: set[str], named: ScorableSignature, job: _Job, cohort: str, config: Config
) -> dict[str, str] | None:
    """Why the genes that all cohorts have cannot stand for those that this cohort was scored with."""
    up, down = ([gene for gene in side if gene in varying] for side in (named.up, named.down))
    part_up, part_down = (job.genes[side[0]].tolist() for side in (job.up, job.down))
    whole, part = (up, down), (part_up, part_down)
    correlation = float(part_whole_correlations(prepared, [(part, whole)])[0])
    limit = config.signatures.min_agreement
    if correlation >= limit:
        return None
    n_part, n_whole = (sum(map(len, sides)) for sides in (part, whole))
    reason = (
        f"{n_part} genes vary in all pooled cohorts; in {cohort}, which was scored with {n_whole}, the two "
        f"scores agree by {correlation:.3f} (smallest allowed: {limit:g})"
    )
    return {"status": "low_coverage", "reason": reason}


def _pool(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, Estimates]:
    """Pooled log_hr of the first row, and estimates of the others; NaN where a cohort has none.

    Args:
        parts: log_hr and se in each cohort, shapes (1 + n_draws,).
    """
    log_hr, se = (np.column_stack(part) for part in zip(*parts, strict=True))
    fitted = np.isfinite(log_hr).all(axis=1)
    pooled = pool_many(log_hr[fitted], se[fitted])
    whole = [np.full(fitted.size, np.nan) for _ in range(3)]
    for column, name in zip(whole, ("log_hr", "se", "p"), strict=True):
        column[fitted] = getattr(pooled, name)
    return float(whole[0][0]), Estimates(*(column[1:] for column in whole))
