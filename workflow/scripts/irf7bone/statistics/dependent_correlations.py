"""Do two variables correlate with a third one alike, where all are measured in the same samples?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]


def p_larger(first: Array, second: Array, between: Array, n: int) -> Array:
    """One-sided p that a first correlation is no larger than a second one with the same variable.

    Meng 1992 (Psychol Bull 111:172), equations 1 to 4: the difference of Fisher's z over
    its standard error, which knows that the two were measured together.

    Args:
        first: Correlations r1, any shape.
        second: Correlations r2, that shape.
        between: Correlations of the two variables with each other, that shape.
        n: Number of samples, 4 or more.

    Returns:
        That shape; 0.5 where the two variables are one.
    """
    edge = 1 - 1e-12
    one, two, inner = (np.clip(np.asarray(r, dtype=float), -edge, edge) for r in (first, second, between))
    square = (one**2 + two**2) / 2
    f = np.minimum((1 - inner) / (2 * (1 - square)), 1.0)
    h = (1 - f * square) / (1 - square)
    z = (np.arctanh(one) - np.arctanh(two)) * np.sqrt((n - 3) / (2 * (1 - inner) * h))
    return ndtr(-z)
