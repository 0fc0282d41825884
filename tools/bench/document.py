"""Put measured tables into the page of benchmarks, between the two marks of their topic."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).resolve().parents[2] / "docs/development/benchmarks.md"


def document(topic: str, table: pd.DataFrame, page: Path = PAGE) -> bool:
    """Write the table of one topic into the page.

    Args:
        topic: Its name; the page has ``<!-- bench: TOPIC -->`` and ``<!-- end -->`` where its table belongs.
        table: Columns :data:`bench.measure.COLUMNS`.
        page: The page.

    Returns:
        Whether the page has a place for it.
    """
    text = page.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- bench: {topic} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(text):
        return False
    written = place.sub(lambda found: f"{found[1]}{as_markdown(table)}{found[2]}", text)
    page.write_text(written, encoding="utf-8")
    return True


def as_markdown(table: pd.DataFrame) -> str:
    """Rows of a benchmark: processor seconds, peak memory and its bound, or ratio and difference."""
    bounded = table["bound_mb"].notna().any()
    names = ["peak, MB", "bound, MB"] if bounded else ["by", "ratio", "largest difference"]
    lines = [["task", "processor seconds", *names], ["---"] * (2 + len(names))]
    for row in table.to_dict("records"):
        said = [_number(row["peak_mb"], 0), _number(row["bound_mb"], 0)]
        if not bounded:
            said = [row["implementation"], _number(row["ratio"], 1), _difference(row["max_abs_difference"])]
        seconds = _number(row["seconds"], 2 if row["seconds"] < 10 else 0)
        if row["status"] != "ok":
            seconds = f"{row['status']}: {row['reason']}"
        lines.append([row["task"], seconds, *said])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float, digits: int) -> str:
    return "" if pd.isna(value) else f"{value:,.{digits}f}"


def _difference(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.0e}"
