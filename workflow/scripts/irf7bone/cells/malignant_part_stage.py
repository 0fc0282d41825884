"""From the sums of all data sets to the malignant parts of signatures, as GMT files with provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.cells.malignant_part import derive_part, gene_shares
from irf7bone.cells.steps import read_samples
from irf7bone.genes.orthologs import Orthologs
from irf7bone.genes.write_signatures import DerivedSignature, write_signatures
from irf7bone.tables.pooled_cells import MALIGNANT_GENES, MALIGNANT_PARTS

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.study.cells_card import CellsCard
    from irf7bone.study.malignant_parts import MalignantPart
    from irf7bone.study.settings import MalignantPartSettings


@dataclass(frozen=True)
class DerivedParts:
    """All malignant parts of a study.

    Args:
        genes: :data:`irf7bone.tables.pooled_cells.MALIGNANT_GENES`.
        parts: :data:`irf7bone.tables.pooled_cells.MALIGNANT_PARTS`.
    """

    genes: pd.DataFrame
    parts: pd.DataFrame


def derive_malignant_parts(
    data_sets: Sequence[tuple[CellsCard, str]],
    parts: Sequence[MalignantPart],
    library: Mapping[str, Signature],
    orthologs: str | Path,
    rule: MalignantPartSettings,
) -> DerivedParts:
    """Derive every part from the data sets of its role: real ones from real cells alone.

    Args:
        data_sets: Cards, each with the sums of :func:`irf7bone.cells.steps.write_sums`.
        parts: What is to be derived.
        library: Signatures of the GMT files; the genes looked at are those that go up.
        orthologs: The table of orthologs; read where a data set is of mouse.
        rule: Smallest share and fewest genes.
    """
    mouse = any(card.organism == "mouse" for card, _ in data_sets)
    of_mouse = Orthologs.load(Path(orthologs)) if mouse else None
    looked_at = list(dict.fromkeys(gene for part in parts for gene in library[part.signature].up))
    shares = {
        card.id: gene_shares(
            read_samples(path, card.qc.min_cells_per_pseudobulk), own_names(card, looked_at, of_mouse)
        )
        for card, path in data_sets
    }
    genes, rows = [], []
    for part in parts:
        own = {card.id: shares[card.id] for card, _ in data_sets if card.simulated == part.simulated}
        listed, row = derive_part(
            part.name,
            part.signature,
            library[part.signature].up,
            own,
            min_share=rule.min_share,
            min_genes=rule.min_genes,
        )
        genes.append(listed)
        rows.append(row)
    return DerivedParts(
        MALIGNANT_GENES.cast(pd.concat([table.astype(object) for table in genes], ignore_index=True)),
        MALIGNANT_PARTS.cast(pd.DataFrame(rows)),
    )


def own_names(card: CellsCard, genes: Sequence[str], orthologs: Orthologs | None) -> dict[str, list[str]]:
    """Each human gene by the symbols of the card's organism."""
    if card.organism == "human" or orthologs is None:
        return {gene: [gene] for gene in genes}
    return {gene: [pair.mouse for pair in orthologs.of_human(gene)] for gene in genes}


def write_malignant_parts(derived: DerivedParts, folder: str | Path) -> None:
    """Write a GMT for every part, with provenance; one without genes says so."""
    used = derived.genes[derived.genes["used"]]
    signatures = []
    for row in derived.parts.to_dict("records"):
        rule = (
            f"genes of {row['signature']} of which malignant cells hold a share of {row['min_share']:g} or "
            "more of the counts, mean over patients, then over data sets; sites and outcome not looked at"
        )
        made_of = f"single cells of {row['data_sets'] or 'no data set'}"
        signatures.append(
            DerivedSignature(
                name=row["name"],
                genes=tuple(used.loc[used["name"] == row["name"], "gene"]),
                citation=f"malignant part of {row['signature']}, {made_of}",
                pmid="",
                source="results/pooled_cells/malignant_genes.tsv",
                how=rule,
                note="made by this workflow from dissociated cells",
            )
        )
    write_signatures(signatures, Path(folder))
