"""A made-up experiment of pairs, as harmonise leaves it: genes by symbol, groups, pairs, counts."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.experiments.design import Contrast
from irf7bone.genes.signatures import Signature

BONE_GENES = ("DMP1", "IBSP", "MEPE", "SP7")
EPITHELIAL_GENES = ("EPCAM", "KRT18", "KRT19", "KRT8")
INTERFERON_GENES = (
    "BST2", "CMPK2", "DDX60", "DHX58", "EPSTI1", "HERC6", "IFI27", "IFI35", "IFI44", "IFI44L",
    "IFIH1", "IFIT2", "IFIT3", "IFITM1", "IRF7", "ISG15", "LAMP3", "LY6E", "MX1", "OAS1",
    "OASL", "PARP12", "RSAD2", "RTP4", "SAMD9L", "STAT2", "TRIM25", "UBE2L6", "USP18", "XAF1",
)  # fmt: skip
PROLIFERATION_GENES = ("BIRC5", "CCNB1", "CDC20", "CEP55", "MKI67", "NDC80", "NUF2", "RRM2", "TYMS", "UBE2C")
PAIRED = Contrast("bone", "lesion", "primary", paired=True, batch=False, meaning="loss_in_bone")
UNPAIRED = Contrast("bone", "lesion", "primary", paired=False, batch=False, meaning="loss_in_bone")


def signature(name: str, up: tuple[str, ...], down: tuple[str, ...] = ()) -> Signature:
    """A signature without provenance."""
    return Signature(name, up, down, "", "", "", "user", "", "", Path("none.gmt"))


LIBRARY = {
    "IFN": signature("IFN", INTERFERON_GENES),
    "PROLIF": signature("PROLIF", PROLIFERATION_GENES),
    "SIGNED": signature("SIGNED", PROLIFERATION_GENES[:6], INTERFERON_GENES[:8]),
    "IRF7": signature("IRF7", ("IRF7",)),
}
MARKERS = {
    "BONE": signature("BONE", BONE_GENES),
    "EPITHELIAL": signature("EPITHELIAL", EPITHELIAL_GENES),
    "PROLIFERATION": signature("PROLIFERATION", PROLIFERATION_GENES),
}


def make_experiment(
    *,
    pairs: int = 8,
    loss: float = 0.0,
    bone: float = 0.0,
    epithelial: float = 0.0,
    background: int = 1500,
    seed: int = 1,
) -> ad.AnnData:
    """Negative-binomial counts of pairs ``primary`` and ``lesion``.

    Args:
        pairs: Number of pairs.
        loss: Fall of the interferon genes in the lesion, log2.
        bone: Rise of the bone genes, log2, on average; it varies between pairs.
        epithelial: Change of the epithelial genes, log2.
        background: Further genes, which do not change.
        seed: Seed.

    Returns:
        2 x ``pairs`` samples; ``X`` log2 counts per million, ``layers["counts"]``.
    """
    rng = np.random.default_rng(seed)
    named = [*INTERFERON_GENES, *PROLIFERATION_GENES, *BONE_GENES, *EPITHELIAL_GENES]
    genes = [*named, *(f"BACKGROUND{i}" for i in range(background))]
    level = rng.normal(7.5, 1.6, len(genes))
    is_lesion = np.tile([0.0, 1.0], pairs)
    log2 = level + np.repeat(rng.normal(0, 0.4, (pairs, len(genes))), 2, axis=0)
    change = {"loss": -loss, "bone": bone, "epithelial": epithelial}
    for kind, members in (("loss", INTERFERON_GENES), ("bone", BONE_GENES), ("epithelial", EPITHELIAL_GENES)):
        columns = [genes.index(gene) for gene in members]
        own = change[kind] * (1 + rng.normal(0, 0.3, pairs))
        log2[:, columns] += (is_lesion * np.repeat(own, 2))[:, None]
    # the interferon genes move together between samples, as they do in tumours
    log2[:, : len(INTERFERON_GENES)] += rng.normal(0, 0.3, (2 * pairs, 1))
    mean = 2**log2 * rng.uniform(0.7, 1.4, (2 * pairs, 1))
    counts = rng.poisson(mean * rng.gamma(10, 0.1, mean.shape))
    library = counts.sum(axis=1, keepdims=True)
    names = [f"{kind}{i:02d}" for i in range(1, pairs + 1) for kind in ("P", "L")]
    obs = pd.DataFrame(
        {
            "group": pd.Categorical(np.where(is_lesion == 1, "lesion", "primary")),
            "pair": np.repeat([f"pair{i:02d}" for i in range(1, pairs + 1)], 2),
        },
        index=names,
    )
    x = np.log2((counts + 0.5) / (library + 1) * 1e6).astype(np.float32)
    adata = ad.AnnData(x, obs=obs, var=pd.DataFrame(index=genes))
    adata.layers["counts"] = counts.astype(np.int64)
    adata.uns["organism"], adata.uns["scale"] = "human", "counts"
    return adata


def as_array(adata: ad.AnnData) -> ad.AnnData:
    """The same experiment as log2 values without counts."""
    array = adata.copy()
    del array.layers["counts"]
    array.uns["scale"] = "log2"
    return array
