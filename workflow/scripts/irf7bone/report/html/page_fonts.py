"""The one font of all figures inside the page: matplotlib's own DejaVu Sans, with the letters in use."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import matplotlib
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Report figures"
WEIGHTS = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}
# what the script of the page may write, beside what the figures hold already
ALWAYS = "".join(map(chr, range(32, 127))) + "\u2013\u2026\u00b2\u2190\u2192\u2212"
_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")


def letters_of(drawings: Iterable[str]) -> str:
    """Every letter in the text of SVG pictures, sorted."""
    said = {
        letter for drawing in drawings for words in _TEXT.findall(drawing) for letter in html.unescape(words)
    }
    return "".join(sorted(said.union(ALWAYS)))


def font_faces(letters: str) -> str:
    """CSS rules with the regular and the bold font inside; equal letters give equal bytes.

    Args:
        letters: Those that the font must have.
    """
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
        f"src: url(data:font/woff;base64,{_subset(folder / file, letters)}) }}"
        for weight, file in WEIGHTS.items()
    )


def _subset(path: Path, letters: str) -> str:
    """The letters of a font, without hints for small screens, as base64 of WOFF."""
    options = Options()
    options.flavor = "woff"
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["FFTM"]  # the font editor's dates
    font = TTFont(path, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(font)
    font.flavor = "woff"
    stream = BytesIO()
    font.save(stream)
    return base64.b64encode(stream.getvalue()).decode("ascii")
