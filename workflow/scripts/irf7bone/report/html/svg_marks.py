"""Marks of a drawing in fewer characters: many of one look become the corners of one path."""

from __future__ import annotations

import itertools
import re

from irf7bone.report.html.svg_paths import Pen, Place, said_number

LEAST_MARKS = 4  # fewer in a row say their places one by one

_CLIPPED = re.compile(r'<g clip-path="(?P<clip>[^"]*)">(?P<inside>(?:<use [^>]*/>)+)</g>')
_POINT = re.compile(r'<use xlink:href="(#[^"]+)" x="([^"]*)" y="([^"]*)"(?: style="([^"]*)")?/>')
_POINTS = re.compile(r'(?:<use xlink:href="#[^"]+" x="[^"]*" y="[^"]*"(?: style="[^"]*")?/>){2,}')
_AXIS = re.compile(r"<g axis>((?:(?!</?g[ >]).)*)</g>", re.DOTALL)
_PART = re.compile(r"<defs>.*?</defs>|<path [^>]*/>|<use [^>]*/>|<text [^>]*>[^<]*</text>", re.DOTALL)
_KINDS = ("<defs", "<path", "<use ", "<text")  # of an axis none lies over another


def shorten_marks(drawn: str) -> str:
    """The same marks at the same places, to a tenth of a point where several stand in a row."""
    return _Marks().shorten(_join_clips(drawn))


def sort_axes(drawn: str) -> str:
    """Each axis with its lines, its ticks and its words in a row, where it holds nothing else.

    Args:
        drawn: With the axes' groups written as ``<g axis>``.
    """
    return _AXIS.sub(_sorted_axis, drawn).replace("<g axis>", "<g>")


def _sorted_axis(match: re.Match[str]) -> str:
    parts = _PART.findall(match[1])
    if "".join(parts) != match[1]:
        return f"<g>{match[1]}</g>"
    return "".join(sorted(parts, key=lambda part: _KINDS.index(part[:5])))


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


class _Marks:
    """Rows of marks of one drawing, and the looks that have a name by now.

    Source: SVG 2, section 11.6: a path's markers are drawn at its corners, in their order.
    """

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], str] = {}

    def shorten(self, drawn: str) -> str:
        return _POINTS.sub(self._row, drawn)

    def _row(self, match: re.Match[str]) -> str:
        said = []
        for look, same in itertools.groupby(_POINT.findall(match[0]), key=lambda point: (point[0], point[3])):
            places = [(_tenth(x), _tenth(y)) for _, x, y, _ in same]
            said.append(
                self._corners(look, places) if len(places) >= LEAST_MARKS else _one_by_one(look, places)
            )
        return "".join(said)

    def _corners(self, look: tuple[str, str], places: list[Place]) -> str:
        said = ""
        if look not in self._named:
            self._named[look] = f"look-{len(self._named)}"
            said = (
                f'<marker id="{self._named[look]}" markerUnits="userSpaceOnUse" overflow="visible">'
                f"{_use(look, (0, 0), styled=True)}</marker>"
            )
        pen = Pen()
        pen.move(places[0])
        for place in places[1:]:
            pen.line(place)
        return f'{said}<path d="{pen.said}" style="fill:none;marker:url(#{self._named[look]})"/>'


def _one_by_one(look: tuple[str, str], places: list[Place]) -> str:
    if len(places) == 1 or not look[1]:
        return "".join(_use(look, place, styled=True) for place in places)
    uses = "".join(_use(look, place, styled=False) for place in places)
    return f'<g style="{look[1]}">{uses}</g>'


def _use(look: tuple[str, str], place: Place, *, styled: bool) -> str:
    style = f' style="{look[1]}"' if styled and look[1] else ""
    at = "".join(f' {name}="{said_number(v)}"' for name, v in zip("xy", place, strict=True) if v)
    return f'<use xlink:href="{look[0]}"{at}{style}/>'


def _tenth(number: str) -> int:
    """Hundredths of a point; among many marks a tenth, 0.04 mm, is enough."""
    return 10 * round(10 * float(number))
