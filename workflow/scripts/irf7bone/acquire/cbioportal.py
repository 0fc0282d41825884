"""Source ``cbioportal``: a study as cBioPortal stages it, as a folder, as an archive, or from its datahub.

Format: docs.cbioportal.org, File Formats: tables separated by tabs; clinical tables may open with lines
that start with ``#``; patients and samples in two tables, joined by ``PATIENT_ID``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.cbioportal_files import PATIENTS, SAMPLES, archive_name, wanted_files
from irf7bone.acquire.cell_numbers import to_numbers
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.nearest import nearest
from irf7bone.download.archives import extract_members, list_members

if TYPE_CHECKING:
    from irf7bone.download.fetch import Downloads
    from irf7bone.study.card import Sourced

GENE_COLUMNS = {"symbol": "Hugo_Symbol", "entrez": "Entrez_Gene_Id"}
# what studies of cBioPortal write for missing, in lower case, beside the words of every source
MISSING = ("[not available]", "[not applicable]", "[pending]", "[discrepancy]", "[completed]", "[null]", "na")
LFS_POINTER = b"version https://git-lfs"


def read_expression(
    card: Sourced, entry: dict, downloads: Downloads | None
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Read the profile that the card names (``data_mrna_*.txt``), genes in rows.

    Returns:
        Genes x samples, float64; the ids are those of the column that the card's ``gene_id`` means. A row
        without one is called by its other id, in words, so that it is counted among the unknown genes.

    Raises:
        InputError: The study or the profile is not there, has no such column, repeats a sample, or holds
            cells that are no numbers.
    """
    with _study(card, entry, downloads) as study:
        path = study.file(entry["profile"])
        cells, names, checksum = text.read_cells(path)
        column = GENE_COLUMNS[entry["gene_id"]]
        other = next(name for name in GENE_COLUMNS.values() if name != column)
        where = str(path)
        _need(names, [column], where, "the column of the gene ids that the card's gene_id means")
        labels = {
            name: text.to_text(cells.column(names.index(name))) for name in (column, other) if name in names
        }
        row_ids = _row_ids(labels[column], labels.get(other), column)
        keep = [i for i, name in enumerate(names) if name not in GENE_COLUMNS.values()]
        samples = [names[i] for i in keep]
        problems = Problems()
        text.check_ids(samples, f"{where}, header", what="sample id", unique=True, problems=problems)
        problems.raise_if_any()
        values = to_numbers(cells.select(keep), samples, row_ids, path)
        frame = pd.DataFrame(
            values, index=pd.Index(row_ids, dtype=object), columns=pd.Index(samples, dtype=object)
        )
        return frame, study.records({path.name: checksum})


def read_clinical(
    card: Sourced, entry: dict, downloads: Downloads | None
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Read the samples of the study, each with what the study says about its patient.

    Returns:
        Samples x columns, text or None, ``PATIENT_ID`` among them; codes such as ``1:DECEASED`` stay as they
        are. Several samples of one patient stay several rows.

    Raises:
        InputError: A table cannot be read, lacks its ids or repeats them, no sample has a patient in the
            patient table, or the two tables contradict each other.
    """
    with _study(card, entry, downloads) as study:
        tables, checksums = {}, {}
        for name, keys in ((SAMPLES, ["SAMPLE_ID", "PATIENT_ID"]), (PATIENTS, ["PATIENT_ID"])):
            if name == SAMPLES or study.has(name):
                path = study.file(name)
                tables[name], checksums[name] = _clinical_table(path, keys)
        samples = tables[SAMPLES]
        if PATIENTS in tables:
            samples = _with_patients(samples, tables[PATIENTS], str(study.folder / SAMPLES))
        records: list[dict[str, Any]] = study.records(checksums)
        described = {
            name: words for table in checksums for name, words in _described(study.file(table)).items()
        }
        if described:
            records[0] = {**records[0], "described": described}
        return samples, records


def _described(path: Path) -> dict[str, str]:
    """What the lines above a clinical table say of its columns: the second of them describes them."""
    lines = []
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            if not line.startswith("#"):
                names = line.rstrip("\r\n").split("\t")
                break
            lines.append(line[1:].rstrip("\r\n").split("\t"))
        else:
            return {}
    if len(lines) < 2 or len(lines[1]) != len(names):
        return {}
    return {name: words.strip() for name, words in zip(names, lines[1], strict=True) if words.strip()}


def _refuse(where: object, expected: str, found: str, remedy: str, offenders: tuple = ()) -> InputError:
    return InputError(Problem(str(where), expected, found, remedy, offenders))


class _Study:
    """The wanted files of one study, wherever they came from."""

    def __init__(self, place: Path, folder: Path, names: list[str], archive: dict[str, str] | None):
        self.place, self.folder, self.names, self.archive = place, folder, names, archive

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def file(self, name: str) -> Path:
        """The file; refused where it is not there, or stands there as git-lfs leaves it before a pull."""
        path = self.folder / name
        if not self.has(name):
            there = [
                item
                for item in self.names
                if item.startswith(("data_mrna", "data_clinical", "data_rna", "data_exp"))
            ]
            near = nearest(name, there)
            raise _refuse(
                self.place,
                f"the file {name} of a cBioPortal study",
                f"no such file; of its kind there are {', '.join(sorted(there)) or 'none'}",
                f"did you mean `{near}`?" if near else "name the folder or archive that holds it",
            )
        with path.open("rb") as stream:
            if stream.read(len(LFS_POINTER)) == LFS_POINTER:
                raise _refuse(
                    path,
                    "a table",
                    "the pointer that git-lfs leaves in place of a large file",
                    "run `git lfs pull` in the clone of the datahub, or name the study with `study:`",
                )
        return path

    def records(self, checksums: dict[str, str]) -> list[dict[str, str]]:
        """What was read: the archive, or each file of a folder."""
        if self.archive:
            return [self.archive]
        return [{"name": f"{self.place.name}/{name}", "sha256": sha256} for name, sha256 in checksums.items()]


@contextmanager
def _study(card: Sourced, entry: dict, downloads: Downloads | None) -> Iterator[_Study]:
    """The study that the card's ``expression`` names; an archive's files lie in a folder that is removed."""
    stated = card.expression
    if "path" in stated:
        place = card.resolve(stated["path"])
        if place.is_dir():
            yield _Study(place, place, [item.name for item in place.iterdir()], None)
            return
        record = {"name": place.name, "sha256": text.file_sha256(place)}
    else:
        if downloads is None:
            raise ValueError("a study of the datahub is read from what was fetched")
        fetched = downloads.get(archive_name(stated["study"]))
        place, record = fetched.path, fetched.record
    wanted = wanted_files(card, entry)
    names = [PurePosixPath(name).name for name in list_members(place)]
    with TemporaryDirectory() as folder:
        extract_members(place, lambda name: PurePosixPath(name).name in wanted, Path(folder))
        try:
            yield _Study(place, Path(folder), names, record)
        except InputError as error:  # the folder will be gone when somebody reads the message
            named = [
                replace(item, where=item.where.replace(f"{folder}/", f"{place}: ")) for item in error.problems
            ]
            raise InputError(named) from None


def _need(names: list[str], columns: list[str], where: str, what: str) -> None:
    for column in columns:
        if column not in names:
            near = nearest(column, names)
            raise _refuse(
                f"{where}, header",
                f"{column}: {what}",
                f"the columns {', '.join(names[:6])}{' ...' * (len(names) > 6)}",
                f"rename `{near}`, if it is the same" if near else "check that this is the file you mean",
            )


def _row_ids(ids: np.ndarray, others: np.ndarray | None, column: str) -> list[str]:
    others = np.full(len(ids), None) if others is None else others
    return [
        own
        if own is not None
        else f"row {number} without {column}" + (f" ({other})" if other is not None else "")
        for number, (own, other) in enumerate(zip(ids, others, strict=True), start=1)
    ]


def _clinical_table(path: Path, keys: list[str]) -> tuple[pd.DataFrame, str]:
    """A clinical table by the first of its keys, without the lines that start with ``#``."""
    cells, names, checksum = text.read_cells(path, comments=True)
    where = str(path)
    _need(names, keys, where, "the id that every clinical table of a study has")
    problems = Problems()
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        problems.add(
            f"{where}, header",
            expected="every column name once",
            found=f"{len(repeated)} repeated",
            remedy="rename or remove the copies",
            offenders=repeated,
        )
    problems.raise_if_any()
    columns = {name: _values(text.to_text(column)) for name, column in zip(names, cells.columns, strict=True)}
    for key in keys:
        text.check_ids(
            columns[key],
            f"{where}, column {key!r}",
            what=f"{key.partition('_')[0].lower()} id",
            unique=key == keys[0],
            problems=problems,
        )
    problems.raise_if_any()
    table = pd.DataFrame(columns, dtype=object)
    return table.set_index(keys[0]).rename_axis(index=None), checksum


def _values(words: np.ndarray) -> np.ndarray:
    out = np.empty(len(words), dtype=object)
    out[:] = [None if word is None or word.strip().lower() in MISSING else word for word in words]
    return out


def _with_patients(samples: pd.DataFrame, patients: pd.DataFrame, where: str) -> pd.DataFrame:
    """Each sample with the columns of its patient; what both tables state must agree."""
    if not samples["PATIENT_ID"].isin(patients.index).any():
        raise _refuse(
            f"{where}, column 'PATIENT_ID'",
            f"patients of {PATIENTS}",
            f"none of {samples['PATIENT_ID'].nunique()} is there",
            "check that both tables belong to one study",
            tuple(samples["PATIENT_ID"][:5]),
        )
    joined = patients.reindex(samples["PATIENT_ID"]).set_axis(samples.index, axis=0)
    problems = Problems()
    for column in joined.columns.intersection(samples.columns):
        both = samples[column].notna() & joined[column].notna()
        differs = samples.index[both & (samples[column] != joined[column])]
        if len(differs):
            problems.add(
                f"{where}, column {column!r}",
                expected=f"the value that {PATIENTS} has for the patient",
                found=f"{len(differs)} samples with another one",
                remedy="rename or remove the column in one of the tables",
                offenders=[
                    f"{item}: {samples[column][item]!r} and {joined[column][item]!r}" for item in differs
                ],
            )
    problems.raise_if_any()
    merged = samples.combine_first(joined).reindex(samples.index)
    columns = [*samples.columns, *joined.columns.difference(samples.columns, sort=False)]
    merged = merged[columns].astype("object")
    return merged.where(merged.notna(), None)
