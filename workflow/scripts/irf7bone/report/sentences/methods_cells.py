"""The methods text of single cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from irf7bone.base.phrases import counted, listed

if TYPE_CHECKING:
    from irf7bone.report.inputs import CellSets
    from irf7bone.study.cells_card import CellsCard

REFERENCES = {
    "squair": "Squair JW, Gautier M, Kathe C, et al. Confronting false discoveries in single-cell "
    "differential "
    "expression. Nat Commun 2021;12:5692.",
    "ucell": "Andreatta M, Carmona SJ. UCell: robust and scalable single-cell gene signature "
    "scoring. Comput Struct "
    "Biotechnol J 2021;19:3796-3798.",
    "shapley": "Shapley LS. A value for n-person games. In: Contributions to the Theory of Games "
    "II. Princeton "
    "University Press 1953:307-317.",
    "aitchison": (
        "Aitchison J. The statistical analysis of compositional data. J R Stat Soc B 1982;44:139-177."
    ),
    "tirosh": "Tirosh I, Izar B, Prakadan SM, et al. Dissecting the multicellular ecosystem of "
    "metastatic melanoma by "
    "single-cell RNA-seq. Science 2016;352:189-196.",
}


def write_cells(
    found: CellSets | None, cite: Callable[..., str], citation_of: Callable[..., str]
) -> tuple[tuple[str, str], ...]:
    """Heading and paragraph; nothing where the study has no single-cell data set.

    Args:
        found: The data sets.
        cite: Numbers whole references, as :class:`irf7bone.report.sentences.methods.Citations`.
        citation_of: The reference that a card gives.
    """
    if found is None:
        return ()

    def by(*names: str) -> str:
        return cite(*(REFERENCES[name] for name in names))

    named = [_named(card, cite, citation_of) for card in found.cards.values()]
    parts = [
        f"{counted(len(named), 'single-cell data set')}: {listed(named)}. Cells that passed "
        "quality were added up to one "
        "sample for each patient, group and compartment, and these samples were compared as those "
        "of experiments: the "
        f"patient is the unit, never the cell {by('squair')}. Scores of single cells (UCell "
        f"{by('ucell')}) are shown only.",
        "The difference of all cells together was split over composition, state of the malignant "
        "cells and state of the "
        f"others by Shapley's rule {by('shapley')}; the share of ambient RNA that would be enough "
        "to make the difference was "
        f"computed. Composition was compared as centred log-ratios {by('aitchison')}; the "
        "malignant cells' score was "
        "correlated with NK and CD8 T cells among the non-malignant ones by Spearman's rho with "
        "permutations of patients.",
    ]
    if any(card.malignant_by == "markers_and_cnv" for card in found.cards.values()):
        parts.append(
            "Malignant cells were told by clusters: epithelial markers, one patient, and copy "
            "number against held-out normal "
            f"cells {by('tirosh')}."
        )
    return (("Single cells", " ".join(parts)),)


def _named(card: CellsCard, cite: Callable[..., str], citation_of: Callable[..., str]) -> str:
    if card.simulated:
        return f"{card.id}, simulated cells with a planted loss"
    return f"{card.id} {cite(citation_of(card))}"
