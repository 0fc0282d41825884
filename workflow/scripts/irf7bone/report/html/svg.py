"""A figure's SVG as part of the page: letters become text in the page's own font, and lines lose idle points.

matplotlib writes every letter as an outline, so that its files look the same everywhere. Inside the page one
embedded font does that for all figures (:mod:`irf7bone.report.html.page_fonts`), in a fifth of the
characters.
"""

from __future__ import annotations

import html
import itertools
import re

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
_PATH = re.compile(r' d="([^"]*)"')
_STEP = re.compile(r"([MLCQZz])([^MLCQZz]*)")
# what stands between tags is text, whose numbers are not ours to round
_LONG = re.compile(r">[^<>]+<|(?:scale|matrix)\([^)]*\)|(-?\d+\.\d{3,})")
_STYLE = re.compile(r' style="([^"]*)"')
_GROUP = re.compile(r'<g id="[^"]*">')
_BARE = re.compile(r"<g>((?:(?!</?g[ >]).)*)</g>", re.DOTALL)
_POINT = re.compile(r'<use xlink:href="(#[^"]+)" x="([^"]*)" y="([^"]*)"(?: style="([^"]*)")?/>')
_POINTS = re.compile(r'(?:<use xlink:href="#[^"]+" x="[^"]*" y="[^"]*"(?: style="[^"]*")?/>){2,}')
_CLIPPED = re.compile(r'<g clip-path="(?P<clip>[^"]*)">(?P<inside>(?:<use [^>]*/>)+)</g>')
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'( id="|"#|url\(#)([^")]+)')
_VIEW = re.compile(r'viewBox="([^"]*)"')
MANY_POINTS = 30  # from here on a line's points are kept to a tenth of a point, 0.04 mm
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")


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
    drawn = _GROUP.sub("<g>", drawn)
    drawn = _PATH.sub(lambda match: f' d="{_path(match[1])}"', drawn)
    drawn = _LONG.sub(lambda match: match[0] if match[1] is None else _short(float(match[1])), drawn)
    drawn = _STYLE.sub(lambda match: f' style="{_style(match[1])}"', drawn)
    while (flat := _BARE.sub(r"\1", drawn)) != drawn:
        drawn = flat
    drawn = _join_clips(drawn)
    drawn = _POINTS.sub(_points, drawn)
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
    style = f' style="{match["style"]}"' if match["style"] else ""
    size = _short(100 * float(match["scale"]))
    return f'<text {place} font-size="{size}"{bold}{style} xml:space="preserve">{said}</text>'


def _short(value: float) -> str:
    """Hundredths of a point are far below what a screen or a printer shows."""
    said = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if said in ("-0", "") else said


def _style(style: str) -> str:
    return style.replace(": ", ":").replace("; ", ";")


def _path(drawn: str) -> str:
    """The same line in hundredths of a point, without points that lie on it, and with short commands."""
    parts: list[str] = []
    run: list[tuple[float, float]] = []  # M and the L after it, or L that follow a curve
    begins = "M"
    for letter, numbers in _STEP.findall(drawn):
        values = [float(number) for number in _NUMBER.findall(numbers)]
        if letter in "ML":
            if letter == "M" or not run:
                parts.append(_polyline(run, begins))
                run, begins = [], letter
            run += zip(values[::2], values[1::2], strict=True)
        else:
            parts += [
                _polyline(run, begins),
                "z" if letter in "Zz" else letter + " ".join(map(_short, values)),
            ]
            run, begins = [], "L"
    return "".join([*parts, _polyline(run, begins)])


def _polyline(points: list[tuple[float, float]], begins: str) -> str:
    """Straight lines through the points; level and upright ones by one number each."""
    if not points:
        return ""
    digits = 2 if len(points) <= MANY_POINTS else 1
    kept = _needed([(round(x, digits), round(y, digits)) for x, y in points])
    said = [f"{begins}{_short(kept[0][0])} {_short(kept[0][1])}"]
    for (x, y), (next_x, next_y) in itertools.pairwise(kept):
        if y == next_y:
            said.append(f"H{_short(next_x)}")
        elif x == next_x:
            said.append(f"V{_short(next_y)}")
        else:
            said.append(f"L{_short(next_x)} {_short(next_y)}")
    return "".join(said)


def _needed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points without those that a level or upright line passes on its way."""
    kept = points[:1]
    for point in points[1:]:
        if len(kept) > 1 and _passes(kept[-2], kept[-1], point):
            kept[-1] = point
        elif point != kept[-1] or len(points) == 2:
            kept.append(point)
    return kept


def _passes(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    for i in (0, 1):
        if a[i] == b[i] == c[i]:
            j = 1 - i
            return (a[j] <= b[j] <= c[j]) or (a[j] >= b[j] >= c[j])
    return False


def _join_clips(drawn: str) -> str:
    """Neighbours under one clip share a group."""
    parts, last, open_clip = [], 0, None
    for match in _CLIPPED.finditer(drawn):
        between = drawn[last : match.start()]
        if between or match["clip"] != open_clip:
            parts.append("</g>" if open_clip else "")
            parts += [between, f'<g clip-path="{match["clip"]}">']
            open_clip = match["clip"]
        parts.append(match["inside"])
        last = match.end()
    parts += ["</g>" if open_clip else "", drawn[last:]]
    return "".join(parts)


def _points(match: re.Match[str]) -> str:
    """Neighbouring marks of one look share a group that says the look once."""
    said = []
    points = _POINT.findall(match[0])
    for style, same in itertools.groupby(points, key=lambda point: point[3]):
        marks = "".join(
            f'<use xlink:href="{mark}" x="{_tenth(x)}" y="{_tenth(y)}"/>' for mark, x, y, _ in same
        )
        said.append(f'<g style="{style}">{marks}</g>' if style else marks)
    return "".join(said)


def _tenth(number: str) -> str:
    """Among many marks a tenth of a point, 0.04 mm, is enough."""
    return _short(round(float(number), 1))


def _head(drawn: str) -> str:
    """Only the viewBox: the page decides how large the picture is."""
    view = _VIEW.search(drawn)
    if view is None:
        raise ValueError("the drawing states no viewBox")
    body = drawn[drawn.index(">") + 1 :]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view[1]}" class="drawn">{body}'


def _own_ids(drawn: str, prefix: str) -> str:
    ids = {name: f"{prefix}{i}" for i, name in enumerate(dict.fromkeys(_ID.findall(drawn)))}
    return _REFERENCE.sub(lambda match: f"{match[1]}{ids[match[2]]}" if match[2] in ids else match[0], drawn)
