"""What tissue the groups hold: marker levels beside every contrast, and the contrast with them in the model.

A bone lesion brings bone, marrow and blood into bulk tissue, and a smaller share of tumour cells; either
moves any programme that these cells express otherwise than tumour cells do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.experiments.compare import WITHOUT_VARIANCE, compare, too_few
from irf7bone.experiments.design import ContrastDesign
from irf7bone.scoring.agreement import coverage_refusal
from irf7bone.scoring.detection import read_in_enough
from irf7bone.scoring.engine import Prepared
from irf7bone.statistics.random_intercept import degrees_of_effect
from irf7bone.tables.experiment import ADJUSTED, COMPOSITION

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature

MATTERS_LOG2 = 0.5
FEWEST_GENES = 3  # of a list, before it may say that tissue differs: one gene alone is that gene
MIN_DF = 3
NOT_ADJUSTED, ALL_MARKERS = "none", "all"
CONSTANT_SD = 1e-6


@dataclass(frozen=True)
class MarkerScores:
    """Levels of marker lists in an experiment.

    Args:
        levels: Samples x lists that stand for what they are called.
        n_used: Genes used, by list.
        refused: Why the others do not stand for it, by list.
    """

    levels: pd.DataFrame
    n_used: Mapping[str, int]
    refused: Mapping[str, str]


def marker_scores(
    levels: pd.DataFrame, markers: Mapping[str, Signature], *, min_coverage: float, read_in: float
) -> MarkerScores:
    """Mean log2 level of each list's genes, so that a difference is a mean log2 fold change.

    A list passes the gate that signatures pass (:func:`irf7bone.scoring.agreement.coverage_refusal`): its
    genes must be measured, vary, and be read in enough samples.

    Args:
        levels: Samples x human genes that are expressed, log2, from
            :func:`irf7bone.experiments.levels.marker_levels`.
        markers: Lists in human symbols.
        min_coverage: Smallest share of a list's genes with which it is used, 0 to 1.
        read_in: Share of the samples in which a gene must be read.
    """
    prepared = Prepared(levels)
    usable = set(prepared.genes[(prepared.sd > CONSTANT_SD) & read_in_enough(prepared, read_in)])
    used = {name: [gene for gene in marker.up if gene in usable] for name, marker in markers.items()}
    refused = {
        name: f"{why}: {len(used[name])} of {len(marker.up)} genes are measured, vary, and are read in "
        "enough samples"
        for name, marker in markers.items()
        if (why := coverage_refusal(len(used[name]), len(marker.up), min_coverage, None))
    }
    scores = pd.DataFrame(
        {name: levels[genes].mean(axis=1) for name, genes in used.items() if name not in refused},
        index=levels.index,
    )
    return MarkerScores(scores, {name: len(genes) for name, genes in used.items()}, refused)


def composition(
    experiment: str,
    measured: MarkerScores,
    markers: Mapping[str, Signature],
    designs: Sequence[ContrastDesign],
) -> pd.DataFrame:
    """Compare the marker lists in every contrast, :data:`irf7bone.tables.experiment.COMPOSITION`.

    Args:
        experiment: Experiment id.
        measured: From :func:`marker_scores`.
        markers: The lists.
        designs: The contrasts' models.
    """
    scores, rows = measured.levels, []
    for design in designs:
        levels = scores.loc[list(design.samples)].to_numpy(dtype=np.float64).T
        found = compare(levels, design.matrix, design.blocks)
        found.index = scores.columns
        for name, marker in markers.items():
            row = {
                "experiment": experiment,
                "contrast": design.contrast.id,
                "marker": name,
                **design.sizes,
                "differs": False,
                "n_genes": len(marker.up),
                "n_genes_used": measured.n_used[name],
            }
            if name not in scores:
                row |= {"status": "low_coverage", "reason": measured.refused[name]}
            elif lacks := too_few(design.df_effect):
                row |= {"status": "too_few_samples", "reason": lacks}
            elif np.isnan(found.loc[name, "p"]):
                row |= {"status": "not_available", "reason": WITHOUT_VARIANCE}
            else:
                one = found.loc[name].to_dict()
                row |= one | {"status": "ok", "differs": _matters(one, measured.n_used[name])}
            rows.append(row)
    return COMPOSITION.cast(pd.DataFrame(rows).reindex(columns=COMPOSITION.names))


def _matters(row: Mapping[str, float], n_used: int) -> bool:
    excludes_zero = row["ci_low"] > 0 or row["ci_high"] < 0
    return bool(n_used >= FEWEST_GENES and excludes_zero and abs(row["difference"]) >= MATTERS_LOG2)


def adjusted_contrasts(
    experiment: str,
    scores: pd.DataFrame,
    marker: pd.DataFrame,
    designs: Sequence[ContrastDesign],
    *,
    method: str,
) -> pd.DataFrame:
    """Every signature's difference with marker levels in the model: each list alone, then all of them.

    Args:
        experiment: Experiment id.
        scores: :data:`irf7bone.tables.cohort.SCORES` of the experiment.
        marker: Samples x lists, from :func:`marker_scores`.
        designs: The contrasts' models.
        method: Scoring method to adjust.

    Returns:
        :data:`irf7bone.tables.experiment.ADJUSTED`. ``inflation`` is the variance inflation factor of the
        group's coefficient: where a list differs between the groups in nearly every sample, nothing is
        left to tell the two apart, and it is large.
    """
    kept = scores[scores["method"] == method]
    names = list(dict.fromkeys(kept["signature"]))
    wide = kept[kept["status"] == "ok"].pivot(index="signature", columns="sample", values="score_z")
    adjustments = {NOT_ADJUSTED: [], **{name: [name] for name in marker.columns}}
    adjustments[ALL_MARKERS] = list(marker.columns)
    parts = []
    for design in designs:
        values = wide[list(design.samples)].to_numpy(dtype=np.float64) if len(wide) else None
        for adjustment, lists in adjustments.items():
            extra = marker.loc[list(design.samples), lists].to_numpy(dtype=np.float64)
            found = adjust(values, design, extra) if values is not None else "no signature has a score"
            few = too_few(design.df_effect)
            found = few or found
            part = pd.DataFrame({"signature": names, "status": "too_few_samples" if few else "not_available"})
            if isinstance(found, str):
                part["reason"] = found
            else:
                found.index = wide.index
                part = part.merge(found, left_on="signature", right_index=True, how="left", sort=False)
                scored = part["difference"].notna()
                part["status"] = np.where(scored, "ok", "not_available")
                part["reason"] = None
                part.loc[~scored, "reason"] = "the signature has no score that varies within groups"
            parts.append(part.assign(contrast=design.contrast.id, adjustment=adjustment))
    table = pd.concat(parts, ignore_index=True).assign(experiment=experiment, method=method)
    return ADJUSTED.cast(table.reindex(columns=ADJUSTED.names))


def adjust(
    values: np.ndarray, design: ContrastDesign, extra: np.ndarray, what: str = "marker levels"
) -> pd.DataFrame | str:
    """Differences with further columns in the model, or why they cannot be had.

    Args:
        values: Rows x samples of the design.
        design: The contrast's model.
        extra: Samples x further columns.
        what: These columns, in words.
    """
    extra = extra - extra.mean(axis=0)
    matrix = np.column_stack([design.matrix[:, :-1], extra, design.matrix[:, -1]])
    n, p = matrix.shape
    df = n - p if design.blocks is None else degrees_of_effect(matrix, design.blocks)
    if extra.size and df < MIN_DF:
        return f"{df} residual degrees of freedom: too few samples to adjust for {what} ({extra.shape[1]})"
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        return f"{what}: constant or fixed by group, pair or batch"
    found = compare(values, matrix, design.blocks)
    plain = np.linalg.inv(design.matrix.T @ design.matrix)[-1, -1]
    given = (1 / np.abs(np.linalg.qr(matrix)[1][-1, -1])) ** 2
    found["inflation"] = np.where(found["se"].isna(), np.nan, given / plain)
    return found
