"""The signature that a card derives from its experiment: its genes, as a GMT with provenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.base.errors import InputError, Problem
from irf7bone.experiments.derived import DerivationRule, derive_signature, write_signature
from irf7bone.genes.gmt import NO_GENE
from irf7bone.genes.orthologs import Orthologs

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.study.experiment_card import ExperimentCard


def derive(
    card: ExperimentCard, genes: pd.DataFrame, orthologs: str | Path, folder: str | Path
) -> pd.DataFrame:
    """Derive the card's signature and write its GMT and provenance into ``folder``.

    A signature without genes is written with its name and :data:`irf7bone.genes.gmt.NO_GENE`, so that
    every planned score of it has a row that says so.

    Returns:
        :data:`irf7bone.tables.experiment.DERIVED`.
    """
    wanted, folder = card.derive, Path(folder)
    if wanted is None:
        raise ValueError(f"experiment {card.id} derives no signature")
    rule = DerivationRule(wanted.name, wanted.contrast, wanted.log2_fold, wanted.fdr)
    file = card.within_file()
    within = None if file is None else read_gene_list(file, frozenset(genes["gene"]))
    table = Orthologs.load(Path(orthologs)) if card.organism == "mouse" else None
    derived = derive_signature(
        card.id, genes, rule, organism=card.organism, orthologs=table, gene_list=within
    )
    folder.mkdir(parents=True, exist_ok=True)
    how = [f"restricted to the {len(within)} genes of {file.name}"] if file and within is not None else []
    if card.simulated:
        how.append("from SIMULATED counts, no patients")
    pmid = str(card.citation.get("pmid", ""))
    written = write_signature(derived, rule, folder, source=source_of(card), pmid=pmid, how="; ".join(how))
    if written is None:
        (folder / f"{rule.name}.gmt").write_text(f"{rule.name}\t{NO_GENE}\n", encoding="utf-8")
    return derived


def source_of(card: ExperimentCard) -> str:
    """Title of the experiment, and where it was published."""
    reference = card.citation.get("text") or card.citation.get("doi")
    if not reference and "pmid" in card.citation:
        reference = f"PubMed {card.citation['pmid']}"
    return f"experiment {card.id}: {card.title}" + (f" ({reference})" if reference else "")


def read_gene_list(path: Path, known: frozenset[str]) -> frozenset[str]:
    """Symbols of a text file, one a line; empty lines and those that begin with # are passed over.

    Args:
        path: The file.
        known: Genes of the experiment.

    Raises:
        InputError: No symbol of the file is a gene of the experiment.
    """
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    symbols = frozenset(line for line in lines if line and not line.startswith("#"))
    if not symbols & known:
        raise InputError(
            Problem(
                str(path),
                "symbols of the experiment's genes, one a line",
                f"{len(symbols)} lines, none of which is one of {len(known)} genes of the experiment",
                "give symbols of the experiment's own organism, such as Irf7 for mouse and IRF7 for human",
                tuple(sorted(symbols)[:5]),
            )
        )
    return symbols
