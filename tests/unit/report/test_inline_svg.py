"""Pictures inside the page: the same marks and words as in the file, in fewer characters."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from irf7bone.figures import style
from irf7bone.report.html.page_fonts import font_faces, letters_of
from irf7bone.report.html.svg import inline_svg
from irf7bone.report.html.svg_marks import shorten_marks, sort_axes
from irf7bone.report.html.svg_paths import short_path, shorten_paths

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


def corners(drawn: str) -> list[tuple[float, float]]:
    """Where a path without curves turns, read as SVG 2 has it."""
    places: list[tuple[float, float]] = []
    x = y = first_x = first_y = 0.0
    for letter, text in re.findall(r"([MmLlHhVvz])([^A-Za-z]*)", drawn):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        if letter in "hv":
            pairs = [(number, 0.0) if letter == "h" else (0.0, number) for number in numbers]
        else:
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter == "z":
            x, y = first_x, first_y
        for right, down in pairs:
            kept = (x if letter in "mlhv" else 0, y if letter in "mlhv" else 0)
            x, y = kept[0] + right, kept[1] + down
            if letter in "Mm":
                first_x, first_y = x, y
            places.append((x, y))
    return places


def places_of_marks(svg: str) -> list[tuple[float, float]]:
    svg = re.sub(r'<g style="[^"]*" transform="[^"]*scale.*?</g>', "", svg, flags=re.DOTALL)
    svg = re.sub(r"<marker.*?</marker>", "", svg)
    found = []
    for use, x, y, drawn in re.findall(
        r'(<use )[^>]*?(?: x="([^"]*)")?(?: y="([^"]*)")?(?: style="[^"]*")?/>'
        r'|<path d="([^"]*)" style="fill:none;marker:url',
        svg,
    ):
        found += [(float(x or 0), float(y or 0))] if use else corners(drawn)
    return found


def test_marks_stay_where_they_were(file):
    before, after = places_of_marks(file), places_of_marks(inline_svg(file, "a-"))
    assert len(before) > 10 and len(before) == len(after)
    # ticks of one axis may stand in another order
    np.testing.assert_allclose(sorted(after), sorted(before), atol=0.051)


def test_many_marks_of_one_look_are_the_corners_of_one_path():
    def use(name: str, x: float, y: float, fill: str) -> str:
        return f'<use xlink:href="#{name}" x="{x}" y="{y}" style="fill:{fill}"/>'

    red = [(1.26, 2), (3, 4.5), (3, 9), (0.04, -1), (0.04, -1)]
    blue = [(7, 8), (9, 1)]
    drawn = "".join(use("m", *place, "red") for place in red) + "".join(use("m", *p, "blue") for p in blue)
    found = shorten_marks(drawn + "<g/>" + "".join(use("m", *place, "red") for place in red))
    assert found.count("<marker ") == 1 and found.count("marker:url(#look-0)") == 2
    assert '<use xlink:href="#m" style="fill:red"/></marker>' in found
    row = re.search(r'<path d="([^"]*)"', found)[1]
    np.testing.assert_allclose(corners(row), [(1.3, 2), (3, 4.5), (3, 9), (0, -1), (0, -1)], atol=1e-9)
    assert (
        '<g style="fill:blue"><use xlink:href="#m" x="7" y="8"/><use xlink:href="#m" x="9" y="1"/></g>'
        in found
    )


def test_an_axis_is_sorted_and_anything_else_is_left():
    tick, words = '<use xlink:href="#a" x="0" y="1"/>', '<text x="1" y="2">5</text>'
    line = '<path d="M0 0L1 1"/>'
    assert sort_axes(f"<g axis>{words}{tick}{line}{words}{tick}</g>") == line + tick * 2 + words * 2
    assert sort_axes(f"<g axis>{words}<image/>{tick}</g>") == f"<g>{words}<image/>{tick}</g>"
    assert sort_axes(f"<g>{words}{tick}</g>") == f"<g>{words}{tick}</g>"


def test_neighbours_of_one_look_say_it_once_unless_they_shine_through():
    one, two = 'd="M0 0L1 0"', 'd="M5 5L6 6"'
    look = ' style="fill:none;stroke:red"'
    assert shorten_paths(f"<path {one}{look}/><path {two}{look}/>") == f'<path d="M0 0h1m4 5l1 1"{look}/>'
    seen = ' style="fill:none;stroke:red;stroke-opacity:0.5"'
    grouped = shorten_paths(f"<path {one}{seen}/><path {two}{seen}/>")
    assert grouped == f'<g{seen}><path d="M0 0h1"/><path d="M5 5l1 1"/></g>'
    whole = ' style="fill:red;opacity:0.5"'
    assert shorten_paths(f"<path {one}{whole}/><path {two}{whole}/>").count(whole) == 2
    area = ' style="fill:red"'
    assert shorten_paths(f"<path {one}{area}/><path {two}{look}/>").count("<path") == 2


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
        ("M 0 0 \nL 1 0 \nL 2 0 \nL 2 0 \nL 2 3 \nL 4.126 5 \nz\n", "M0 0h2v3l2.13 2z"),
        ("M 0 0 \nL 3 0 \nL 1 0 \n", "M0 0h3-2"),  # there and back: not on the way
        ("M 1 1 \nL 1 1 \n", "M1 1h0"),  # a dot of a round line
        ("M 0 0 \nL 1 1 \nM 5 5 \nL 5 6 \n", "M0 0l1 1m4 4v1"),
        ("M 0 0 \nC 1 2 3 4 5 6.001 \nL 7 8 \nL 7 9 \nz\n", "M0 0c1 2 3 4 5 6l2 2v1z"),
        ("M -0.001 0 \nL -3.5 -0.25 \nL -3 0.5 \nL -2.5 1.2 \n", "M0 0l-3.5-.25.5.75.5.7"),
        ("M 2 2 \nL 3 4 \nL 2 4 \nz\nM 4 4 \nL 5 6 \n", "M2 2l1 2h-1zm2 2l1 2"),
    ],
)
def test_paths_lose_only_idle_points(drawn, said):
    assert short_path(drawn) == said


def test_steps_do_not_add_up_to_another_place():
    random = np.random.default_rng(5)
    line = np.round(random.uniform(0, 500, (400, 2)), 5)
    drawn = "M " + " L ".join(f"{x} {y}" for x, y in line)
    np.testing.assert_allclose(corners(short_path(drawn)), line, atol=0.0501)


def test_the_page_and_a_saved_figure_give_letters_the_ink_that_figures_leave_out(file):
    ink = style.INK.lower()
    report = Path(__file__).resolve().parents[3] / "workflow" / "report"
    assert f"fill: {ink}; }}" in (report / "style.css").read_text(encoding="utf-8")
    assert f"fill:{ink}}}" in (report / "scripts" / "2_figures.js").read_text(encoding="utf-8")
    assert ">A title</text>" in inline_svg(file, "a-")
    assert not re.search(rf"<text [^>]*{ink}[^>]*>", inline_svg(file, "a-"))


def test_the_font_has_the_letters_and_the_same_bytes(tmp_path):
    letters = letters_of(["<text>\u00b5 &amp; \u03c7</text>"])
    assert {"\u00b5", "\u03c7", "&", "A", "\u2212"} <= set(letters) and ";" in letters
    rules = font_faces(letters)
    assert rules == font_faces(letters) and rules.count("@font-face") == 2
    for coded in re.findall(r"base64,([^)]*)\)", rules):
        (tmp_path / "font.woff").write_bytes(base64.b64decode(coded))
        assert set(map(ord, letters)) <= set(TTFont(tmp_path / "font.woff").getBestCmap())
