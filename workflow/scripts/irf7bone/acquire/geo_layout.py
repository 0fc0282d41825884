"""Where the Gene Expression Omnibus keeps the files of a series and of a platform.

The layout is that of https://ftp.ncbi.nlm.nih.gov/geo/README.txt: below ``series/GSE2nnn/GSE2034`` and
``platforms/GPLnnn/GPL96``, the number without its last three digits naming the folder of folders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from irf7bone.download.remote import RemoteFile

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

ARCHIVE = "https://ftp.ncbi.nlm.nih.gov/geo"
QUERY = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi"


def geo_files(card: Sourced, entry: dict) -> list[RemoteFile]:
    """Files that an entry of a card needs from GEO.

    The expression needs the series matrix of its platform and the platform's table, or the supplementary file
    it names, with the matrix of every platform where ``match`` names a column of it. A clinical entry needs
    the same matrix, or with ``table: series`` the family SOFT file, or the supplementary file it names; the
    latter two need the matrix besides where ``match`` names a column of it.
    """
    accession, platform = geo_accessions(card, entry)
    if entry is card.expression and "supplementary" in entry:
        platforms = entry.get("platforms", [platform]) if "match" in entry else []
        return [
            supplementary_file(accession, entry["supplementary"]),
            *(series_matrix(accession, name) for name in platforms),
        ]
    if entry is card.expression:
        return [series_matrix(accession, platform), platform_table(card.expression["platform"])]
    matrix = [series_matrix(accession, platform)]
    if "supplementary" in entry:
        return [supplementary_file(accession, entry["supplementary"]), *(matrix if "match" in entry else [])]
    if "table" in entry:
        return [family_soft(accession), *(matrix if "match" in entry else [])]
    return matrix


def geo_accessions(card: Sourced, entry: dict) -> tuple[str, str | None]:
    """Series and platform of an entry: its own, else those of the card's expression."""
    own = card.expression if card.expression["source"] == "geo" else {}
    accession = entry["accession"] if "accession" in entry else own["accession"]
    return accession, entry.get("platform", own.get("platform"))


def series_matrix(accession: str, platform: str | None) -> RemoteFile:
    """The matrix of one platform; a series with one platform has only the file without its name."""
    folder = _folder("series", accession)
    names = [f"{accession}_series_matrix.txt.gz"]
    if platform:
        names.insert(0, f"{accession}-{platform}_series_matrix.txt.gz")
    return RemoteFile(names[0], tuple(f"{folder}/matrix/{name}" for name in names), copies=False)


def family_soft(accession: str) -> RemoteFile:
    """The SOFT file with all that a series holds, its own tables among it."""
    name = f"{accession}_family.soft.gz"
    return RemoteFile(name, (f"{_folder('series', accession)}/soft/{name}",))


def supplementary_file(accession: str, name: str) -> RemoteFile:
    """A file that the authors of a series deposited beside it."""
    return RemoteFile(name, (f"{_folder('series', accession)}/suppl/{name}",))


def platform_table(platform: str) -> RemoteFile:
    """The annotation of a platform: GEO's own, renewed from Entrez Gene; else the submitter's SOFT table.

    The submitter's table is in a small file only by query; the family file holds every sample as well.
    """
    folder = _folder("platforms", platform)
    return RemoteFile(
        f"{platform}.platform",
        (
            f"{folder}/annot/{platform}.annot.gz",
            f"{QUERY}?targ=self&acc={platform}&form=text&view=full",
            f"{folder}/soft/{platform}_family.soft.gz",
        ),
        copies=False,
    )


def _folder(kind: str, accession: str) -> str:
    return f"{ARCHIVE}/{kind}/{re.sub(r'[0-9]{1,3}$', 'nnn', accession)}/{accession}"
