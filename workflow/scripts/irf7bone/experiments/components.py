"""What moves samples within groups: principal components that split one, and the contrast given them.

A batch that nobody recorded, or a few samples apart, shows within a group. A component is chosen from the
data that are then adjusted for it, so its row is a sensitivity analysis and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.experiments.compare import too_few
from irf7bone.experiments.composition import adjust
from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.differential import Differential
from irf7bone.tables.experiment_components import COMPONENTS

VARIABLE_GENES = 2000
N_COMPONENTS = 2
FEWEST_IN_GROUP = 4  # of three, any two values and a third are a split
SMALLEST_SHARE = 0.2  # of the variance within groups, for a component to be named
LEVEL = 0.05
NORMAL_SAMPLES = 9_999
NAMED_GENES = 20
CORRELATED = "samples of one animal or culture lie together, so that a component would name these"


def components(
    experiment: str,
    adata: ad.AnnData,
    designs: Sequence[ContrastDesign],
    results: Mapping[str, Differential],
    scores: pd.DataFrame,
    *,
    primary: tuple[str, str],
    seed: int,
) -> pd.DataFrame:
    """The first two components within the groups of every contrast, :data:`COMPONENTS`.

    Components are those of the residuals of the contrast's model, over its 2,000 genes that vary most
    within groups; a sample's place on one is its centred values times the loadings, group and all.

    Args:
        experiment: Experiment id.
        adata: Samples x genes.
        designs: The contrasts' models.
        results: The contrasts' genes.
        scores: :data:`irf7bone.tables.cohort.SCORES` of the experiment.
        primary: Signature and method whose difference is adjusted.
        seed: Of the normal samples that a split is held against.
    """
    own = scores[(scores["signature"] == primary[0]) & (scores["method"] == primary[1])]
    score = own[own["status"] == "ok"].set_index("sample")["score_z"]
    rows = []
    for design in designs:
        few = too_few(design.df_residual)
        correlated = design.blocks is not None
        found = None if few or correlated else _within(adata, design, results[design.contrast.id])
        for number in range(N_COMPONENTS):
            row = {"experiment": experiment, "contrast": design.contrast.id, "component": number + 1}
            row |= {"signature": primary[0], "method": primary[1], "named": False}
            if correlated and not few:
                rows.append(row | {"status": "not_available", "reason": CORRELATED})
                continue
            if found is None or number >= found[0].shape[1]:
                reason = few or "no such component: too few samples"
                rows.append(row | {"status": "too_few_samples", "reason": reason})
                continue
            places, residuals, shares, genes = found
            row |= {"share": shares[number], "genes": ", ".join(genes[number])}
            split = _split(residuals[:, number], design, seed)
            splits = bool(split) and float(split["split_p"]) <= LEVEL  # type: ignore[arg-type]
            row |= split | {"named": bool(shares[number] >= SMALLEST_SHARE and splits)}
            rows.append(row | _given(score, design, places[:, [number]]))
    return COMPONENTS.cast(pd.DataFrame(rows).reindex(columns=COMPONENTS.names))


def _within(
    adata: ad.AnnData, design: ContrastDesign, result: Differential
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[list[str]]]:
    """Places and residual places (samples x components), shares, and the genes of each component."""
    tested = adata[list(design.samples), result.genes.index]
    values = np.asarray(tested.X, dtype=np.float64)
    q = np.linalg.qr(design.matrix)[0]
    residuals = values - q @ (q.T @ values)
    keep = np.sort(np.argsort(-residuals.var(axis=0), kind="stable")[:VARIABLE_GENES])
    left, singular, loadings = np.linalg.svd(residuals[:, keep], full_matrices=False)
    k = min(N_COMPONENTS, design.df_residual, len(singular))
    loadings = loadings[:k]
    signs = np.sign(loadings[np.arange(k), np.abs(loadings).argmax(axis=1)])
    loadings = loadings * signs[:, None]
    names = tested.var_names.to_numpy()[keep]
    strongest = np.argsort(-np.abs(loadings), axis=1, kind="stable")[:, :NAMED_GENES]
    centred = values[:, keep] - values[:, keep].mean(axis=0)
    return (
        centred @ loadings.T,
        left[:, :k] * singular[:k] * signs,
        singular[:k] ** 2 / np.sum(singular**2),
        [list(names[genes]) for genes in strongest],
    )


def _split(places: np.ndarray, design: ContrastDesign, seed: int) -> dict[str, object]:
    """The group that a component splits best, its two sides, and p against normal samples of its size.

    p is that of the best cut in two (share of the group's sum of squares between the sides), times the
    groups and components looked at; in pairs the two groups mirror each other and count once.
    """
    names = list(design.contrast.groups)
    codes = range(len(names)) if design.n_pairs is None or len(names) > 2 else (1,)
    groups = {names[code]: design.groups == code for code in codes}
    found = []
    for group, members in groups.items():
        if members.sum() >= FEWEST_IN_GROUP:
            values, names = places[members], np.array(design.samples)[members]
            order = np.argsort(values, kind="stable")
            share, cut = _best_cut(values[order])
            null = _normal_shares(len(values), seed)
            p = (1 + int((null >= share).sum())) / (1 + len(null))
            found.append((p, group, names[order[:cut]], names[order[cut:]]))
    if not found:
        return {}
    p, group, low, high = min(found, key=lambda one: one[0])
    return {
        "split_p": min(1.0, p * len(found) * N_COMPONENTS),
        "split_group": group,
        "low_samples": ", ".join(low),
        "high_samples": ", ".join(high),
    }


def _best_cut(ordered: np.ndarray) -> tuple[float, int]:
    """Largest share of the sum of squares between two sides of sorted values, and the size of the lower."""
    centred = ordered - ordered.mean()
    n, whole = len(centred), float(centred @ centred)
    if whole == 0:
        return 0.0, 1
    sizes = np.arange(1, n)
    between = np.cumsum(centred)[:-1] ** 2 * (1 / sizes + 1 / (n - sizes))
    return float(between.max() / whole), int(sizes[between.argmax()])


@cache
def _normal_shares(n: int, seed: int) -> np.ndarray:
    random = np.sort(np.random.default_rng([seed, n]).normal(size=(NORMAL_SAMPLES, n)), axis=1)
    return np.array([_best_cut(row)[0] for row in random])


def _given(score: pd.Series, design: ContrastDesign, places: np.ndarray) -> dict[str, object]:
    """The signature's difference with the component in the model, or why there is none."""
    if score.empty:
        return {"status": "not_available", "reason": "the signature has no score"}
    values = score[list(design.samples)].to_numpy(dtype=np.float64)[None, :]
    found = adjust(values, design, places, what="a component")
    if isinstance(found, str):
        return {"status": "not_available", "reason": found}
    row = found.iloc[0].to_dict()
    if np.isnan(row["p"]):
        return {"status": "not_available", "reason": "the score does not vary within groups"}
    return row | {"status": "ok"}
