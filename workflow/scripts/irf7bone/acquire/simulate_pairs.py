"""Source ``simulate_pairs``: counts of paired primary tumours and bone metastases with a planted loss.

A bone lesion is a mixture: tumour cells, in which the planted programme changed, and a share of bone and
marrow, which brings its own genes and dilutes those of the tumour. As in :mod:`irf7bone.acquire.simulate`
every gene draws from a stream of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.acquire.simulate import background_genes, programmes_of, rank, shipped_library, stream
from irf7bone.acquire.text import values_as_text
from irf7bone.base.errors import InputError, Problem

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

# genes that bone and marrow make and tumour cells hardly do
TISSUE_GENES = (
    "IBSP", "BGLAP", "SPP1", "COL1A1", "COL1A2", "ALPL", "SP7", "PHEX", "DMP1", "MEPE", "ACP5", "CTSK",
    "HBB", "HBA1", "HBA2", "HBD", "ALAS2", "GYPA", "GYPB", "SLC4A1", "EPB42", "AHSP", "CA1",
    "MPO", "ELANE", "PRTN3", "AZU1", "LTF", "CAMP", "DEFA4", "S100A8", "S100A9", "S100A12",
)  # fmt: skip
# genes that tumour cells of the breast make and bone and marrow do not
EPITHELIAL_GENES = (
    "EPCAM", "KRT7", "KRT8", "KRT18", "KRT19", "CDH1", "CLDN3", "CLDN4", "CLDN7", "ESRP1", "ELF3",
    "TACSTD2", "MUC1", "SPINT1", "SPINT2", "GRHL2",
)  # fmt: skip
_SILENT_LOG2, _TISSUE_LOG2 = 3.0, 12.0  # mean counts of tissue genes in tumour and in bone and marrow
_SHARE_IN_PRIMARY = 0.1  # of what a bone lesion holds: blood is everywhere
_PATIENT_SD, _SAMPLE_SD = 0.8, 0.3  # spread of the programme between patients and between their two samples


@dataclass(frozen=True)
class PairsSettings:
    """What the card fixes.

    Args:
        seed: Seed of every draw.
        n_pairs: Patients, each with a primary tumour and a bone metastasis.
        n_genes: Genes, those of programmes and tissues included.
        log2_fold: Change of the planted programme in the tumour cells of the bone lesion.
        contamination: Smallest and largest share of bone and marrow in a bone lesion, above 0.
        dispersion: Typical dispersion of the negative binomial counts.
    """

    seed: int
    n_pairs: int
    n_genes: int
    log2_fold: float
    contamination: tuple[float, float]
    dispersion: float


def describe_samples(settings: PairsSettings) -> pd.DataFrame:
    """The samples: ``patient``, ``site`` (primary or bone), ``tissue`` (true share of bone and marrow)."""
    patients = [f"P{number + 1:02d}" for number in range(settings.n_pairs)]
    # evenly on the log scale: most lesions hold little, a few hold much
    low, high = np.log(settings.contamination)
    share = np.exp(stream(settings.seed, "contamination").uniform(low, high, 2 * settings.n_pairs))
    share[: settings.n_pairs] *= _SHARE_IN_PRIMARY
    return pd.DataFrame(
        {
            "patient": [*patients, *patients],
            "site": ["primary"] * settings.n_pairs + ["bone"] * settings.n_pairs,
            "tissue": share.round(6),
        },
        index=pd.Index(
            [f"SIM_{name}_{site}" for site in ("primary", "bone") for name in patients], dtype=object
        ),
    )


def simulate_counts(
    settings: PairsSettings, programme: Sequence[str], others: Sequence[str], background: Sequence[str]
) -> pd.DataFrame:
    """Counts, genes x samples, sorted by symbol.

    The mean count of a gene is ``library * ((1 - tissue) * 2**tumour + tissue * 2**bone)``: ``tumour`` is its
    log2 level in tumour cells, which for genes of the programme holds what the patient and the sample have of
    it and, in bone lesions, ``log2_fold``; ``bone`` is its level in bone and marrow. Counts are negative
    binomial (gamma-Poisson) with a dispersion of each gene's own.

    Args:
        settings: Seed and sizes.
        programme: Genes that change in the tumour cells of the bone lesion.
        others: Genes that must be there and change with the tissue only.
        background: Candidates for the remaining genes; which are taken depends on the seed only.

    Raises:
        InputError: ``n_genes`` is smaller than the genes of programme and tissues, or larger than all.
    """
    named = dict.fromkeys([*programme, *TISSUE_GENES, *EPITHELIAL_GENES, *others])
    candidates = sorted(set(background) - set(named), key=lambda gene: rank(settings.seed, gene))
    n_more = settings.n_genes - len(named)
    if not 0 <= n_more <= len(candidates):
        raise InputError(
            Problem(
                "card, expression: n_genes",
                f"{len(named)} (genes of programme and tissues) to {len(named) + len(candidates)} (all)",
                str(settings.n_genes),
                "change n_genes",
            )
        )
    samples, member = describe_samples(settings), frozenset(programme)
    patient = stream(settings.seed, "patient").normal(0, _PATIENT_SD, settings.n_pairs)
    own = stream(settings.seed, "sample").normal(0, _SAMPLE_SD, len(samples))
    in_bone = (samples["site"] == "bone").to_numpy()
    level = np.concatenate([patient, patient]) + own + np.where(in_bone, settings.log2_fold, 0.0)
    library = stream(settings.seed, "library").uniform(0.7, 1.4, len(samples))
    genes = sorted([*named, *candidates[:n_more]])
    rows = [
        _gene(settings, gene, level if gene in member else None, samples["tissue"].to_numpy(), library)
        for gene in genes
    ]
    return pd.DataFrame(np.stack(rows), index=pd.Index(genes, dtype=object), columns=samples.index)


def _gene(
    settings: PairsSettings, gene: str, programme: np.ndarray | None, tissue: np.ndarray, library: np.ndarray
) -> np.ndarray:
    """Counts of one gene; ``programme`` is the log2 level that its samples have of the planted programme."""
    rng = stream(settings.seed, "gene", gene)
    base, loading = 3.0 + 8.0 * rng.beta(2.0, 2.5), rng.uniform(0.8, 1.2)
    patient = 0.4 * rng.standard_normal(settings.n_pairs)
    in_tissue = base + 0.5 * rng.standard_normal()
    dispersion = settings.dispersion * np.exp(0.3 * rng.standard_normal())
    tumour = base + np.concatenate([patient, patient])
    if programme is not None:
        tumour = tumour + loading * programme
    elif gene in TISSUE_GENES:
        tumour, in_tissue = tumour - base + _SILENT_LOG2, _TISSUE_LOG2 + 0.5 * rng.standard_normal()
    elif gene in EPITHELIAL_GENES:
        tumour, in_tissue = tumour - base + 9.0, 0.0
    mean = library * ((1 - tissue) * 2.0**tumour + tissue * 2.0**in_tissue)
    return rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, len(mean))).astype(float)


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Simulate the counts that the card describes.

    Raises:
        InputError: The card's signature is not in the library, or ``n_genes`` does not fit.
    """
    library, symbols = shipped_library(card, entry)
    programmes = programmes_of(library, entry["signature"])
    counts = simulate_counts(
        _settings(entry),
        programmes.pop("interferon"),
        [gene for genes in programmes.values() for gene in genes],
        background_genes(symbols),
    )
    return counts, _record(entry)


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Describe the samples that belong to the card's simulated counts."""
    frame = describe_samples(_settings(card.expression))
    columns = {name: values_as_text(frame[name]) for name in frame.columns}
    return pd.DataFrame(columns, index=frame.index, dtype=object), _record(card.expression)


def _settings(entry: Mapping) -> PairsSettings:
    return PairsSettings(**{item.name: entry[item.name] for item in fields(PairsSettings)})


def _record(entry: Mapping) -> dict[str, str]:
    """What stands for a checksum: that of the settings, as the same settings give the same counts."""
    settings = json.dumps({**asdict(_settings(entry)), "signature": entry["signature"]}, sort_keys=True)
    checksum = hashlib.sha256(settings.encode()).hexdigest()
    return {"name": f"simulation of pairs with seed {entry['seed']}", "sha256": checksum}
