"""What the sources of a cohort hold, as it lies on disk between acquiring and harmonising."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irf7bone.base.whole_file import whole_file

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.acquire.sample_blocks import Expression

_GENE_ID = "__gene_id__"  # no sample is called this, so the parquet column cannot collide with one
_PROBE_ID = "__probe_id__"
_SAMPLE_ID = "__sample_id__"  # likewise no clinical column


@dataclass(frozen=True)
class Acquired:
    """What the sources hold.

    Args:
        expression: Genes x samples, numbers; ids as in the source, as text; gene ids may repeat. Where rows
            are probes, the index has two levels, probe and gene (none for a probe without one). Where it is
            large and comes from h5ad, or was read back, its values stay in the file until they are asked for.
        clinical: Samples x columns; index = sample id; every value text or None.
        sources: One dict for each thing read: role, name, sha256; and where the source says more of its
            columns, ``described`` (column -> its words) and ``spelt`` (another spelling of a column -> the
            column).
    """

    expression: Expression
    clinical: pd.DataFrame
    sources: list[dict[str, Any]]


def said_of_columns(acquired: Acquired) -> dict[str, str]:
    """What the sources say of their clinical columns; the first source that says something of one counts."""
    return {
        column: words
        for record in reversed(acquired.sources)
        for column, words in record.get("described", {}).items()
    }


def other_spellings(acquired: Acquired) -> dict[str, str]:
    """Other spellings of clinical columns that a source has under several, each with the one that is kept."""
    return {other: kept for record in acquired.sources for other, kept in record.get("spelt", {}).items()}


def with_other_spellings(acquired: Acquired) -> Acquired:
    """With a column under each of its spellings, so that a card may name it by any."""
    spelt = other_spellings(acquired)
    more = {other: acquired.clinical[kept] for other, kept in spelt.items() if other not in acquired.clinical}
    return replace(acquired, clinical=acquired.clinical.assign(**more)) if more else acquired


def write_acquired(
    acquired: Acquired, *, expression: str | Path, clinical: str | Path, source: str | Path
) -> None:
    """Write the three parts (parquet, tsv, json), each whole or not at all."""
    from irf7bone.acquire.sample_blocks import StoredExpression, write_sample_rows

    with whole_file(expression) as path:
        if isinstance(acquired.expression, StoredExpression):
            write_sample_rows(acquired.expression, path, _GENE_ID)
        else:
            levels = [_PROBE_ID, _GENE_ID][-acquired.expression.index.nlevels :]
            table = acquired.expression.copy(deep=False)
            table.index, table.columns = table.index.set_names(levels), table.columns.rename(None)
            table.to_parquet(path)
    with whole_file(clinical) as path:
        acquired.clinical.to_csv(
            path, sep="\t", na_rep="NA", index_label=_SAMPLE_ID, lineterminator="\n", encoding="utf-8"
        )
    write_sources(acquired.sources, source)


def write_sources(sources: list[dict[str, Any]], source: str | Path) -> None:
    """Write what was read, each with its checksum, as json."""
    with whole_file(source) as path:
        path.write_text(json.dumps(sources, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_acquired(expression: str | Path, clinical: str | Path, source: str | Path) -> Acquired:
    """Read back what :func:`write_acquired` wrote; ids and clinical values stay text."""
    # here, so that listing input files does not wait for pandas
    import pandas as pd

    from irf7bone.acquire.sample_blocks import KEPT_BYTES, stored_expression

    values: Expression = stored_expression(expression, [_PROBE_ID, _GENE_ID])
    if 8 * values.shape[0] * values.shape[1] <= KEPT_BYTES:
        values = values.whole()
    table = pd.read_csv(clinical, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    table = table.astype("object").set_index(_SAMPLE_ID).rename_axis(index=None)
    table.index = table.index.astype("object")
    table.columns = table.columns.astype("object")
    sources = json.loads(Path(source).read_text(encoding="utf-8"))
    return Acquired(values, table.where(table != "NA", None), sources)
