"""Lines of a drawing in fewer characters: the same points, each said by its distance from the one before.

Positions are whole hundredths of a point here, so that the distances add up to where the line was.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

Place = tuple[int, int]

MANY_POINTS = 30  # from here on a line's points are kept to a tenth of a point, 0.04 mm
_STEP = re.compile(r"([MLCQZz])([^MLCQZz]*)")
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_PATH = re.compile(r' d="([^"]*)"')
_ONE = re.compile(r'<path d="([^"]*)"([^>]*)/>')
_RUN = re.compile(r'(?:<path d="[^>]*/>){2,}')
_SEE_THROUGH = re.compile(r"opacity")
_AS_A_WHOLE = re.compile(r'[";]opacity')  # of a group this is not what it is of each of its members


def shorten_paths(drawn: str) -> str:
    """Every path as :func:`short_path` says it; neighbours of one look say the look once."""
    return _PATH.sub(lambda match: f' d="{short_path(match[1])}"', _RUN.sub(_join, drawn))


def _join(match: re.Match[str]) -> str:
    """Lines of one look as one path, where none shines through another; areas as a group."""
    said = []
    for look, same in itertools.groupby(_ONE.findall(match[0]), key=lambda path: path[1]):
        drawn = [path[0] for path in same]
        if "fill:none" in look and not _SEE_THROUGH.search(look):
            said.append(f'<path d="{"".join(drawn)}"{look}/>')
        elif len(drawn) > 1 and look and not _AS_A_WHOLE.search(look):
            areas = "".join(f'<path d="{one}"/>' for one in drawn)
            said.append(f"<g{look}>{areas}</g>")
        else:
            said += [f'<path d="{one}"{look}/>' for one in drawn]
    return "".join(said)


def short_path(drawn: str) -> str:
    """The same line in hundredths of a point, without points that lie on it, and with short commands."""
    pen = Pen()
    run: list[tuple[float, float]] = []  # M and the L after it, or L that follow a curve
    begins = "M"
    for letter, numbers in _STEP.findall(drawn):
        values = [float(number) for number in _NUMBER.findall(numbers)]
        points = list(zip(values[::2], values[1::2], strict=True))
        if letter in "ML":
            if letter == "M" or not run:
                _polyline(pen, run, begins)
                run, begins = [], letter
            run += points
            continue
        _polyline(pen, run, begins)
        run, begins = [], "L"
        if letter in "Zz":
            pen.close()
        else:
            pen.curve(letter.lower(), [_place(point) for point in points])
    _polyline(pen, run, begins)
    return pen.said


class Pen:
    """Writes the commands of one path.

    Source: SVG 2, section 9.3: lower-case commands count from where the pen is, a letter that repeats is
    left out, and nothing needs to stand before a minus or before the point of a second fraction.
    """

    def __init__(self) -> None:
        """Start at the origin, with nothing drawn."""
        self.said = ""
        self._at = self._first = (0, 0)
        self._letter = self._number = ""

    def move(self, place: Place) -> None:
        """Go there without a line."""
        self._letter = ""  # numbers that follow those of a move would be lines
        self._write("m" if self.said else "M", self._from_here(place))
        self._at = self._first = place

    def line(self, place: Place) -> None:
        """Draw a straight line there; a level or upright one is one number."""
        right, down = self._from_here(place)
        if not down:
            self._write("h", (right,))
        elif not right:
            self._write("v", (down,))
        else:
            self._write("l", (right, down))
        self._at = place

    def curve(self, letter: str, places: Sequence[Place]) -> None:
        """Draw a cubic (``c``) or quadratic (``q``) curve by its control points to the last place."""
        self._write(letter, [number for place in places for number in self._from_here(place)])
        self._at = places[-1]

    def close(self) -> None:
        """Draw a line to where this part began."""
        self.said += "z"
        self._letter, self._at = "", self._first

    def _from_here(self, place: Place) -> Place:
        return place[0] - self._at[0], place[1] - self._at[1]

    def _write(self, letter: str, numbers: Sequence[int]) -> None:
        parts, before = [], self._number
        if letter != self._letter:
            parts, before = [letter], ""
        for number in numbers:
            said = said_number(number)
            apart = before and said[0] != "-" and not (said[0] == "." and "." in before)
            parts.append(f" {said}" if apart else said)
            before = said
        self.said += "".join(parts)
        self._letter, self._number = letter, before


def _place(point: tuple[float, float], digits: int = 2) -> Place:
    return round(100 * round(point[0], digits)), round(100 * round(point[1], digits))


def said_number(number: int) -> str:
    """Hundredths as a number of points: ``-.5`` for -50."""
    whole, rest = divmod(abs(number), 100)
    said = str(whole) if not rest else f"{whole or ''}.{rest:02d}".rstrip("0")
    return f"-{said}" if number < 0 else said


def _polyline(pen: Pen, points: list[tuple[float, float]], begins: str) -> None:
    """Straight lines through the points."""
    if not points:
        return
    digits = 2 if len(points) <= MANY_POINTS else 1
    first, *others = _needed([_place(point, digits) for point in points])
    if begins == "M":
        pen.move(first)
    else:
        pen.line(first)
    for place in others:
        pen.line(place)


def _needed(points: list[Place]) -> list[Place]:
    """Points without those that a level or upright line passes on its way."""
    kept = points[:1]
    for point in points[1:]:
        if len(kept) > 1 and _passes(kept[-2], kept[-1], point):
            kept[-1] = point
        elif point != kept[-1] or len(points) == 2:
            kept.append(point)
    return kept


def _passes(a: Place, b: Place, c: Place) -> bool:
    for i in (0, 1):
        if a[i] == b[i] == c[i]:
            j = 1 - i
            return (a[j] <= b[j] <= c[j]) or (a[j] >= b[j] >= c[j])
    return False
