"""Null experiments and such with a planted fall; half of the signature's genes may be unexpressed.

Log2 values are those of the counts, as a source gives them: log2(counts per million + 1).
"""

from __future__ import annotations

from functools import cache

import anndata as ad
import numpy as np
import pandas as pd

from calibrate.tally import Tally
from irf7bone.experiments.compare import compare
from irf7bone.experiments.design import ContrastDesign, build_designs
from irf7bone.experiments.differential import differential
from irf7bone.experiments.levels import score_levels
from irf7bone.experiments.permute import floor_code, permutation_p, smallest_p
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.study.experiment_card import Contrast

LEVEL = 0.05
SIZES = {
    "3 against 3": (3, False),
    "4 against 4": (4, False),
    "6 against 6": (6, False),
    "8 pairs": (8, True),
}
EXPRESSED, UNEXPRESSED = 300, 150
SET_EXPRESSED, SET_UNEXPRESSED = 20, 20  # genes of the signature of each kind
FALL = 0.5  # log2, planted in the expressed genes of the signature


@cache
def plan_of(words: str) -> ContrastDesign:
    """The model of a size."""
    pairs, paired = SIZES[words]
    contrast = Contrast("null", "case", "reference", paired, False, "loss_in_bone")
    return build_designs("null", samples_of(pairs), [contrast])[0]


def samples_of(pairs: int) -> pd.DataFrame:
    """Cases and references in turn, two of a pair beside each other."""
    group = pd.Categorical(["case", "reference"] * pairs)
    pair = np.repeat([f"p{number}" for number in range(pairs)], 2).astype(object)
    return pd.DataFrame({"group": group, "pair": pair}, index=[f"s{number}" for number in range(2 * pairs)])


def one_null(random: np.random.Generator) -> Tally:
    """One experiment of each size without a difference, with and without unexpressed genes."""
    return _each(0.0, random)


def one_fall(random: np.random.Generator) -> Tally:
    """The same with a planted fall of the signature's expressed genes."""
    return _each(FALL, random)


def _each(fall: float, random: np.random.Generator) -> Tally:
    tally = Tally()
    for words in SIZES:
        for unexpressed in (False, True):
            counts, members = draw(words, unexpressed, fall, random)
            for scale in ("counts", "log2"):
                regime = f"{words}, {scale}" + (", with unexpressed genes" if unexpressed else "")
                _test(tally, counts, members, words, scale, regime, fall)
    return tally


def draw(
    words: str, unexpressed: bool, fall: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Negative binomial counts, samples x genes, and which genes are of the signature."""
    design = plan_of(words)
    n = len(design.samples)
    few = UNEXPRESSED if unexpressed else 0
    level = np.concatenate([random.normal(8, 1.5, EXPRESSED), random.uniform(-3, 1, few)])
    members = np.zeros(len(level), dtype=bool)
    members[:SET_EXPRESSED] = True
    if unexpressed:
        members[EXPRESSED : EXPRESSED + SET_UNEXPRESSED] = True
    spread = random.gamma(8, 0.05, len(level))  # of the genes, between patients, log2
    log2 = level + random.normal(size=(n, len(level))) * spread
    log2 += (random.normal(0, 0.4, (n, len(level))))[design.strata] if design.n_pairs else 0
    # the genes of the signature go together between samples, as they do in tumours
    log2[:, :SET_EXPRESSED] += random.normal(0, 0.3, (n, 1)) - fall * design.is_case[:, None]
    mean = 2**log2 * random.uniform(0.7, 1.4, (n, 1))
    return random.poisson(mean).astype(np.float64), members


def as_experiment(counts: np.ndarray, words: str, scale: str) -> ad.AnnData:
    """Counts, samples x genes, as an experiment of a scale."""
    library = counts.sum(axis=1, keepdims=True)
    adata = ad.AnnData(
        np.log2(counts / library * 1e6 / 100 + 1).astype(np.float32),
        obs=samples_of(SIZES[words][0]),
        var=pd.DataFrame(index=[f"G{number}" for number in range(counts.shape[1])]),
    )
    adata.uns["organism"], adata.uns["scale"] = "human", scale
    if scale == "counts":
        adata.layers["counts"] = counts
    return adata


def _test(
    tally: Tally, counts: np.ndarray, members: np.ndarray, words: str, scale: str, regime: str, fall: float
) -> None:
    design, adata = plan_of(words), as_experiment(counts, words, scale)
    about = {
        "quantity": "power" if fall else "type_i_error",
        "regime": regime,
        "n": len(design.samples),
        "planted": -fall or 0.0,
    }
    result = differential(adata, design).genes
    of_signature = adata.var_names[members]
    # the signature's genes go together and are no trials of their own
    tested = result.index.isin(of_signature[:SET_EXPRESSED]) == bool(fall)
    tally.add(result.loc[tested, "p"].to_numpy() < LEVEL, method="experiment_moderated_t", **about)
    prepared = Prepared(score_levels(adata))
    score = score_sets(prepared, prepared.set_matrix([of_signature]), "zscore")
    tally.add(
        compare(score, design.matrix, design.blocks)["p"].to_numpy() < LEVEL,
        method="experiment_score_t",
        **about,
    )
    if floor_code(smallest_p(design)) is None:
        permuted = permutation_p(score, design, 1)
        tally.add(permuted.p <= LEVEL, method="experiment_relabelling", **about)
