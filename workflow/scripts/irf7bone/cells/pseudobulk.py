"""The samples that are tested: counts of one patient, group and compartment, and of all cells as a bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import (
    BULK,
    EPITHELIAL_UNCERTAIN,
    MALIGNANT,
    OK,
    TOO_FEW_CELLS,
    UNASSIGNED,
)

LEAST_COUNTS = 50_000

SEPARATOR = "|"


@dataclass(frozen=True)
class Choice:
    """Which parts of the sums make up the compartments.

    Args:
        malignant: ``compartment`` (as the data set has it), ``called`` (clusters called here) or
            ``with_uncertain``.
        doublets: Whether doublets stay in.
    """

    malignant: str = "compartment"
    doublets: bool = False


def pseudobulk(
    keys: pd.DataFrame,
    sums: np.ndarray,
    genes: Sequence[str],
    obs: pd.DataFrame,
    *,
    unit: float,
    scale: str,
    min_cells: int,
    choice: Choice | None = None,
) -> ad.AnnData:
    """Add the parts of the sums up to samples.

    Doublets belong to no compartment, but to the bulk, as they would in a tumour that is ground up.

    Args:
        keys, sums: Of :class:`irf7bone.cells.reduce.Reduced`.
        genes: Symbols.
        obs: Cells, for batch and subtype of a patient and group (the most frequent).
        unit: What 1 is in ``sums``.
        scale: ``tpm``, or anything else for counts.
        min_cells: Fewest cells of a sample.
        choice: Which parts; as the data set has them where None.

    Returns:
        Samples x genes: ``X`` sums of counts, or mean tpm (``uns["scale"]`` says which); ``obs``:
        ``patient``, ``group``, ``compartment``, ``batch``, ``subtype``, ``n_cells``, ``total``, ``status``,
        ``reason``.
    """
    choice = choice or Choice()
    parts = _members(keys, choice)
    rows, values = [], []
    for (compartment, patient, group), places in parts.items():
        total = sums[places].sum(axis=0)
        n_cells = int(keys["n_cells"].to_numpy()[places].sum())
        counted = total / unit / (n_cells if scale == "tpm" else 1)
        values.append(counted)
        rows.append(
            {
                "patient": patient,
                "group": group,
                "compartment": compartment,
                "n_cells": n_cells,
                "total": float(counted.sum()),
                **_status(n_cells, counted.sum(), min_cells, scale),
            }
        )
    table = pd.DataFrame(rows)
    described = obs.groupby(["patient", "group"], sort=True)[["batch", "subtype"]].agg(_most_frequent)
    table = table.merge(described, left_on=["patient", "group"], right_index=True, how="left")
    table.index = pd.Index(
        table["patient"] + SEPARATOR + table["group"] + SEPARATOR + table["compartment"], dtype=object
    )
    adata = ad.AnnData(
        np.stack(values).astype(np.float64), obs=table, var=pd.DataFrame(index=pd.Index(genes, dtype=object))
    )
    adata.uns["scale"] = scale
    return adata


def whole_amounts(bulk: ad.AnnData) -> np.ndarray:
    """What each sample of :func:`pseudobulk` holds in all: counts as they are, mean tpm times its cells.

    Amounts of compartments of one patient and group may be added up and shared out; means may not.
    """
    values = np.asarray(bulk.X, dtype=np.float64)
    return values * bulk.obs["n_cells"].to_numpy()[:, None] if bulk.uns.get("scale") == "tpm" else values


def _members(keys: pd.DataFrame, choice: Choice) -> dict[tuple[str, str, str], np.ndarray]:
    """Rows of the sums of each compartment, patient and group, sorted."""
    compartment = keys["compartment"].to_numpy(dtype=object).copy()
    if choice.malignant == "called":
        compartment = np.where(
            keys["called_malignant"], MALIGNANT, np.where(compartment == MALIGNANT, UNASSIGNED, compartment)
        )
    elif choice.malignant == "with_uncertain":
        compartment = np.where(compartment == EPITHELIAL_UNCERTAIN, MALIGNANT, compartment)
    single = ~keys["doublet"].to_numpy(dtype=bool) | choice.doublets
    found: dict[tuple[str, str, str], list[int]] = {}
    for place, (name, patient, group) in enumerate(
        zip(compartment, keys["patient"], keys["group"], strict=True)
    ):
        if single[place]:
            found.setdefault((name, patient, group), []).append(place)
        found.setdefault((BULK, patient, group), []).append(place)
    return {key: np.array(found[key]) for key in sorted(found)}


def _status(n_cells: int, total: float, min_cells: int, scale: str) -> dict[str, str | None]:
    if n_cells < min_cells:
        return {"status": TOO_FEW_CELLS, "reason": f"{n_cells} cells, of {min_cells} needed"}
    if scale != "tpm" and total < LEAST_COUNTS:
        return {"status": TOO_FEW_CELLS, "reason": f"{total:,.0f} counts, of {LEAST_COUNTS:,} needed"}
    return {"status": OK, "reason": None}


def _most_frequent(values: pd.Series) -> str | None:
    counts = values.dropna().value_counts()
    return None if counts.empty else str(sorted(counts.index[counts == counts.max()])[0])


def as_experiment(bulk: ad.AnnData, compartment: str, *, organism: str, scale: str) -> ad.AnnData:
    """The usable samples of one compartment in the form of
    :func:`irf7bone.experiments.data.check_experiment`.

    Args:
        bulk: What :func:`pseudobulk` returned.
        compartment: A compartment, or the bulk.
        organism: ``human`` or ``mouse``.
        scale: ``tpm``, or anything else for counts.
    """
    used = bulk[((bulk.obs["compartment"] == compartment) & (bulk.obs["status"] == OK)).to_numpy()]
    counts = np.asarray(used.X, dtype=np.float64)
    per_million = (
        counts if scale == "tpm" else counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * 1e6
    )
    obs = pd.DataFrame(
        {
            "group": pd.Categorical(used.obs["group"].astype(object)),
            "pair": used.obs["patient"].astype(object),
            "batch": used.obs["batch"].astype(object),
        },
        index=used.obs_names,
    )
    adata = ad.AnnData(
        np.log2(per_million + 1).astype(np.float32), obs=obs, var=pd.DataFrame(index=bulk.var_names)
    )
    adata.uns["organism"], adata.uns["scale"] = organism, "log2" if scale == "tpm" else "counts"
    if scale != "tpm":
        adata.layers["counts"] = counts
    return adata


def cell_counts(bulk: ad.AnnData) -> pd.DataFrame:
    """Cells by patient and group (``patient|group``) and compartment, the bulk left out."""
    table = bulk.obs[bulk.obs["compartment"] != BULK]
    wide = table.pivot_table(
        index=["patient", "group"], columns="compartment", values="n_cells", fill_value=0
    )
    wide.index = [SEPARATOR.join(key) for key in wide.index]
    return wide
