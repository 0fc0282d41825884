"""What a job takes, memory and time, from sizes that are known before it runs.

Imports nothing heavy: Snakemake asks when it plans.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from irf7bone.base.limits import MOST_IN_MEMORY

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


class Size(NamedTuple):
    """How large the expression of a card is.

    Args:
        genes: Rows of the source, genes or probes.
        samples: Its samples.
    """

    genes: int
    samples: int

    @property
    def matrix_mb(self) -> float:
        """Megabytes of the matrix in float32."""
        return 4e-6 * self.genes * self.samples


class Need(NamedTuple):
    """What a rule's job takes.

    Args:
        base_mb: Memory whatever the size.
        of_matrix: Memory, in sizes of the float32 matrix.
        of_large: The same for what of a matrix is beyond the size from which it stays in its file.
        base_seconds: Processor time whatever the size.
        per_million: Seconds for a million values.
        per_fit: Seconds for 10,000 random signatures like one, by one method, with one endpoint and 1,000
            samples.
    """

    base_mb: int
    of_matrix: float
    of_large: float
    base_seconds: float
    per_million: float
    per_fit: float = 0.0


# from what was measured (docs/development/benchmarks.md, Memory), rounded up
OF_COHORT = {
    "acquire_cohort": Need(500, 2.5, 2.5, 2, 0.35),
    "harmonise_cohort": Need(500, 2.5, 0.4, 1, 0.1),
    "score_cohort": Need(600, 5, 3.4, 2, 0.4),
    "associate_cohort": Need(700, 4, 3.2, 5, 0.4, 0.3),
    "plot_cohort": Need(800, 2.5, 0.4, 5, 0.1),
}
OF_ALL = {
    "check_quality": Need(600, 2.5, 1, 3, 0.3),
    "measure_agreement": Need(500, 2.5, 0.4, 2, 0.1),
    "audit_cohorts": Need(700, 2.5, 1, 3, 0.2),
    "random_signatures_pooled": Need(900, 4, 3.2, 3, 0.1, 0.15),
}
# no text that is read holds a larger matrix, and of h5ad less than that is needed
MOST_ACQUIRED_MB = 6_000
# processor time of what else there is: of each experiment and single-cell data set, and of figures and report
OTHERS_SECONDS = {"experiment": 20, "cells": 40, "report": 60}
OTHER_MB = 2_000  # of jobs that hold results or figures, and no expression of a cohort


def memory_mb(rule: str, sizes: Iterable[Size]) -> int:
    """Megabytes that a job of the rule takes at most.

    Args:
        rule: Its name.
        sizes: Of the cohorts that it reads, one at a time.
    """
    need = OF_COHORT.get(rule) or OF_ALL.get(rule)
    if need is None:
        return OTHER_MB
    matrix = max((size.matrix_mb for size in sizes), default=0.0)
    whole = min(matrix, 4e-6 * MOST_IN_MEMORY)
    needed = need.base_mb + need.of_matrix * whole + need.of_large * (matrix - whole)
    return round(min(needed, MOST_ACQUIRED_MB) if rule == "acquire_cohort" else needed)


def seconds(rule: str, sizes: Iterable[tuple[Size, float]]) -> float:
    """Processor time that a job of the rule takes, about.

    Args:
        rule: Its name.
        sizes: Of the cohorts that it reads; with each its random fits, in 10,000 (draws x signatures x
            methods x endpoints).
    """
    need = OF_COHORT.get(rule) or OF_ALL[rule]
    return need.base_seconds + sum(
        need.per_million * 1e-6 * size.genes * size.samples + need.per_fit * fits * size.samples / 1_000
        for size, fits in sizes
    )


def random_fits(config: Config, endpoints: Iterable[str]) -> float:
    """Fits of random signatures in one cohort, in 10,000.

    Args:
        config: The study's settings.
        endpoints: Those that the cohort's card has.
    """
    asked = len(set(config.endpoints) & set(endpoints))
    each = config.random_signatures.draws / 10_000
    return each * len(config.signatures.select) * len(config.methods) * asked
