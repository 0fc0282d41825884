"""Gene sets against the other genes: prerank's running sum, and camera, which allows for correlation."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from scipy.special import stdtr

from irf7bone.experiments.differential import Differential
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.tables.experiment import GENE_SETS, LEADING_EDGE, RUNNING

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.genes.signatures import Signature

Half = TypeVar("Half", bound=Hashable)  # what names a set
MIN_SIZE = 5
PRESET_CORRELATION = 0.01
SMALLEST_SIGMA = 1e-4
GENES_DRAWN = 20_000_000  # gseapy keeps every permutation of every gene: 56 bytes each


@dataclass(frozen=True)
class Ranking:
    """Genes of one contrast by human symbol, highest moderated t first.

    Attributes:
        table: Index = human symbol; ``gene`` (own symbol), ``t``, ``log2_fc``, ``q``, ``z`` (t as a normal
            deviate).
        residuals: Residuals over their standard deviation, rows as ``table``, genes x samples.
        df_residual: Residual degrees of freedom.
    """

    table: pd.DataFrame
    residuals: np.ndarray
    df_residual: int

    @cached_property
    def by_name(self) -> np.ndarray:
        """Places of the genes in the order of their names."""
        return np.argsort(self.table.index.to_numpy(dtype=str))

    def places(self, genes: Sequence[str]) -> np.ndarray:
        """Places of those genes that are ranked, ascending, from 0."""
        places = self.table.index.get_indexer(list(genes))
        return np.sort(places[places >= 0])


def rank_genes(result: Differential, human: ad.AnnData) -> Ranking:
    """The ranking of the tested genes that have a human symbol.

    Args:
        result: One contrast.
        human: What :func:`irf7bone.genes.orthologs.to_human` returned.
    """
    from pylimma.utils import zscore_t

    genes = result.genes
    own = human.var["gene"].to_numpy(dtype=object)
    position = genes.index.get_indexer(own)
    tested = position >= 0
    rows = position[tested]
    table = genes.iloc[rows][["t", "log2_fc", "q"]].set_axis(human.var_names[tested])
    table.insert(0, "gene", own[tested])
    # as camera does: Hill's approximation to the normal deviate with the same p
    table["z"] = np.asarray(
        zscore_t(table["t"].to_numpy(), result.df_total[rows], approx=True, method="hill")
    )
    # ties, such as copies of a gene, in the order of their names
    order = np.lexsort((table.index.to_numpy(dtype=str), -table["t"].to_numpy()))
    fit = result.fit
    sigma = np.maximum(fit.sigma[rows][order], SMALLEST_SIGMA)
    return Ranking(table.iloc[order], fit.residuals[rows][order] / sigma[:, None], fit.df_residual)


def running_sum(ranking: Ranking, places: np.ndarray) -> np.ndarray:
    """Running sum of prerank (Subramanian 2005, PNAS 102:15545, weight 1) after each place.

    A gene of the set lifts it by \\|t\\| over the set's sum of \\|t\\|, any other lowers it by 1 / (G - k).
    """
    t = np.abs(ranking.table["t"].to_numpy())
    step = np.full(len(t), -1 / (len(t) - len(places)))
    step[places] = t[places] / t[places].sum()
    return np.clip(np.cumsum(step), -1, 1)  # rounding would carry a set that is all at one end beyond


def leading_places(running: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places of the set's genes up to the running sum's peak, or from its trough on if that is larger."""
    peak = int(np.argmax(np.abs(running)))
    return places[places <= peak] if running[peak] >= 0 else places[places > peak][::-1]


def camera(ranking: Ranking, places: np.ndarray, correlation: float | None) -> tuple[float, float, float]:
    """Competitive test that allows for correlation between a set's genes (Wu and Smyth 2012, NAR 40:e133).

    The correlation is estimated from residuals over samples. That is limma's estimate where genes have no
    weights; where they have, limma's residuals are in a basis that differs between genes, so that its
    estimate depends on the order of the samples.

    Args:
        ranking: The contrast's genes.
        places: The set's places.
        correlation: Mean correlation between its genes; None estimates it from residuals.

    Returns:
        Mean z of the set minus that of the other genes, two-sided p, and the correlation used. As in limma a
        negative estimate counts as 0 in the test.
    """
    z = ranking.table["z"].to_numpy()
    n, m = len(z), len(places)
    others = n - m
    df = n - 2
    if correlation is None:
        inflation = m * float(np.sum(ranking.residuals[places].mean(axis=0) ** 2)) / ranking.df_residual
        correlation = (inflation - 1) / (m - 1)
        df = min(df, ranking.df_residual)
    inflation = max(1.0, 1 + (m - 1) * correlation)
    delta = n / others * (z[places].mean() - z.mean())
    variance = ((n - 1) * z.var(ddof=1) - delta**2 * m * others / n) / (n - 2)
    t = delta / np.sqrt(variance * (inflation / m + 1 / others))
    return float(delta), float(2 * stdtr(df, -abs(t))), float(correlation)


def gene_set_tests(
    experiment: str,
    rankings: Mapping[str, Ranking],
    library: Mapping[str, Signature],
    *,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Test every signature in every contrast; of a signed one, both halves.

    Args:
        experiment: Experiment id.
        rankings: By contrast id.
        library: Signatures in human symbols.
        draws: Random gene sets of prerank.
        seed: Of these.

    Returns:
        :data:`GENE_SETS`, :data:`LEADING_EDGE` and :data:`RUNNING`.
    """
    halves = {
        (name, side): genes
        for name, signature in library.items()
        for side, genes in (("up", signature.up), ("down", signature.down))
        if genes
    }
    sets, edges, curves = [], [], []
    for contrast, ranking in rankings.items():
        label = {"experiment": experiment, "contrast": contrast}
        rows, edge, curve = _test_contrast(ranking, halves, draws, seed)
        sets.append(rows.assign(**label))
        edges += [table.assign(**label) for table in edge]
        curves += [table.assign(**label) for table in curve]
    return (
        GENE_SETS.cast(pd.concat(sets, ignore_index=True).reindex(columns=GENE_SETS.names)),
        _stack(edges, LEADING_EDGE),
        _stack(curves, RUNNING),
    )


def _test_contrast(
    ranking: Ranking, halves: Mapping[tuple[str, str], tuple[str, ...]], draws: int, seed: int
) -> tuple[pd.DataFrame, list[pd.DataFrame], list[pd.DataFrame]]:
    places = {half: ranking.places(genes) for half, genes in halves.items()}
    testable = {half: at for half, at in places.items() if MIN_SIZE <= len(at) < len(ranking.table)}
    enriched = prerank(ranking, testable, draws=draws, seed=seed)
    rows, edges, curves = [], [], []
    for half, at in places.items():
        label = {"signature": half[0], "side": half[1]}
        row = label | {"n_genes": len(set(halves[half])), "n_genes_used": len(at)}
        if half not in testable:
            reason = f"{len(at)} of its genes are tested here: fewer than {MIN_SIZE}, or all there are"
            rows.append(row | {"status": "not_available", "reason": reason})
            continue
        running = running_sum(ranking, at)
        leading = ranking.table.iloc[leading_places(running, at)]
        score, normalised, random_p = enriched[half]
        effect, p, correlation = camera(ranking, at, None)
        _, preset_p, _ = camera(ranking, at, PRESET_CORRELATION)
        rows.append(
            row
            | {
                "mean_log2_fc": ranking.table["log2_fc"].iloc[at].mean(),
                "es": score,
                "nes": normalised,
                "prerank_p": random_p,
                "camera_effect": effect,
                "camera_p": p,
                "correlation": correlation,
                "camera_preset_p": preset_p,
                "n_leading_edge": len(leading),
                "leading_edge": ",".join(leading.index),
                "status": "ok",
            }
        )
        position = ranking.table.index.get_indexer(leading.index) + 1
        edge = leading[["gene", "t", "log2_fc", "q"]].assign(position=position, **label)
        edges.append(edge.rename_axis("human").reset_index())
        curves.append(_vertices(running, at).assign(**label))
    table = pd.DataFrame(rows)
    if testable:
        tested = (table["status"] == "ok").to_numpy()
        for given, adjusted in (("camera_p", "camera_q"), ("prerank_p", "prerank_fdr")):
            table.loc[tested, adjusted] = benjamini_hochberg(table.loc[tested, given])
    return table, edges, curves


def prerank(
    ranking: Ranking, places: Mapping[Half, np.ndarray], *, draws: int, seed: int
) -> dict[Half, tuple[float, float, float]]:
    """Enrichment of sets by gseapy's prerank, weight 1, against random sets of the same size.

    gseapy counts the random scores of the observed sign that are as extreme; a share of none is said as
    1 / (1 + draws), since a p from draws is never 0 (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39).
    The ranking is turned so that the first gene by name rises: the swapped contrast has the same random sets,
    scores of the other sign and the same p.

    Args:
        ranking: The contrast's genes.
        places: Places of each set's genes.
        draws: Random sets; fewer where there are so many genes that gseapy would need more than 1.1 GB.
        seed: Of these.

    Returns:
        By set: the score; the score over the mean size of random ones of its sign; p.
    """
    import gseapy

    if not places:
        return {}
    t = ranking.table["t"]
    named = t.to_numpy()[ranking.by_name]
    turn = -1.0 if named[np.flatnonzero(named)[0]] < 0 else 1.0
    draws = min(draws, GENES_DRAWN // len(t))
    found = gseapy.prerank(
        rnk=turn * t,
        gene_sets={str(number): list(t.index[at]) for number, at in enumerate(places.values())},
        min_size=1,
        max_size=len(t),
        permutation_num=draws,
        weight=1,
        seed=seed,
        threads=1,
        outdir=None,
        no_plot=True,
    ).results
    by_set = (found[str(number)] for number in range(len(places)))
    return {
        name: (turn * one["es"], turn * one["nes"], max(float(one["pval"]), 1 / (1 + draws)))
        for name, one in zip(places, by_set, strict=True)
    }


def _vertices(running: np.ndarray, places: np.ndarray) -> pd.DataFrame:
    """The corners of the running sum: before and after each hit, the start at 0 and the end."""
    at = np.unique(np.concatenate([places, places - 1, [len(running) - 1]]))
    at = at[at >= 0]
    hit = np.isin(at, places)
    return pd.DataFrame(
        {
            "position": np.concatenate([[0], at + 1]),
            "running": np.concatenate([[0.0], running[at]]),
            "hit": np.concatenate([[False], hit]),
        }
    )


def _stack(parts: list[pd.DataFrame], table) -> pd.DataFrame:
    if not parts:
        return table.empty()
    return table.cast(pd.concat(parts, ignore_index=True).reindex(columns=table.names))
