"""Read a family SOFT file of GEO: what it says of each sample, and the samples' own tables of values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.series_matrix import SeriesMatrix, samples_of
from irf7bone.acquire.soft import decode, open_text, until_end
from irf7bone.base.errors import InputError, Problem

BEGIN, END = b"!sample_table_begin", b"!sample_table_end"
VALUES = ("ID_REF", "VALUE")


def read_family(path: Path, platform: str | None = None) -> SeriesMatrix:
    """Read the samples of one platform of a family SOFT file, gzipped or not.

    Args:
        path: The file.
        platform: Accession of the platform; None where the file holds one.

    Raises:
        InputError: The file is cut off, holds samples of several platforms, none, or tables that do not
            agree.
    """
    lines: dict[str, list[tuple[str, str]]] = {}
    tables: dict[str, pd.Series] = {}
    with open_text(path) as stream:
        rows = iter(stream)
        sample = ""
        for raw in rows:
            if raw.startswith(b"^"):
                sample = decode(raw).partition("=")[2].strip() if raw.startswith(b"^SAMPLE") else ""
                if sample:
                    lines[sample] = [("geo_accession", sample)]
            elif sample and raw.startswith(BEGIN):
                tables[sample] = _values(until_end(rows, END, path), sample, path)
            elif sample and raw.startswith(b"!Sample_"):
                name, _, value = decode(raw).removeprefix("!Sample_").partition(" = ")
                if name != "geo_accession":
                    lines[sample].append((name, value.strip()))
    kept = _of_platform(lines, platform, path)
    samples, spelt = samples_of(_side_by_side({name: lines[name] for name in kept}), path)
    values = pd.concat([tables.get(name, pd.Series(dtype=float)) for name in kept], axis=1, keys=kept)
    if values.empty:
        raise InputError(
            Problem(
                str(path),
                "a table of values for each sample",
                "none",
                "the series keeps its values in supplementary files: name that table with source: table",
            )
        )
    return SeriesMatrix(samples, list(values.index), values.to_numpy(dtype=np.float64), spelt)


def _of_platform(lines: dict[str, list[tuple[str, str]]], platform: str | None, path: Path) -> list[str]:
    of = {name: dict(said).get("platform_id", "") for name, said in lines.items()}
    there = list(dict.fromkeys(of.values()))
    wanted = platform or (there[0] if len(there) == 1 else None)
    kept = [name for name in lines if of[name] == wanted]
    if not kept:
        raise InputError(
            Problem(
                str(path),
                f"samples of platform {platform}" if platform else "samples of one platform",
                f"samples of {', '.join(there) or 'none'}",
                "name one of them: platform in the card, PLATFORM= of make card, --platform of irf7bone card",
            )
        )
    return kept


def _values(rows: Iterator[bytes], sample: str, path: Path) -> pd.Series:
    columns, *cells = [decode(row).split("\t") for row in rows if row.strip()] or [[]]
    if not set(VALUES) <= set(columns):
        raise InputError(
            Problem(
                f"{path}, table of {sample}",
                f"the columns {' and '.join(VALUES)}",
                ", ".join(columns),
                "fetch it again",
            )
        )
    probe, value = (columns.index(name) for name in VALUES)
    words = [row[value].strip() if value < len(row) else "" for row in cells]
    numbers = pd.to_numeric(
        pd.Series([None if word in (*text.MISSING_WORDS, "Null") else word for word in words], dtype=object)
    )
    return pd.Series(
        numbers.to_numpy(dtype=float), index=pd.Index([row[probe] for row in cells], dtype=object)
    )


def _side_by_side(lines: dict[str, list[tuple[str, str]]]) -> list[tuple[str, list[str]]]:
    """Attributes of all samples, the n-th line of a name beside the n-th of the others, or nothing."""
    counted: dict[tuple[str, int], dict[str, str]] = {}
    for sample, said in lines.items():
        seen: dict[str, int] = {}
        for name, value in said:
            seen[name] = seen.get(name, -1) + 1
            counted.setdefault((name, seen[name]), {})[sample] = value
    return [(name, [cells.get(sample, "") for sample in lines]) for (name, _), cells in counted.items()]
