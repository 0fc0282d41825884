"""The printed report holds what the page holds: sections, sentences, tables and every figure."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from madeup import study as made
from madeup.report import make_inputs
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from irf7bone.base.phrases import with_signature_names
from irf7bone.report.pdf.printed import MOST_ROWS, build_pdf
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.methods import as_markdown
from irf7bone.report.sentences.quote import plain


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    cohorts = {name: made.cohort(name) for name in made.HAS}
    inputs = make_inputs(folder, made.config(), made.cards(alpha="<b>R&D</b>"), cohorts)
    for drawn in folder.rglob("*.svg"):
        canvas = Canvas(str(drawn.with_suffix(".pdf")), pagesize=(510.2, 229.6), invariant=1)
        canvas.drawString(20, 100, f"drawn:{drawn.parent.name}/{drawn.stem}")
        canvas.save()
    return inputs


@pytest.fixture(scope="module")
def pdf(inputs):
    return build_pdf(inputs)


@pytest.fixture(scope="module")
def text(pdf):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def sections(inputs):
    return [section for group in page_sections(inputs).values() for section in group]


def test_same_inputs_same_bytes(inputs, pdf):
    assert build_pdf(inputs) == pdf


def test_every_section_is_in_the_outline(inputs, pdf):
    outline = [entry.title for entry in PdfReader(io.BytesIO(pdf)).outline]
    assert outline == [section.title for section in sections(inputs) if section.on_paper]


def test_every_figure_of_the_page_is_drawn_once(inputs, pdf):
    shown = [figure for section in sections(inputs) for figure in section.figures]
    shown += [cohort["quality"] for section in sections(inputs) for cohort in section.data.get("cohorts", ())]
    shown += [
        figure
        for section in sections(inputs)
        for forest in section.data.get("forests", ())
        for figure in forest["figures"]
    ]
    drawn = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        forms = page["/Resources"].get("/XObject", {})
        for form in forms.values():
            data = form.get_object().get_data().decode("latin-1")
            drawn.append(data.partition("drawn:")[2].partition(")")[0])
    expected = [figure.file.removeprefix("results/figures/") for figure in shown]
    assert sorted(drawn) == sorted(expected)


def test_figures_stay_inside_the_page(pdf):
    placed = 0
    for page in PdfReader(io.BytesIO(pdf)).pages:
        data = page.get_contents().get_data().decode("latin-1")
        for clip in re.findall(r"q ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re W n [^Q]+ /Figure\d+ Do Q", data):
            x, y, width, height = map(float, clip)
            assert x + width < float(page.mediabox.width)
            assert y + height < float(page.mediabox.height)
            placed += 1
    assert placed > 10


def as_said(text: str) -> str:
    """A sentence as paper has it: signatures by their names, numbers without where they stand."""
    return with_signature_names(" ".join(plain(text).split()))


def test_verdict_and_findings_are_said_as_on_the_page(inputs, text):
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    assert " ".join(f"{primary['lead']} {primary['details']}".split()) in text
    for section in sections(inputs):
        for finding in section.findings:
            assert as_said(finding.text) in text


def test_simulated_results_are_marked(inputs, text):
    for section in sections(inputs):
        for finding in section.findings:
            if finding.simulated:
                assert f"SIMULATED, NOT PATIENTS. {as_said(finding.text)}" in text


def test_long_tables_are_named_and_not_printed(inputs, text):
    long = [table for section in sections(inputs) for table in section.tables if len(table.rows) > MOST_ROWS]
    assert long
    for table in long:
        assert f"too long to print, see {table.id}.tsv" in text


def test_markup_in_a_title_is_printed_as_text(text):
    assert "<b>R&D</b>" in text


def test_a_missing_figure_is_an_error(inputs, tmp_path):
    with pytest.raises(FileNotFoundError):
        build_pdf(replace(inputs, figures=tmp_path))


def test_methods_text_numbers_its_references(inputs):
    methods = run_methods(inputs)
    written = as_markdown(methods)
    assert written.startswith(f"## {methods.paragraphs[0][0]}\n\n{methods.paragraphs[0][1]}\n")
    assert written.rstrip().endswith(f"{len(methods.references)}. {methods.references[-1].text}")
