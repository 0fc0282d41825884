"""Write the table part of docs/outputs.md from the contracts: `python tools/document_outputs.py`."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.tables.cells import CALL_TABLES, CELL_TABLES, CELLS  # noqa: E402
from irf7bone.tables.cohort import (  # noqa: E402
    COHORTS,
    COVERAGE,
    FLOW,
    QC,
    SCORES,
)
from irf7bone.tables.experiment import DERIVED, EXPERIMENT_TABLES  # noqa: E402
from irf7bone.tables.outcome import (  # noqa: E402
    ASSOCIATIONS,
    CURVES,
)
from irf7bone.tables.pooled import POOLED, VERDICT  # noqa: E402
from irf7bone.tables.random_signatures import NULL  # noqa: E402
from irf7bone.tables.study_tables import COHORT_TABLES, POOLED_TABLES  # noqa: E402

DOCUMENT = PROJECT / "docs" / "outputs.md"
MARK = "<!-- the tables below are written by tools/document_outputs.py -->\n"
FILES = {
    "results/tables/cohorts.tsv": COHORTS,
    "results/tables/associations.tsv": ASSOCIATIONS,
    "results/tables/pooled.tsv": POOLED,
    "results/tables/verdict.tsv": VERDICT,
    "results/cohorts/{cohort}.flow.tsv": FLOW,
    "results/qc/{cohort}.tsv": QC,
    "results/scores/{cohort}.coverage.tsv": COVERAGE,
    "results/scores/{cohort}.parquet": SCORES,
    "results/associations/{cohort}.curves.tsv": CURVES,
    "results/tables/null.tsv": NULL,
    **{f"results/depth/{{cohort}}/{name}.tsv": table for name, table in COHORT_TABLES.items()},
    **{f"results/tables/{name}.tsv": table for name, table in POOLED_TABLES.items()},
    **{f"results/experiments/{{experiment}}/{name}.tsv": table for name, table in EXPERIMENT_TABLES.items()},
    "results/experiments/{experiment}/derived.tsv": DERIVED,
    "results/cells/{data_set}/cells.parquet": CELLS,
    **{f"results/cells/{{data_set}}/{name}.tsv": table for name, table in CELL_TABLES.items()},
    **{f"results/cells/{{data_set}}/{name}.tsv": table for name, table in CALL_TABLES.items()},
}


def tables() -> str:
    """Every contract as a Markdown table."""
    parts = []
    for path, table in FILES.items():
        parts += [f"### `{path}`", "", f"One row: {' x '.join(table.key)}.", ""]
        parts += ["| column | kind | meaning |", "|---|---|---|"]
        for column in table.columns:
            kind = column.kind + (", may be NA" if column.nullable else "")
            allowed = f" ({', '.join(column.allowed)})" if column.allowed and column.name == "status" else ""
            parts.append(f"| `{column.name}` | {kind} | {column.doc}{allowed} |")
        parts.append("")
    return "\n".join(parts)


def main() -> None:
    """Replace what stands below the mark."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text[: text.index(MARK) + len(MARK)] + "\n" + tables(), encoding="utf-8")


if __name__ == "__main__":
    main()
