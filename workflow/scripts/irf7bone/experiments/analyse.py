"""All tables of one experiment in one call: one job, so that the heavy libraries are imported once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.experiments.design import Contrast

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.experiments.orthologs import Orthologs
    from irf7bone.signatures import Signature


@dataclass(frozen=True)
class Settings:
    """What the study says about the analysis of experiments.

    Args:
        primary_signature: Signature that the claim is judged by.
        primary_method: Scoring method that it is judged by.
        methods: Scoring methods, the primary one among them.
        min_coverage: Smallest share of a signature's genes with which it is scored, 0 to 1.
        fdr: False discovery rate at which genes are counted as changed.
        seed: Seed of random gene sets and of relabellings.
        gene_set_draws: Random gene sets of prerank.
        second_opinion: Run PyDESeq2 beside voom where there are counts.
    """

    primary_signature: str
    primary_method: str = "zscore"
    methods: tuple[str, ...] = ("zscore", "ssgsea")
    min_coverage: float = 0.5
    fdr: float = 0.05
    seed: int = 1
    gene_set_draws: int = 1000
    second_opinion: bool = True


def analyse_experiment(
    experiment: str,
    adata: ad.AnnData,
    contrasts: Sequence[Contrast],
    library: Mapping[str, Signature],
    markers: Mapping[str, Signature],
    orthologs: Orthologs | None,
    settings: Settings,
) -> dict[str, pd.DataFrame]:
    """Compare the groups of an experiment: genes, signatures, gene sets, composition, claim.

    Args:
        experiment: Experiment id.
        adata: Samples x genes: ``X`` float32 log2; ``obs`` with ``group``, ``pair``, optionally ``batch``;
            ``layers["counts"]`` integers where ``uns["scale"]`` is ``counts``; ``var`` index = symbols of
            ``uns["organism"]`` (human or mouse).
        contrasts: What to compare.
        library: Signatures by name, in human symbols; the primary one among them.
        markers: Marker lists of tissues and cells, in human symbols (data/markers).
        orthologs: Needed for mouse; None for human.
        settings: The study's settings.

    Returns:
        Tables by the names of :data:`irf7bone.experiments.tables.EXPERIMENT_TABLES`, each as its contract
        says (not yet cast: write them through it).

    Raises:
        InputError: see :func:`irf7bone.experiments.design.build_designs`; counts that are not whole
            numbers; genes that do not fit the organism.
    """
    raise NotImplementedError
