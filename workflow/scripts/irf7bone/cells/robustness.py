"""The first question asked otherwise: other calls, doublets in, dissociation in the model, a patient left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import LABELS_ONLY, MALIGNANT, NO_COMPARTMENT
from irf7bone.cells.compare_compartments import experiment_of
from irf7bone.cells.comparison import CellInputs
from irf7bone.cells.contrasts import plan
from irf7bone.cells.pseudobulk import Choice
from irf7bone.experiments.composition import adjusted_contrasts, marker_scores
from irf7bone.experiments.levels import group_share, marker_levels, score_levels
from irf7bone.experiments.score_contrasts import score_contrasts
from irf7bone.genes.orthologs import to_human
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.cells_card import CellContrast
from irf7bone.tables.cells import ROBUSTNESS

if TYPE_CHECKING:
    from irf7bone.experiments.design import ContrastDesign
    from irf7bone.genes.signatures import Signature

CHOICES = {
    "main": Choice(),
    "calls": Choice(malignant="called"),
    "with_uncertain": Choice(malignant="with_uncertain"),
    "with_doublets": Choice(doublets=True),
}
STRESS = "DISSOCIATION"
ESTIMATE = ["difference", "se", "ci_low", "ci_high", "df", "p", "status", "reason"]


def robustness(
    build: Callable[[Choice], ad.AnnData], inputs: CellInputs, stress: Mapping[str, Signature]
) -> pd.DataFrame:
    """The primary signature's difference in each contrast's compartment, done otherwise.

    Args:
        build: Makes the samples of a choice.
        inputs: Card, signatures and settings.
        stress: The dissociation list by its name.

    Returns:
        :data:`irf7bone.tables.cells.ROBUSTNESS`.
    """
    samples = {name: build(choice) for name, choice in CHOICES.items()}
    rows: list[dict[str, object]] = []
    for contrast in inputs.card.contrasts:
        for name, bulk in samples.items():
            if name in ("calls", "with_uncertain") and contrast.compartment != MALIGNANT:
                continue
            rows.append(
                _row(name, None, contrast, experiment_of(bulk, contrast.compartment, inputs.card), inputs)
            )
        adata = experiment_of(samples["main"], contrast.compartment, inputs.card)
        rows.append(_adjusted(contrast, adata, inputs, stress))
        for patient in sorted(set(adata.obs["pair"])):
            left = adata[(adata.obs["pair"] != patient).to_numpy()]
            rows.append(_row("leave_one_patient_out", patient, contrast, left, inputs))
    table = pd.DataFrame(rows).assign(data_set=inputs.card.id)
    return ROBUSTNESS.cast(table.reindex(columns=ROBUSTNESS.names))


def _row(
    variant: str, left_out: str | None, contrast: CellContrast, adata: ad.AnnData, inputs: CellInputs
) -> dict[str, object]:
    planned = plan(inputs.card.id, adata, contrast, contrast.compartment)
    row: dict[str, object] = {
        "contrast": contrast.id,
        "variant": variant,
        "left_out": left_out,
        **planned.sizes,
    }
    if planned.design is None:
        status = LABELS_ONLY if variant == "calls" and planned.status == NO_COMPARTMENT else planned.status
        return row | {"status": status, "reason": planned.reason}
    found = primary_difference(adata, planned.design, inputs)
    return row | {name: found[name] for name in ESTIMATE}


def primary_difference(adata: ad.AnnData, design: ContrastDesign, inputs: CellInputs) -> pd.Series:
    """The primary signature's row of :data:`irf7bone.tables.experiment.SIGNATURES`."""
    settings = inputs.settings
    library = {settings.primary_signature: inputs.library[settings.primary_signature]}
    human = to_human(adata, inputs.orthologs)
    scores, _ = score_cohort(
        score_levels(human),
        library,
        [settings.primary_method],
        settings.min_coverage,
        read_in=group_share(human),
    )
    primary = (settings.primary_signature, settings.primary_method)
    return score_contrasts(inputs.card.id, scores, [design], primary=primary, seed=settings.seed).iloc[0]


def _adjusted(
    contrast: CellContrast, adata: ad.AnnData, inputs: CellInputs, stress: Mapping[str, Signature]
) -> dict[str, object]:
    planned = plan(inputs.card.id, adata, contrast, contrast.compartment)
    row: dict[str, object] = {
        "contrast": contrast.id,
        "variant": "dissociation_adjusted",
        "left_out": None,
        **planned.sizes,
    }
    if planned.design is None:
        return row | {"status": planned.status, "reason": planned.reason}
    settings, human = inputs.settings, to_human(adata, inputs.orthologs)
    library = {settings.primary_signature: inputs.library[settings.primary_signature]}
    read_in = group_share(human)
    scores, _ = score_cohort(
        score_levels(human), library, [settings.primary_method], settings.min_coverage, read_in=read_in
    )
    measured = marker_scores(
        marker_levels(human), stress, min_coverage=settings.min_coverage, read_in=read_in
    )
    if STRESS in measured.refused:
        return row | {"status": "low_coverage", "reason": measured.refused[STRESS]}
    table = adjusted_contrasts(
        inputs.card.id, scores, measured.levels, [planned.design], method=settings.primary_method
    )
    found = table[table["adjustment"] == STRESS].iloc[0]
    return row | {name: found[name] for name in ESTIMATE}


def leave_out_range(table: pd.DataFrame, contrast: str) -> tuple[float, float]:
    """Smallest and largest difference over the patients left out; NaN where none could be."""
    here = table[(table["contrast"] == contrast) & (table["variant"] == "leave_one_patient_out")]
    values: Sequence[float] = here["difference"].dropna().to_numpy()
    return (float(np.min(values)), float(np.max(values))) if len(values) else (float("nan"), float("nan"))
