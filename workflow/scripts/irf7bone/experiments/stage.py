"""What the jobs of an experiment do: from a card and its data to the tables and the derived signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.errors import InputError, Problem
from irf7bone.experiments.analyse import Settings, analyse_experiment
from irf7bone.experiments.derived import Rule, derive_signature, write_signature
from irf7bone.experiments.orthologs import Orthologs
from irf7bone.experiments.tables import EXPERIMENT_TABLES
from irf7bone.signatures import NO_GENE

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.config import Analysis
    from irf7bone.experiments.cards import ExperimentCard
    from irf7bone.signatures import Signature


def analyse(
    card: ExperimentCard,
    adata: ad.AnnData,
    library: Mapping[str, Signature],
    markers: Mapping[str, Signature],
    orthologs: str | Path,
    *,
    config: Analysis,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """All tables of one experiment, by the names of ``EXPERIMENT_TABLES``.

    Signatures that experiments derive are not among those tested: they would be tested on what they were
    made from. Where one of them is the study's primary signature, the first selected one stands in.

    Args:
        card: The experiment's card.
        adata: The experiment.
        library: Signatures of the GMT files, by name.
        markers: Marker lists of tissues and cells.
        orthologs: The table of orthologs; read for mouse only.
        config: The study's settings.
        seed: Seed of relabellings and random gene sets.
    """
    chosen = {name: library[name] for name in config.signatures.select if name in library}
    primary = config.primary.signature
    settings = Settings(
        primary_signature=primary if primary in chosen else next(iter(chosen)),
        primary_method=config.primary.method,
        methods=config.methods,
        min_coverage=config.signatures.min_coverage,
        fdr=card.fdr,
        seed=seed,
    )
    table = _orthologs(card, orthologs)
    return analyse_experiment(card.id, adata, card.contrasts, chosen, markers, table, settings)


def write_tables(tables: Mapping[str, pd.DataFrame], paths: Iterable[str]) -> None:
    """Write each table into the file of its name, through its contract."""
    for path in map(Path, paths):
        EXPERIMENT_TABLES[path.stem].write(tables[path.stem], path)


def read_tables(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read the tables of one experiment or of several, one below the other, by name."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in EXPERIMENT_TABLES}
    for path in map(Path, paths):
        parts[path.stem].append(EXPERIMENT_TABLES[path.stem].read(path))
    joined = {}
    for name, found in parts.items():
        filled = [part for part in found if len(part)]
        table = EXPERIMENT_TABLES[name]
        joined[name] = table.cast(pd.concat(filled, ignore_index=True)) if filled else table.empty()
    return joined


def derive(
    card: ExperimentCard, genes: pd.DataFrame, orthologs: str | Path, folder: str | Path
) -> pd.DataFrame:
    """Derive the card's signature and write its GMT and provenance into ``folder``.

    A signature without genes is written with its name and :data:`irf7bone.signatures.NO_GENE`, so that
    every planned score of it has a row that says so.

    Returns:
        :data:`irf7bone.experiments.tables.DERIVED`.
    """
    wanted, folder = card.derive, Path(folder)
    rule = Rule(wanted.name, wanted.contrast, wanted.log2_fold, wanted.fdr)
    file = card.within_file()
    within = None if file is None else read_gene_list(file, frozenset(genes["gene"]))
    table = _orthologs(card, orthologs)
    derived = derive_signature(
        card.id, genes, rule, organism=card.organism, orthologs=table, gene_list=within
    )
    folder.mkdir(parents=True, exist_ok=True)
    how = [f"restricted to the {len(within)} genes of {file.name}"] if file else []
    if card.simulated:
        how.append("from SIMULATED counts, no patients")
    written = write_signature(derived, rule, folder, source=source_of(card), how="; ".join(how))
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


def _orthologs(card: ExperimentCard, path: str | Path) -> Orthologs | None:
    return Orthologs.load(Path(path)) if card.organism == "mouse" else None
