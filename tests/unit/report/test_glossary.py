"""The field's words: the glossary is read, shown, and kept to by the page, the methods and every message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from madeup import study as made
from madeup.report import Page, make_inputs

from irf7bone.base.errors import InputError
from irf7bone.base.phrases import signature_name, with_signature_names
from irf7bone.report.html.build import build_report
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.glossary import Glossary, mark_terms, read_glossary
from irf7bone.report.sentences.methods import as_markdown

PROJECT = Path(__file__).resolve().parents[3]
PACKAGE = PROJECT / "workflow" / "scripts" / "irf7bone"
GLOSSARY = read_glossary(PROJECT / "docs" / "user" / "glossary.md")
# a phrase may run over the end of a line
AVOIDED = re.compile(
    "|".join(rf"\b{re.escape(phrase)}\b".replace(r"\ ", r"\s+") for phrase in GLOSSARY.avoided), re.IGNORECASE
)
# the name that version 0.1 of the config had for the unadjusted model
OLD_NAME = {("strict_yaml.py", "crude")}


def texts_of(source: str) -> list[str]:
    """The text constants of a module, without its docstrings."""
    tree = ast.parse(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in constants if isinstance(node.value, str) and id(node) not in documents]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


@pytest.fixture(scope="module")
def page(inputs) -> Page:
    return Page(build_report(inputs))


def test_page_and_methods_keep_to_the_glossary(inputs, page):
    said = [text for text in page.text if AVOIDED.search(text)]
    assert said == []
    assert not AVOIDED.search(as_markdown(run_methods(inputs)))


def test_every_message_and_template_keeps_to_the_glossary():
    found = [
        (file.name, text)
        for file in sorted(PACKAGE.rglob("*.py"))
        for text in texts_of(file.read_text(encoding="utf-8"))
        if AVOIDED.search(text) and (file.name, text) not in OLD_NAME
    ]
    folder = PROJECT / "workflow" / "report"
    found += [
        (file.name, match[0])
        for file in sorted(folder.rglob("*"))
        if file.suffix in (".j2", ".js", ".rst")
        for match in AVOIDED.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_test_can_fail():
    assert AVOIDED.search("a lower score goes with more death")
    assert AVOIDED.search("Every defensible analysis") and AVOIDED.search("100 % held the truth")
    assert texts_of('def f():\n    """crude"""\n    return f"crude {f}"') == ["crude "]


def test_each_term_has_an_entry_and_the_first_of_each_is_a_tooltip(page):
    ids = {found["id"] for _, found in page.tags if "id" in found}
    links = [link for link in page.all("a") if link.get("class") == "term"]
    assert links and len({link["href"] for link in links}) == len(links)
    assert all(link["href"][1:] in ids and link["data-says"] in GLOSSARY.meanings.values() for link in links)


def test_terms_are_marked_once_in_sentences_only_and_the_longest_first():
    glossary = Glossary({"risk": "a chance", "number at risk": 'who is "there"'})
    page = "<h2>risk</h2><p>The number at risk falls; risk, and risk.</p><table><td>risk</td></table>"
    assert mark_terms(page, glossary) == (
        '<h2>risk</h2><p>The <a class="term" href="#term-number-at-risk" '
        'data-says="who is &quot;there&quot;">number at risk</a> falls; '
        '<a class="term" href="#term-risk" data-says="a chance">risk</a>, and risk.'
        "</p><table><td>risk</td></table>"
    )


@pytest.mark.parametrize("text", ["no table", "| A | B | C |\n|---|---|---|\n| Term | x | y |"])
def test_a_glossary_that_is_no_table_of_terms_is_refused(tmp_path, text):
    (tmp_path / "glossary.md").write_text(text)
    with pytest.raises(InputError, match="Term, Meaning, Not"):
        read_glossary(tmp_path / "glossary.md")


def test_a_term_without_meaning_is_refused(tmp_path):
    (tmp_path / "glossary.md").write_text("| Term | Meaning | Not |\n|---|---|---|\n| hazard | | |\n")
    with pytest.raises(InputError, match="a term and its meaning"):
        read_glossary(tmp_path / "glossary.md")


def test_signatures_are_said_by_name_and_files_keep_their_ids():
    assert signature_name("HALLMARK_APOPTOSIS_NOW") == "Apoptosis now (Hallmark)"
    assert signature_name("MY_SET") == "MY_SET"
    said = with_signature_names(
        "HR of HALLMARK_E2F_TARGETS, in results/HALLMARK_E2F_TARGETS.tsv and x_PAM50_PROLIFERATION"
    )
    assert (
        said == "HR of E2F targets (Hallmark), in results/HALLMARK_E2F_TARGETS.tsv and x_PAM50_PROLIFERATION"
    )


def test_prose_has_names_and_tables_have_ids(page):
    body = "".join(page.text)
    assert "Interferon alpha response (Hallmark)" in body
    assert any(made.PRIMARY in row for row in page.rows("associations"))
