"""Which module holds which scoring method, apart from what the methods are: the report needs none of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

# names are spelt out so that the hash of a rule's code finds the modules
MODULES = {
    "zscore": "irf7bone.scoring.zscore",
    "ssgsea": "irf7bone.scoring.ssgsea",
    "singscore": "irf7bone.scoring.singscore",
    "gsva": "irf7bone.scoring.gsva",
    "plage": "irf7bone.scoring.plage",
}


def score_function(method: str) -> Callable:
    """``score(prepared, sets)``: scores of shape (n_sets, n_samples) for a 0/1 sets x genes matrix.

    The module is imported when the method is first used, because one of them needs a heavy library.

    Args:
        method: Name in :data:`irf7bone.scoring.registry.METHODS`.
    """
    return import_module(MODULES[method]).score
