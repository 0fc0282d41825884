"""Null experiments with several samples of one animal, which `replicates: how: correlation` compares.

Genes differ in how much of them animals share, so that their one consensus correlation is nobody's own.
"""

from __future__ import annotations

from functools import cache

import anndata as ad
import numpy as np
import pandas as pd

from calibrate.experiments import LEVEL
from calibrate.tally import Tally
from irf7bone.experiments.compare import compare
from irf7bone.experiments.design import ContrastDesign, build_designs
from irf7bone.experiments.differential import differential
from irf7bone.experiments.levels import score_levels
from irf7bone.experiments.permute import floor_code, permutation_p, smallest_p
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.study.experiment_card import Contrast

GENES, SET = 300, 20
WITH_GENES = 0.2  # of the experiments, whose genes are tested as well: each has 280 of them, and one score
# group and animal of each sample
LAYOUTS = {
    "4 animals against 4, two samples each": ("A" * 8 + "B" * 8, "1122334455667788"),
    "4 animals against 4, one to four samples each": ("A" * 10 + "B" * 10, "11112223345555666778"),
    "6 animals with one sample of each group": ("AB" * 6, "112233445566"),
    "8 animals, half of them in both groups": ("ABABABABAABB", "112233445678"),
}


@cache
def plan_of(words: str) -> ContrastDesign:
    """The model of a layout."""
    contrast = Contrast("null", "B", "A", paired=False, batch=False, meaning="loss_in_bone")
    return build_designs("null", samples_of(words), [contrast])[0]


def samples_of(words: str) -> pd.DataFrame:
    """Samples with group and animal."""
    groups, animals = LAYOUTS[words]
    names = [f"s{number}" for number in range(len(groups))]
    return pd.DataFrame({"group": pd.Categorical(list(groups)), "pair": None, "unit": list(animals)}, names)


def one_null(random: np.random.Generator) -> Tally:
    """One experiment of each layout without a difference, as counts and as log2 values."""
    tally = Tally()
    genes = random.random() < WITH_GENES
    for words in LAYOUTS:
        counts = draw(words, random)
        for scale in ("counts", "log2"):
            _test(tally, counts, words, scale, genes=genes)
    return tally


def draw(words: str, random: np.random.Generator) -> np.ndarray:
    """Counts, samples x genes: animals and samples differ, groups do not; the first 20 genes go together."""
    design = plan_of(words)
    n, animals = len(design.samples), design.n_blocks or 0
    spread = random.gamma(8, 0.05, GENES)  # of a gene, log2
    share = random.beta(2, 3, GENES)  # of its variance, between animals
    between = random.normal(size=(animals, GENES)) * spread * np.sqrt(share)
    within = random.normal(size=(n, GENES)) * spread * np.sqrt(1 - share)
    programme = random.normal(0, 0.25, (animals, 1))[design.blocks] + random.normal(0, 0.15, (n, 1))
    log2 = random.normal(8, 1.5, GENES) + between[design.blocks] + within
    log2[:, :SET] += programme
    return random.poisson(2**log2 * random.uniform(0.7, 1.4, (n, 1))).astype(np.float64)


def _test(tally: Tally, counts: np.ndarray, words: str, scale: str, *, genes: bool) -> None:
    design = plan_of(words)
    library = counts.sum(axis=1, keepdims=True)
    adata = ad.AnnData(
        np.log2(counts / library * 1e6 / 100 + 1).astype(np.float32),
        obs=samples_of(words),
        var=pd.DataFrame(index=[f"G{number}" for number in range(counts.shape[1])]),
    )
    adata.uns["organism"], adata.uns["scale"] = "human", scale
    if scale == "counts":
        adata.layers["counts"] = counts
    about = {"quantity": "type_i_error", "regime": f"{words}, {scale}", "n": len(design.samples)}
    programme = adata.var_names[:SET]
    if genes:  # the programme's go together and are no trials of their own
        tested = differential(adata, design).genes
        own = tested.loc[~tested.index.isin(programme), "p"].to_numpy()
        tally.add(own < LEVEL, method="experiment_moderated_t", **about)
    prepared = Prepared(score_levels(adata))
    score = score_sets(prepared, prepared.set_matrix([programme]), "zscore")
    found = compare(score, design.matrix, design.blocks)["p"].to_numpy()
    tally.add(found < LEVEL, method="experiment_score_t", **about)
    smallest = smallest_p(design)
    if smallest is not None and floor_code(smallest) is None:
        permuted = permutation_p(score, design, 1)
        if permuted is not None:
            tally.add(permuted.p <= LEVEL, method="experiment_relabelling", **about)
