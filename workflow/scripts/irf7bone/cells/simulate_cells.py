"""Source ``simulate_cells``: cells of patients with a planted loss of interferon in the malignant cells of
bone.

A sample is one patient's primary tumour or bone lesion. Each compartment of it has a profile over genes: the
compartment's own, times what patient and sample do to it, times the interferon programme. Every droplet holds
a share of the sample's ambient RNA, some hold two cells, and counts are Poisson at a depth of their own.
Malignant cells carry gains and losses of whole chromosomes, of which each patient has some.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.acquire.simulate import rank, stream
from irf7bone.base.errors import InputError, Problem

PROFILES = {  # compartment -> marker lists that it has, share of cells in primary tumour and bone lesion
    "malignant": (("EPITHELIAL",), 0.42, 0.64),
    "epithelial_normal": (("EPITHELIAL",), 0.06, 0.0),
    "fibroblast": (("FIBROBLAST",), 0.12, 0.12),
    "endothelial": (("ENDOTHELIAL",), 0.08, 0.08),
    "myeloid": (("MYELOID",), 0.12, 0.07),
    "t_cd8": (("T_CELL", "T_CD8"), 0.08, 0.03),
    "t_cd4": (("T_CELL", "T_CD4"), 0.08, 0.04),
    "nk": (("NK",), 0.04, 0.02),
}
WHITE = ("myeloid", "t_cd8", "t_cd4", "nk")
CYTOTOXIC = ("t_cd8", "nk")
PATIENT_SD, SAMPLE_SD, CELL_SD = 0.6, 0.3, 0.35  # of the interferon programme, log2
RECRUITS = 1.5  # log2 more cytotoxic cells for 1 log2 more interferon in the malignant cells
IMMUNE_SHARE = 0.5  # how much of a patient's interferon level the other cells share
WHITE_LIFT = 1.5  # log2 more of the programme in white cells than in the others
LARGE = 8  # times the cells of the others that one patient has


@dataclass(frozen=True)
class CellSimulation:
    """What the card fixes.

    Args:
        seed: Seed of every draw.
        n_patients: Patients with a primary tumour.
        n_pairs: Of these, patients with a bone lesion too.
        n_cells: Cells in all.
        n_genes: Genes, those of signatures and markers included.
        log2_fold: Change of the programme in malignant cells of the bone lesion.
        ambient: Share of the sample's ambient RNA in every droplet.
        doublets: Share of droplets with two cells.
        depth: Median count of a cell.
    """

    seed: int
    n_patients: int
    n_pairs: int
    n_cells: int
    n_genes: int
    log2_fold: float
    ambient: float
    doublets: float
    depth: float


@dataclass(frozen=True)
class SimulatedCells:
    """Simulated cells.

    Attributes:
        counts: Cells x genes, csr, float32.
        obs: Cells: ``patient``, ``sample``, ``site``, ``cell_type``, ``subtype``, ``true_doublet``.
        genes: Symbols, sorted.
        truth: Samples: ``interferon`` of the malignant cells, log2, and the number of cells.
    """

    counts: sparse.csr_matrix
    obs: pd.DataFrame
    genes: np.ndarray
    truth: pd.DataFrame


def describe_cell_samples(settings: CellSimulation) -> pd.DataFrame:
    """The samples: ``patient``, ``site``, ``subtype``, ``interferon`` (log2), ``n_cells``, ``depth``
    (factor).
    """
    seed = settings.seed
    names = [f"P{number + 1:02d}" for number in range(settings.n_patients)]
    patient = stream(seed, "patient").normal(0, PATIENT_SD, settings.n_patients)
    rows = [(number, "primary") for number in range(settings.n_patients)]
    rows += [(number, "bone") for number in range(settings.n_pairs)]
    own = stream(seed, "sample").normal(0, SAMPLE_SD, len(rows))
    weights = stream(seed, "size").uniform(0.6, 1.4, len(rows))
    weights *= np.array([LARGE if number == 0 else 1 for number, _ in rows])
    table = pd.DataFrame(
        {
            "patient": [names[number] for number, _ in rows],
            "site": [site for _, site in rows],
            "subtype": ["luminal" if number % 2 else "basal" for number, _ in rows],
            "interferon": [patient[number] for number, _ in rows] + own,
            "n_cells": np.diff(np.round(np.cumsum([0, *weights]) / weights.sum() * settings.n_cells)).astype(
                int
            ),
            "depth": stream(seed, "depth").uniform(0.6, 1.7, len(rows)),
        },
        index=pd.Index([f"{names[number]}_{site}" for number, site in rows], dtype=object),
    )
    table["interferon"] += np.where(table["site"] == "bone", settings.log2_fold, 0.0)
    return table


def simulate_cells(
    settings: CellSimulation,
    programme: Sequence[str],
    markers: Mapping[str, Sequence[str]],
    others: Sequence[str],
    background: Sequence[str],
    positions: pd.DataFrame,
) -> SimulatedCells:
    """Draw the cells of all samples.

    Args:
        settings: Seed and sizes.
        programme: Genes of the interferon programme.
        markers: Marker lists of the compartments.
        others: Genes that must be there.
        background: Candidates for the remaining genes; which are taken depends on the seed only.
        positions: Index symbol; ``chromosome``. Genes without a place are never gained or lost.

    Raises:
        InputError: ``n_genes`` is smaller than the genes named, or larger than all there are.
    """
    named = dict.fromkeys([*programme, *others, *(gene for genes in markers.values() for gene in genes)])
    candidates = sorted(set(background) - set(named), key=lambda gene: rank(settings.seed, gene))
    n_more = settings.n_genes - len(named)
    if not 0 <= n_more <= len(candidates):
        raise InputError(
            Problem(
                "card, cells: n_genes",
                f"{len(named)} (genes of signatures and markers) to {len(named) + len(candidates)} (all)",
                str(settings.n_genes),
                "change n_genes",
            )
        )
    genes = np.array(sorted([*named, *candidates[:n_more]]), dtype=object)
    samples = describe_cell_samples(settings)
    member = np.isin(genes.astype(str), list(programme))
    profiles = _compartment_profiles(settings, genes, markers, member)
    loading = stream(settings.seed, "loading").uniform(0.7, 1.2, len(genes)) * member
    chromosome = positions["chromosome"].reindex(genes).to_numpy(dtype=object)
    drawn = [
        _draw_sample(settings, name, row, profiles, loading, chromosome) for name, row in samples.iterrows()
    ]
    counts = sparse.vstack([part for part, _ in drawn], format="csr")
    return SimulatedCells(counts, pd.concat([obs for _, obs in drawn]), genes, samples)


def _compartment_profiles(
    settings: CellSimulation, genes: np.ndarray, markers: Mapping[str, Sequence[str]], member: np.ndarray
) -> dict[str, np.ndarray]:
    """Log2 level of each gene in each compartment; the programme's are all high enough to be counted."""
    n = len(genes)
    base = stream(settings.seed, "base").normal(0, 2.2, n)
    base = np.where(member, np.abs(base), base)
    silent = [gene for name, listed in markers.items() if name != "DISSOCIATION" for gene in listed]
    marked = np.isin(genes.astype(str), silent)
    profiles = {}
    for name, (lists, _, _) in PROFILES.items():
        kind = "malignant" if name == "epithelial_normal" else name  # of one lineage
        own = base + stream(settings.seed, "compartment", kind).normal(0, 0.8, n)
        own = np.where(marked, -6.0, own)
        for listed in lists:
            here = np.isin(genes.astype(str), list(markers[listed]))
            own[here] = stream(settings.seed, "marker", listed).uniform(3.0, 6.0, int(here.sum()))
        profiles[name] = own
    return profiles


def _draw_sample(
    settings: CellSimulation,
    name: str,
    row: pd.Series,
    profiles: Mapping[str, np.ndarray],
    loading: np.ndarray,
    chromosome: np.ndarray,
) -> tuple[sparse.csr_matrix, pd.DataFrame]:
    rng = stream(settings.seed, "cells", name)
    names = list(PROFILES)
    share = np.array([PROFILES[kind][1 if row["site"] == "primary" else 2] for kind in names])
    lift = np.array([2 ** (RECRUITS * row["interferon"]) if kind in CYTOTOXIC else 1.0 for kind in names])
    share = share * lift * rng.gamma(30, 1 / 30, len(names))
    kinds = rng.choice(len(names), row["n_cells"], p=share / share.sum())
    levels = np.stack([_sample_profile(settings, row, kind, profiles[kind], chromosome) for kind in names])
    felt = np.array([1.0 if kind == "malignant" else IMMUNE_SHARE for kind in names])
    in_bone = settings.log2_fold if row["site"] == "bone" else 0.0
    interferon = np.array(
        [row["interferon"] if kind == "malignant" else row["interferon"] - in_bone for kind in names]
    )
    white = np.array([WHITE_LIFT if kind in WHITE else 0.0 for kind in names])
    levels += (felt * interferon + white)[:, None] * loading
    rates = 2.0**levels
    rates /= rates.sum(axis=1, keepdims=True)
    soup = share / share.sum() @ rates
    second = np.where(rng.random(len(kinds)) < settings.doublets, rng.choice(kinds, len(kinds)), -1)
    depth = settings.depth * row["depth"] * np.exp(rng.normal(0, 0.4, len(kinds)))
    tilt = rng.normal(0, CELL_SD, len(kinds))
    blocks = []
    for first in range(0, len(kinds), 2000):
        here = slice(first, first + 2000)
        mean = rates[kinds[here]] * 2.0 ** (tilt[here, None] * loading)
        twice = second[here] >= 0
        mean[twice] += rates[second[here][twice]]
        mean = (1 - settings.ambient) * mean + settings.ambient * soup
        blocks.append(sparse.csr_matrix(rng.poisson(mean * depth[here, None]).astype(np.float32)))
    obs = pd.DataFrame(
        {
            "patient": row["patient"],
            "sample": name,
            "site": row["site"],
            "subtype": row["subtype"],
            "cell_type": np.array(names, dtype=object)[kinds],
            "true_doublet": np.where(second >= 0, "yes", "no"),
        },
        index=pd.Index([f"{name}_{number + 1:05d}" for number in range(len(kinds))], dtype=object),
    )
    return sparse.vstack(blocks, format="csr"), obs


def _sample_profile(
    settings: CellSimulation, row: pd.Series, kind: str, profile: np.ndarray, chromosome: np.ndarray
) -> np.ndarray:
    """A compartment's levels in one sample: the patient's own, most for malignant cells, and copy number."""
    n, patient = len(profile), row["patient"]
    spread = 0.5 if kind == "malignant" else 0.15
    level = profile + stream(settings.seed, "patient", patient, kind).normal(0, spread, n)
    level = level + stream(settings.seed, "sample", patient, row["site"], kind).normal(0, 0.1, n)
    if kind == "malignant":
        for name, copies in copy_numbers(settings.seed, patient).items():
            level = level + np.where(chromosome == name, np.log2(copies / 2), 0.0)
    return level


def copy_numbers(seed: int, patient: str) -> dict[str, float]:
    """Chromosomes of which a patient's malignant cells have not two copies: six gained, six lost."""
    chosen = stream(seed, "copies", patient).permutation(22)[:12] + 1
    return {str(name): 3.2 if place < 6 else 1.0 for place, name in enumerate(chosen)}


def settings_of(entry: Mapping) -> CellSimulation:
    """The settings that a card's ``cells`` names."""
    return CellSimulation(**{item.name: entry[item.name] for item in fields(CellSimulation)})


def record(entry: Mapping) -> dict[str, str]:
    """What stands for a checksum: that of the settings, as the same settings give the same cells."""
    settings = json.dumps({**asdict(settings_of(entry)), "signature": entry["signature"]}, sort_keys=True)
    checksum = hashlib.sha256(settings.encode()).hexdigest()
    return {"name": f"simulation of cells with seed {entry['seed']}", "sha256": checksum}


def write_simulated(simulated: SimulatedCells, path: str | Path) -> None:
    """Write the cells as an h5ad, whole or not at all."""
    import anndata as ad

    from irf7bone.base.whole_file import whole_file

    adata = ad.AnnData(simulated.counts, obs=simulated.obs, var=pd.DataFrame(index=simulated.genes))
    with whole_file(path) as partial:
        adata.write_h5ad(partial)
