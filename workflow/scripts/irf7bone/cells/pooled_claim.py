"""What several single-cell data sets together say of the claim."""

from __future__ import annotations

from dataclasses import dataclass

from irf7bone.base.cells_vocabulary import AMBIENT, IN_TUMOUR_CELLS, NOT_IN_TUMOUR_CELLS, OPPOSITE
from irf7bone.base.vocabulary import NOT_SPECIFIC, TOO_LITTLE
from irf7bone.experiments.claim.rules import NO_EVIDENCE, SMALLEST_SD

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class PooledEvidence:
    """Pooled 95 % intervals of Hedges' g; None where fewer than two data sets have an estimate.

    Attributes:
        expected: -1 where the claim expects interferon to fall, 1 to rise.
        malignant: Of the malignant cells.
        bulk: Of all cells together.
        specific: Of the malignant cells, without data sets whose own verdict is *not specific*.
        clean: Of the malignant cells, without data sets that a share of ambient RNA below 0.10 could explain.
    """

    expected: int
    malignant: Interval
    bulk: Interval
    specific: Interval
    clean: Interval


def side_of(interval: Interval) -> int:
    """-1 where an interval lies wholly below 0, 1 where wholly above, else 0."""
    return 0 if interval is None else int(interval[0] > 0) - int(interval[1] < 0)


def decide_pooled(e: PooledEvidence) -> tuple[str, str]:
    """Verdict and the rule that fired, in the order tried; the same for both directions.

    What could be something else in single data sets must still show without them.
    """
    if e.malignant is None:
        return TOO_LITTLE, "too_few_data_sets"
    found = side_of(e.malignant)
    if found and side_of(e.specific) != found:
        return NOT_SPECIFIC, "not_without_unspecific"
    if found and side_of(e.clean) != found:
        return AMBIENT, "not_without_ambient"
    if found:
        if found == e.expected:
            return IN_TUMOUR_CELLS, "pooled_expected"
        return OPPOSITE, "pooled_opposite"
    if (e.malignant[1] if e.expected > 0 else -e.malignant[0]) >= SMALLEST_SD:
        return TOO_LITTLE, "pooled_wide"
    if side_of(e.bulk) == e.expected:
        return NOT_IN_TUMOUR_CELLS, "bulk_alone"
    return NO_EVIDENCE, "pooled_excludes_1_sd"
