"""A contrast, the samples that it compares and the linear model that compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Contrast:
    """Two groups of an experiment and what their comparison means.

    Args:
        id: Its name in tables.
        case: Group whose level counts as plus: effects are case minus reference.
        reference: Group it is compared with.
        paired: Compare within pairs; samples without a partner are left out and named.
        batch: Put ``obs["batch"]`` into the model.
        meaning: One of :data:`irf7bone.experiments.words.MEANINGS`.
    """

    id: str
    case: str
    reference: str
    paired: bool
    batch: bool
    meaning: str


@dataclass(frozen=True)
class Design:
    """The linear model of one contrast over its own samples.

    Attributes:
        contrast: The contrast.
        samples: Ids of its samples, in the order of the experiment.
        matrix: Samples x coefficients, float64, full rank; the first column is 1 for the case group, 0 for
            the reference, the others are intercept, pairs and batches.
        is_case: True for the samples of the case group.
        strata: Integer code of the stratum within which labels may be exchanged: the pair, or else the batch.
        not_used: Samples of the two groups that are left out, with the reason.
        model: The model in words.
    """

    contrast: Contrast
    samples: tuple[str, ...]
    matrix: np.ndarray
    is_case: np.ndarray
    strata: np.ndarray
    not_used: dict[str, str]
    model: str


def build_designs(experiment: str, obs: pd.DataFrame, contrasts: Sequence[Contrast]) -> list[Design]:
    """The model of every contrast, each over the samples of its own two groups.

    Args:
        experiment: Experiment id, for messages.
        obs: Samples: ``group``, ``pair`` (missing where unpaired), ``batch`` (optional); index = sample id.
        contrasts: What to compare.

    Raises:
        InputError: a group that is not there, a group of one, a pair with one member or with two in one
            group, no pairs at all, batch equal to group (confounded), no residual degree of freedom; all
            problems of all contrasts together.
    """
    raise NotImplementedError
