"""One thing that is wrong, as every message of this project says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OFFENDERS_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input, and how to mend it.

    Args:
        where: File, and column or key, that the problem is in.
        expected: What would have been right.
        found: What was there instead.
        remedy: What the user can do about it.
        offenders: The rows, ids or values concerned; the first five are shown.
    """

    where: str
    expected: str
    found: str
    remedy: str
    offenders: Sequence[object] = ()

    def __str__(self) -> str:
        lines = [
            self.where,
            f"    expected: {self.expected}",
            f"    found:    {self.found}",
        ]
        if self.offenders:
            shown = ", ".join(str(item) for item in self.offenders[:OFFENDERS_SHOWN])
            more = len(self.offenders) - OFFENDERS_SHOWN
            lines.append(f"    first:    {shown}" + (f" (and {more} more)" if more > 0 else ""))
        lines.append(f"    remedy:   {self.remedy}")
        return "\n".join(lines)
