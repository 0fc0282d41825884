"""Source ``r_file``: a matrix, data frame, ExpressionSet or SummarizedExperiment in a file of R."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.annotation import with_genes
from irf7bone.acquire.r_objects import RNode, read_r_objects, refuse_r
from irf7bone.acquire.r_tables import (
    RContainer,
    container_of,
    is_frame,
    is_matrix,
    matrix_of,
    said_of,
    table_of,
)
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.nearest import nearest

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Read a matrix or data frame, or one assay of an ExpressionSet or SummarizedExperiment.

    Returns:
        Genes x samples, float64; with ``annotation`` an index of two levels, probe and gene, with
        ``gene_column`` the genes of that column of the features. And the records of what was read.

    Raises:
        InputError: The file cannot be read, lacks what the card names, or has empty or repeated sample ids.
    """
    path = card.resolve(entry["path"])
    objects, checksum = read_r_objects(path)
    node, where = chosen_object(objects, entry.get("object"), path, is_measured)
    held = container_of(node)
    values = _assay(held, entry.get("assay"), path, where) if held else matrix_of(node, path, where)
    if held and "gene_column" in entry:
        values.index = _genes(held, entry["gene_column"], path, where, values)
    values = values if entry.get("genes_in", "rows") == "rows" else values.T
    problems = Problems()
    for ids, what in ((values.index, "gene id"), (values.columns, "sample id")):
        text.check_ids(list(ids), f"{path}{where}", what=what, unique=what == "sample id", problems=problems)
    problems.raise_if_any()
    record = {"name": path.name, "sha256": checksum}
    if "annotation" not in entry:
        return values, [record]
    table = card.resolve(entry["annotation"]["path"])
    values, annotation = with_genes(
        values, table, entry["annotation"], f"{card.path}, expression: annotation"
    )
    return values, [record, annotation]


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a data frame, or the samples of an ExpressionSet or SummarizedExperiment.

    Without ``path`` it is the file that ``expression`` names; without ``key`` the row names are the samples.

    Returns:
        Samples x columns, text or None; and the record, with the legends of codes that the file holds and
        the columns that were not read.

    Raises:
        InputError: The file cannot be read, lacks what the card names, or has empty or repeated sample ids.
    """
    own = "path" in entry
    path = card.resolve(entry["path"] if own else card.expression["path"])
    objects, checksum = read_r_objects(path)
    name = entry.get("object", None if own else card.expression.get("object"))
    node, where = chosen_object(objects, name, path, is_described)
    held = container_of(node)
    found = table_of(held.samples if held else node, path, where)
    frame, key = found.columns, entry.get("key")
    record: dict[str, Any] = {"name": path.name, "sha256": checksum}
    record |= {"described": dict(found.described)} if found.described else {}
    record |= {"not_read": dict(found.left_out)} if found.left_out else {}
    if key is not None and key not in frame:
        raise _no_such("column", key, list(frame), f"{path}{where}", "key")
    if key is None and not found.named:
        raise InputError(
            Problem(
                f"{path}{where}", "row names, which are the sample ids", "rows that R numbers",
                f"name the column of sample ids as `key`; there are {', '.join(frame.columns[:12])}",
            )
        )  # fmt: skip
    ids = list(frame.index if key is None else frame[key])
    problems = Problems()
    text.check_ids(ids, f"{path}{where}", what="sample id", unique=True, problems=problems)
    problems.raise_if_any()
    frame = frame if key is None else frame.drop(columns=key)
    return frame.set_axis(pd.Index(ids, dtype=object), axis=0), record


def is_measured(node: RNode) -> bool:
    """Whether an object may be the expression."""
    return container_of(node) is not None or is_matrix(node) or is_frame(node)


def is_described(node: RNode) -> bool:
    """Whether an object may be the clinical data."""
    return container_of(node) is not None or is_frame(node)


def chosen_object(
    objects: Mapping[str, RNode], name: str | None, path: Path, fits: Callable[[RNode], bool]
) -> tuple[RNode, str]:
    """The object that a card names, or the only one that could be meant; and where it is, for messages.

    Raises:
        InputError: There is none of that name, or several could be meant.
    """
    if name is not None:
        if name not in objects:
            raise _no_such("object", name, [item for item in objects if item], str(path), "object")
        return objects[name], f", {name}"
    if len(objects) == 1:
        [(name, node)] = objects.items()
        return node, f", {name}" if name else ""
    fitting = [item for item, node in objects.items() if fits(node)]
    if len(fitting) == 1:
        return objects[fitting[0]], f", {fitting[0]}"
    if not fitting:
        kinds = "; ".join(f"{item}: {said_of(node)}" for item, node in list(objects.items())[:8])
        raise refuse_r(path, "a matrix, data frame, ExpressionSet or SummarizedExperiment", kinds)
    raise InputError(
        Problem(
            str(path), "the name of the object that is meant", f"{len(fitting)} that could be",
            "name it in the card: `object: NAME`", tuple(fitting),
        )
    )  # fmt: skip


def _assay(held: RContainer, name: str | None, path: Path, where: str) -> pd.DataFrame:
    """One matrix of a container, under the names that the container has for its rows and columns."""
    names = list(held.assays)
    name = name or (names[0] if len(names) == 1 else held.default)
    if name is None or name not in names:
        raise _no_such("assay", name, names, f"{path}{where}", "assay")
    node = held.assays[name]
    if not is_matrix(node):
        raise refuse_r(path, "a plain matrix of numbers", said_of(node), f"{where}, {name}")
    values = matrix_of(node, path, where)
    samples = table_of(held.samples, path, where)
    rows = table_of(held.features, path, where) if held.features is not None else None
    row_names = held.rows or (list(rows.columns.index) if rows is not None and rows.named else None)
    for axis, own in ((1, list(samples.columns.index) if samples.named else None), (0, row_names)):
        stated = list(values.axes[axis])
        if own is None or not own:
            continue
        if len(own) != len(stated) or (any(item is not None for item in stated) and stated != own):
            what = "columns" if axis else "rows"
            raise refuse_r(path, f"the same names of {what} in the assay and the object", "others", where)
        values = values.set_axis(pd.Index(own, dtype=object), axis=axis)
    return values


def _genes(held: RContainer, column: str, path: Path, where: str, values: pd.DataFrame) -> pd.MultiIndex:
    """Rows of an assay as probes, with the genes of a column of the features."""
    table = table_of(held.features, path, where).columns if held.features is not None else pd.DataFrame()
    if column not in table:
        raise _no_such("column", column, list(table), f"{path}{where}, features", "gene_column")
    genes = pd.Index(table[column].to_numpy(), dtype=object)
    return pd.MultiIndex.from_arrays([values.index, genes], names=["probe", "gene"])


def _no_such(what: str, name: str | None, there: list[str], where: str, key: str) -> InputError:
    near = nearest(name, there) if name else None
    found = (
        f"no such one; there are {', '.join(there[:12]) or 'none'}" if name else f"{', '.join(there[:12])}"
    )
    remedy = f"did you mean {near!r}?" if near else f"name one in the card: `{key}: NAME`"
    return InputError(Problem(where, f"the {what} that the card names as `{key}`", found, remedy))
