"""Where the tools of a run keep what they remember: below the run's own folder, whoever runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

CACHE = Path(".snakemake/irf7bone/cache")


@contextmanager
def own_homes(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """An environment in which Snakemake, matplotlib, numba and fontconfig write below a run's folder only.

    A folder that cannot be written to, as of a finished run that is kept, is lent one for the time.

    Args:
        folder: The folder that the workflow runs in.
        environment: The user's own.
    """
    with TemporaryDirectory() if _is_closed(folder) else nullcontext((folder / CACHE).absolute()) as place:
        yield {**environment, **_homes(Path(place), environment)}


def _is_closed(folder: Path) -> bool:
    """Whether a folder is there and nothing can be written to it."""
    return folder.is_dir() and not os.access(folder, os.W_OK)


def _homes(cache: Path, environment: Mapping[str, str]) -> dict[str, str]:
    homes = {
        "XDG_CACHE_HOME": str(cache),
        "XDG_CONFIG_HOME": str(cache / "config"),
        "XDG_DATA_HOME": str(cache / "data"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
    }
    home = environment.get("HOME")
    if not home or not os.access(home, os.W_OK):
        homes["HOME"] = str(cache)
    if not os.access(Path(__file__).parent, os.W_OK):  # where it can, machine code lies beside the modules
        homes["NUMBA_CACHE_DIR"] = str(cache / "numba")
    try:
        gettempdir()
    except OSError:
        homes["TMPDIR"] = str(cache)
    return homes
