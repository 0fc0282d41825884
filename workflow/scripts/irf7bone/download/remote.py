"""Names for what is fetched: the files that a card needs, and where each may be had.

Imports nothing heavy: Snakemake asks for the plan at every start.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FOLDER = "data/downloads"  # below the project's folder, shared by all studies; one folder a cohort
MANIFEST = "fetched.tsv"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


class RemoteFile(NamedTuple):
    """One file to fetch.

    A tuple, because Snakemake compares only built-in types and their subclasses between runs.

    Args:
        name: What it is called in the cohort's folder of downloads; no folders in it.
        urls: Where it may be had (``https`` or ``file``), in the order to try.
        copies: Whether the URLs hold one and the same file. Where they do not, a later one is asked only if
            there is no file at the earlier ones: a server that is down must not change what is analysed.
    """

    name: str
    urls: tuple[str, ...]
    copies: bool = True


def is_safe_name(name: str) -> bool:
    """Whether ``name`` is a plain file name that can stand in any folder."""
    return bool(_NAME.fullmatch(name)) and name != MANIFEST
