"""Files that travel inside the page, packed, for its script to hand out."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from irf7bone.report.html.cell_markup import TableView
    from irf7bone.report.html.figure_markup import FigureView

# PDF is packed already and holds its fonts: the first figures' travel inside while the page stays below this.
MOST_PAGE_BYTES = 4_750_000
# Numbers of figures likewise; only a study of many cohorts and endpoints gets that far.
MOST_WITH_NUMBERS = 11_500_000


def packed(text: str) -> str:
    """Text as base64 of gzip; equal texts give equal bytes."""
    return _coded(text.encode("utf-8"))


def _coded(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")


class OfferedFiles:
    """Collects, in the order of the page, what its figures and tables offer."""

    def __init__(self) -> None:
        """Start without files."""
        self._files: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._pdfs: dict[str, Path] = {}

    def figure(self, view: FigureView) -> str:
        """Take the numbers of a figure, and note its PDF; returns nothing to show."""
        self._numbers[f"{view.id}.tsv"] = packed(view.numbers)
        pdf = Path(view.folder) / f"{view.name}.pdf"
        if pdf.is_file():
            self._pdfs[f"{view.id}.pdf"] = pdf
        return ""

    def table(self, view: TableView) -> str:
        """Take a table, and its cells where the page does not show them all; returns nothing to show."""
        self._files[f"table-{view.id}.tsv"] = packed(view.download)
        if view.is_long:
            self._files[f"table-{view.id}.json"] = packed(_cells(view))
        return ""

    def data(self, name: str, content: Mapping[str, object]) -> str:
        """Take numbers for the script; returns nothing to show."""
        self._files[f"{name}.json"] = packed(_json(content))
        return ""

    def packed_bytes(self, name: str, content: bytes) -> str:
        """Take bytes for the script; returns nothing to show."""
        self._files[name] = _coded(content)
        return ""

    def blocks(self, page_bytes: int) -> Markup:
        """Every file as an element that neither shows nor runs; those of figures while there is room.

        Args:
            page_bytes: Size of the page without these files.
        """
        files = dict(self._files)
        used = page_bytes + sum(map(len, files.values()))
        pdfs = (
            (name, base64.b64encode(path.read_bytes()).decode("ascii")) for name, path in self._pdfs.items()
        )
        for most, offered in ((MOST_WITH_NUMBERS, self._numbers.items()), (MOST_PAGE_BYTES, pdfs)):
            for name, coded in offered:
                if used + len(coded) <= most:
                    used += len(coded)
                    files[name] = coded
        return Markup("\n").join(
            Markup('<script type="text/plain" id="file-{}">{}</script>').format(name, content)
            for name, content in files.items()
        )


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _cells(view: TableView) -> str:
    """Cells by column: what they say, and what they are sorted by."""
    columns = [
        {
            "text": [row[i].text for row in view.rows],
            "value": [_six_digits(row[i].value) for row in view.rows] if column.number else None,
        }
        for i, column in enumerate(view.columns)
    ]
    return _json({"columns": columns, "marked": [i for i, marked in enumerate(view.marked) if marked]})


def _six_digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
