"""Patients that appear twice, within a cohort and across cohorts: by their ids and by their profiles.

Each gene is centred and scaled within its cohort, which takes away what a platform does to a gene, and the
profiles of two samples are then correlated over the genes that both cohorts have. Two profiles are taken
for one tumour where each is the other's best partner by a wide margin, or where they agree beyond what
different tumours do. How the limits were chosen is in docs/methods.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from irf7bone.tables.cohort import DUPLICATES

MARGIN = 0.3  # Fisher z by which a pair must lead the second best partner of both its samples
LEAST_CORRELATION = 0.35  # a lead below this is a lead among strangers
SURE_CORRELATION = 0.75  # beyond it no margin is asked for: a patient measured three times has two partners
LEAST_GENES = 1000
LEAST_ID_LENGTH = 5  # shorter ids, such as 12 or P03, are counts that many cohorts use
REMEDY = "if it is one patient, exclude one of the samples in its card (exclude: samples) with the reason"
_TCGA = re.compile(r"(tcga.{6})(\d\d.*)?")


@dataclass(frozen=True)
class _Profiles:
    """One cohort: sample ids, genes, and z-scores of each gene within the cohort (samples x genes)."""

    samples: np.ndarray
    genes: pd.Index
    values: np.ndarray


def find_duplicates(cohorts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare every sample with every other one, within and across cohorts.

    Args:
        cohorts: Cohort id -> samples x genes, log2; index = sample id, columns = symbol.

    Returns:
        Table of :data:`DUPLICATES`: for each pair of cohorts the pairs of samples found, or one row that says
        that there is none or why profiles could not be compared.
    """
    profiles = {name: _profiles(expression) for name, expression in cohorts.items()}
    rows = []
    for first, second in combinations_with_replacement(cohorts, 2):
        rows += _compare(first, second, profiles[first], profiles[second])
    return DUPLICATES.cast(pd.DataFrame(rows, columns=DUPLICATES.names))


def _profiles(expression: pd.DataFrame) -> _Profiles:
    values = expression.to_numpy(dtype=np.float64)
    centred = values - values.mean(axis=0)
    sd = centred.std(axis=0, ddof=1)
    varies = sd > 0
    scaled = (centred[:, varies] / sd[varies]).astype(np.float32)
    return _Profiles(expression.index.astype(str).to_numpy(), expression.columns[varies], scaled)


def _compare(first: str, second: str, a: _Profiles, b: _Profiles) -> list[dict[str, object]]:
    within = first == second
    shared = a.genes.intersection(b.genes, sort=False)
    labels = {
        **dict.fromkeys(DUPLICATES.names),
        "cohort": first,
        "other_cohort": second,
        "n_genes": len(shared),
    }
    same_id = set(_same_ids(a.samples, b.samples, within=within))
    correlation = margin = None
    same_profile: set[tuple[int, int]] = set()
    untold = f"{len(shared)} genes in common, {LEAST_GENES} needed to compare profiles"
    if len(shared) >= LEAST_GENES:
        correlation = _correlate(a, b, shared, within=within)
        margin = _margins(correlation)
        same_profile = set(_same_profiles(correlation, margin, within=within))
    rows = []
    for i, j in sorted(same_id | same_profile):
        kinds = [kind for kind, pairs in (("id", same_id), ("profile", same_profile)) if (i, j) in pairs]
        row = {**labels, "sample": a.samples[i], "other_sample": b.samples[j], "status": "found"}
        row["evidence"] = " and ".join(kinds)
        row["reason"] = REMEDY
        if correlation is None or margin is None:
            row["reason"] += f"; {untold}"
        else:
            row |= {"correlation": _rounded(correlation[i, j]), "margin": _rounded(margin[i, j])}
        rows.append(row)
    if rows:
        return rows
    if correlation is None:
        return [{**labels, "status": "not_compared", "reason": untold}]
    return [{**labels, "status": "none", "correlation": _rounded(correlation.max())}]


def _correlate(a: _Profiles, b: _Profiles, shared: pd.Index, *, within: bool) -> np.ndarray:
    """Pearson correlation of z-scored profiles, samples x samples; a sample with itself counts as -1."""
    left, right = (_unit(own.values[:, own.genes.get_indexer(shared)]) for own in (a, b))
    correlation = np.clip((left @ right.T).astype(np.float64), -1, 1)
    if within:
        np.fill_diagonal(correlation, -1)
    return correlation


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(length > 0, length, 1)


def _margins(correlation: np.ndarray) -> np.ndarray:
    """Fisher z of each pair minus that of the best other partner of either sample; negative off the best."""
    z = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    return z - np.maximum(_best_other(z), _best_other(z.T).T)


def _best_other(z: np.ndarray) -> np.ndarray:
    """For each cell the largest value of its row outside it; one column has no other and gives -inf."""
    if z.shape[1] == 1:
        return np.full_like(z, -np.inf)
    two = np.partition(z, -2, axis=1)[:, -2:]
    return np.where(z == two[:, [1]], two[:, [0]], two[:, [1]])


def _same_profiles(correlation: np.ndarray, margin: np.ndarray, *, within: bool) -> Iterator[tuple[int, int]]:
    leads = (margin >= MARGIN) & (correlation >= LEAST_CORRELATION)
    for i, j in zip(*np.nonzero(leads | (correlation >= SURE_CORRELATION)), strict=True):
        if not within or i < j:
            yield int(i), int(j)


def _same_ids(a: np.ndarray, b: np.ndarray, *, within: bool) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for j, sample in enumerate(b):
        places.setdefault(_patient(sample), []).append(j)
    for i, sample in enumerate(a):
        patient = _patient(sample)
        for j in places.get(patient, []) if len(patient) >= LEAST_ID_LENGTH else []:
            if not within or i < j:
                yield i, j


def _patient(sample: str) -> str:
    """What of an id names the patient: letters and digits, and of a TCGA barcode its first three fields."""
    plain = re.sub(r"[\W_]", "", sample).lower()
    barcode = _TCGA.fullmatch(plain)
    return barcode[1] if barcode else plain


def _rounded(value: float) -> float:
    """Four decimals: more would only tell which library multiplied the matrices."""
    return round(float(value), 4)
