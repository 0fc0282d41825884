"""A signature from an experiment: genes down in bone lesions. The card says where it must not be tested."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from irf7bone.genes.gmt import PROVENANCE_FILE
from irf7bone.genes.orthologs import Orthologs, Pair
from irf7bone.genes.write_signatures import DerivedSignature, write_signatures
from irf7bone.tables.experiment import DERIVED


@dataclass(frozen=True)
class DerivationRule:
    """Which genes of a contrast make the signature.

    Args:
        name: Name of the signature, as config selects it.
        contrast: Contrast id; genes that *fall* in it are taken.
        min_log2_fold: Smallest fall, log2, above 0 (1 = to half or less).
        fdr: Largest q.
    """

    name: str
    contrast: str
    min_log2_fold: float
    fdr: float


def derive_signature(
    experiment: str,
    genes: pd.DataFrame,
    rule: DerivationRule,
    *,
    organism: str,
    orthologs: Orthologs | None,
    gene_list: Collection[str] | None = None,
) -> pd.DataFrame:
    """The genes that fall, and what became of each on the way to a human signature.

    A mouse gene gives one human gene: of several orthologs the one that most databases assert, then the one
    of the same name; where that leaves two, none, because a guess would be another signature. A human gene
    that several mouse genes give counts once.

    Args:
        experiment: Experiment id.
        genes: :data:`irf7bone.tables.experiment.GENES` of the experiment.
        rule: Contrast, fold and FDR.
        organism: ``human`` or ``mouse``.
        orthologs: Needed for mouse.
        gene_list: Symbols (of the experiment's organism) to which the signature is confined, such as genes
            with an interferon-response element; None for no such limit.

    Returns:
        :data:`irf7bone.tables.experiment.DERIVED`, strongest first. The signature is ``human`` where
        ``used``; it may be empty.
    """
    falling = genes[
        (genes["contrast"] == rule.contrast)
        & (genes["log2_fc"] <= -rule.min_log2_fold)
        & (genes["q"] <= rule.fdr)
    ].sort_values(["t", "gene"], kind="stable")
    rows: list[dict[str, Any]] = []
    taken: dict[str, str] = {}
    if organism != "human" and orthologs is None:
        raise ValueError(f"genes of {organism} need the table of orthologs")
    for gene, log2_fc, q in falling[["gene", "log2_fc", "q"]].itertuples(index=False):
        pairs = [Pair(gene, gene, 1, "one2one")] if orthologs is None else orthologs.of_mouse(gene)
        listed = gene_list is None or gene in gene_list
        best = _best(pairs)
        candidates: list[Pair | None] = [*pairs] or [None]
        for pair in candidates:
            why_not = _why_not(pair, best, listed, taken)
            if why_not is None and pair is not None:
                taken[pair.human] = gene
            rows.append(
                {
                    "experiment": experiment,
                    "contrast": rule.contrast,
                    "gene": gene,
                    "human": "none" if pair is None else pair.human,
                    "orthology": None if pair is None else pair.kind,
                    "log2_fc": log2_fc,
                    "q": q,
                    "listed": listed,
                    "used": why_not is None,
                    "why_not": why_not,
                }
            )
    return DERIVED.cast(pd.DataFrame(rows, columns=DERIVED.names))


def _best(pairs: list[Pair]) -> Pair | None:
    """The one ortholog that a gene gives to a signature; None where two have equal right."""
    if not pairs:
        return None
    most = max(pair.n_sources for pair in pairs)
    first = [pair for pair in pairs if pair.n_sources == most]
    same = [pair for pair in first if pair.mouse.upper() == pair.human.upper()]
    chosen = same or first
    return chosen[0] if len(chosen) == 1 else None


def _why_not(pair: Pair | None, best: Pair | None, listed: bool, taken: Mapping[str, str]) -> str | None:
    if pair is None:
        return "no human ortholog"
    if not listed:
        return "not in the gene list"
    if best is None:
        return "several human orthologs with equal right"
    if pair != best:
        return f"{best.human} is the closer ortholog"
    if pair.human in taken:
        return f"{pair.human} is already there through {taken[pair.human]}"
    return None


def write_signature(
    derived: pd.DataFrame, rule: DerivationRule, folder: Path, *, source: str, pmid: str, how: str
) -> Path | None:
    """Write ``<name>.gmt`` and ``provenance.tsv`` into ``folder``, as :mod:`irf7bone.genes.signatures`
    reads them.

    The folder is the signature's own: its provenance table has this one row. A signature without genes
    is written as neither: None is returned, and files left from an earlier run are removed.

    Args:
        derived: What :func:`derive_signature` returned.
        rule: The rule it was made with.
        folder: Where to write.
        source: The experiment's title and citation.
        pmid: PubMed's number of the experiment's publication; may be empty.
        how: Anything to add to the rule in words (gene list, its file); may be empty.

    Returns:
        The GMT.
    """
    genes = sorted(derived.loc[derived["used"], "human"])
    folder = Path(folder)
    gmt, provenance = folder / f"{rule.name}.gmt", folder / PROVENANCE_FILE
    if not genes:
        for path in (gmt, provenance):
            path.unlink(missing_ok=True)
        return None
    words = f"genes that fall by {rule.min_log2_fold:g} log2 or more at FDR {rule.fdr:g}, by human symbols"
    signature = DerivedSignature(
        name=rule.name,
        genes=tuple(genes),
        citation=source,
        pmid=pmid,
        source=f"contrast {rule.contrast} of experiment {derived['experiment'].iloc[0]}",
        how="; ".join([words, how.removeprefix("; ")] if how else [words]),
        note="made by this workflow; not to be tested in the patients it was made from",
    )
    write_signatures([signature], folder)
    return gmt
