"""The report as a PDF to print or attach: the sections of the page, with its figures as vector graphics.

Text and tables are set by reportlab; the figures are the PDF files that the workflow drew, put in their
places by pypdf, so that fonts and lines are those of the single files.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, StreamObject
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
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
    Table,
    TableStyle,
)

from irf7bone.base.phrases import ENDPOINT_WORDS, counted, with_signature_names
from irf7bone.report.html.cell_markup import TableView
from irf7bone.report.html.figure_markup import FigureView
from irf7bone.report.html.section import Section
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sentences.quote import plain

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
MOST_ROWS = 40  # a longer table is for the screen, or for the file that it comes from
SIMULATED = "SIMULATED, NOT PATIENTS. "
_GREY, _RULE, _MARK = colors.HexColor("#555555"), colors.HexColor("#bbbbbb"), colors.HexColor("#a33c00")


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
SMALL = _style("small", 7, textColor=_GREY, spaceAfter=1.6 * mm)
CELL = _style("cell", 6.5)
HEAD = _style("head", 6.5, bold=True)


@dataclass
class _Placed:
    """Figures in the order of their places: file, page (from 0), lower left corner and scale, in points."""

    places: list[tuple[Path, int, float, float, float]] = field(default_factory=list)


class _Picture(Flowable):
    """Keeps the place of a figure free and notes where it is."""

    def __init__(self, path: Path, width: float, height: float, placed: _Placed):
        super().__init__()
        self.scale = min(1.0, WIDTH / width)
        self.width, self.height = width * self.scale, height * self.scale
        self._path, self._placed = path, placed

    def draw(self) -> None:
        x, y = self.canv.absolutePosition(0, 0)
        self._placed.places.append((self._path, self.canv.getPageNumber() - 1, x, y, self.scale))


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
        frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0, id="text")
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._foot))
        self._foot_line = title

    def _foot(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("DejaVuSans", 7)
        canvas.setFillColor(_GREY)
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
    placed, text = _Placed(), io.BytesIO()
    story: list[Flowable] = [_say(inputs.config.title, TITLE)]
    for sections in (contents or page_sections(inputs)).values():
        for section in sections:
            if section.on_paper:
                story += _section(section, inputs, placed)
    _Document(text, inputs.config.title).build(story)
    writer = PdfWriter(clone_from=PdfReader(text))
    for number, (path, page, x, y, scale) in enumerate(placed.places):
        _put(writer, writer.pages[page], PdfReader(path).pages[0], f"/Figure{number}", (scale, x, y))
    writer.compress_identical_objects()  # the figures embed the same fonts
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _put(
    writer: PdfWriter, page: PageObject, figure: PageObject, name: str, place: tuple[float, float, float]
) -> None:
    """Draw a figure's page on a page as a form of its own, whose content need not be parsed.

    Args:
        writer: Of the page.
        page: What to draw on.
        figure: A page of another file, with one content stream.
        name: Of the form among the resources of the page.
        place: Scale, and lower left corner in points.
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
    scale, x, y = place
    draw = StreamObject()
    draw.set_data(f"q {scale:.6f} 0 0 {scale:.6f} {x:.3f} {y:.3f} cm {name} Do Q".encode())
    before = page.raw_get("/Contents")
    parts = before if isinstance(before, ArrayObject) else ArrayObject([before])
    page[NameObject("/Contents")] = ArrayObject([*parts, writer._add_object(draw)])


def _say(text: object, style: ParagraphStyle = BODY) -> Paragraph:
    said = plain(str(text))
    return Paragraph(escape(said if style is CELL else with_signature_names(said), quote=False), style)


def _section(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    # no heading alone at the foot of a page
    first = section.figures[0].height if section.figures and not section.findings else 0
    yield CondPageBreak(first + 35 * mm)
    yield _say(section.title, HEADING[0])
    yield from _OWN.get(section.template, _general)(section, inputs, placed)


def _general(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    for finding in section.findings:
        yield _say(f"{SIMULATED if finding.simulated else ''}{finding.text}")
    for figure in section.figures:
        yield _figure(figure, inputs, placed)
    for table in section.tables:
        yield from _table(table)


def _figure(figure: FigureView, inputs: ReportInputs, placed: _Placed) -> Flowable:
    name = figure.file.removeprefix("results/figures/")
    path = inputs.figures / f"{name}.pdf"
    if not path.is_file():
        raise FileNotFoundError(path)
    picture = _Picture(path, figure.width, figure.height, placed)
    title = f"{figure.title}{' (simulated, not patients)' if figure.simulated else ''}"
    return KeepTogether([_say(title, HEADING[1]), picture, _say(figure.caption, SMALL)])


def _table(table: TableView) -> Iterator[Flowable]:
    yield Spacer(0, 2 * mm)
    yield _say(table.caption, SMALL)
    if len(table.rows) > MOST_ROWS:
        yield _say(f"{counted(len(table.rows), 'row')}: too long to print, see {table.id}.tsv in the page.")
        return
    rows = [[cell.text for cell in row] for row in table.rows]
    marked = [number for number, is_marked in enumerate(table.marked, start=1) if is_marked]
    yield _grid([column.label for column in table.columns], rows, marked)


def _grid(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    marked: Sequence[int] = (),
    share: Sequence[float] = (),
) -> Table:
    """A table over the whole width; columns as wide as what they hold unless their shares are given."""
    if not share:
        share = [_width([head[column], *(row[column] for row in rows)]) for column in range(len(head))]
    widths = [WIDTH * part / sum(share) for part in share]
    body = [[_say(text, HEAD) for text in head], *([_say(text, CELL) for text in row] for row in rows)]
    rules: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        *(("LINEBEFORE", (0, number), (0, number), 2, _MARK) for number in marked),
    ]
    return Table(body, widths, repeatRows=1, style=TableStyle(rules), hAlign="LEFT")


def _width(texts: Sequence[str]) -> float:
    """What a column asks for, in points: its longest word whole, and more the more it says."""
    words = {word for text in texts for word in str(text).split()}
    longest = max((pdfmetrics.stringWidth(word, HEAD.fontName, HEAD.fontSize) for word in words), default=0)
    whole = max(pdfmetrics.stringWidth(str(text), CELL.fontName, CELL.fontSize) for text in texts)
    return longest + 6 + min(whole, WIDTH / 2) / 4


def _points(texts: Sequence[str]) -> ListFlowable:
    items: list[Any] = [ListItem(_say(text), leftIndent=5 * mm) for text in texts]
    return ListFlowable(
        items,
        bulletType="bullet",
        bulletFontSize=6,
        start="•",
    )


def _verdict(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    data = section.data
    verdict = data["verdict"]
    yield _say(data["question"])
    yield _say(f"{ENDPOINT_WORDS[verdict['endpoint']].capitalize()}: {verdict['verdict']}", LARGE)
    yield _say(f"{verdict['lead']} {verdict['details']}")
    primary = inputs.config.primary
    yield _say(
        f"Rule {verdict['rule']}. Primary analysis, named before the run: {primary.signature}, "
        f"{primary.method}, "
        f"{ENDPOINT_WORDS[primary.endpoint]}, given proliferation and ER.",
        SMALL,
    )
    facts = [(fact.label, fact.value, fact.detail) for fact in data["facts"]]
    yield _grid(("What", "Value", ""), facts, share=(3, 4, 4))
    yield Spacer(0, 3 * mm)
    for sentence in data["chances"]:
        yield _say(sentence)
    yield _grid(("What bears on it", ""), data["bearing"], share=(1, 3))
    for sentence in data["simulated_check"]:
        yield _say(sentence)
    for table in section.tables:
        yield from _table(table)


def _cohorts(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    for table in section.tables:
        yield from _table(table)
    for cohort in section.data["cohorts"]:
        card = cohort["card"]
        yield _say(f"{card.id}{' (simulated, not patients)' if cohort['simulated'] else ''}", HEADING[1])
        yield _say(f"{card.title}. {cohort['reference']}")
        yield _say("; ".join(_step(step) for step in cohort["flow"]))
        for endpoint in cohort["endpoints"]:
            yield _say(f"{endpoint['name'].capitalize()}: {endpoint['definition']}. {endpoint['said']}.")
        if card.notes:
            yield _points(card.notes)
        if card.unverified:
            yield _say("Stated but not verified:")
            yield _points(card.unverified)
        yield _figure(cohort["quality"], inputs, placed)


def _step(step: dict[str, Any]) -> str:
    lost = f" ({step['n_dropped']} lost: {step['reason']})" if step["n_dropped"] else ""
    return f"{step['n_left']} {step['stage']}{lost}"


def _forests(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    for forest in section.data["forests"]:
        yield _say(forest["title"], HEADING[1])
        yield _say(
            f"Verdict: {forest['verdict']['verdict']}. {forest['verdict']['lead']} "
            f"{forest['verdict']['details']}"
        )
        for figure in forest["figures"]:
            yield _figure(figure, inputs, placed)


def _limits(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    yield _say(f"The claim is that of {section.data['source']} These parts of it no table here can test:")
    yield _points(section.data["limits"])


def _methods(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    methods = section.data["methods"]
    for heading, paragraph in methods.paragraphs:
        yield _say(heading, HEADING[1])
        yield _say(paragraph)
    yield _say("References", HEADING[1])
    for number, work in enumerate(methods.references, start=1):
        yield _say(f"{number}. {work.text}", SMALL)


def _remark(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    rows = [(f"{row['number']}. {row['part']}", row["item"], row["answer"]) for row in section.data["rows"]]
    yield _grid(("Item", "Asks for", "This run"), rows, share=(2, 3, 6))


def _provenance(section: Section, inputs: ReportInputs, placed: _Placed) -> Iterator[Flowable]:
    held = section.data["provenance"]
    yield _say(f"Made by {held['command']}; revision {held['git_revision']}; Python {held['python']}.")
    rows = []
    for name, cohort in held["cohorts"].items():
        rows.append((f"card of {name}", cohort["card"]["file"], cohort["card"]["sha256"]))
        rows += [(f"{item['role']} of {name}", item["name"], item["sha256"]) for item in cohort["sources"]]
    rows += [("signatures", item["file"], item["sha256"]) for item in held["signatures"]]
    yield _grid(("What", "File", "sha256"), rows, share=(3, 4, 7))
    yield Spacer(0, 2 * mm)
    yield _say(", ".join(f"{name} {version}" for name, version in held["packages"].items()), SMALL)


# template of a section with a form of its own -> how it is printed
_OWN: dict[str, Callable[[Section, ReportInputs, _Placed], Iterator[Flowable]]] = {
    "verdict.html.j2": _verdict,
    "cohorts.html.j2": _cohorts,
    "forests.html.j2": _forests,
    "limits.html.j2": _limits,
    "methods.html.j2": _methods,
    "remark.html.j2": _remark,
    "provenance.html.j2": _provenance,
}
