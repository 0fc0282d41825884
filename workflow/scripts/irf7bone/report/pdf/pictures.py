"""Figures in the printed report: places that the text keeps free, and the forms that are drawn into them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, StreamObject
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from irf7bone.report.pdf.styles import HEIGHT, WIDTH

ROOM = HEIGHT - 45 * mm  # beside a heading and a caption
LEAST_SCALE = 0.6  # below it letters cannot be read: the figure goes on over the next page
OVERLAP = 8 * mm  # so that a line cut at the end of a page stands whole on the next


class PlacedPicture(NamedTuple):
    """Where a part of a figure is drawn; lengths in points.

    Args:
        path: The figure's file.
        page: Page, from 0.
        x: Left edge on the page.
        y: Lower edge on the page.
        scale: Of the figure.
        bottom: Lower edge of the part in the figure.
        width: Of the part on the page.
        height: The same.
    """

    path: Path
    page: int
    x: float
    y: float
    scale: float
    bottom: float
    width: float
    height: float


@dataclass
class Placed:
    """Parts of figures in the order of their places."""

    places: list[PlacedPicture] = field(default_factory=list)


class Picture(Flowable):
    """Keeps the place of a part of a figure free and notes where it is."""

    def __init__(self, path: Path, width: float, scale: float, part: tuple[float, float], placed: Placed):
        super().__init__()
        self.scale, self.bottom = scale, part[0]
        self.width, self.height = width * scale, (part[1] - part[0]) * scale
        self._path, self._placed = path, placed

    def draw(self) -> None:
        """Note the place; the name is reportlab's."""
        x, y = self.canv.absolutePosition(0, 0)
        page = self.canv.getPageNumber() - 1
        self._placed.places.append(
            PlacedPicture(self._path, page, x, y, self.scale, self.bottom, self.width, self.height)
        )


def pictures(path: Path, width: float, height: float, placed: Placed) -> Iterator[Picture]:
    """A figure in one piece, or in as many pages as it needs to be read, from its top.

    Args:
        path: Its PDF.
        width: In points.
        height: In points.
        placed: Takes the places.
    """
    scale = min(1.0, WIDTH / width, ROOM / height)
    if scale >= min(LEAST_SCALE, WIDTH / width):
        yield Picture(path, width, scale, (0, height), placed)
        return
    scale = min(1.0, WIDTH / width)
    page, overlap = ROOM / scale, OVERLAP / scale
    number = math.ceil((height - overlap) / (page - overlap))
    for part in range(number):
        top = height - part * (page - overlap)
        yield Picture(path, width, scale, (max(0.0, top - page), top), placed)


def draw_all(writer: PdfWriter, placed: Placed) -> None:
    """Draw every figure into its places."""
    for number, place in enumerate(placed.places):
        _put(writer, writer.pages[place.page], PdfReader(place.path).pages[0], f"/Figure{number}", place)


def _put(writer: PdfWriter, page: PageObject, figure: PageObject, name: str, place: PlacedPicture) -> None:
    """Draw a part of a figure's page on a page as a form of its own, whose content need not be parsed.

    Args:
        writer: Of the page.
        page: What to draw on.
        figure: A page of another file, with one content stream.
        name: Of the form among the resources of the page.
        place: Where.
    """
    # untyped: of an object pypdf knows no more than that it is one
    contents: Any = figure["/Contents"].get_object()
    resources: Any = figure["/Resources"].get_object()
    own: Any = page["/Resources"].get_object()
    form = StreamObject()
    form.set_data(contents.get_data())
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(FloatObject(edge) for edge in figure.mediabox)
    form[NameObject("/Resources")] = resources.clone(writer)
    forms = own.setdefault(NameObject("/XObject"), DictionaryObject())
    forms.get_object()[NameObject(name)] = writer._add_object(form.flate_encode())
    scale, x, y = place.scale, place.x, place.y - place.bottom * place.scale
    clip = f"{place.x:.3f} {place.y:.3f} {place.width:.3f} {place.height:.3f} re W n"
    draw = StreamObject()
    draw.set_data(f"q {clip} {scale:.6f} 0 0 {scale:.6f} {x:.3f} {y:.3f} cm {name} Do Q".encode())
    before = page.raw_get("/Contents")
    parts = before if isinstance(before, ArrayObject) else ArrayObject([before])
    page[NameObject("/Contents")] = ArrayObject([*parts, writer._add_object(draw)])
