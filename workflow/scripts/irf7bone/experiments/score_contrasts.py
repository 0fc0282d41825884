"""Signature scores compared between groups: t interval and permutation p."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from irf7bone.experiments.compare import WITHOUT_VARIANCE, compare, too_few
from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.permute import floor_code, permutation_p, smallest_p
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.hedges import hedges_g, hedges_g_of_pairs
from irf7bone.statistics.random_intercept import random_intercept
from irf7bone.tables.experiment import SAMPLE_SCORES, SIGNATURES


def sample_scores(experiment: str, scores: pd.DataFrame, obs: pd.DataFrame) -> pd.DataFrame:
    """The scores of every sample with its group and pair, :data:`SAMPLE_SCORES`.

    Args:
        experiment: Experiment id.
        scores: :data:`irf7bone.tables.cohort.SCORES` of the experiment.
        obs: Samples.
    """
    labels = obs.reindex(columns=["group", "pair"]).astype("object")
    table = scores.merge(labels, left_on="sample", right_index=True, how="left", sort=False)
    return SAMPLE_SCORES.cast(table.assign(experiment=experiment).reindex(columns=SAMPLE_SCORES.names))


def score_contrasts(
    experiment: str,
    scores: pd.DataFrame,
    designs: Sequence[ContrastDesign],
    *,
    primary: tuple[str, str],
    seed: int,
) -> pd.DataFrame:
    """Compare every score in every contrast.

    Args:
        experiment: Experiment id.
        scores: :data:`irf7bone.tables.cohort.SCORES` of the experiment.
        designs: The contrasts' models.
        primary: Signature and method that the claim is judged by; its rows take no part in ``q``.
        seed: Of random relabellings.

    Returns:
        :data:`irf7bone.tables.experiment.SIGNATURES`.
    """
    facts = scores.drop_duplicates(["signature", "method"])[
        ["signature", "method", "n_genes_used", "coverage", "status", "reason"]
    ].reset_index(drop=True)
    scored = scores[scores["status"] == "ok"]
    wide = scored.pivot(index=["signature", "method"], columns="sample", values="score_z")
    spread = scored.groupby(["signature", "method"], sort=False)["score_raw"].std(ddof=1)
    table = pd.concat([_contrast(d, facts, wide, spread, seed) for d in designs], ignore_index=True)
    table = table.assign(experiment=experiment, q=np.nan).reindex(columns=SIGNATURES.names)
    tested = (table["status"] == "ok") & ~(
        (table["signature"] == primary[0]) & (table["method"] == primary[1])
    )
    if tested.any():
        table.loc[tested, "q"] = benjamini_hochberg(table.loc[tested, "p"].astype(float))
    return SIGNATURES.cast(table)


def _contrast(
    design: ContrastDesign, facts: pd.DataFrame, wide: pd.DataFrame, spread: pd.Series, seed: int
) -> pd.DataFrame:
    floor = smallest_p(design)
    rows = facts.assign(
        contrast=design.contrast.id,
        **design.sizes,
        min_p=floor,
        code=floor_code(floor),
        df=design.df_effect,
    )
    if lacks := too_few(design.df_effect):
        rows.loc[rows["status"] == "ok", ["status", "reason"]] = ["too_few_samples", lacks]
        return rows
    rows = rows.drop(columns="df")
    if wide.empty:
        return rows
    values = wide[list(design.samples)].to_numpy(dtype=np.float64)
    found = compare(values, design.matrix, design.blocks)
    found.index = wide.index
    found["difference_raw"] = found["difference"] * spread.reindex(wide.index)
    found["hedges_g"], found["hedges_se"] = standardised(values, design, found)
    permuted = permutation_p(values, design, seed) if floor_code(floor) is None else None
    if permuted is not None:
        found["permutation_p"] = permuted.p
        found["n_relabellings"] = permuted.n_relabellings
        found["permutation"] = "exact" if permuted.exact else "monte_carlo"
    found = found[found["p"].notna()]
    rows = rows.merge(found, left_on=["signature", "method"], right_index=True, how="left", sort=False)
    lost = (rows["status"] == "ok") & rows["p"].isna()
    rows.loc[lost, "status"] = "not_available"
    rows.loc[lost, "reason"] = WITHOUT_VARIANCE
    return rows


def standardised(
    values: np.ndarray, design: ContrastDesign, found: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Hedges' g of each row and its standard error: in standard deviations within groups in every design.

    Args:
        values: Rows x samples of the design.
        design: The contrast's model.
        found: What :func:`irf7bone.experiments.compare.compare` returned.
    """
    difference, se = (found[name].to_numpy(dtype=np.float64) for name in ("difference", "se"))
    if design.blocks is not None:
        sd = random_intercept(values, design.matrix, design.blocks).sd
        return hedges_g(
            difference, sd, se, df=found["df"].to_numpy(np.float64), n=int(design.clusters.max()) + 1
        )
    if design.n_pairs is None:
        scale = np.sqrt(np.linalg.inv(design.matrix.T @ design.matrix)[-1, -1])
        return hedges_g(difference, se / scale, se, df=design.df_residual, n=len(design.samples))
    if len(design.contrast.groups) > 2:  # no two values of a pair to take a difference of
        return np.full(len(found), np.nan), np.full(len(found), np.nan)
    case, order = design.is_case, np.argsort(design.strata, kind="stable")
    return hedges_g_of_pairs(values[:, order[case[order]]], values[:, order[~case[order]]], difference, se)
