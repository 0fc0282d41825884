"""The malignant part of a signature: its genes of which malignant cells hold most of the signal.

A bulk level is a sum over compartments, so a gene's signal in a sample is shared out exactly: the counts of
malignant cells over those of all cells of the patient and group. Sites and outcome are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import (
    BULK,
    MALIGNANT,
    NO_COMPARTMENT,
    OK,
    TOO_FEW_GENES,
    TOO_FEW_PATIENTS,
)
from irf7bone.base.phrases import counted
from irf7bone.cells.pseudobulk import SEPARATOR, whole_amounts
from irf7bone.tables.pooled_cells import MALIGNANT_GENES, MALIGNANT_PARTS

LEAST_COUNTS, LEAST_PATIENTS = 10, 3


def gene_shares(bulk: ad.AnnData, genes: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Share of malignant cells in each gene's signal, patient by patient.

    Only samples of a patient and group that hold malignant cells and others enter, both enough for a
    sample of their own: of sorted tumour cells every gene would come from the tumour. A gene with fewer
    than 10 counts in a sample has no share there. Groups of one patient count as one.

    Args:
        bulk: Samples of :func:`irf7bone.cells.pseudobulk.pseudobulk`.
        genes: Human gene -> its symbols in the data set (of mouse orthologs there may be several).

    Returns:
        Patients x genes, NaN where there is none; without rows where no patient has both kinds of cells.
    """
    obs, amounts = bulk.obs, whole_amounts(bulk)
    sample = (obs["patient"].astype(str) + SEPARATOR + obs["group"].astype(str)).to_numpy()
    kind, usable = obs["compartment"].to_numpy(dtype=object), (obs["status"] == OK).to_numpy()
    place = {gene: number for number, gene in enumerate(bulk.var_names)}
    columns = [[place[name] for name in names if name in place] for names in genes.values()]
    rows = {}
    for name in sorted(set(sample)):
        here = (sample == name) & (kind != BULK)
        malignant = here & (kind == MALIGNANT)
        if not (usable & malignant).any() or not (usable & here & ~malignant).any():
            continue
        own, whole = amounts[malignant].sum(axis=0), amounts[here].sum(axis=0)
        parts, totals = (np.array([values[c].sum() for c in columns]) for values in (own, whole))
        rows[name] = np.where(totals >= LEAST_COUNTS, parts / np.maximum(totals, 1), np.nan)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(genes))
    patients = obs["patient"].astype(str).groupby(sample).first()
    return table.groupby(patients.reindex(table.index)).mean()


def malignant_genes(shares: Mapping[str, pd.DataFrame], *, min_share: float) -> pd.DataFrame:
    """Share of every gene over data sets, and whether it passes.

    A data set counts for a gene that three of its patients have, with the mean over patients; data sets count
    alike, so that a large one does not speak for all.

    Args:
        shares: Data set -> :func:`gene_shares`, with the same genes.
        min_share: Smallest share of a gene that passes.

    Returns:
        Columns ``gene``, ``n_data_sets``, ``n_patients``, ``share``, ``lowest``, ``highest`` (over data
        sets), ``passes``, ``status``, ``reason``.
    """
    enough = {name: table.notna().sum() >= LEAST_PATIENTS for name, table in shares.items()}
    means = pd.DataFrame({name: table.mean().where(enough[name]) for name, table in shares.items()})
    n_patients = pd.DataFrame({name: table.notna().sum() for name, table in shares.items()})
    table = pd.DataFrame(
        {
            "n_data_sets": means.notna().sum(axis=1),
            "n_patients": n_patients.where(means.notna()).sum(axis=1).astype("int64"),
            "share": means.mean(axis=1),
            "lowest": means.min(axis=1),
            "highest": means.max(axis=1),
        }
    )
    table["passes"] = table["share"] >= min_share
    missing = table["share"].isna()
    most = n_patients.max(axis=1)
    table["status"] = np.where(missing, TOO_FEW_PATIENTS, OK)
    table["reason"] = [
        f"{LEAST_COUNTS} counts or more in {counted(int(n), 'patient')}, of {LEAST_PATIENTS} needed" * lost
        or None
        for n, lost in zip(most, missing, strict=True)
    ]
    return table.rename_axis("gene").reset_index()


def derive_part(
    name: str,
    signature: str,
    genes: Sequence[str],
    shares: Mapping[str, pd.DataFrame],
    *,
    min_share: float,
    min_genes: int,
) -> tuple[pd.DataFrame, dict[str, object]]:
    """The genes of one malignant part, and the row that says what became of it.

    Args:
        name: Of the derived signature.
        signature: What it is part of.
        genes: Human symbols of that signature.
        shares: Data set -> :func:`gene_shares` of at least these genes.
        min_share: See :func:`malignant_genes`.
        min_genes: Fewest genes of a part.

    Returns:
        :data:`irf7bone.tables.pooled_cells.MALIGNANT_GENES`, and a row of ``MALIGNANT_PARTS``. A gene is
        ``used`` if it passes and the part has genes enough.
    """
    usable = {key: table[list(genes)] for key, table in shares.items() if len(table)}
    row: dict[str, object] = {
        "name": name,
        "signature": signature,
        "data_sets": ", ".join(usable) or None,
        "n_data_sets": len(usable),
        "n_patients": sum(len(table) for table in usable.values()),
        "n_genes": len(genes),
        "n_measured": 0,
        "n_passing": 0,
        "n_used": 0,
        "min_share": min_share,
    }
    if not usable:
        reason = "no patient has malignant and other cells enough"
        listed = pd.DataFrame({"gene": list(genes), "n_data_sets": 0, "n_patients": 0, "passes": False})
        listed = listed.assign(status=NO_COMPARTMENT, reason=reason, used=False)
        row |= {"status": NO_COMPARTMENT, "reason": reason}
    else:
        listed = malignant_genes(usable, min_share=min_share)
        passing = int(listed["passes"].sum())
        row |= {"n_measured": int(listed["share"].notna().sum()), "n_passing": passing}
        row |= {"median_share": listed["share"].median()}
        enough = passing >= min_genes
        listed["used"] = listed["passes"] & enough
        row |= {"n_used": passing if enough else 0, "status": OK if enough else TOO_FEW_GENES}
        row["reason"] = (
            None
            if enough
            else f"{counted(passing, 'gene')} with a share of {min_share:g} or more, of {min_genes} needed"
        )
    listed = listed.assign(name=name, signature=signature).reindex(columns=MALIGNANT_GENES.names)
    return MALIGNANT_GENES.cast(listed), {key: row.get(key) for key in MALIGNANT_PARTS.names}
