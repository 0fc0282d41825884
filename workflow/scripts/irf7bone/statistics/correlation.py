"""Correlations on Fisher's scale."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])


def fisher_se(n: Number, covariates: Number) -> Number:
    """Standard error of Fisher's z of a correlation, or of a partial one.

    Args:
        n: Samples.
        covariates: What the correlation is adjusted for, 0 for none.

    Returns:
        1 / sqrt(n - covariates - 3), of the shape of the arguments (Fisher 1924, Metron 3:329-332).
    """
    return 1 / np.sqrt(n - covariates - 3.0)
