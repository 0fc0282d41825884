"""Source ``geo``: a series of the Gene Expression Omnibus, from its files as GEO keeps them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.acquire import geo_layout, table, text
from irf7bone.acquire.series_matrix import read_series_matrix
from irf7bone.acquire.soft import read_probe_genes, read_series_tables
from irf7bone.base.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    from irf7bone.download.fetch import Downloads, Fetched
    from irf7bone.study.card import Sourced

Records = list[dict[str, Any]]
_APART = re.compile(r"[\s;,:()\[\]]+")  # what stands between the words of a title or description


def read_expression(card: Sourced, entry: dict, downloads: Downloads) -> tuple[pd.DataFrame, Records]:
    """The series matrix of the card's platform, or the supplementary file that the card names.

    Returns:
        Probes x samples, float64, with an index of two levels: probe, and gene as the platform's table
        writes it (None where it names none); of a supplementary file genes x samples. And the records of the
        files.

    Raises:
        InputError: A file cannot be read, or the platform's table knows none of the probes.
    """
    if "supplementary" in entry:
        return _read_supplementary(card, entry, downloads)
    accession, platform = entry["accession"], entry["platform"]
    matrix_file = downloads.get(geo_layout.series_matrix(accession, platform).name)
    platform_file = downloads.get(geo_layout.platform_table(platform).name)
    matrix = read_series_matrix(matrix_file.path, platform)
    gene_of = read_probe_genes(platform_file.path, platform, entry.get("gene_column"))
    if not any(probe in gene_of for probe in matrix.probes):
        raise InputError(
            Problem(
                str(platform_file.path),
                f"the probes of {matrix_file.path.name}",
                "none of them",
                "check the platform in the card; a custom array may need its genes from a file of your own",
                tuple(matrix.probes[:5]),
            )
        )
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index(matrix.probes, dtype=object),
            pd.Index([gene_of.get(probe) for probe in matrix.probes], dtype=object),
        ],
        names=["probe", "gene"],
    )
    frame = pd.DataFrame(matrix.values, index=index, columns=matrix.samples.index)
    return frame, [matrix_file.record, platform_file.record]


def _read_supplementary(card: Sourced, entry: dict, downloads: Downloads) -> tuple[pd.DataFrame, Records]:
    """Genes x samples of a supplementary file, under GEO's accessions where ``match`` names a column."""
    file, *matrices = [downloads.get(remote.name) for remote in geo_layout.geo_files(card, entry)]
    frame, _ = table.read_expression_file(file.path, genes_in_rows=True)
    if "match" in entry:
        samples = pd.concat(
            [read_series_matrix(matrix.path, None, samples_only=True).samples for matrix in matrices]
        )
        where = f"{card.path}, expression: match"
        accession = _accessions(list(frame.columns), samples, entry["match"], where)
        frame.columns = pd.Index([accession.get(name, name) for name in frame.columns], dtype=object)
    return frame, [file.record, *(matrix.record for matrix in matrices)]


def _accessions(names: list[str], samples: pd.DataFrame, match: str, where: str) -> dict[str, str]:
    """The accession of each name that is the ``match`` of one sample, or a word of it: ``[AUR-1]``."""
    known = _column(samples, match, where)
    whole, words = defaultdict(set), defaultdict(set)
    for accession, value in known.items():
        whole[value].add(accession)
        for word in _APART.split(value):
            words[word].add(accession)
    found = {name: whole.get(name) or words.get(name, set()) for name in names}
    sure = {name: next(iter(there)) for name, there in found.items() if len(there) == 1}
    if not sure:
        raise InputError(
            Problem(
                where,
                f"names that stand in {match!r} of one sample, such as {', '.join(map(repr, known[:3]))}",
                f"none among {len(names)}, such as {', '.join(map(repr, names[:3]))}",
                "name another column of the series matrix in match",
            )
        )
    return sure


def read_clinical(card: Sourced, entry: dict, downloads: Downloads) -> tuple[pd.DataFrame, Records]:
    """What the series says of its samples: in its matrix, in a table of its own, or in a file beside it.

    Returns:
        Samples x columns, text or None; and the records of what was read.

    Raises:
        InputError: A file cannot be read, or lacks the table or column that the card names.
    """
    files = [downloads.get(file.name) for file in geo_layout.geo_files(card, entry)]
    records: Records = [file.record for file in files]
    _, platform = geo_layout.geo_accessions(card, entry)
    if "key" not in entry:
        matrix = read_series_matrix(files[0].path, platform, samples_only=True)
        if matrix.spelt:
            records[0] = {**records[0], "spelt": matrix.spelt}
        return matrix.samples, records
    if "supplementary" in entry:
        frame, _ = table.read_clinical_file(files[0].path, entry["key"], card.path.name)
    else:
        frame = _series_table(files[0], entry["key"])
    if "match" in entry:
        samples = read_series_matrix(files[1].path, platform, samples_only=True).samples
        frame = _matched(frame, samples, entry["match"], f"{card.path}, clinical: match")
    return frame, records


def _series_table(file: Fetched, key: str) -> pd.DataFrame:
    """The one table of a family SOFT file that has the key column."""
    tables = read_series_tables(file.path)
    keyed = [found for found in tables if found.columns.count(key) == 1]
    if len(keyed) != 1:
        columns = tuple(", ".join(found.columns) for found in tables)
        raise InputError(
            Problem(
                str(file.path),
                f"one table of the series with the column {key!r}",
                f"{len(keyed)} among {len(tables)} tables",
                "set key to the column with the samples' accessions"
                if tables
                else "remove the entry: this series has no table of its own, so look at its characteristics "
                "and supplementary files",
                columns,
            )
        )
    [found] = keyed
    problems, where = Problems(), f"{file.path}, table of the series"
    text.check_ids(found.columns, where, what="column name", unique=True, problems=problems)
    ids = [row[found.columns.index(key)] for row in found.rows]
    text.check_ids(ids, f"{where}, column {key!r}", what="sample id", unique=True, problems=problems)
    problems.raise_if_any()
    cells = [[None if cell in text.MISSING_WORDS else cell for cell in row] for row in found.rows]
    frame = pd.DataFrame(cells, columns=pd.Index(found.columns, dtype=object), dtype=object)
    return frame.drop(columns=key).set_axis(pd.Index(ids, dtype=object), axis=0)


def _column(samples: pd.DataFrame, match: str, where: str) -> pd.Series:
    if match not in samples.columns:
        columns = ", ".join(map(str, samples.columns))
        raise InputError(
            Problem(where, f"a column of the series matrix: {columns}", repr(match), "correct it")
        )
    return samples[match].dropna()


def _matched(frame: pd.DataFrame, samples: pd.DataFrame, match: str, where: str) -> pd.DataFrame:
    """The rows under the accessions of the samples whose column ``match`` is their key."""
    known = _column(samples, match, where)
    problems = Problems()
    text.check_ids(known.to_numpy(), where, what=f"value of {match!r}", unique=True, problems=problems)
    problems.raise_if_any()
    accession = dict(zip(known, known.index, strict=True))
    if not any(key in accession for key in frame.index):
        raise InputError(
            Problem(
                where,
                f"keys that are values of {match!r}, such as {', '.join(map(repr, known[:3]))}",
                f"none among {len(frame)}, such as {', '.join(map(repr, frame.index[:3]))}",
                "name another column in match or key",
            )
        )
    return frame.set_axis(pd.Index([accession.get(key, key) for key in frame.index], dtype=object), axis=0)
