"""Files of a single-cell data set that come from elsewhere; light, as Snakemake asks at each start."""

from __future__ import annotations

from collections.abc import Mapping

from irf7bone.download.remote import RemoteFile
from irf7bone.study.cells_card import CellsCard
from irf7bone.study.tenx_names import PARTS, addresses


def remote_cells(card: CellsCard) -> list[RemoteFile]:
    """What is fetched for a card, each file once, in the order of the card; of a tenx_mtx its three files."""
    mtx = card.cells["source"] == "tenx_mtx"
    files = [
        file
        for entry in card.cells.get("files", ())
        if "url" in entry
        for file in (_tenx(entry) if mtx else [RemoteFile(entry["path"], (entry["url"],))])
    ]
    files += [RemoteFile(entry["path"], (entry["url"],)) for entry in card.obs if "url" in entry]
    return list(dict.fromkeys(files))


def _tenx(entry: Mapping[str, str]) -> list[RemoteFile]:
    return [
        RemoteFile(f"{entry['path']}_{names[0]}.gz", addresses(entry["url"], names), copies=False)
        for names in PARTS
    ]
