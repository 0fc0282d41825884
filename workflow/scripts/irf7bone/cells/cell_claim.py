"""What a contrast of a data set says of the claim: the compartment's verdict beside the bulk's, and ambient
RNA.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from irf7bone.base.cells_vocabulary import (
    AMBIENT,
    BULK,
    IN_TUMOUR_CELLS,
    MALIGNANT,
    NO_COMPARTMENT,
    NOT_IN_TUMOUR_CELLS,
    OK,
    OPPOSITE,
)
from irf7bone.base.experiment_vocabulary import CANNOT_DECIDE, DIRECTIONS, EXPECTED
from irf7bone.base.vocabulary import ALPHA, CONTRADICTED, SUPPORTED, TOO_LITTLE
from irf7bone.cells.ambient import WARN_BELOW
from irf7bone.experiments.claim.rules import NO_EVIDENCE

if TYPE_CHECKING:
    from irf7bone.cells.comparison import CellInputs, Compared
    from irf7bone.study.cells_card import CellContrast

ESTIMATE = ("difference", "se", "ci_low", "ci_high", "df", "p", "camera_p")


def decide_cells(
    verdict: str, in_bulk: str | None, min_p: float, alpha: float, compartment: str
) -> tuple[str, str]:
    """Verdict and the rule that fired, in the order tried.

    Args:
        verdict: Of the compartment, by the rules of experiments.
        in_bulk: Of all cells together; None where it could not be fitted.
        min_p: Smallest p that relabelling can give; NaN where labels cannot be exchanged.
        alpha: Share of ambient RNA that would be enough; NaN where half of all RNA is not.
        compartment: Where the claim is judged.
    """
    if min_p > ALPHA and verdict in (SUPPORTED, CONTRADICTED, TOO_LITTLE):
        return TOO_LITTLE, CANNOT_DECIDE
    if verdict in (SUPPORTED, CONTRADICTED) and alpha < WARN_BELOW:
        return AMBIENT, "ambient_below_0.10"
    if compartment != MALIGNANT:
        return verdict if verdict not in (SUPPORTED, CONTRADICTED) else NO_EVIDENCE, "not_malignant"
    if verdict == SUPPORTED:
        return IN_TUMOUR_CELLS, "malignant_supported"
    if verdict == CONTRADICTED:
        return OPPOSITE, "malignant_contradicted"
    if verdict == NO_EVIDENCE and in_bulk == SUPPORTED:
        return NOT_IN_TUMOUR_CELLS, "bulk_alone"
    return verdict, "as_in_compartment"


def claim_row(
    contrast: CellContrast, found: Compared | None, whole: Compared | None, alpha: float, inputs: CellInputs
) -> dict[str, object]:
    """One row of :data:`irf7bone.tables.cells.CELL_CLAIM`, without the data set.

    Args:
        contrast: The contrast.
        found: In its compartment; None where no cell is in it.
        whole: In the bulk.
        alpha: See :func:`irf7bone.cells.ambient.ambient_alpha_to_null`.
        inputs: Card, signatures and settings.
    """
    row = {
        "contrast": contrast.id,
        "compartment": contrast.compartment,
        "meaning": contrast.meaning,
        "expected": DIRECTIONS[EXPECTED[contrast.meaning]],
        "signature": inputs.settings.primary_signature,
        "method": inputs.settings.primary_method,
        "ambient_alpha_to_null": alpha,
    }
    in_bulk = None if whole is None or whole.tables is None else whole.tables["claim"]["verdict"].iloc[0]
    if found is None or found.tables is None:
        status = NO_COMPARTMENT if found is None else found.planned.status
        reason = f"no cell is {contrast.compartment}" if found is None else found.planned.reason
        sizes = {"n_patients": 0, "n_case": 0, "n_reference": 0} if found is None else found.planned.sizes
        return (
            row
            | sizes
            | {
                "verdict_in_compartment": TOO_LITTLE,
                "verdict_in_bulk": in_bulk,
                "verdict": TOO_LITTLE,
                "rule": status,
                "sentence": f"The contrast could not be fitted: {reason}.",
                "status": status,
                "reason": reason,
            }
        )
    one = found.tables["claim"].iloc[0]
    min_p = math.nan if found.planned.min_p is None else found.planned.min_p
    verdict, rule = decide_cells(one["verdict"], in_bulk, min_p, alpha, contrast.compartment)
    return (
        row
        | found.planned.sizes
        | {name: one[name] for name in ESTIMATE}
        | {
            "permutation_p": one["permutation_p"],
            "min_p": min_p,
            "verdict_in_compartment": one["verdict"],
            "verdict_in_bulk": None if contrast.compartment == BULK else in_bulk,
            "verdict": verdict,
            "rule": rule,
            "sentence": one["sentence"],
            "status": OK,
            "reason": None,
        }
    )
