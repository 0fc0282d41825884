"""Read what a cohort's sources hold, deciding nothing: one adapter a kind of source.

A source is one module with two functions and one line in :data:`SOURCES`. Both functions take the card
and the entry of the card they serve (``card.expression``, or one item of ``card.clinical``):

* ``read_expression(card, entry) -> (DataFrame genes x samples, record)``; where rows are probes, the index
  has two levels, probe and gene
* ``read_clinical(card, entry) -> (DataFrame samples x columns of text or None, record)``

``record`` is ``{"name": what was read, "sha256": its checksum}``, or a list of them. The line says besides
which local files an entry reads and which it needs from elsewhere, without importing the module: Snakemake
asks for that at every start. The functions of a source with files from elsewhere take a third argument, the
:class:`irf7bone.download.fetch.Downloads` of the cohort.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.acquire.cbioportal_files import study_archive, study_files
from irf7bone.acquire.geo_layout import geo_files
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.whole_file import whole_file

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.download.fetch import Downloads
    from irf7bone.download.remote import RemoteFile
    from irf7bone.study.cohort_card import CohortCard

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
    files: Callable[[CohortCard, dict], list[Path]]
    remote: Callable[[CohortCard, dict], list[RemoteFile]] | None = None


def _named_file(card: CohortCard, entry: dict) -> list[Path]:
    return [card.resolve(entry["path"])]


def _expression_file(card: CohortCard, entry: dict) -> list[Path]:
    return [card.resolve(card.expression["path"])]


def _shipped_genes(card: CohortCard, entry: dict) -> list[Path]:
    return [*sorted(SHIPPED_SIGNATURES.glob("*.gmt")), SHIPPED_SYMBOLS]


def _nothing(card: CohortCard, entry: dict) -> list[Path]:
    """The card states what it reads, by its checksum or its address."""
    return []


SOURCES = {
    "cbioportal": Source("irf7bone.acquire.cbioportal", files=study_files, remote=study_archive),
    "geo": Source("irf7bone.acquire.geo", files=_nothing, remote=geo_files),
    "h5ad": Source("irf7bone.acquire.h5ad", files=_expression_file),
    "package": Source("irf7bone.acquire.package", files=_nothing),
    "simulate": Source("irf7bone.acquire.simulate", files=_shipped_genes),
    "simulate_pairs": Source("irf7bone.acquire.simulate_pairs", files=_shipped_genes),
    "table": Source("irf7bone.acquire.table", files=_named_file),
}
_GENE_ID = "__gene_id__"  # no sample is called this, so the parquet column cannot collide with one
_PROBE_ID = "__probe_id__"
_SAMPLE_ID = "__sample_id__"  # likewise no clinical column


@dataclass(frozen=True)
class Acquired:
    """What the sources hold.

    Args:
        expression: Genes x samples, float64; ids as in the source, as text; gene ids may repeat. Where rows
            are probes, the index has two levels, probe and gene (none for a probe without one).
        clinical: Samples x columns; index = sample id; every value text or None.
        sources: One dict for each thing read: role, name, sha256.
    """

    expression: pd.DataFrame
    clinical: pd.DataFrame
    sources: list[dict[str, str]]


def _source(card: CohortCard, entry: dict) -> Source:
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


def input_files(card: CohortCard) -> list[Path]:
    """Local files that the acquisition of ``card`` reads, each once, in the order of the card."""
    entries = [card.expression, *card.clinical]
    files = [path for entry in entries for path in _source(card, entry).files(card, entry)]
    return list(dict.fromkeys(files))


def remote_files(card: CohortCard) -> list[RemoteFile]:
    """Files that ``card`` needs from elsewhere, each once, in the order of the card; known from it alone."""
    files = []
    for entry in (card.expression, *card.clinical):
        remote = _source(card, entry).remote
        files += remote(card, entry) if remote else []
    return list(dict.fromkeys(files))


def acquire(card: CohortCard, downloads: Downloads | None = None) -> Acquired:
    """Read the expression and the clinical tables of ``card`` and merge the latter by sample id.

    Args:
        card: The cohort's card.
        downloads: What was fetched for it; None where the card needs nothing from elsewhere.

    Raises:
        InputError: A source cannot be read, or two clinical sources contradict each other.
    """
    expression, sources = _read("expression", card, card.expression, downloads)
    clinical = None
    for entry in card.clinical:
        table, records = _read("clinical", card, entry, downloads)
        sources += records
        table = table.mask(table.isin(entry.get("missing", [])), None)
        clinical = table if clinical is None else _merge_clinical(clinical, table, f"{card.path}, clinical")
    return Acquired(expression, clinical, sources)


def _read(
    role: str, card: CohortCard, entry: dict, downloads: Downloads | None
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
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


def write_acquired(
    acquired: Acquired, *, expression: str | Path, clinical: str | Path, source: str | Path
) -> None:
    """Write the three parts (parquet, tsv, json), each whole or not at all."""
    levels = [_PROBE_ID, _GENE_ID][-acquired.expression.index.nlevels :]
    table = acquired.expression.rename_axis(index=levels, columns=None)
    with whole_file(expression) as path:
        table.to_parquet(path)
    with whole_file(clinical) as path:
        acquired.clinical.to_csv(
            path, sep="\t", na_rep="NA", index_label=_SAMPLE_ID, lineterminator="\n", encoding="utf-8"
        )
    write_sources(acquired.sources, source)


def write_sources(sources: list[dict[str, str]], source: str | Path) -> None:
    """Write what was read, each with its checksum, as json."""
    with whole_file(source) as path:
        path.write_text(json.dumps(sources, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_acquired(expression: str | Path, clinical: str | Path, source: str | Path) -> Acquired:
    """Read back what :func:`write_acquired` wrote; ids and clinical values stay text."""
    import pandas as pd  # here, so that listing input files does not wait for pandas

    values = pd.read_parquet(expression)
    levels = [values.index.get_level_values(name).astype("object") for name in values.index.names]
    values.index = pd.MultiIndex.from_arrays(levels) if len(levels) > 1 else levels[0].rename(None)
    values.columns = values.columns.astype("object")
    table = pd.read_csv(clinical, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    table = table.astype("object").set_index(_SAMPLE_ID).rename_axis(index=None)
    table.index = table.index.astype("object")
    table.columns = table.columns.astype("object")
    sources = json.loads(Path(source).read_text(encoding="utf-8"))
    return Acquired(values, table.where(table != "NA", None), sources)
