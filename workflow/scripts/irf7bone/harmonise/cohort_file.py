"""The contract of ``results/cohorts/<id>.h5ad``: one check on write and on read, one way to do both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.limits import MOST_IN_MEMORY
from irf7bone.base.stored_matrix import Matrix, StoredMatrix, row_blocks
from irf7bone.base.vocabulary import ENDPOINTS, ESR1
from irf7bone.base.whole_file import whole_file

CATEGORIES = {
    "er": ("negative", "positive"),
    "her2": ("negative", "positive"),
    "pr": ("negative", "positive"),
    "node": ("negative", "positive"),
}
BATCH = "batch"
SUBTYPE_FIELD = "subtype"  # its levels are the source's own
# what a value can be at all: outside, a unit is wrong or a column is another one
RANGES = {"grade": (1.0, 3.0), "size_cm": (0.0, 40.0), "age": (10.0, 120.0)}
PROVENANCE_KEYS = ("cohort", "card_sha256", "sources", "scale", "genes", "samples", "endpoints", "fields")
_ENDPOINT_COLUMN = re.compile(rf"({'|'.join(ENDPOINTS)})_(time_months|event|competing)")


def check_cohort(adata: ad.AnnData, where: str, *, with_values: bool = True) -> None:
    """Raise :class:`InputError` naming everything in which ``adata`` breaks the contract of a cohort.

    Args:
        adata: ``X`` samples x genes, float32, log2, finite; ``obs`` with unique sample ids,
            ``<endpoint>_time_months`` >= 0 and ``<endpoint>_event`` in {0, 1}, missing together,
            ``<endpoint>_competing`` in {0, 1} and never 1 with the event; er, her2, pr, node, subtype as
            categories; grade, size_cm, age as numbers; batch as text where the card names one;
            ``var`` with unique symbols, source_ids and mean_log2;
            ``uns["provenance"]`` a JSON text.
        where: File, for the message.
        with_values: Whether ``X`` is there already; of a large cohort it is checked when it is written.
    """
    problems = Problems()
    if with_values:
        _check_matrix(adata, where, problems)
    for index, what in ((adata.obs_names, "sample id"), (adata.var_names, "symbol")):
        repeated = index[index.duplicated()].unique().tolist()
        if repeated:
            problems.add(
                f"{where}, {what}s",
                expected=f"every {what} once",
                found=f"{len(repeated)} repeated",
                remedy="harmonise the cohort again",
                offenders=repeated,
            )
    for name in sorted({"source_ids", "mean_log2"} - set(adata.var.columns)):
        _missing(problems, f"{where}, var", name)
    _check_columns(adata.obs, where, problems)
    for endpoint in ENDPOINTS:
        if any(str(column).startswith(f"{endpoint}_") for column in adata.obs.columns):
            _check_endpoint(adata.obs, endpoint, where, problems)
    try:
        provenance = json.loads(adata.uns.get("provenance", "{}"))
    except (TypeError, ValueError):
        provenance = {}
    for name in PROVENANCE_KEYS:
        if name not in provenance:
            _missing(problems, f"{where}, uns['provenance']", name)
    problems.raise_if_any()


def _missing(problems: Problems, where: str, name: str) -> None:
    problems.add(where, expected=name, found="not there", remedy="harmonise the cohort again")


def _check_matrix(adata: ad.AnnData, where: str, problems: Problems) -> None:
    if not isinstance(adata.X, np.ndarray | h5py.Dataset) or adata.X.dtype != np.float32:
        problems.add(
            f"{where}, X",
            expected="a dense matrix of float32",
            found=f"{type(adata.X).__name__} of {getattr(adata.X, 'dtype', 'no type')}",
            remedy="harmonise the cohort again",
        )
        return
    finite = [np.isfinite(block).all(axis=0) for _, block in row_blocks(adata.X)]
    wrong = np.flatnonzero(~np.all(finite, axis=0))
    if len(wrong):
        problems.add(
            f"{where}, X",
            expected="finite numbers",
            found=f"{len(wrong)} genes with missing or infinite values",
            remedy="harmonise the cohort again",
            offenders=adata.var_names[wrong].tolist(),
        )


def _check_columns(obs: pd.DataFrame, where: str, problems: Problems) -> None:
    for name in obs.columns:
        known = (*CATEGORIES, *RANGES, BATCH, SUBTYPE_FIELD)
        if name not in known and not _ENDPOINT_COLUMN.fullmatch(str(name)):
            problems.add(
                f"{where}, obs",
                expected="the columns of the contract",
                found=f"column {name!r}",
                remedy="see docs/user/outputs.md for the columns of a cohort",
            )
    for name, allowed in CATEGORIES.items():
        if name not in obs:
            continue
        if not isinstance(obs[name].dtype, pd.CategoricalDtype) or tuple(obs[name].cat.categories) != allowed:
            problems.add(
                f"{where}, obs[{name!r}]",
                expected=f"a categorical of {', '.join(allowed)}",
                found=str(obs[name].dtype),
                remedy="harmonise the cohort again",
            )
    for name, (low, high) in RANGES.items():
        if name in obs:
            _check_numbers(obs[name], f"{where}, obs[{name!r}]", problems, low=low, high=high)


def _check_numbers(
    values: pd.Series,
    where: str,
    problems: Problems,
    *,
    low: float,
    high: float,
    only: tuple[float, ...] = (),
) -> None:
    if not pd.api.types.is_float_dtype(values.dtype):
        problems.add(where, expected="float64", found=str(values.dtype), remedy="harmonise the cohort again")
        return
    wrong = values.notna() & ~(values.isin(only) if only else values.between(low, high))
    if wrong.any():
        problems.add(
            where,
            expected=f"one of {only}" if only else f"numbers between {low:g} and {high:g}",
            found=f"{int(wrong.sum())} others",
            remedy="harmonise the cohort again",
            offenders=[f"{sample}: {value}" for sample, value in values[wrong].items()],
        )


def _check_endpoint(obs: pd.DataFrame, endpoint: str, where: str, problems: Problems) -> None:
    time, event, competing = (f"{endpoint}_{part}" for part in ("time_months", "event", "competing"))
    absent = [name for name in (time, event) if name not in obs]
    for name in absent:
        _missing(problems, f"{where}, obs", name)
    if absent:
        return
    _check_numbers(obs[time], f"{where}, obs[{time!r}]", problems, low=0, high=np.finfo(float).max)
    together = [time, event]
    _check_numbers(obs[event], f"{where}, obs[{event!r}]", problems, low=0, high=1, only=(0.0, 1.0))
    if competing in obs:
        together.append(competing)
        column = f"{where}, obs[{competing!r}]"
        _check_numbers(obs[competing], column, problems, low=0, high=1, only=(0.0, 1.0))
        both = (obs[event] == 1) & (obs[competing] == 1)
        if both.any():
            problems.add(
                column,
                expected="0 where the event happened",
                found=f"{int(both.sum())} samples with both",
                remedy="harmonise the cohort again",
                offenders=obs.index[both].tolist(),
            )
    entry = f"{endpoint}_entry_months"
    if entry in obs:
        together.append(entry)
        _check_numbers(obs[entry], f"{where}, obs[{entry!r}]", problems, low=0, high=np.finfo(float).max)
    missing = obs[together].isna()
    apart = missing.any(axis=1) & ~missing.all(axis=1)
    if apart.any():
        problems.add(
            f"{where}, obs",
            expected=f"{', '.join(together)} missing together",
            found=f"{int(apart.sum())} samples with only some of them",
            remedy="harmonise the cohort again",
            offenders=obs.index[apart].tolist(),
        )


def write_cohort(
    adata: ad.AnnData, path: str | Path, blocks: Iterable[tuple[slice, np.ndarray]] | None = None
) -> None:
    """Check ``adata`` and write it whole or not at all.

    Args:
        adata: The cohort.
        path: The file.
        blocks: Where ``X`` is too large for memory: which samples, and their values (samples x genes).
    """
    check_cohort(adata, str(path), with_values=blocks is None)
    with whole_file(path) as partial:
        adata.write_h5ad(partial)
        if blocks is not None:
            _write_values(blocks, adata.shape, partial)
            check_cohort(ad.read_h5ad(partial, backed="r"), str(path))


def _write_values(blocks: Iterable[tuple[slice, np.ndarray]], shape: tuple[int, int], path: Path) -> None:
    """Put ``X`` into a file that has none, as anndata stores a dense matrix."""
    with h5py.File(path, "r+") as file:
        if "X" in file:
            del file["X"]
        stored = file.create_dataset("X", shape, dtype=np.float32)
        stored.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        for part, values in blocks:
            stored[part] = values


def read_genes(path: str | Path) -> list[str]:
    """Symbols of a cohort file, all of which vary in it, without reading its values."""
    adata = ad.read_h5ad(path, backed="r")
    try:
        return adata.var_names.tolist()
    finally:
        adata.file.close()


def read_cohort(path: str | Path) -> ad.AnnData:
    """Read a cohort file and check it.

    Returns:
        The cohort; of a large one (:data:`irf7bone.base.limits.MOST_IN_MEMORY`) ``X`` stays in its
        file. Expression of ESR1 stands among the samples' columns as well, where it was measured: it
        takes the place of ER status in models of cohorts that do not record it.
    """
    path = Path(path)
    try:
        adata = ad.read_h5ad(path, backed="r" if _is_large(path) else None)
    except OSError as error:
        raise InputError(
            Problem(
                str(path), "a cohort file (h5ad)", str(error).splitlines()[0], "harmonise the cohort again"
            )
        ) from None
    check_cohort(adata, str(path))
    if ESR1.upper() in adata.var_names:
        adata.obs[ESR1] = adata[:, ESR1.upper()].to_df()[ESR1.upper()].astype("float64")
    return adata


def expression_of(adata: ad.AnnData) -> Matrix:
    """Samples x genes of a cohort that was read; of a large one the values are read when asked for."""
    if not adata.isbacked:
        return adata.to_df()
    return StoredMatrix(adata.X, adata.obs_names, adata.var_names)


def _is_large(path: Path) -> bool:
    with h5py.File(path, "r") as file:
        stored = file.get("X")
        return isinstance(stored, h5py.Dataset) and stored.size > MOST_IN_MEMORY
