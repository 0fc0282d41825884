"""The printed report takes names of any length and alphabet, and figures of any height."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from irf7bone.report.pdf.grid import LONGEST_WORD, PADDING, grid
from irf7bone.report.pdf.pictures import LEAST_SCALE, ROOM, Placed, pictures
from irf7bone.report.pdf.styles import CELL, HEIGHT, MARGIN, WIDTH

GO = "GOBP_" + "_".join(["POSITIVE", "REGULATION", "OF", "TYPE", "I", "INTERFERON", "MEDIATED"] * 3)
NUMBERS = ("0.84", "0.71 to 0.99", "1,204", "0.000213")


@pytest.fixture(scope="module", autouse=True)
def fonts():
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))


def pages(story) -> list[str]:
    """The text of each page."""
    target = io.BytesIO()
    document = BaseDocTemplate(target)
    document.addPageTemplates(PageTemplate("page", [Frame(MARGIN, MARGIN, WIDTH, HEIGHT, 0, 0, 0, 0)]))
    document.build(list(story))
    return [page.extract_text() for page in PdfReader(target).pages]


def widest(text: str) -> float:
    return max(pdfmetrics.stringWidth(word, CELL.fontName, CELL.fontSize) for word in text.split())


@pytest.mark.parametrize("name", [GO, "A" * 200, "Ж" * 126, "x" * 60, "GO_" * 60])
def test_no_number_is_broken_beside_a_long_name(name):
    rows = [[name, *NUMBERS, name] for _ in range(3)]
    table, *legend = grid(["Signature", "HR", "Interval", "n", "p", "Other"], rows)
    for number, width in zip(NUMBERS, table._argW[1:5], strict=True):
        assert width >= widest(number) + PADDING - 2
    assert sum(table._argW) == pytest.approx(WIDTH)
    assert len(legend) == (len(name) > LONGEST_WORD)
    text = "\n".join(pages([table, *legend]))
    for number in NUMBERS:
        assert text.count(number) == 3
    assert name in text.replace("\n", "") or "Ж" in name


def test_two_long_names_that_begin_and_end_alike_are_told_apart():
    names = ["A" * 50 + middle + "B" * 50 for middle in ("1", "2")]
    _, *legend = grid(["Signature"], [[name] for name in names])
    said = {paragraph.getPlainText().partition(":")[0] for paragraph in legend}
    assert len(said) == 2 and len(legend) == 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=230),
            st.floats(-1e6, 1e6).map("{:.3g}".format),
            st.text("ABC_-/1234", min_size=1, max_size=200),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_names_can_be_set(rows):
    table, *legend = grid(["Name", "Value", "Other"], rows)
    assert table._argW[1] >= max(widest(row[1]) for row in rows) + PADDING - 2
    assert pages([table, *legend])


@pytest.mark.parametrize("height", [200, 700, 1000, 1400, 5000])
def test_a_figure_of_any_height_is_readable_and_whole(tmp_path, height):
    placed = Placed()
    parts = list(pictures(tmp_path / "figure.pdf", 500, height, placed))
    assert all(part.height <= ROOM + 1e-6 and part.width <= WIDTH for part in parts)
    assert len(parts) == 1 or parts[0].scale >= LEAST_SCALE
    # from top to bottom without a gap
    edges = [(part.bottom, part.bottom + part.height / part.scale) for part in parts]
    assert edges[0][1] == pytest.approx(height) and edges[-1][0] == pytest.approx(0)
    assert all(below[1] > above[0] for above, below in itertools.pairwise(edges))
