"""Builds the report: tables, figures and sentences into one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.report.html.downloads import OfferedFiles
from irf7bone.report.html.page_fonts import font_faces, letters_of
from irf7bone.report.html.section import Section
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sentences.glossary import mark_terms, term_id
from irf7bone.report.sentences.quote import as_html, exact, plain

FINDINGS_SHOWN = 4  # of a section; the rest is folded


def build_report(inputs: ReportInputs, contents: Mapping[str, Sequence[Section]] | None = None) -> str:
    """The whole page; equal inputs give equal bytes.

    Args:
        inputs: All that the report is made from.
        contents: Result of :func:`irf7bone.report.sections.page.page_sections`, where it was made already.

    Raises:
        FileNotFoundError: A figure that the study should have is not in ``inputs.figures``.
    """
    environment = Environment(
        loader=FileSystemLoader(inputs.templates / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=as_html,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    downloads = OfferedFiles()
    environment.globals |= {"downloads": downloads, "findings_shown": FINDINGS_SHOWN}
    environment.filters |= {"plain": plain, "exact": exact, "term_id": term_id}
    contents = contents or page_sections(inputs)
    body = environment.get_template("sections.html.j2").render(
        config=inputs.config, contents=contents, endpoint_words=ENDPOINT_WORDS
    )
    body = mark_terms(body, inputs.glossary)
    script = _script(inputs.templates / "scripts")
    page = environment.get_template("index.html.j2").render(
        title=inputs.config.title,
        contents=contents,
        body=Markup(body),
        fonts=Markup(font_faces(letters_of([body]))),
        style=Markup((inputs.templates / "style.css").read_text(encoding="utf-8")),
        files=downloads.blocks(len(body.encode("utf-8"))),
        script=Markup(script),
        script_hash=_csp_hash(script),
    )
    return page if page.endswith("\n") else page + "\n"


def _script(folder: Path) -> str:
    """The script's files in the order of their names, with nothing left behind in the page's own scope."""
    parts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();"


def _csp_hash(script: str) -> str:
    """What the content security policy calls this script; a browser runs no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
