"""Tables that take seconds to make up and are asked for by many test modules."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from madeup import study as made

P = ParamSpec("P")
R = TypeVar("R")


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Computed once for equal arguments and an equal made-up study; each caller has a copy of its own."""
    kept: dict[bytes, bytes] = {}

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        study = (made.SIGNATURES, made.METHODS, made.ENDPOINTS, made.HAS, made.ROLES, made.SIZES)
        key = pickle.dumps((arguments, named, study))
        if key not in kept:
            kept[key] = pickle.dumps(function(*arguments, **named))
        return pickle.loads(kept[key])

    return call
