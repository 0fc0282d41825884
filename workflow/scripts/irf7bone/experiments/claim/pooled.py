"""What several experiments together say of the claim, in the words of a single one."""

from __future__ import annotations

from irf7bone.experiments.claim.rules import (
    CONTRADICTED,
    NO_EVIDENCE,
    NOT_SPECIFIC,
    SMALLEST_SD,
    SUPPORTED,
    TOO_LITTLE,
)

Interval = tuple[float, float] | None


def decide_experiments(expected: int, pooled: Interval, specific: Interval) -> tuple[str, str]:
    """Verdict and the rule that fired, in the order tried; the same for both directions.

    Args:
        expected: -1 where the claim expects interferon to fall, 1 to rise.
        pooled: 95 % interval of the pooled Hedges' g; None where fewer than two experiments have one.
        specific: The same without experiments whose own verdict is *not specific*.
    """
    if pooled is None:
        return TOO_LITTLE, "too_few_experiments"
    side = _side(pooled)
    if side and _side(specific) != side:
        return NOT_SPECIFIC, "not_without_unspecific"
    if side:
        return (SUPPORTED, "pooled_expected") if side == expected else (CONTRADICTED, "pooled_opposite")
    if (pooled[1] if expected > 0 else -pooled[0]) >= SMALLEST_SD:
        return TOO_LITTLE, "pooled_wide"
    return NO_EVIDENCE, "pooled_excludes_1_sd"


def _side(interval: Interval) -> int:
    return 0 if interval is None else int(interval[0] > 0) - int(interval[1] < 0)
