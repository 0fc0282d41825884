"""The report in a real browser: all of it shows, works, is readable, and asks nothing of the network."""

from __future__ import annotations

import base64
import io
import itertools
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest
from madeup import study as made
from pypdf import PdfReader

from irf7bone.base.phrases import STATUS_WORDS, estimate, p_clause, p_value
from irf7bone.pool.quoted import quoted_columns
from irf7bone.report.html.section import one_row

pytestmark = pytest.mark.browser

WIDTHS = (1400, 800, 360)
SCHEMES = ("light", "dark")
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # rules of axe
KEYS = ("signature", "method", "endpoint", "model")
# chooses each combination as a reader would, and returns the sentence and the rows of the forest
CHOOSE_EACH = """([keys, combinations]) => combinations.map((values) => {
  const selects = keys.map((key) => document.getElementById(`explore-${key}`));
  selects.forEach((select, i) => { select.value = values[i]; });
  selects[0].dispatchEvent(new Event("change"));
  const rows = document.querySelectorAll("#explore-forest tbody tr");
  return [document.getElementById("explore-said").textContent,
    [...rows].map((row) => [...row.cells].map((cell) => cell.textContent))];
})"""
# marks the first text that shows of each look: its colour, size and weight, all that lies behind it, and the
# colour of the text around a link
MARK_LOOKS = """() => {
  document.querySelectorAll("[data-look]").forEach((element) => element.removeAttribute("data-look"));
  const layers = new Map(), looks = new Set();
  const behind = (element) => {
    if (!element) return "";
    if (!layers.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      layers.set(element, [behind(element.parentElement), backgroundColor, backgroundImage, opacity].join());
    }
    return layers.get(element);
  };
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const shown = { opacityProperty: true, visibilityProperty: true };
    if (!says || !element.checkVisibility(shown) || !element.getClientRects().length) continue;
    const { color, fill, fontSize, fontWeight, textShadow } = getComputedStyle(element);
    const around = element.matches("a") ? getComputedStyle(element.parentElement).color : "";
    const look = [behind(element), color, fill, fontSize, fontWeight, textShadow, around].join();
    if (!looks.has(look)) element.dataset.look = looks.add(look).size;
  }
  return looks.size;
}"""
# elements that reach beyond the window and stand in nothing that scrolls
WIDER_THAN_THE_WINDOW = """[...document.querySelectorAll("body *")].filter((element) => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = element.parentElement; box; box = box.parentElement) {
    if (getComputedStyle(box).overflowX !== "visible") return false;
  }
  return true;
}).map((element) => element.outerHTML.slice(0, 120))"""

TEXT_CUT_OFF = """[...document.querySelectorAll(
    "main :is(h2, h3, p, dd, dt, figcaption, summary, .tools, .forest)")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).display !== "inline"
    && getComputedStyle(box).clipPath === "none")
  .map((box) => box.outerHTML.slice(0, 90))"""


def put_up_all(page) -> None:
    """All figures at once, as before printing; a reader's window puts them up as they come near."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("document.querySelectorAll('figure').forEach((figure) => { figure.hidden = false; })")
    assert page.locator("figure noscript").count() == 0


@pytest.fixture(scope="module")
def whole(visit_for_all, report) -> Callable[[int], Any]:
    """The page with all its figures, opened once for each width; to be looked at and not to be changed."""

    @cache
    def page(width: int):
        opened = visit_for_all(report, width=width).page
        put_up_all(opened)
        return opened

    return page


def choose(page, **wanted: str) -> None:
    for key, value in wanted.items():
        page.select_option(f"#explore-{key}", value)


def test_every_section_and_figure_shows_and_nothing_is_asked_or_said(visit, report, inputs):
    opened = visit(report)
    page = opened.page
    assert page.locator("figure noscript").count() > 20  # far from the window
    page.locator("figure:visible").last.scroll_into_view_if_needed()
    page.locator("figure:visible").last.locator("svg.drawn").wait_for()
    put_up_all(page)
    links = [link.get_attribute("href") for link in page.locator("nav a").all()]
    assert len(links) > 12
    assert all(page.locator(f"section{link} h2").first.is_visible() for link in links)
    figures = page.locator("figure").count()
    assert figures == page.locator("figure .picture svg.drawn").count() > 20
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg.drawn')].map((svg) => [svg.clientWidth, svg.clientHeight])"
    )
    assert all(wide > 250 and tall > 40 for wide, tall in sizes)
    assert page.evaluate("document.fonts.check('7px \"Report figures\"')")
    assert opened.requests == [report.as_uri()]
    assert opened.said == []


def test_text_of_a_card_is_shown_and_never_run(visit, report):
    opened = visit(report)
    assert opened.page.get_by_text('<script>alert("x")</script> & co').count() >= 1
    assert opened.said == []


def test_a_foreign_script_is_refused(visit, report, tmp_path):
    file = tmp_path / "changed.html"
    page = report.read_text(encoding="utf-8")
    file.write_text(page.replace("<main>", "<main><script>document.title = 'run'</script>"), encoding="utf-8")
    opened = visit(file)
    assert opened.page.title() == "A made-up study"
    assert len(opened.said) == 1 and "Content Security Policy" in opened.said[0]


def test_the_chosen_combination_is_that_of_the_tables(visit, report, inputs):
    page = visit(report, fragment="#explore").page
    page.wait_for_selector("#explore-said:not(:empty)")
    combinations = list(itertools.product(made.SIGNATURES, made.METHODS, made.ENDPOINTS, made.MODELS))
    shown = page.evaluate(CHOOSE_EACH, [KEYS, combinations])
    for values, (said, lines) in zip(combinations, shown, strict=True):
        wanted = dict(zip(KEYS, values, strict=True))
        row = one_row(inputs.pooled, **wanted)
        if row["status"] != "ok":
            assert f"{STATUS_WORDS[row['status']]}: {row['reason']}" in said
        else:
            assert f"HR {estimate(*(row[name] for name in quoted_columns(row['k'])))} per SD" in said
            assert p_clause(row["p"]) in said and f"{row['n_events']} events" in said
        assert said.startswith("Primary analysis") == (wanted == vars(inputs.config.primary))
        drawn = {cells[0].split(" ")[0]: cells[4] for cells in lines}
        for name in made.HAS:
            fit = one_row(inputs.associations, cohort=name, **wanted)
            if fit["status"] == "not_available":
                assert name not in drawn
            elif fit["status"] == "ok":
                assert drawn[name] == estimate(fit["log_hr"], fit["ci_low"], fit["ci_high"])
            else:
                assert drawn[name] == STATUS_WORDS[fit["status"]]


def test_a_choice_can_be_shared_by_its_address(visit, report):
    page = visit(report, fragment="#explore").page
    page.wait_for_selector("#explore-said:not(:empty)")
    choose(page, signature="NK_CELLS", endpoint="death", model="proliferation")
    address = page.url
    assert "signature=NK_CELLS" in address and "endpoint=death" in address
    again = visit(report, fragment="#" + address.split("#")[1]).page
    again.wait_for_selector("#explore-said:not(:empty)")
    assert again.locator("#explore-said").inner_text() == page.locator("#explore-said").inner_text()
    assert "NK_CELLS" in again.locator("#explore-said").inner_text()
    assert again.locator("#explore").bounding_box()["y"] < 400
    page.get_by_role("button", name="Back to the primary analysis").click()
    assert page.locator("#explore-said").inner_text().startswith("Primary analysis")
    odd = visit(report, fragment="#explore?signature=<img src=x onerror=alert(1)>&endpoint=no")
    odd.page.wait_for_selector("#explore-said:not(:empty)")
    assert odd.page.locator("#explore-said").inner_text().startswith("Primary analysis") and odd.said == []


def test_a_gene_is_asked_for_by_any_name_and_gets_what_the_table_says(visit, report, inputs):
    opened = visit(report)
    page = opened.page
    page.locator("#genes").scroll_into_view_if_needed()
    page.locator("#genes-forest .ranks").wait_for()
    assert page.input_value("#genes-gene") == "IRF7" and page.input_value("#genes-model") == "proliferation"
    page.select_option("#genes-endpoint", "relapse")
    page.select_option("#genes-model", "proliferation")
    page.fill("#genes-gene", "cig5")
    page.locator("#genes-gene").press("Tab")
    said = page.locator("#genes-said").inner_text()
    assert said.startswith("RSAD2 (cig5), relapse, adjusted for proliferation: HR ")
    rows = inputs.genes[
        (inputs.genes["gene"] == "RSAD2")
        & (inputs.genes["endpoint"] == "relapse")
        & (inputs.genes["model"] == "proliferation")
    ]
    shown = [
        [cell.inner_text() for cell in line.locator("th,td").all()]
        for line in page.locator("#genes-forest .ranks tbody tr").all()
    ]
    expected = [
        [
            "Pooled" if row["cohort"] == "pooled" else row["cohort"],
            p_value(row["p"]),
            p_value(row["q"]),
            f"{int(row['rank']):,} of {int(row['n_ranked']):,}",
        ]
        for row in rows.to_dict("records")
    ]
    assert shown == expected and len(shown) == 3
    forest = [row.inner_text() for row in page.locator("#genes-forest .forest tbody tr").all()]
    for text, row in zip(forest, rows.to_dict("records"), strict=True):
        assert estimate(*(row[name] for name in quoted_columns(row["k"]))) in text
    panels = page.locator("#genes-curves .panels h4").all_inner_texts()
    assert panels == [name for name in ("alpha", "beta", "gamma") if "relapse" in made.HAS[name]]
    assert "gene=cig5" in page.evaluate("location.hash")
    page.select_option("#genes-endpoint", "death")
    page.fill("#genes-gene", "irf7A")
    page.locator("#genes-gene").press("Tab")
    assert "gamma: not measured (IRF7 correlates with other genes instead)" in page.inner_text("#genes-said")
    assert "gamma" not in page.locator("#genes-curves .panels").inner_text()
    page.fill("#genes-gene", "MKI67")
    page.locator("#genes-gene").press("Tab")
    assert page.inner_text("#genes-curves").startswith(
        "No curves of MKI67 for this endpoint. Curves are kept"
    )
    page.fill("#genes-gene", "no such gene")
    page.locator("#genes-gene").press("Tab")
    assert page.inner_text("#genes-said") == "No gene of these cohorts is called no such gene."
    assert opened.said == [] and opened.requests == [report.as_uri()]


def test_curves_say_their_values_at_the_pointer_and_by_arrow_keys(visit, report, inputs):
    page = visit(report, fragment="#explore").page
    panel = page.locator("#explore-curves .curve-panel").first
    panel.wait_for()
    assert page.locator("#explore-curves h4").all_inner_texts() == [
        "alpha",
        "beta",
        "made simulated, not patients",
    ]
    panel.focus()
    page.keyboard.press("ArrowRight")
    said = page.locator("#explore-curves [role=status]").first
    first = said.inner_text()
    assert "months: low" in first
    panel.locator("svg").hover()
    assert said.inner_text() != first


def test_a_long_table_is_searched_filtered_sorted_and_paged(visit, report, inputs):
    page = visit(report, fragment="#table-associations").page
    box = page.locator("#table-associations")
    count = box.locator(".count")
    count.wait_for()
    primary = int((inputs.associations["method"] == "zscore").sum())
    assert f"of {primary} rows, from {len(inputs.associations)}" in count.inner_text()
    box.get_by_role("button", name="Show all rows").click()
    planned = f"{len(inputs.associations):,}"
    assert count.inner_text() == f"1 to {planned} of {planned} rows"
    box.get_by_role("button", name="10 rows a page").click()
    box.get_by_role("button", name="Next").click()
    assert count.inner_text().startswith("11 to 20 of")
    box.get_by_label("Search").fill("beta")
    beta = inputs.associations[inputs.associations["cohort"] == "beta"]
    assert f"of {len(beta):,} rows" in count.inner_text()
    box.locator("label", has_text="Signature").locator("select").select_option("IRF7")
    box.get_by_role("button", name="HR per SD (95 % CI)").click()
    rows = beta[(beta["signature"] == "IRF7")]
    fitted = rows[rows["status"] == "ok"].sort_values("log_hr")
    box.get_by_role("button", name="Show all rows").click()
    box.get_by_label("Search").fill("beta")
    box.locator("label", has_text="Signature").locator("select").select_option("IRF7")
    shown = box.locator("tbody tr td:nth-child(8)").all_inner_texts()
    wanted = [estimate(row["log_hr"], row["ci_low"], row["ci_high"]) for _, row in fitted.iterrows()]
    assert shown[: len(wanted)] == wanted and len(shown) == len(rows)
    again = visit(report, fragment="#" + page.url.split("#")[1]).page
    again.locator("#table-associations").scroll_into_view_if_needed()
    again.locator("#table-associations .count").wait_for()
    found = again.locator("#table-associations tbody tr td:nth-child(8)").all_inner_texts()
    assert found == shown[:10]


def saved(page, button) -> bytes:
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.path().read_bytes()


@pytest.mark.parametrize("name", ["alpha-curves_relapse", "pooled-forest_bone"])
def test_each_download_of_a_figure_is_a_valid_file(visit, report, inputs, name):
    opened = visit(report)
    page = opened.page
    page.evaluate(f"location.hash = 'figure-{name}'")
    figure = page.locator(f"#figure-{name}")
    figure.locator("svg.drawn").wait_for()
    folder, file = name.split("-")

    def download(kind: str) -> bytes:
        return saved(page, figure.get_by_role("button", name=f"{kind}:"))

    svg = ET.fromstring(download("SVG"))
    wide = float(svg.get("width").removesuffix("pt"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg" and wide > 200
    assert "@font-face" in next(svg.iter("{http://www.w3.org/2000/svg}style")).text
    assert "".join(svg.itertext()).count("HR") >= 1
    png = download("PNG")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == round(wide / 72 * 300)
    assert colours_of(page, png) > 20
    assert "HR" in PdfReader(io.BytesIO(download("PDF"))).pages[0].extract_text()
    assert download("TSV") == (inputs.figures / folder / f"{file}.tsv").read_bytes()
    assert opened.said == [] and all(url.startswith(("file:", "data:", "blob:")) for url in opened.requests)


def colours_of(page, png: bytes) -> int:
    """How many colours a picture has: a blank one has one."""
    return page.evaluate(
        """async (bytes) => {
          const file = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
          const image = await createImageBitmap(new Blob([file]));
          const canvas = new OffscreenCanvas(image.width, image.height), paper = canvas.getContext("2d");
          paper.drawImage(image, 0, 0);
          const { data } = paper.getImageData(0, 0, image.width, image.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }""",
        base64.b64encode(png).decode(),
    )


def test_a_table_is_saved_whole(visit, report, inputs):
    page = visit(report, fragment="#table-pooled").page
    box = page.locator("#table-pooled")
    table = pd.read_csv(
        io.BytesIO(saved(page, box.get_by_role("button", name="Download pooled.tsv"))),
        sep="\t",
        float_precision="round_trip",
    )
    assert table["log_hr"].tolist()[0] == inputs.pooled["log_hr"].tolist()[0] or table["log_hr"].isna()[0]
    assert len(table) == len(inputs.pooled)


@pytest.mark.parametrize("width", [1400, 360])
def test_axe_finds_nothing_serious(whole, width):
    from axe_playwright_python.sync_playwright import Axe

    def grave(rules: dict, within: dict | None = None) -> dict:
        found = Axe().run(page, within, {"resultTypes": ["violations"], **rules}).response["violations"]
        return {
            rule["id"]: [node["target"] for node in rule["nodes"]][:3]
            for rule in found
            if rule["impact"] in ("serious", "critical")
        }

    page = whole(width)
    # the schemes differ in their colours alone
    assert grave({"rules": {name: {"enabled": False} for name in OF_COLOURS}}) == {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        # what colours do follows from the look, so that one text of each is enough; there are 10,000 texts
        assert page.evaluate(MARK_LOOKS) > 50
        assert grave({"runOnly": OF_COLOURS}, {"include": ["[data-look]"]}) == {}, scheme


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_out_of_the_page(whole, tmp_path, width):
    page = whole(width)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for section in ("verdict", "explore", "curves", "forests", "tables"):
            page.evaluate(f"document.getElementById('{section}').scrollIntoView()")
            picture = page.screenshot(path=tmp_path / f"{section}_{width}_{scheme}.png")
            assert colours_of(page, picture) > 20
        assert page.evaluate(WIDER_THAN_THE_WINDOW) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(TEXT_CUT_OFF) == [], scheme


def test_no_two_texts_of_a_figure_lie_on_each_other(whole):
    page = whole(1400)
    found = page.evaluate(
        """[...document.querySelectorAll("svg.drawn")].flatMap((svg) => {
          const name = svg.closest("figure").id;
          const texts = [...svg.querySelectorAll("text")]
            .map((text) => [text.textContent, text.getBoundingClientRect()]);
          return texts.flatMap(([a, x], i) => texts.slice(i + 1).filter(([b, y]) =>
            Math.min(x.right, y.right) - Math.max(x.left, y.left) > 3
            && Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top) > 0.5 * Math.min(x.height, y.height))
            .map(([b]) => `${name}: ${a} | ${b}`));
        })"""
    )
    assert found == []


def test_the_keyboard_reaches_the_verdict_and_shows_where_it_is(visit, report):
    page = visit(report).page
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.className") == "skip"
    assert page.evaluate(f"{focused}.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.querySelector('#verdict').contains({focused})")
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"


def test_without_scripts_every_figure_and_the_primary_rows_show(visit, report):
    opened = visit(report, java_script_enabled=False)
    page = opened.page
    assert page.locator("svg.drawn").count() == page.locator("figure").count() > 20
    assert page.locator("svg.drawn:visible").last.bounding_box()["height"] > 40
    assert page.locator("#table-associations tbody tr").count() == 10
    caption = page.evaluate("document.getElementById('caption-associations').textContent")
    assert "10 of 288 rows are shown here; all of them with scripts" in caption
    assert "Choosing needs scripts" in page.evaluate("document.getElementById('explore-forest').innerText")
    assert opened.requests == [report.as_uri()]


def test_print_has_every_figure(visit, report):
    page = visit(report).page
    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
    # some fonts print f and i as one sign
    text = unicodedata.normalize("NFKC", "\n".join(sheet.extract_text() for sheet in printed.pages))
    assert "relapse-free survival" in text and "specifications, by pooled hazard ratio" in text
    assert "Download" not in text
    assert page.locator("figure noscript").count() == 0
