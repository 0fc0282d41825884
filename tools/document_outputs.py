"""Write the table part of docs/user/outputs.md from the contracts: `python tools/document_outputs.py`."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.tables.register import REGISTER  # noqa: E402

DOCUMENT = PROJECT / "docs" / "user" / "outputs.md"
MARK = "<!-- the tables below are written by tools/document_outputs.py -->\n"


def tables() -> str:
    """Every contract as a Markdown table, below the first file that follows it."""
    parts, described = [], {}
    for path, table in REGISTER.items():
        parts += [f"### `{path}`", ""]
        if first := described.get(table.name):
            parts += [f"The columns of `{first}`.", ""]
            continue
        described[table.name] = path
        parts += [f"One row: {' x '.join(table.key)}.", ""]
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
