"""The split of a bulk score for one contrast: mean over patients, with intervals by resampling them."""

from __future__ import annotations

from collections.abc import Sequence

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import BULK, MALIGNANT, NO_COMPARTMENT, OK, PARTS
from irf7bone.cells.contrasts import PlannedContrast
from irf7bone.cells.pseudobulk import SEPARATOR, whole_amounts
from irf7bone.cells.split import CellMixture, mixture, signal_share, split_difference, variance_shares

LEAST_PATIENTS = 6
RESAMPLES = 2_000
TOTAL = "total"


def mixture_of(bulk: ad.AnnData, samples: Sequence[str], genes: Sequence[str]) -> CellMixture | None:
    """The samples as mixtures of their compartments; None without malignant cells or genes.

    Args:
        bulk: Samples of :func:`irf7bone.cells.pseudobulk.pseudobulk`.
        samples: ``patient|group`` each.
        genes: Genes of the signature by the data set's symbols; those that no sample has are left out.
    """
    names = [name for name in sorted(bulk.obs["compartment"].unique()) if name != BULK]
    columns = np.flatnonzero(np.isin(bulk.var_names.to_numpy(dtype=str), list(genes)))
    if MALIGNANT not in names or not len(columns):
        return None
    place = {name: number for number, name in enumerate(bulk.obs_names)}
    values = whole_amounts(bulk)
    counts, totals = np.zeros((len(samples), len(names), len(columns))), np.zeros((len(samples), len(names)))
    for i, sample in enumerate(samples):
        for c, name in enumerate(names):
            row = place.get(SEPARATOR.join([sample, name]))
            if row is not None:
                counts[i, c], totals[i, c] = values[row, columns], values[row].sum()
    seen = counts.sum(axis=(0, 1)) > 0
    return mixture(counts[:, :, seen], totals, names.index(MALIGNANT)) if seen.any() else None


def split_contrast(
    bulk: ad.AnnData, planned: PlannedContrast, genes: Sequence[str], *, seed: int
) -> pd.DataFrame:
    """Rows of :data:`irf7bone.tables.cells.SPLIT` for one contrast, without contrast and data set.

    Paired, each patient's case is compared with its own reference; unpaired, each case with the mean
    reference.

    Args:
        bulk: All samples.
        planned: The contrast in the bulk.
        genes: Genes of the signature.
        seed: Of the resampling.
    """
    names = (*PARTS, TOTAL)
    n_patients = planned.sizes["n_patients"]
    if planned.design is None:
        return _empty(names, n_patients, planned.status, planned.reason)
    design = planned.design
    samples = [name.removesuffix(SEPARATOR + BULK) for name in design.samples]
    mixed = mixture_of(bulk, samples, genes)
    if mixed is None:
        return _empty(
            names, n_patients, NO_COMPARTMENT, "no malignant cells, or none of the signature's genes"
        )
    per_patient = _differences(mixed, design)
    means = per_patient.mean(axis=0)
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if len(per_patient) >= LEAST_PATIENTS:
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(per_patient), (RESAMPLES, len(per_patient)))
        low, high = np.quantile(per_patient[drawn].mean(axis=1), (0.025, 0.975), axis=0)
    variance = variance_shares(mixed)
    signal = float(np.nanmean(signal_share(mixed)[:, mixed.malignant]))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = means / means[-1]
    return pd.DataFrame(
        {
            "part": names,
            "n_patients": n_patients,
            "difference": means,
            "ci_low": low,
            "ci_high": high,
            "share": shares,
            "variance_share": [variance.get(name, np.nan) for name in names],
            "signal_share": [signal if name == "malignant_state" else np.nan for name in names],
            "status": OK,
            "reason": None,
        }
    )


def _differences(mixed: CellMixture, design) -> np.ndarray:
    """Parts and total of each case sample against its reference, cases x (parts + total)."""
    case, rows = design.is_case, []
    for i in np.flatnonzero(case):
        if design.n_pairs is None:
            reference = mixed.shares[~case].mean(axis=0), mixed.profiles[~case].mean(axis=0)
        else:
            [j] = np.flatnonzero(~case & (design.strata == design.strata[i]))
            reference = mixed.shares[j], mixed.profiles[j]
        parts = split_difference(mixed, (mixed.shares[i], mixed.profiles[i]), reference)
        rows.append([*(parts[name] for name in PARTS), sum(parts.values())])
    return np.array(rows)


def _empty(names: Sequence[str], n_patients: int | None, status: str, reason: str | None) -> pd.DataFrame:
    return pd.DataFrame({"part": names, "n_patients": n_patients, "status": status, "reason": reason})
