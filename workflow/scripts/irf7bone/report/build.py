"""Builds the report: tables, figures and sentences into one self-contained HTML file."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from irf7bone.report.inputs import ReportInputs
from irf7bone.report.page import page_sections
from irf7bone.wording import ENDPOINT_WORDS


def build_report(inputs: ReportInputs) -> str:
    """The whole page; equal inputs give equal bytes.

    Raises:
        FileNotFoundError: A figure that the study should have is not in ``inputs.figures``.
    """
    environment = Environment(
        loader=FileSystemLoader(inputs.templates / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("index.html.j2").render(
        title=inputs.config.title,
        config=inputs.config,
        contents=page_sections(inputs),
        endpoint_words=ENDPOINT_WORDS,
        style=Markup((inputs.templates / "style.css").read_text(encoding="utf-8")),
        script=Markup((inputs.templates / "script.js").read_text(encoding="utf-8")),
    )
    return page if page.endswith("\n") else page + "\n"
