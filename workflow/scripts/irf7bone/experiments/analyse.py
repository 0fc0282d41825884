"""All tables of one experiment in one call: one job, so that the heavy libraries are imported once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.base.experiment_vocabulary import DIRECTIONS, EXPECTED
from irf7bone.experiments.claim.judge import judge_contrasts
from irf7bone.experiments.components import components
from irf7bone.experiments.composition import adjusted_contrasts, composition, marker_scores
from irf7bone.experiments.deseq import second_opinion
from irf7bone.experiments.design import ContrastDesign, build_designs
from irf7bone.experiments.differential import Differential, differential
from irf7bone.experiments.gene_sets import gene_set_tests, rank_genes
from irf7bone.experiments.levels import expressed_genes, group_share, marker_levels, score_levels
from irf7bone.experiments.panel import panel_labels, panel_table
from irf7bone.experiments.permute import floor_code, smallest_p
from irf7bone.experiments.quality import experiment_quality
from irf7bone.experiments.score_contrasts import sample_scores, score_contrasts
from irf7bone.genes.orthologs import Orthologs, coverage_table, human_names, to_human
from irf7bone.genes.symbols import looks_like_mouse
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.experiment_card import Contrast
from irf7bone.tables.experiment import CONTRASTS, GENES

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.genes.signatures import Signature

FITTING_SHARE = 0.5
DESEQ2 = ["deseq2_log2_fc", "deseq2_p", "deseq2_q"]


@dataclass(frozen=True)
class AnalysisSettings:
    """What the study says about the analysis of experiments.

    Args:
        primary_signature: Signature that the claim is judged by.
        primary_method: Scoring method that it is judged by.
        methods: Scoring methods, the primary one among them.
        min_coverage: Smallest share of a signature's genes with which it is scored, 0 to 1.
        fdr: False discovery rate at which genes are counted as changed.
        seed: Seed of random gene sets and of relabellings.
        gene_set_draws: Random gene sets of prerank.
        host: Species of the animal that the tumours grew in, where it is another than theirs.
        second_opinion: Run PyDESeq2 beside voom where there are counts; it takes some 3 ms for each gene.
    """

    primary_signature: str
    primary_method: str = "zscore"
    methods: tuple[str, ...] = ("zscore", "ssgsea")
    min_coverage: float = 0.5
    fdr: float = 0.05
    seed: int = 1
    gene_set_draws: int = 1000
    second_opinion: bool = False
    host: str | None = None


def analyse_experiment(
    experiment: str,
    adata: ad.AnnData,
    contrasts: Sequence[Contrast],
    library: Mapping[str, Signature],
    markers: Mapping[str, Signature],
    orthologs: Orthologs | None,
    settings: AnalysisSettings,
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
        Tables by the names of their files in :mod:`irf7bone.tables.register`, each as its contract
        says (not yet cast: write them through it).

    Raises:
        InputError: see :func:`irf7bone.experiments.design.build_designs`; counts that are not whole
            numbers; genes that do not fit the organism.
    """
    check_input(experiment, adata)
    designs = build_designs(experiment, adata.obs, contrasts)
    human = to_human(adata, orthologs)
    quality, distances = experiment_quality(experiment, adata)

    results = {design.contrast.id: differential(adata, design) for design in designs}
    opinions = {
        design.contrast.id: second_opinion(adata, design, results[design.contrast.id].genes.index)
        for design in designs
        if settings.second_opinion and adata.uns["scale"] == "counts"
    }
    labels = panel_labels(library[settings.primary_signature])
    genes = _genes_table(experiment, adata.uns["organism"], results, opinions, labels, orthologs)
    rankings = {contrast: rank_genes(result, human) for contrast, result in results.items()}
    gene_sets, leading_edge, running = gene_set_tests(
        experiment, rankings, library, draws=settings.gene_set_draws, seed=settings.seed
    )

    read_in = group_share(human)
    scores, _ = score_cohort(
        score_levels(human), library, settings.methods, settings.min_coverage, read_in=read_in
    )
    signatures = score_contrasts(
        experiment,
        scores,
        designs,
        primary=(settings.primary_signature, settings.primary_method),
        seed=settings.seed,
    )
    signatures["n_not_expressed"] = (
        signatures["signature"].map(_not_expressed(human, library)).astype("Int64")
    )
    measured = marker_scores(
        marker_levels(human), markers, min_coverage=settings.min_coverage, read_in=read_in
    )
    tissue = composition(experiment, measured, markers, designs)
    adjusted = adjusted_contrasts(
        experiment, scores, measured.levels, designs, method=settings.primary_method
    )
    return {
        "contrasts": _contrasts_table(experiment, designs, results, opinions, settings.fdr),
        "genes": genes,
        "panel": panel_table(experiment, adata, results, labels, orthologs),
        "signatures": signatures,
        "sample_scores": sample_scores(experiment, scores, adata.obs),
        "gene_sets": gene_sets,
        "leading_edge": leading_edge,
        "running": running,
        "composition": tissue,
        "adjusted": adjusted,
        "components": components(
            experiment,
            adata,
            designs,
            results,
            scores,
            primary=(settings.primary_signature, settings.primary_method),
            seed=settings.seed,
        ),
        "quality": quality,
        "distances": distances,
        "orthologs": coverage_table(experiment, human, library, orthologs),
        "claim": judge_contrasts(
            experiment,
            designs,
            signature=settings.primary_signature,
            method=settings.primary_method,
            signatures=signatures,
            gene_sets=gene_sets,
            composition=tissue,
            adjusted=adjusted,
            host=settings.host,
        ),
    }


def _not_expressed(human: ad.AnnData, library: Mapping[str, Signature]) -> dict[str, int]:
    """Genes of each signature that are in the experiment and not expressed there."""
    silent = set(human.var_names[~expressed_genes(human)])
    return {name: len(silent.intersection(signature.genes)) for name, signature in library.items()}


def check_input(experiment: str, adata: ad.AnnData) -> None:
    """Refuse counts that are not whole numbers, and genes of another organism than stated.

    Raises:
        InputError: all that is wrong.
    """
    problems = Problems()
    if adata.uns["scale"] == "counts":
        counts = np.asarray(adata.layers["counts"])
        broken = ~((counts >= 0) & (counts == np.round(counts))).all(axis=0)
        if broken.any():
            problems.add(
                f"experiment {experiment}, counts",
                expected="whole numbers from 0 on",
                found=f"{int(broken.sum())} genes with other values: estimates, or values per million?",
                remedy="give the reads as counted (estimated counts rounded), or state another scale",
                offenders=adata.var_names[broken].tolist(),
            )
    mouse = [name for name in adata.var_names if looks_like_mouse(name)]
    share = len(mouse) / adata.n_vars
    organism = adata.uns["organism"]
    if (share > FITTING_SHARE) != (organism == "mouse"):
        other = {"human": "mouse", "mouse": "human"}[organism]
        others = (
            mouse if organism == "human" else [name for name in adata.var_names if name not in set(mouse)]
        )
        problems.add(
            f"experiment {experiment}, organism",
            expected=f"genes named as {organism} genes are",
            found=f"{len(others)} of {adata.n_vars} named as {other} genes are",
            remedy=f"state organism: {other} in the card, or give the {organism} table",
            offenders=others,
        )
    problems.raise_if_any()


def _genes_table(
    experiment: str,
    organism: str,
    results: Mapping[str, Differential],
    opinions: Mapping[str, pd.DataFrame],
    labels: Mapping[str, str],
    orthologs: Orthologs | None,
) -> pd.DataFrame:
    parts = []
    for contrast, result in results.items():
        table = result.genes.rename_axis("gene").reset_index()
        human = human_names(table["gene"], organism, orthologs)
        panel = [
            next((labels[name] for name in (names or "").split(",") if name in labels), None)
            for names in human
        ]
        table = table.assign(experiment=experiment, contrast=contrast, human=human, panel=panel)
        if contrast in opinions:
            table[DESEQ2] = opinions[contrast][DESEQ2].to_numpy()
        parts.append(table.reindex(columns=GENES.names))
    return GENES.cast(pd.concat(parts, ignore_index=True))


def _contrasts_table(
    experiment: str,
    designs: Sequence[ContrastDesign],
    results: Mapping[str, Differential],
    opinions: Mapping[str, pd.DataFrame],
    fdr: float,
) -> pd.DataFrame:
    rows = []
    for design in designs:
        contrast = design.contrast
        result = results[contrast.id]
        changed = result.genes["q"] <= fdr
        left_out = [f"{sample} ({reason})" for sample, reason in design.not_used.items()]
        rows.append(
            {
                "experiment": experiment,
                "contrast": contrast.id,
                "case": contrast.case,
                "reference": contrast.reference,
                "effect": contrast.effect,
                "meaning": contrast.meaning,
                "expected": DIRECTIONS[EXPECTED[contrast.meaning]],
                "paired": contrast.paired,
                "batch": design.batch,
                **design.sizes,
                "not_used": ", ".join(left_out) or "none",
                "model": design.model,
                "replicates": design.layout,
                "n_units": design.n_blocks,
                "unit_correlation": result.correlation,
                "engine": result.engine,
                "expressed_rule": result.rule,
                "trend_explains": result.trend_explains,
                "n_genes": len(result.genes),
                "n_filtered": result.n_filtered,
                "df_residual": design.df_residual,
                "min_p": smallest_p(design),
                "code": floor_code(smallest_p(design)),
                "df_prior": result.df_prior,
                "n_up": int((changed & (result.genes["log2_fc"] > 0)).sum()),
                "n_down": int((changed & (result.genes["log2_fc"] < 0)).sum()),
                "deseq2_rank": _agreement(result.genes, opinions.get(contrast.id)),
            }
        )
    return CONTRASTS.cast(pd.DataFrame(rows).reindex(columns=CONTRASTS.names))


def _agreement(genes: pd.DataFrame, opinion: pd.DataFrame | None) -> float:
    """Spearman correlation of signed p between the two models."""
    if opinion is None:
        return np.nan
    ours = np.sign(genes["log2_fc"]) * (1 - genes["p"])
    theirs = np.sign(opinion["deseq2_log2_fc"]) * (1 - opinion["deseq2_p"])
    return float(ours.corr(theirs, method="spearman"))
