"""Pictures inside the page: the same marks and words as in the file, in fewer characters."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from irf7bone.figures import style
from irf7bone.report.html.page_fonts import font_faces, letters_of
from irf7bone.report.html.svg import _path, inline_svg

SVG = "{http://www.w3.org/2000/svg}"
WORDS = (
    "first & <only>",
    "significant, efficient: fi ffi fl",
    "p = 0.0363, < 0.001 \u2212 \u2192",
    "  spaced  out",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    """A figure with words, level steps, marks and a band, as the project writes it."""
    folder = tmp_path_factory.mktemp("svg")
    with style.in_style():
        sheet = style.new_sheet(80, 60, title="A title", simulated=True)
        axes = sheet.axes(10, 5, 60, 40)
        steps = np.array([1.0, 1.0, 1.0, 0.8, 0.8, 0.5])
        axes.step(range(6), steps, where="post")
        axes.fill_between(range(6), steps - 0.1, steps + 0.1, step="post", alpha=0.2)
        axes.scatter(np.arange(5), np.linspace(0, 1, 5), color=style.BLUE, alpha=0.5)
        axes.set_ylabel("turned")
        for i, words in enumerate(WORDS):
            axes.text(0, i / 5, words, weight="bold" if i % 2 else "normal")
        style.save(sheet.figure, folder / "x")
    return (folder / "x.svg").read_text(encoding="utf-8")


def test_every_word_is_text_of_its_weight(file):
    root = ET.fromstring(inline_svg(file, "a-"))
    said = {element.text: element.get("font-weight") for element in root.iter(f"{SVG}text")}
    assert {words: said.get(words, "missing") for words in WORDS} == dict(
        zip(WORDS, (None, "700") * 2, strict=True)
    )
    assert {"A title", style.SIMULATED_TEXT, "turned"} <= set(said)
    (turned,) = [element for element in root.iter(f"{SVG}text") if element.text == "turned"]
    assert "rotate(-90)" in turned.get("transform") and turned.get("font-size") == "7"
    assert "DejaVu" not in inline_svg(file, "a-")


def test_mathematics_leaves_the_outlines(file, tmp_path):
    with style.in_style():
        sheet = style.new_sheet(40, 20, title="$x^2$ and words")
        style.save(sheet.figure, tmp_path / "x")
    drawn = inline_svg((tmp_path / "x.svg").read_text(encoding="utf-8"), "a-")
    assert "<text" not in drawn and drawn.count("<use") > 5


def test_marks_stay_where_they_were(file):
    def places(svg: str) -> list[tuple[float, float]]:
        svg = re.sub(r'<g style="[^"]*" transform="[^"]*scale.*?</g>', "", svg, flags=re.DOTALL)
        marks = re.findall(r'<use [^>]*x="([^"]*)" y="([^"]*)"', svg)
        return [(float(x), float(y)) for x, y in marks]

    before, after = places(file), places(inline_svg(file, "a-"))
    assert len(before) > 10 and len(before) == len(after)
    np.testing.assert_allclose(after, before, atol=0.051)


def test_ids_are_the_figures_own_and_every_reference_arrives(file):
    drawn = inline_svg(file, "a-")
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert ids and len(ids) == len(set(ids)) and all(name.startswith("a-") for name in ids)
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn)
    assert {a or b for a, b in references} <= set(ids)


def test_it_is_smaller_by_far(file):
    assert len(inline_svg(file, "a-")) < len(file) / 4


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ("M 0 0 \nL 1 0 \nL 2 0 \nL 2 0 \nL 2 3 \nL 4.126 5 \nz\n", "M0 0H2V3L4.13 5z"),
        ("M 0 0 \nL 3 0 \nL 1 0 \n", "M0 0H3H1"),  # there and back: not on the way
        ("M 1 1 \nL 1 1 \n", "M1 1H1"),  # a dot of a round line
        ("M 0 0 \nL 1 1 \nM 5 5 \nL 5 6 \n", "M0 0L1 1M5 5V6"),
        ("M 0 0 \nC 1 2 3 4 5 6.001 \nL 7 8 \nL 7 9 \nz\n", "M0 0C1 2 3 4 5 6L7 8V9z"),
        ("M -0.001 0 \nL -3.5 -0.25 \n", "M0 0L-3.5 -0.25"),
    ],
)
def test_paths_lose_only_idle_points(drawn, said):
    assert _path(drawn) == said


def test_the_font_has_the_letters_and_the_same_bytes(tmp_path):
    letters = letters_of(["<text>\u00b5 &amp; \u03c7</text>"])
    assert {"\u00b5", "\u03c7", "&", "A", "\u2212"} <= set(letters) and ";" in letters
    rules = font_faces(letters)
    assert rules == font_faces(letters) and rules.count("@font-face") == 2
    for coded in re.findall(r"base64,([^)]*)\)", rules):
        (tmp_path / "font.woff").write_bytes(base64.b64decode(coded))
        assert set(map(ord, letters)) <= set(TTFont(tmp_path / "font.woff").getBestCmap())
