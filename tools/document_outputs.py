"""Write the table part of docs/outputs.md from the contracts: `python tools/document_outputs.py`."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone import contracts, null, verdict  # noqa: E402
from irf7bone.experiments.tables import DERIVED, EXPERIMENT_TABLES  # noqa: E402
from irf7bone.report.depth import COHORT_TABLES, POOLED_TABLES  # noqa: E402

DOCUMENT = PROJECT / "docs" / "outputs.md"
MARK = "<!-- the tables below are written by tools/document_outputs.py -->\n"
FILES = {
    "results/tables/cohorts.tsv": contracts.COHORTS,
    "results/tables/associations.tsv": contracts.ASSOCIATIONS,
    "results/tables/pooled.tsv": contracts.POOLED,
    "results/tables/verdict.tsv": verdict.VERDICT,
    "results/cohorts/{cohort}.flow.tsv": contracts.FLOW,
    "results/qc/{cohort}.tsv": contracts.QC,
    "results/scores/{cohort}.coverage.tsv": contracts.COVERAGE,
    "results/scores/{cohort}.parquet": contracts.SCORES,
    "results/associations/{cohort}.curves.tsv": contracts.CURVES,
    "results/tables/null.tsv": null.NULL,
    **{f"results/depth/{{cohort}}/{name}.tsv": table for name, table in COHORT_TABLES.items()},
    **{f"results/tables/{name}.tsv": table for name, table in POOLED_TABLES.items()},
    **{f"results/experiments/{{experiment}}/{name}.tsv": table for name, table in EXPERIMENT_TABLES.items()},
    "results/experiments/{experiment}/derived.tsv": DERIVED,
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
