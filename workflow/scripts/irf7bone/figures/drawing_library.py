"""seaborn, imported without scipy.stats."""

from __future__ import annotations

import sys
from typing import Any


def load_seaborn() -> Any:
    """The module seaborn, loaded where a figure needs it.

    Of scipy.stats it uses the kernel estimate of a violin, and brings a copy of that for computers without
    SciPy: the same to the last digits. Importing scipy.stats takes a third of a second of every job that
    draws, so where nobody has loaded it yet it is out of sight while seaborn is imported, and back after.
    """
    hidden = not {"seaborn", "scipy.stats"} & sys.modules.keys()
    if hidden:
        sys.modules["scipy.stats"] = None  # type: ignore[assignment]  # Python's way to say that it is not there
    try:
        import seaborn
    finally:
        if hidden:
            del sys.modules["scipy.stats"]
    return seaborn
