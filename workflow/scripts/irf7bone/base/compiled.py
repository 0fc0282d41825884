"""Numeric loops compiled by numba, the machine code kept for the next job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

VECTOR, MATRIX = numba.float64[::1], numba.float64[:, ::1]
INTEGER, INTEGERS, FLAGS = numba.int64, numba.int64[::1], numba.boolean[::1]


def compiled(*types: Any, nogil: bool = False) -> Callable[[Callable], Callable]:
    """Compile a function for arguments of these types, in floating-point arithmetic that is never reordered.

    One signature a function, so that jobs that compile at the same time write the same thing. numba does
    not see a change in another file: such a function calls none but those of its own module. The machine
    code lies in ``__pycache__``, or in the user's cache where that cannot be written; where neither can,
    each job compiles for itself.

    Args:
        types: Of the arguments.
        nogil: Whether several threads may be in the function at a time.
    """

    def compile_it(function: Callable) -> Callable:
        try:
            return numba.njit(types, cache=True, nogil=nogil, error_model="numpy")(function)
        except RuntimeError:  # numba's word for "no folder to keep it in"
            return numba.njit(types, nogil=nogil, error_model="numpy")(function)

    return compile_it
