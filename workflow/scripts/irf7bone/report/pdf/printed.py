"""The report as a PDF to print or attach: the sections of the page, with its figures as vector graphics.

Text and tables are set by reportlab; the figures are the PDF files that the workflow drew, put in their
places by pypdf, so that fonts and lines are those of the single files.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    PageTemplate,
    Paragraph,
    Spacer,
)

from irf7bone.base.phrases import ENDPOINT_WORDS, counted
from irf7bone.report.html.cell_markup import TableView
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Section
from irf7bone.report.pdf.grid import grid
from irf7bone.report.pdf.pictures import ROOM, Placed, draw_all, pictures
from irf7bone.report.pdf.styles import GREY, HEADING, HEIGHT, LARGE, MARGIN, SMALL, TITLE, WIDTH, say
from irf7bone.report.sections.page import page_sections

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

MOST_ROWS = 40  # a longer table is for the screen, or for the file that it comes from
SIMULATED = "SIMULATED, NOT PATIENTS. "


class _Document(BaseDocTemplate):
    """Pages with a foot line, and an outline of the sections."""

    def __init__(self, target: io.BytesIO, title: str):
        super().__init__(
            target,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=title,
            author="irf7bone",
            initialFontName="DejaVuSans",
            invariant=1,  # no date and no random id: the same run gives the same file
        )
        frame = Frame(MARGIN, MARGIN, WIDTH, HEIGHT, 0, 0, 0, 0, id="text")
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._foot))
        self._foot_line = title

    def _foot(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("DejaVuSans", 7)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, MARGIN / 2, self._foot_line)
        canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(document.page))
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # the name that reportlab calls
        """Puts a section's heading into the outline."""
        if isinstance(flowable, Paragraph) and flowable.style is HEADING[0]:
            key = f"section-{self.page}-{flowable.getPlainText()}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, level=0)


def build_pdf(inputs: ReportInputs, contents: Mapping[str, Sequence[Section]] | None = None) -> bytes:
    """The printed report; equal inputs give equal bytes.

    Args:
        inputs: All that the report is made from.
        contents: Result of :func:`irf7bone.report.sections.page.page_sections`, where it was made already.

    Raises:
        FileNotFoundError: A figure that the report shows has no PDF in ``inputs.figures``.
    """
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, fonts / f"{name}.ttf"))
    placed, text = Placed(), io.BytesIO()
    story: list[Flowable] = [say(inputs.config.title, TITLE)]
    for sections in (contents or page_sections(inputs)).values():
        for section in sections:
            if section.on_paper:
                story += _section(section, inputs, placed)
    _Document(text, inputs.config.title).build(story)
    writer = PdfWriter(clone_from=PdfReader(text))
    draw_all(writer, placed)
    writer.compress_identical_objects()  # the figures embed the same fonts
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _section(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    # no heading alone at the foot of a page
    first = min(section.figures[0].height, ROOM) if section.figures and not section.findings else 0
    yield CondPageBreak(first + 35 * mm)
    yield say(section.title, HEADING[0])
    yield from _OWN.get(section.template, _general)(section, inputs, placed)


def _general(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    for finding in section.findings:
        yield say(f"{SIMULATED if finding.simulated else ''}{finding.text}")
    for figure in section.figures:
        yield from _figure(figure, inputs, placed)
    for table in section.tables:
        yield from _table(table)


def _figure(figure: FigureView, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    name = figure.file.removeprefix("results/figures/")
    path = inputs.figures / f"{name}.pdf"
    if not path.is_file():
        raise FileNotFoundError(path)
    title = say(f"{figure.title}{' (simulated, not patients)' if figure.simulated else ''}", HEADING[1])
    first, *further = pictures(path, figure.width, figure.height, placed)
    caption = say(figure.caption, SMALL)
    yield KeepTogether([title, first] if further else [title, first, caption])
    yield from further[:-1]
    if further:
        yield KeepTogether([further[-1], caption])


def _table(table: TableView) -> Iterator[Flowable]:
    yield Spacer(0, 2 * mm)
    yield say(table.caption, SMALL)
    if len(table.rows) > MOST_ROWS:
        yield say(f"{counted(len(table.rows), 'row')}: too long to print, see {table.id}.tsv in the page.")
        return
    rows = [[cell.text for cell in row] for row in table.rows]
    marked = [number for number, is_marked in enumerate(table.marked, start=1) if is_marked]
    yield from grid([column.label for column in table.columns], rows, marked)


def _points(texts: Sequence[str]) -> ListFlowable:
    items: list[Any] = [ListItem(say(text), leftIndent=5 * mm) for text in texts]
    return ListFlowable(
        items,
        bulletType="bullet",
        bulletFontSize=6,
        start="•",
    )


def _verdict(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    data = section.data
    verdict = data["verdict"]
    yield say(data["question"])
    yield say(f"{ENDPOINT_WORDS[verdict['endpoint']].capitalize()}: {verdict['verdict']}", LARGE)
    yield say(f"{verdict['lead']} {verdict['details']}")
    primary = inputs.config.primary
    yield say(
        f"Rule {verdict['rule']}. Primary analysis, named before the run: {primary.signature}, "
        f"{primary.method}, "
        f"{ENDPOINT_WORDS[primary.endpoint]}, given proliferation and ER.",
        SMALL,
    )
    facts = [(fact.label, fact.value, fact.detail) for fact in data["facts"]]
    yield from grid(("What", "Value", ""), facts, share=(3, 4, 4))
    yield Spacer(0, 3 * mm)
    for sentence in data["chances"]:
        yield say(sentence)
    yield from grid(("What bears on it", ""), data["bearing"], share=(1, 3))
    for sentence in data["simulated_check"]:
        yield say(sentence)
    for table in section.tables:
        yield from _table(table)


def _cohorts(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    for table in section.tables:
        yield from _table(table)
    for cohort in section.data["cohorts"]:
        card = cohort["card"]
        yield say(f"{card.id}{' (simulated, not patients)' if cohort['simulated'] else ''}", HEADING[1])
        yield say(f"{card.title}. {cohort['reference']}")
        yield say("; ".join(_step(step) for step in cohort["flow"]))
        for endpoint in cohort["endpoints"]:
            yield say(f"{endpoint['name'].capitalize()}: {endpoint['definition']}. {endpoint['said']}.")
        if card.notes:
            yield _points(card.notes)
        if card.unverified:
            yield say("Stated but not verified:")
            yield _points(card.unverified)
        if cohort["quality"]:
            yield from _figure(cohort["quality"], inputs, placed)


def _step(step: dict[str, Any]) -> str:
    lost = f" ({step['n_dropped']} lost: {step['reason']})" if step["n_dropped"] else ""
    return f"{step['n_left']} {step['stage']}{lost}"


def _forests(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    for forest in section.data["forests"]:
        yield say(forest["title"], HEADING[1])
        yield say(
            f"Verdict: {forest['verdict']['verdict']}. {forest['verdict']['lead']} "
            f"{forest['verdict']['details']}"
        )
        for figure in forest["figures"]:
            yield from _figure(figure, inputs, placed)


def _limits(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    yield say(f"The claim is that of {section.data['source']} These parts of it no table here can test:")
    yield _points(section.data["limits"])


def _methods(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    methods = section.data["methods"]
    for heading, paragraph in methods.paragraphs:
        yield say(heading, HEADING[1])
        yield say(paragraph)
    yield say("References", HEADING[1])
    for number, work in enumerate(methods.references, start=1):
        yield say(f"{number}. {work.text}", SMALL)


def _remark(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    rows = [(f"{row['number']}. {row['part']}", row["item"], row["answer"]) for row in section.data["rows"]]
    yield from grid(("Item", "Asks for", "This run"), rows, share=(2, 3, 6))


def _provenance(section: Section, inputs: ReportInputs, placed: Placed) -> Iterator[Flowable]:
    held = section.data["provenance"]
    yield say(f"Made by {held['command']}; revision {held['git_revision']}; Python {held['python']}.")
    rows = []
    for name, cohort in held["cohorts"].items():
        rows.append((f"card of {name}", cohort["card"]["file"], cohort["card"]["sha256"]))
        rows += [(f"{item['role']} of {name}", item["name"], item["sha256"]) for item in cohort["sources"]]
    rows += [("signatures", item["file"], item["sha256"]) for item in held["signatures"]]
    yield from grid(("What", "File", "sha256"), rows, share=(3, 4, 7))
    yield Spacer(0, 2 * mm)
    yield say(", ".join(f"{name} {version}" for name, version in held["packages"].items()), SMALL)


# template of a section with a form of its own -> how it is printed
_OWN: dict[str, Callable[[Section, ReportInputs, Placed], Iterator[Flowable]]] = {
    "verdict.html.j2": _verdict,
    "cohorts.html.j2": _cohorts,
    "forests.html.j2": _forests,
    "limits.html.j2": _limits,
    "methods.html.j2": _methods,
    "remark.html.j2": _remark,
    "provenance.html.j2": _provenance,
}
