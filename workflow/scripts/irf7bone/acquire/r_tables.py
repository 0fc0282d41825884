"""Matrices and data frames of R, and the two containers of Bioconductor that hold both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.r_objects import RNode, refuse_r

_FRAMES = ("data.frame", "DFrame", "DataFrame")
_PLAIN = {
    "matrix",
    "array",
    "AsIs",
    "difftime",
    "haven_labelled",
    "labelled",
    "numeric",
    "integer",
    "character",
}
_DAY = 86_400


@dataclass(frozen=True)
class RTable:
    """A data frame as text.

    Args:
        columns: Rows x columns, text or None; the index is R's row names where ``named``.
        named: Whether the rows have names; R numbers them otherwise.
        described: Column -> the legend of its codes.
        left_out: Column -> the class that is not read.
    """

    columns: pd.DataFrame
    named: bool
    described: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RContainer:
    """What an ExpressionSet or a SummarizedExperiment holds: matrices, and tables of columns and rows."""

    assays: Mapping[str, RNode]
    samples: RNode
    features: RNode | None
    rows: list[str | None] | None = None
    default: str | None = None


def is_frame(node: RNode) -> bool:
    """Whether an object is a data frame."""
    return any(name in _FRAMES for name in node.classes)


def is_matrix(node: RNode) -> bool:
    """Whether it is a matrix of numbers that says no more of itself."""
    shape = node.attributes.get("dim")
    return (
        shape is not None
        and len(shape.numbers()) == 2
        and node.kind in ("INT", "REAL")
        and set(node.classes) <= {"matrix", "array"}
    )


def container_of(node: RNode) -> RContainer | None:
    """The parts of an ExpressionSet or SummarizedExperiment, or of a class made from one; None for others."""
    slots = node.attributes
    if node.kind != "S4":
        return None
    if {"assayData", "phenoData"} <= set(slots):
        data = slots["assayData"]
        assays = data.variables() or dict(zip(data.names(), data.items(), strict=False))
        features = slots["featureData"].attributes.get("data") if "featureData" in slots else None
        return RContainer(assays, slots["phenoData"].attributes["data"], features, default="exprs")
    if {"assays", "colData"} <= set(slots):
        listed = _listed(slots["assays"])
        names = listed.names() if listed is not None else []
        items = listed.items() if listed is not None else []
        names = names or [f"assay {i + 1}" for i in range(len(items))]
        ranges = slots.get("rowRanges")
        features = (ranges.attributes if ranges else slots).get("elementMetadata")
        return RContainer(
            dict(zip(names, items, strict=True)), slots["colData"], features, _row_names(slots, ranges)
        )
    return None


def _listed(node: RNode) -> RNode | None:
    """The list within a container of lists."""
    for _ in range(6):
        if node.kind == "VEC":
            return node
        inside = {**node.attributes, **node.variables()}
        node = next((inside[name] for name in ("listData", "data", ".xData") if name in inside), node)
    return None


def _row_names(slots: Mapping[str, RNode], ranges: RNode | None) -> list[str | None] | None:
    own = slots.get("NAMES")
    if own is not None and own.kind == "STR":
        return own.strings()
    if ranges is not None:
        inner = ranges.attributes.get("ranges") or ranges.attributes.get("partitioning")
        names = inner.attributes.get("NAMES") if inner is not None else None
        if names is not None and names.kind == "STR":
            return names.strings()
    return None


def matrix_of(node: RNode, path: Path, what: str) -> pd.DataFrame:
    """A matrix or data frame of numbers, with its names; a place without one is None.

    The first column of a data frame whose rows R merely numbers holds the ids of its rows.

    Raises:
        InputError: It is neither, or holds something else than numbers.
    """
    if is_matrix(node):
        shape = [int(size) for size in node.attributes["dim"].numbers()]
        names = node.attributes.get("dimnames")
        labels = [item.strings() for item in names.items()] if names is not None else [[], []]
        index, columns = (
            pd.Index(label or [None] * size, dtype=object) for label, size in zip(labels, shape, strict=True)
        )
        return pd.DataFrame(node.numbers().reshape(shape, order="F"), index=index, columns=columns)
    if not is_frame(node):
        raise refuse_r(
            path,
            "a matrix or data frame of numbers, an ExpressionSet or a SummarizedExperiment",
            said_of(node),
            what,
        )
    columns, rows, named = _columns(node, path, what)
    if not named and columns:
        rows, columns = _cells(columns[0][1]) or [], columns[1:]
    wrong = [
        name for name, item in columns
        if item.kind not in ("INT", "REAL") or not set(item.classes) <= {"AsIs"} or "dim" in item.attributes
    ]  # fmt: skip
    if wrong:
        raise refuse_r(
            path,
            "numbers in every column of the expression",
            f"{len(wrong)} columns of something else",
            what,
            tuple(wrong),
        )
    values = np.column_stack([item.numbers() for _, item in columns]) if columns else np.empty((len(rows), 0))
    return pd.DataFrame(
        values,
        index=pd.Index(rows, dtype=object),
        columns=pd.Index([name for name, _ in columns], dtype=object),
    )


def table_of(node: RNode, path: Path, what: str) -> RTable:
    """A data frame as text: labels of factors, TRUE and FALSE, dates as YYYY-MM-DD, None for NA.

    Columns of classes that are not read (64-bit integers, survival times, lists) are left out and named.

    Raises:
        InputError: It is no data frame.
    """
    if not is_frame(node):
        raise refuse_r(path, "a data frame with the clinical data", said_of(node), what)
    columns, rows, named = _columns(node, path, what)
    found: dict[str, list[str | None]] = {}
    left_out, described = {}, {}
    for name, item in columns:
        cells = _cells(item)
        if cells is None or len(cells) != len(rows):
            left_out[name] = " ".join(item.classes) or item.kind
            continue
        found[name] = cells
        legend = _legend(item)
        if legend:
            described[name] = legend
    frame = pd.DataFrame(found, index=pd.Index(rows, dtype=object), dtype=object)
    return RTable(frame, named, described, left_out)


def said_of(node: RNode) -> str:
    """What an object is, for messages."""
    return (
        f"an object of class {' '.join(node.classes)}" if node.classes else f"an object of type {node.kind}"
    )


def _columns(node: RNode, path: Path, what: str) -> tuple[list[tuple[str, RNode]], list[str | None], bool]:
    """Columns with their names, row names, and whether these are more than R's numbers."""
    inside = node.attributes.get("listData", node)
    names, items = inside.names(), inside.items()
    if len(names) != len(items):
        raise refuse_r(path, "a name for every column", f"{len(items)} columns and {len(names)} names", what)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise refuse_r(path, "every column name once", f"{len(repeated)} repeated", what, tuple(repeated))
    stated = node.attributes.get("row.names", node.attributes.get("rownames"))
    if stated is not None and stated.kind == "STR":
        return list(zip(names, items, strict=True)), stated.strings(), True
    count = len(_cells(items[0]) or items[0].numbers()) if items else 0
    return list(zip(names, items, strict=True)), [str(i + 1) for i in range(count)], False


def _cells(item: RNode) -> list[str | None] | None:
    """A column as text; None where its class is not read."""
    classes = set(item.classes)
    if "dim" in item.attributes or item.kind == "VEC":
        return None
    if "factor" in classes:
        levels = item.attributes["levels"].strings()
        return [None if np.isnan(code) else levels[int(code) - 1] for code in item.numbers()]
    if "Date" in classes:
        return _dates(item.numbers() * _DAY, "%Y-%m-%d")
    if "POSIXct" in classes:
        return _dates(item.numbers(), "%Y-%m-%dT%H:%M:%SZ")
    if not classes <= _PLAIN:
        return None
    if item.kind == "STR":
        return [
            None if word is None or word.strip() in text.MISSING_WORDS else word for word in item.strings()
        ]
    if item.kind == "LGL":
        return [None if np.isnan(value) else ("FALSE", "TRUE")[int(value)] for value in item.numbers()]
    if item.kind in ("INT", "REAL"):
        return list(text.values_as_text(pd.Series(item.numbers(), dtype=float)))
    return None


def _dates(seconds: np.ndarray, form: str) -> list[str | None]:
    stamps = pd.to_datetime(pd.Series(seconds), unit="s")
    return [None if pd.isna(stamp) else stamp.strftime(form) for stamp in stamps]


def _legend(item: RNode) -> str:
    """The legend of a column of codes with labels (haven, labelled), as `0=alive, 1=dead`."""
    labels = item.attributes.get("labels")
    if labels is None:
        return ""
    codes = _cells(labels) or []
    return ", ".join(f"{code}={label}" for code, label in zip(codes, labels.names(), strict=False))
