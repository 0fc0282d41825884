"""Files of a single-cell data set that come from elsewhere; light, as Snakemake asks at each start."""

from __future__ import annotations

from irf7bone.download.remote import RemoteFile
from irf7bone.study.cells_card import CellsCard


def remote_cells(card: CellsCard) -> list[RemoteFile]:
    """What is fetched for a card, each file once, in the order of the card."""
    return list(dict.fromkeys(RemoteFile(entry["path"], (entry["url"],)) for entry in card.fetched()))
