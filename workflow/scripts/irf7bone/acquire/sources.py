"""Read what a cohort's sources hold, deciding nothing: one adapter a kind of source.

A source is one module with two functions and one line in :data:`SOURCES`. Both functions take the card
and the entry of the card they serve (``card.expression``, or one item of ``card.clinical``):

* ``read_expression(card, entry) -> (genes x samples, record)``: a DataFrame, or what reads a large matrix in
  blocks (:class:`irf7bone.acquire.sample_blocks.StoredExpression`); where rows are probes, the index
  has two levels, probe and gene
* ``read_clinical(card, entry) -> (DataFrame samples x columns of text or None, record)``

``record`` is ``{"name": what was read, "sha256": its checksum}``, or a list of them; that of clinical data
may hold ``described`` and ``spelt`` besides, see :class:`irf7bone.acquire.acquired.Acquired`. The line says
besides which local files an entry reads and which it needs from elsewhere, without importing the module:
Snakemake asks for that at every start. The functions of a source with files from elsewhere take a third
argument, the :class:`irf7bone.download.fetch.Downloads` of the cohort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irf7bone.acquire.acquired import Acquired
from irf7bone.acquire.cbioportal_files import study_archive, study_files
from irf7bone.acquire.geo_layout import geo_files
from irf7bone.base.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.download.fetch import Downloads
    from irf7bone.download.remote import RemoteFile
    from irf7bone.study.card import Card, Sourced

_DATA = Path(__file__).resolve().parents[4] / "data"
SHIPPED_SIGNATURES = _DATA / "signatures"
SHIPPED_SYMBOLS = _DATA / "genes" / "hgnc_symbols.tsv.gz"


@dataclass(frozen=True)
class Source:
    """A kind of source.

    Args:
        module: Its module.
        files: Local files that an entry of a card reads through it.
        remote: Files from elsewhere that an entry reads; None for a source that needs none.
    """

    module: str
    files: Callable[[Sourced, dict], list[Path]]
    remote: Callable[[Sourced, dict], list[RemoteFile]] | None = None


def _named_file(card: Sourced, entry: dict) -> list[Path]:
    return [card.resolve(entry["path"])]


def _expression_file(card: Sourced, entry: dict) -> list[Path]:
    return [card.resolve(card.expression["path"])]


def _shipped_genes(card: Sourced, entry: dict) -> list[Path]:
    return [*sorted(SHIPPED_SIGNATURES.glob("*.gmt")), SHIPPED_SYMBOLS]


def _name_tables(card: Sourced, entry: dict) -> list[Path]:
    """Tables that name columns or rows of a package's data set; the card states the rest, by its checksum."""
    return [card.resolve(entry[key]["path"]) for key in ("annotation", "patients") if key in entry]


def _named_file_and_tables(card: Sourced, entry: dict) -> list[Path]:
    return [*_named_file(card, entry), *_name_tables(card, entry)]


def _expression_file_and_tables(card: Sourced, entry: dict) -> list[Path]:
    return [*_expression_file(card, entry), *_name_tables(card, entry)]


def _file_of_r(card: Sourced, entry: dict) -> list[Path]:
    """The entry's own file, or the one that ``expression`` names."""
    own = entry if "path" in entry else card.expression
    return [card.resolve(own["path"]), *_name_tables(card, entry)]


def _nothing(card: Sourced, entry: dict) -> list[Path]:
    """The card states what it reads, by its checksum or its address."""
    return []


SOURCES = {
    "cbioportal": Source("irf7bone.acquire.cbioportal", files=study_files, remote=study_archive),
    "geo": Source("irf7bone.acquire.geo", files=_nothing, remote=geo_files),
    "geo_file": Source("irf7bone.acquire.geo_file", files=_expression_file_and_tables),
    "h5ad": Source("irf7bone.acquire.h5ad", files=_expression_file),
    "package": Source("irf7bone.acquire.package", files=_name_tables),
    "r_file": Source("irf7bone.acquire.r_file", files=_file_of_r),
    "simulate": Source("irf7bone.acquire.simulate", files=_shipped_genes),
    "simulate_pairs": Source("irf7bone.acquire.simulate_pairs", files=_shipped_genes),
    "table": Source("irf7bone.acquire.table", files=_named_file_and_tables),
}


def _source(card: Sourced, entry: dict) -> Source:
    source = entry["source"]
    if source not in SOURCES:
        raise InputError(
            Problem(
                f"{card.path}, source",
                f"one of {', '.join(SOURCES)}",
                repr(source),
                "use a source that this version reads",
            )
        )
    return SOURCES[source]


def input_files(card: Card) -> list[Path]:
    """Local files that the acquisition of ``card`` reads, each once, in the order of the card."""
    entries = [card.expression, *card.clinical]
    files = [path for entry in entries for path in _source(card, entry).files(card, entry)]
    return list(dict.fromkeys(files))


def remote_files(card: Card) -> list[RemoteFile]:
    """Files that ``card`` needs from elsewhere, each once, in the order of the card; known from it alone."""
    files = []
    for entry in (card.expression, *card.clinical):
        remote = _source(card, entry).remote
        files += remote(card, entry) if remote else []
    return list(dict.fromkeys(files))


def acquire(card: Card, downloads: Downloads | None = None) -> Acquired:
    """Read the expression and the clinical tables of ``card`` and merge the latter by sample id.

    Args:
        card: The cohort's card.
        downloads: What was fetched for it; None where the card needs nothing from elsewhere.

    Raises:
        InputError: A source cannot be read, or two clinical sources contradict each other.
    """
    from irf7bone.acquire.split import split_columns  # here, so that listing files does not wait for pandas

    expression, sources = _read("expression", card, card.expression, downloads)
    clinical = None
    for entry in card.clinical:
        table, records = _read("clinical", card, entry, downloads)
        sources += records
        if "split" in entry:
            table = split_columns(table, entry["split"], f"{card.path}, clinical: split")
        table = table.mask(table.isin(entry.get("missing", [])), None)
        clinical = table if clinical is None else _merge_clinical(clinical, table, f"{card.path}, clinical")
    return Acquired(expression, clinical, sources)


def _read(
    role: str, card: Card, entry: dict, downloads: Downloads | None
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The table of one entry, and the records of what was read for it."""
    source = _source(card, entry)
    read = getattr(import_module(source.module), f"read_{role}")
    table, records = read(card, entry, downloads) if source.remote else read(card, entry)
    return table, [
        {"role": role, **record} for record in (records if isinstance(records, list) else [records])
    ]


def _merge_clinical(first: pd.DataFrame, second: pd.DataFrame, where: str) -> pd.DataFrame:
    """All samples and columns of both; where both have a value they must agree."""
    problems = Problems()
    for column in first.columns.intersection(second.columns):
        left, right = first[column].dropna(), second[column].dropna()
        both = left.index.intersection(right.index)
        differs = both[(left[both] != right[both]).to_numpy(dtype=bool)]
        if len(differs):
            problems.add(
                f"{where}, column {column!r}",
                expected="the same value in every clinical source that has the column",
                found=f"{len(differs)} samples with two different values",
                remedy="rename or remove the column in one of the sources",
                offenders=[f"{sample}: {left[sample]!r} and {right[sample]!r}" for sample in differs],
            )
    problems.raise_if_any()
    merged = first.combine_first(second)
    samples = first.index.append(second.index.difference(first.index, sort=False))
    columns = first.columns.append(second.columns.difference(first.columns, sort=False))
    merged = merged.reindex(index=samples, columns=columns).astype("object")
    return merged.where(merged.notna(), None)
