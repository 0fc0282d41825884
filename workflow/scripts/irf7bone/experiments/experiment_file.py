"""The contract of ``results/experiments/<id>.h5ad``: one check on write and on read, one way to do both."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.whole_file import whole_file

COLUMNS = ("group", "pair", "batch", "unit")
ORGANISMS = ("human", "mouse")
AGAIN = "acquire the experiment again"


def check_experiment(adata: ad.AnnData, where: str) -> None:
    """Raise :class:`InputError` naming everything in which ``adata`` breaks the contract of an experiment.

    Args:
        adata: ``X`` samples x genes, float32, log2, finite; ``layers["counts"]`` whole numbers where
            ``uns["scale"]`` is ``counts``; ``obs`` with unique sample ids, ``group`` a category without gaps,
            ``pair`` text or missing, perhaps ``batch`` and ``unit``; ``var`` with unique symbols of
            ``uns["organism"]``; ``uns["provenance"]`` a JSON text.
        where: File, for the message.
    """
    problems = Problems()

    def note(part: str, expected: str, found: str) -> None:
        problems.add(f"{where}, {part}", expected=expected, found=found, remedy=AGAIN)

    if not isinstance(adata.X, np.ndarray) or adata.X.dtype != np.float32:
        note("X", "a dense matrix of float32", f"{getattr(adata.X, 'dtype', 'no type')}")
    elif not np.isfinite(adata.X).all():
        note("X", "finite numbers", f"{int((~np.isfinite(adata.X)).sum())} others")
    for index, what in ((adata.obs_names, "sample ids"), (adata.var_names, "symbols")):
        if not index.is_unique:
            note(what, "each once", f"{int(index.duplicated().sum())} repeated")
    for name in ("group", "pair"):
        if name not in adata.obs:
            note("obs", f"the column {name}", "not there")
    for name in adata.obs.columns:
        if name not in COLUMNS:
            note("obs", f"the columns {', '.join(COLUMNS)}", f"{name!r}")
    if "group" in adata.obs:
        group = adata.obs["group"]
        if not isinstance(group.dtype, pd.CategoricalDtype) or group.isna().any():
            note(
                "obs['group']", "a category for every sample", f"{group.dtype}, {group.isna().sum()} missing"
            )
    if adata.uns.get("organism") not in ORGANISMS:
        note("uns['organism']", " or ".join(ORGANISMS), repr(adata.uns.get("organism")))
    counts = adata.layers.get("counts")
    if (adata.uns.get("scale") == "counts") != (counts is not None):
        note("layers['counts']", "counts where the scale is counts", f"scale {adata.uns.get('scale')!r}")
    elif counts is not None and ((counts < 0) | (counts != np.floor(counts))).any():
        note("layers['counts']", "whole numbers", "others")
    try:
        provenance = json.loads(adata.uns.get("provenance", "{}"))
    except (TypeError, ValueError):
        provenance = {}
    for name in ("experiment", "card_sha256", "sources", "scale", "genes", "samples", "groups"):
        if name not in provenance:
            note("uns['provenance']", name, "not there")
    problems.raise_if_any()


def write_experiment(adata: ad.AnnData, path: str | Path) -> None:
    """Check ``adata`` and write it whole or not at all."""
    check_experiment(adata, str(path))
    stored = adata.copy()
    for name in COLUMNS[1:]:
        if name in stored.obs:  # text with gaps has no form of its own in the file
            known = sorted(stored.obs[name].dropna().unique())
            stored.obs[name] = pd.Categorical(stored.obs[name], categories=pd.Index(known, dtype=object))
    with whole_file(path) as partial:
        stored.write_h5ad(partial)


def read_experiment(path: str | Path) -> ad.AnnData:
    """Read an experiment file and check it; pairs, batches and units are text or None."""
    path = Path(path)
    try:
        adata = ad.read_h5ad(path)
    except OSError as error:
        raise InputError(
            Problem(str(path), "an experiment file (h5ad)", str(error).splitlines()[0], AGAIN)
        ) from None
    for name in COLUMNS[1:]:
        if name in adata.obs:
            values = adata.obs[name].astype(object)
            adata.obs[name] = values.where(values.notna(), None)
    check_experiment(adata, str(path))
    return adata
