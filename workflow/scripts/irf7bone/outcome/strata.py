"""Every model in each of two kinds of tumour, for whatever tells them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from irf7bone.outcome.associate import association_rows
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, Reason, because


def associate_strata(
    plan: FitPlan, strata: Mapping[str, np.ndarray], words: Mapping[str, str], unknown: Reason | None
) -> Iterator[dict[str, Any]]:
    """The rows of :func:`irf7bone.outcome.associate.associate` in each stratum, with column ``stratum``.

    The score is not scaled anew: one unit is one standard deviation within the whole cohort in all strata, so
    that their effects can be compared. A stratum with fewer events than the config asks for has a status.

    Args:
        plan: That of the whole cohort.
        strata: Name -> which samples, shape (n,).
        words: Name -> what its tumours are called in reasons.
        unknown: Why no sample can be told, where that is so.
    """
    for stratum, chosen in strata.items():
        lacking = unknown
        if lacking is None:
            code = Code.NO_ENDPOINT_IN_STRATUM if chosen.any() else Code.NO_TUMOUR_IN_STRATUM
            lacking = because(code, stratum=words[stratum])
        for row in association_rows(plan.within(chosen, lacking)):
            yield {**row, "stratum": stratum}
