"""Simulated studies through the product's own pool and decision, counted by word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from calibrate.verdict_summary import Studies
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.verdict.collect import StudyEstimates, collect
from irf7bone.verdict.evidence import BEYOND_CHANCE, TAIL, Evidence
from irf7bone.verdict.rules import decide

SCALE = 0.5


def words(studies: Studies, smallest_hr: float) -> Counter[str]:
    """How many of the studies get each word."""
    return Counter(decide(evidence).word for evidence in judged(studies, smallest_hr))


def judged(studies: Studies, smallest_hr: float) -> list[Evidence]:
    """What the decision sees of each study."""
    kept = studies.pooled
    models = {
        name: StudyEstimates(studies.log_hr[name], studies.se[name]).only(kept) for name in studies.log_hr
    }
    variances = {name: values[:, kept] for name, values in studies.attenuation.items()}
    found = collect(models, smallest_hr=smallest_hr, scale=SCALE, variances=variances)
    control = pool_normal_normal(*(part[:, kept] for part in studies.control), scale=SCALE).mu.below(0.0)
    change, error = (part[:, kept] for part in studies.late_less_early)
    weight = 1 / np.square(error)
    with np.errstate(invalid="ignore"):  # a study without any estimate
        z = np.nansum(weight * change, axis=1) / np.sqrt(np.nansum(weight, axis=1))
    codes = [
        frozenset(
            code
            for code, there in (
                ("selected_on_outcome", studies.asked),
                ("control_failed", not control[row] < TAIL),
                ("non_proportional", abs(z[row]) > BEYOND_CHANCE),
            )
            if there
        )
        for row in range(len(found))
    ]
    return [replace(one, premises=own) for one, own in zip(found, codes, strict=True)]
