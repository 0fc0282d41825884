"""Page, type sizes and colours of the printed report."""

from __future__ import annotations

from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph

from irf7bone.base.phrases import with_signature_names
from irf7bone.report.sentences.quote import plain

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
HEIGHT = A4[1] - 2 * MARGIN
GREY, RULE, MARK = colors.HexColor("#555555"), colors.HexColor("#bbbbbb"), colors.HexColor("#a33c00")


def _style(name: str, size: float, **rules: Any) -> ParagraphStyle:
    font = "DejaVuSans-Bold" if rules.pop("bold", False) else "DejaVuSans"
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=1.35 * size, **rules)


TITLE = _style("title", 17, bold=True, spaceAfter=3 * mm)
HEADING = (
    _style("section", 13, bold=True, spaceBefore=7 * mm, spaceAfter=2 * mm, keepWithNext=1),
    _style("part", 10, bold=True, spaceBefore=4 * mm, spaceAfter=1 * mm, keepWithNext=1),
)
BODY = _style("body", 8.5, spaceAfter=1.6 * mm)
LARGE = _style("large", 11, bold=True, spaceAfter=2 * mm)
SMALL = _style("small", 7, textColor=GREY, spaceAfter=1.6 * mm)
CELL = _style("cell", 6.5)
HEAD = _style("head", 6.5, bold=True)


def say(text: object, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph of plain text; signatures by their names, in the cells of tables by their ids."""
    said = plain(str(text))
    return Paragraph(escape(said if style is CELL else with_signature_names(said), quote=False), style)
