"""The methods text of single cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irf7bone.base.phrases import counted, listed

if TYPE_CHECKING:
    from irf7bone.report.inputs import CellSets
    from irf7bone.report.sentences.references import Citations
    from irf7bone.study.cells_card import CellsCard


def write_cells(found: CellSets | None, cite: Citations) -> tuple[tuple[str, str], ...]:
    """Heading and paragraph; nothing where the study has no single-cell data set.

    Args:
        found: The data sets.
        cite: Numbers what is cited.
    """
    if found is None:
        return ()

    named = [_named(card, cite) for card in found.cards.values()]
    parts = [
        f"{counted(len(named), 'single-cell data set')}: {listed(named)}. Cells that passed "
        "quality were added up to one "
        "sample for each patient, group and compartment, and these samples were compared as those "
        "of experiments: the "
        f"patient is the unit, never the cell {cite('squair2021')}. Scores of single cells (UCell "
        f"{cite('andreatta2021')}) are shown only.",
        "The difference of all cells together was split over composition, state of the malignant "
        "cells and state of the "
        f"others by Shapley's rule {cite('shapley1953')}; the share of ambient RNA that would be enough "
        "to make the difference was "
        f"computed. Composition was compared as centred log-ratios {cite('aitchison1982')}; the "
        "malignant cells' score was "
        "correlated with NK and CD8 T cells among the non-malignant ones by Spearman's rho with "
        "permutations of patients.",
    ]
    parts += _over_data_sets(found, cite)
    if any(card.malignant_by == "markers_and_cnv" for card in found.cards.values()):
        parts.append(
            "Malignant cells were told by clusters: epithelial markers, one patient, and copy "
            "number against held-out normal "
            f"cells {cite('tirosh2016')}."
        )
    return (("Single cells", " ".join(parts)),)


def _over_data_sets(found: CellSets, cite: Citations) -> list[str]:
    said = []
    if "claim" in found.over:
        said.append(
            "Data sets were pooled as Hedges' g and Fisher's z, one contrast each, by a Bayesian model of "
            "random effects with a half-normal prior of scale 0.5 for their spread "
            f"{cite('roever2021')}; simulated ones stand apart."
        )
    if "malignant_parts" in found.over:
        share = found.over["malignant_parts"]["min_share"].iloc[0]
        said.append(
            f"Genes of which {100 * share:.0f} % or more of their counts come from malignant cells, mean "
            "over patients and data sets, make a derived signature for cohorts; sites and outcome were "
            "not looked at."
        )
    return said


def _named(card: CellsCard, cite: Citations) -> str:
    if card.simulated:
        return f"{card.id}, simulated cells with a planted loss"
    work = cite.works.of_card(card)
    return f"{card.id} {cite(work)}" if work else card.id
