"""What a comparison of compartments needs, and what one of them gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from irf7bone.genes.orthologs import Orthologs

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.cells.contrasts import PlannedContrast
    from irf7bone.experiments.analyse import AnalysisSettings
    from irf7bone.genes.signatures import Signature
    from irf7bone.study.cells_card import CellsCard


@dataclass(frozen=True)
class CellInputs:
    """What the comparison needs beside the samples.

    Attributes:
        card: The data set's card.
        library: Signatures in human symbols, the primary one among them.
        markers: Marker lists of tissues (data/markers).
        orthologs: For mouse; None for human.
        settings: The study's settings.
    """

    card: CellsCard
    library: Mapping[str, Signature]
    markers: Mapping[str, Signature]
    orthologs: Orthologs | None
    settings: AnalysisSettings

    def own_genes(self, genes: Sequence[str]) -> list[str]:
        """Human genes by the symbols of the data set's organism."""
        if self.orthologs is None:
            return list(genes)
        return [pair.mouse for gene in genes for pair in self.orthologs.of_human(gene)]


@dataclass(frozen=True)
class Compared:
    """One contrast in one compartment: the plan, and the engine's tables where it could be fitted."""

    planned: PlannedContrast
    tables: dict[str, pd.DataFrame] | None
