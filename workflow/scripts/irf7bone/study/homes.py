"""Where the tools of a run keep what they remember: below the run's own folder, whoever runs it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

CACHE = Path(".snakemake/irf7bone/cache")


def own_homes(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Snakemake, matplotlib, numba and fontconfig write below a run's folder only.

    Args:
        folder: The folder that the workflow runs in.
        environment: The user's own.
    """
    cache = (folder / CACHE).absolute()
    homes = {
        **environment,
        "XDG_CACHE_HOME": str(cache),
        "XDG_CONFIG_HOME": str(cache / "config"),
        "XDG_DATA_HOME": str(cache / "data"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
    }
    home = environment.get("HOME")
    if not home or not os.access(home, os.W_OK):
        homes["HOME"] = str(cache)
    if not os.access(Path(__file__).parent, os.W_OK):
        homes["NUMBA_CACHE_DIR"] = str(
            cache / "numba"
        )  # else the machine code lies beside the project's modules
    try:
        tempfile.gettempdir()
    except OSError:
        homes["TMPDIR"] = str(cache)
    return homes
