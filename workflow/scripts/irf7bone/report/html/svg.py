"""A figure's SVG as part of the page: letters become text in the page's own font, and lines lose idle points.

matplotlib writes every letter as an outline, so that its files look the same everywhere. Inside the page one
embedded font does that for all figures (:mod:`irf7bone.report.html.page_fonts`), in a fifth of the
characters.
"""

from __future__ import annotations

import html
import re
from collections import Counter

from irf7bone.figures.style import INK
from irf7bone.report.html.svg_marks import shorten_marks, sort_axes
from irf7bone.report.html.svg_paths import shorten_paths

# matplotlib writes these before and into every file; none is drawn
# or, the look of joints, the page says itself
_NOT_DRAWN = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WORDS = re.compile(
    r'<!-- (?P<words>(?:(?!-->).)*?) -->\s*<g(?: style="(?P<style>[^"]*)")? transform="'
    r'translate\((?P<at>[^)]*)\)(?: rotate\((?P<turn>[^)]*)\))? scale\((?P<scale>[\d.]+) -[\d.]+\)">'
    r"(?P<drawn>(?:\s*<defs>.*?</defs>)?(?:\s*<use [^>]*/>)+)\s*</g>",
    re.DOTALL,
)
_GLYPH = re.compile(r'<use xlink:href="#DejaVuSans(?P<bold>-Bold)?-[0-9a-f]+"')
_LIGATURE = re.compile("ff?[il]|ff")  # one outline for several letters
# what stands between tags is text, whose numbers are not ours to round
_LONG = re.compile(r">[^<>]+<|(?:scale|matrix)\([^)]*\)|(-?\d+\.\d{3,})")
_STYLE = re.compile(r' style="([^"]*)"')
_GROUP = re.compile(r'<g id="([^"]*)">')
_BARE = re.compile(r"<g>((?:(?!</?g[ >]).)*)</g>", re.DOTALL)
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'( id="|"#|url\(#)([^")]+)')
_SIZE = re.compile(r' font-size="[^"]*"')
_VIEW = re.compile(r'viewBox="([^"]*)"')


def inline_svg(svg: str, prefix: str) -> str:
    """The picture to stand inside a page: same look, far fewer characters, ids that no other figure has.

    Args:
        svg: As matplotlib writes it, letters as outlines.
        prefix: Begins every id.

    Returns:
        One ``<svg>`` element without a size of its own beside its viewBox.
    """
    drawn = _NOT_DRAWN.sub("", svg)
    words = _WORDS.sub(_words, drawn)
    # one text that is no plain line of one font (mathematics, say) leaves all of this figure as outlines
    drawn = words if "#DejaVuSans" not in words else drawn
    drawn = re.sub(r">\s+<", "><", _COMMENT.sub("", drawn)).strip()
    drawn = _GROUP.sub(lambda match: "<g axis>" if match[1].startswith("matplotlib.axis") else "<g>", drawn)
    drawn = _STYLE.sub(lambda match: f' style="{_style(match[1])}"', drawn)
    while (flat := _BARE.sub(r"\1", drawn)) != drawn:
        drawn = flat
    drawn = shorten_marks(shorten_paths(sort_axes(drawn)))
    drawn = _LONG.sub(lambda match: match[0] if match[1] is None else _short(float(match[1])), drawn)
    return _own_ids(_head(drawn), prefix).replace("xlink:href", "href")


def _words(match: re.Match[str]) -> str:
    """A line of outlined letters as text, where each letter is one outline of one font."""
    glyphs = list(_GLYPH.finditer(match["drawn"]))
    said = match["words"]
    letters = html.unescape(said)
    weights = {glyph["bold"] for glyph in glyphs}
    of_one_font = len(weights) == 1 and len(glyphs) == match["drawn"].count("<use ")
    if not of_one_font or not len(_LIGATURE.sub("f", letters)) <= len(glyphs) <= len(letters):
        return match[0]
    x, y = (_short(float(number)) for number in match["at"].split())
    place = f'x="{x}" y="{y}"'
    if match["turn"]:
        place = f'transform="translate({x} {y}) rotate({match["turn"].split()[0]})"'
    bold = ' font-weight="700"' if weights == {"-Bold"} else ""
    colour = match["style"] or "fill: #000"
    style = "" if colour == f"fill: {INK.lower()}" else f' style="{colour}"'
    size = _short(100 * float(match["scale"]))
    return f'<text {place} font-size="{size}"{bold}{style}>{said}</text>'


def _short(value: float) -> str:
    """Hundredths of a point are far below what a screen or a printer shows."""
    said = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if said in ("-0", "") else said


def _style(style: str) -> str:
    return style.replace(": ", ":").replace("; ", ";").replace(";stroke-dashoffset:0;", ";")


def _head(drawn: str) -> str:
    """Of sizes the viewBox (the page decides how large the picture is), and that of most letters."""
    view = _VIEW.search(drawn)
    if view is None:
        raise ValueError("the drawing states no viewBox")
    body = drawn[drawn.index(">") + 1 :]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view[1]}" class="drawn"'
    sizes = Counter(_SIZE.findall(body)).most_common(1)
    if sizes:
        head += f'{sizes[0][0]} xml:space="preserve"'
        body = body.replace(sizes[0][0], "")
    return f"{head}>{body}"


def _own_ids(drawn: str, prefix: str) -> str:
    ids = {name: f"{prefix}{i}" for i, name in enumerate(dict.fromkeys(_ID.findall(drawn)))}
    return _REFERENCE.sub(lambda match: f"{match[1]}{ids[match[2]]}" if match[2] in ids else match[0], drawn)
