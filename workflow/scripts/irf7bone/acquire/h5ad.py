"""Source ``h5ad``: an AnnData file with genes as ``var`` and the clinical data in ``obs``.

Only the matrix that the card names, its ``var`` and ``obs`` are read; nothing in the file is unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem, sparse_dataset
from scipy import sparse

from irf7bone.acquire import text
from irf7bone.acquire.sample_blocks import Expression, StoredExpression
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.limits import MOST_IN_MEMORY

if TYPE_CHECKING:
    from pathlib import Path

    from irf7bone.study.card import Sourced

MATRICES = ("array", "csr_matrix", "csc_matrix")
MOST_VALUES = 2_500_000_000  # 125,000 samples x 20,000 genes; one row a cell would be more
MOST_BY_GENES = 500_000_000  # where a file lies gene by gene, so that all of it must be read at once


def read_expression(card: Sourced, entry: dict) -> tuple[Expression, dict[str, str]]:
    """Read one matrix of the file: ``X``, ``raw`` or ``layers/<name>``, dense or sparse.

    Returns:
        Genes x samples, float32 where the file has that, else float64; gene ids are the index of ``var``, or
        its column ``gene_column``; and the record of the file. A large matrix is read when it is asked for.

    Raises:
        InputError: The file cannot be read, lacks what the card names, or has empty or repeated ids.
    """
    path = card.resolve(entry["path"])
    with _opened(path) as file:
        stored = _stored(file, entry["matrix"], path)
        shape, in_blocks = _shape(stored), _in_blocks(stored)
        dtype = np.dtype(np.float32 if _dtype(stored) == np.float32 else np.float64)
        matrix = None if in_blocks else _element(stored)
        place = "raw/var" if entry["matrix"] == "raw" else "var"
        genes = _table(file, place, path)
        samples = _table(file, "obs", path).index
    _check_shape(shape, (len(samples), len(genes)), f"{path}, {entry['matrix']}")
    gene_ids = _gene_ids(genes, entry, f"{path}, {place}")
    sample_ids = _sample_ids(samples, path)
    problems = Problems()
    text.check_ids(gene_ids, f"{path}, {place}", what="gene id", unique=False, problems=problems)
    problems.raise_if_any()
    index = pd.Index(gene_ids, dtype=object)
    if in_blocks:
        reader = partial(_read_samples, path, entry["matrix"])
        return StoredExpression(reader, index, sample_ids, np.arange(len(sample_ids)), dtype), _record(path)
    values = np.asarray(matrix.toarray() if isinstance(matrix, sparse.spmatrix | sparse.sparray) else matrix)
    if values.dtype != np.float32:
        values = values.astype(float)
    return pd.DataFrame(values.T, index=index, columns=sample_ids), _record(path)


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read ``obs`` of the file that the card's ``expression`` names.

    Returns:
        Samples x columns, every value text or None; and the record of the file.

    Raises:
        InputError: The file cannot be read, or has empty or repeated sample ids.
    """
    path = card.resolve(card.expression["path"])
    with _opened(path) as file:
        obs = _table(file, "obs", path)
    samples = _sample_ids(obs.index, path)
    columns = {str(name): text.values_as_text(obs[name]) for name in obs.columns}
    return pd.DataFrame(columns, index=samples, dtype=object), _record(path)


def _refuse(where: object, expected: str, found: str, remedy: str, offenders: tuple = ()) -> InputError:
    return InputError(Problem(str(where), expected, found, remedy, offenders))


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The file, open for reading; whatever HDF5 or anndata cannot read in it becomes a problem.

    A damaged file makes their readers trip in any way (OSError, KeyError, MemoryError, errors of their own).
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except FileNotFoundError:
        raise _refuse(path, "a file", "nothing there", "correct the path in the card") from None
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise _refuse(
            path,
            "an AnnData file (h5ad)",
            f"a file that is something else, or damaged ({said})",
            "fetch or write it again; a file of an old anndata must be read and written with a current one",
        ) from None


def _stored(file: h5py.File, name: str, path: Path) -> h5py.Group | h5py.Dataset:
    """A matrix of the file, checked but not read."""
    there = [key for key in ("X",) if key in file] + (["raw"] if "raw/X" in file else [])
    there += [f"layers/{key}" for key in file.get("layers", ())]
    if name not in there:
        near = get_close_matches(name, there, n=1)
        raise _refuse(
            f"{path}, {name}",
            "a matrix of the file, as the card's `matrix` names it",
            f"no such one; there are {', '.join(there) or 'none'}",
            f"set matrix: {near[0]}" if near else "name one that is there",
        )
    stored = file["raw/X" if name == "raw" else name]
    n_values = int(np.prod(_shape(stored), dtype=float))
    by_genes = _encoding(stored) == "csc_matrix"
    if n_values > (MOST_BY_GENES if by_genes else MOST_VALUES):
        remedy = "a cohort has one row a tumour: sum the cells of each sample before this workflow"
        if by_genes and n_values <= MOST_VALUES:
            remedy = (
                "write it sample by sample, as a csr or a dense matrix, which is read a few samples at a time"
            )
        raise _refuse(
            f"{path}, {name}",
            f"at most {MOST_BY_GENES if by_genes else MOST_VALUES:,} values (samples x genes)",
            f"{' x '.join(f'{n:,}' for n in _shape(stored))}",
            remedy,
        )
    if _encoding(stored) not in MATRICES or _dtype(stored).kind not in "fiub":
        raise _refuse(
            f"{path}, {name}",
            "a matrix of numbers, as anndata 0.7 and later write it",
            f"something else ({_encoding(stored)})",
            "name another matrix, or read the file with its own anndata and write it with a current one",
        )
    return stored


def _shape(stored: h5py.Group | h5py.Dataset) -> tuple[int, ...]:
    return tuple(map(int, stored.attrs["shape"] if isinstance(stored, h5py.Group) else stored.shape))


def _dtype(stored: h5py.Group | h5py.Dataset) -> np.dtype:
    return (stored["data"] if isinstance(stored, h5py.Group) else stored).dtype


def _in_blocks(stored: h5py.Group | h5py.Dataset) -> bool:
    """Whether a matrix is so large that it is read a few samples at a time."""
    return _encoding(stored) != "csc_matrix" and np.prod(_shape(stored), dtype=float) > MOST_IN_MEMORY


def _read_samples(path: Path, name: str, rows: np.ndarray) -> np.ndarray:
    """Values of samples that follow each other, float64."""
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    with _opened(path) as file:
        stored = file["raw/X" if name == "raw" else name]
        if isinstance(stored, h5py.Group):
            return sparse_dataset(stored)[part].toarray().astype(float)
        return stored[part].astype(float)


def _element(stored: h5py.Group | h5py.Dataset) -> Any:
    """What anndata reads there; it raises errors of many kinds of its own where a file contradicts itself."""
    try:
        return read_elem(stored)
    except Exception as error:
        raise ValueError(f"{stored.name}: {error}") from error


def _table(file: h5py.File, name: str, path: Path) -> pd.DataFrame:
    if name not in file or _encoding(file[name]) != "dataframe":
        raise _refuse(
            f"{path}, {name}",
            "a table, as anndata 0.7 and later write it",
            f"something else ({_encoding(file[name])})" if name in file else "nothing there",
            "read the file with its own anndata and write it with a current one",
        )
    return _element(file[name])


def _encoding(stored: h5py.Group | h5py.Dataset) -> str:
    """What anndata wrote a part of the file as; older versions wrote nothing about it."""
    return str(stored.attrs.get("encoding-type", "no encoding is named"))


def _check_shape(found: tuple[int, ...], expected: tuple[int, int], where: str) -> None:
    if tuple(found) != expected:
        raise _refuse(
            where,
            f"{expected[0]} samples x {expected[1]} genes, as obs and var have them",
            " x ".join(map(str, found)),
            "write the file again: its parts do not belong together",
        )


def _gene_ids(genes: pd.DataFrame, entry: dict, where: str) -> np.ndarray:
    if "gene_column" not in entry:
        return text.values_as_text(pd.Series(genes.index))
    column = entry["gene_column"]
    if column not in genes.columns:
        near = get_close_matches(column, list(map(str, genes.columns)), n=1)
        raise _refuse(
            where,
            f"the column {column!r}, which the card names as gene_column",
            f"the columns {', '.join(map(str, genes.columns[:12])) or 'none'}",
            f"set gene_column: {near[0]}" if near else "name the column of gene ids, or leave the key out",
        )
    return text.values_as_text(genes[column])


def _sample_ids(samples: pd.Index, path: Path) -> pd.Index:
    problems = Problems()
    ids = text.values_as_text(pd.Series(samples))
    text.check_ids(ids, f"{path}, index of obs", what="sample id", unique=True, problems=problems)
    problems.raise_if_any()
    return pd.Index(ids, dtype=object)


def _record(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": text.file_sha256(path)}
