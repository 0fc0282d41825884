"""A card for a series of the Gene Expression Omnibus: fetched, looked at, and kept for the run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from irf7bone.acquire.geo_layout import platform_table, series_matrix
from irf7bone.acquire.series_matrix import BEGIN, END, read_series_matrix
from irf7bone.acquire.soft import decode, open_text
from irf7bone.base.errors import InputError, Problem
from irf7bone.commands.propose.seen import Seen, ask, ask_scale, ask_written, said_of_spellings
from irf7bone.download.fetch import Patience, fetch_all
from irf7bone.download.lock import lock_path, read_lock, write_lock
from irf7bone.download.remote import MANIFEST

HUMAN = "Homo sapiens"
ACCESSION = re.compile(r"GSE[0-9]+")
_SPECIES = {HUMAN: "human", "Mus musculus": "mouse"}
_TABLE = re.compile(r"\.(csv|tsv|txt|parquet)(\.gz)?$", re.IGNORECASE)


def look_at_series(
    accession: str,
    platform: str | None,
    card: Path,
    folder: Path,
    *,
    mirror: str | None,
    any_species: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - immutable
) -> Seen:
    """Fetch the series matrix and the platform's table, and read them.

    A series that keeps its values in a supplementary file is proposed with the file, or with the question
    which of several it is; that file is not fetched.

    What was fetched stays in the cohort's folder of downloads with its checksum in the lock beside the card,
    so that a run does not fetch it again.

    Args:
        accession: GSE...
        platform: GPL..., needed where the series has several.
        card: The card to be.
        folder: The cohort's folder of downloads.
        mirror: As in the config.
        any_species: Whether samples may be of another species than man.
        patience: How long to try.

    Raises:
        InputError: No such series, several platforms, another species, or a file that cannot be read.
    """
    if not ACCESSION.fullmatch(accession):
        raise InputError(
            Problem("ACCESSION", "the accession of a series, such as GSE2034", repr(accession), "correct it")
        )
    lock = lock_path(card)
    try:
        [matrix] = fetch_all(
            [series_matrix(accession, platform)], folder, lock=lock, mirror=mirror, patience=patience
        )
    except InputError as error:
        remedy = "; a series with several platforms has one matrix for each: name one with PLATFORM=GPL..."
        raise InputError(
            [replace(item, remedy=item.remedy + ("" if platform else remedy)) for item in error.problems]
        ) from None
    about = _series_lines(matrix.path)
    own = platform or about.get("platform_id", "")
    path = matrix.path
    if not platform:
        path = _renamed(matrix.path, series_matrix(accession, own).name, folder, lock)
    beside = about.get("supplementary_file", "").split()
    remarks = [f"Supplementary file of the series: {name}" for name in beside]
    remarks += _said_of_relations(about.get("relation", ""))
    stated = _stated(about, accession)
    if not _has_values(path):
        samples = read_series_matrix(path, own, samples_only=True)
        _check_species(samples.samples, path, any_species=any_species)
        stated |= _organism(samples.samples)
        expression = _of_supplementary(accession, platform, beside)
        remarks.append("The series matrix holds no values: a supplementary file does.")
        remarks += said_of_spellings(samples.spelt)
        return Seen(expression, [{"source": "geo"}], pd.DataFrame(), samples.samples, stated, remarks)
    fetch_all(
        [series_matrix(accession, own), platform_table(own)],
        folder,
        lock=lock,
        mirror=mirror,
        patience=patience,
    )
    found = read_series_matrix(path, own)
    _check_species(found.samples, path, any_species=any_species)
    values = pd.DataFrame(found.values, index=found.probes, columns=found.samples.index)
    expression = {
        "source": "geo",
        "accession": accession,
        "platform": own,
        "scale": ask_scale(values),
        "collapse": "max_mean",
        **ask_written(values),
    }
    stated |= _organism(found.samples)
    remarks.append(
        "Outcome that is not below may be in the family SOFT file (clinical: table: series) or in a "
        "supplementary file."
    )
    remarks += said_of_spellings(found.spelt)
    return Seen(expression, [{"source": "geo"}], values, found.samples, stated, remarks)


def _has_values(path: Path) -> bool:
    """Whether anything stands between the header of a series matrix's table and its end."""
    with open_text(path) as stream:
        for raw in stream:
            if raw.startswith(BEGIN):
                stream.readline()
                return bool(stream.readline().strip().removeprefix(END))
    return False


def _of_supplementary(accession: str, platform: str | None, beside: list[str]) -> dict[str, Any]:
    """The card's ``expression`` of a series whose values are in a supplementary file."""
    names = [name.rpartition("/")[2] for name in beside]
    tables = [name for name in names if _TABLE.search(name)]
    which = f"which of {', '.join(tables or names) or 'the files on its page'} holds the values?"
    return {
        "source": "geo",
        "accession": accession,
        **({"platform": platform} if platform else {}),
        "supplementary": tables[0] if len(tables) == 1 else ask(which),
        "match": ask(
            "which column of the samples (title, description, ...) holds what the header of that file calls "
            "them? Remove it where that is GSM..."
        ),
        "gene_id": ask("symbol, entrez or ensembl?"),
        "scale": ask("linear, log2, counts or log_ratio?"),
        "collapse": "max_mean",
    }


def _said_of_relations(relation: str) -> list[str]:
    """What a series of series shares its samples with."""
    said = []
    for kind, words in (("SuperSeries of", "holds the samples of"), ("SubSeries of", "is a part of")):
        others = re.findall(rf"{kind}: (GSE[0-9]+)", relation)
        if others:
            said.append(
                f"The series {words} {', '.join(others)}: the same samples, so take one of them, not both."
            )
    return said


def _organism(samples: pd.DataFrame) -> dict[str, str]:
    """``organism`` where every sample is of one species that a card can name."""
    species = samples["organism_ch1"].dropna().unique().tolist() if "organism_ch1" in samples else []
    return {"organism": _SPECIES[species[0]]} if len(species) == 1 and species[0] in _SPECIES else {}


def _series_lines(path: Path) -> dict[str, str]:
    """What the head of the matrix says of the series; several values of one key joined by a space."""
    about: dict[str, str] = {}
    with open_text(path) as stream:
        for raw in stream:
            if raw.startswith((b"!Sample_", b"!series_matrix_table_begin")):
                break
            if raw.startswith(b"!Series_"):
                name, _, rest = decode(raw).rstrip("\r\n").removeprefix("!Series_").partition("\t")
                value = rest.strip().strip('"').replace('""', '"')
                about[name] = f"{about[name]} {value}" if name in about else value
    return about


def _stated(about: dict[str, str], accession: str) -> dict[str, Any]:
    stated: dict[str, Any] = {"title": f"{about['title']} ({accession})"} if about.get("title") else {}
    pmid = about.get("pubmed_id", "").split()
    if pmid and pmid[0].isdigit():
        stated["citation"] = {"pmid": int(pmid[0])}
    return stated


def _renamed(path: Path, name: str, folder: Path, lock: Path) -> Path:
    """The matrix under the name that a card with its platform knows it by, in manifest and lock as well."""
    renamed = folder / name
    path.replace(renamed)
    for record in (folder / MANIFEST, lock):
        entries = {name if key == path.name else key: entry for key, entry in read_lock(record).items()}
        write_lock(record, entries)
    return renamed


def _check_species(samples: pd.DataFrame, path: Path, *, any_species: bool) -> None:
    if any_species:
        return
    species = samples["organism_ch1"].dropna().unique().tolist() if "organism_ch1" in samples else []
    others = [name for name in species if name != HUMAN]
    if species and len(others) == len(species):
        raise InputError(
            Problem(
                str(path),
                f"samples of {HUMAN}: signatures are human, and so is a cohort",
                ", ".join(map(str, others)),
                "use an experiment card for other species",
            )
        )
